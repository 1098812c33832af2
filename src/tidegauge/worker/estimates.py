"""Estimates before labels: estimators are learned from labelled rows, and each hour and day whose
rows are counted is estimated by them, the newest first.

An hour is due where its rows are others than when it was estimated, or its estimator is another.
So late rows, a new reference and a crash all lead to the same.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.catalog import (
    Catalog,
    CatalogError,
    baselines,
    estimates,
    estimators,
    models,
    outcomes,
    parts,
    series,
)
from tidegauge.catalog.models import Model
from tidegauge.config import Config
from tidegauge.estimate import Estimator, from_bytes
from tidegauge.log import LogReader
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.store import LocalStore, Store
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, ceil, floor
from tidegauge.worker import estimated, fitting
from tidegauge.worker.beside import Beside
from tidegauge.worker.days import counts_by_hour
from tidegauge.worker.estimating import MOST, Estimating
from tidegauge.worker.roll import KEPT

NAME: Final = "estimates"
SIZES: Final = (HOUR, DAY)
_SHARE: Final = 2
"""So much longer than it works it pauses: the counting, the labels and the judge come first."""
_LOOK: Final = 60.0
"""Seconds until a model of which all was estimated is looked at again."""
_AFTER_FAILURE: Final = 600.0
_AT_ONCE: Final = 4
"""Hours of a day of very many rows."""
_NEWEST: Final = 2 * DAY * SECOND
_AGAIN: Final = FIVE_MINUTES * SECOND
"""An hour that goes on is estimated so often."""
_log = structlog.stdlib.get_logger(__name__)


class _Due(NamedTuple):
    """Some hours of a day."""

    day: int
    rows: Mapping[tuple[int, int], int]
    """Of the day's windows of all rows, by series and start."""
    hours: Sequence[int]


@dataclass
class Estimates:
    catalog: Catalog
    source: Source
    store: Store
    clock: Callable[[], int] = lambda: time.time_ns() // 1000

    def __post_init__(self) -> None:
        self._work = Beside(self.catalog, NAME, self.clock, _expire, share=_SHARE)
        self._looked: dict[int, float] = {}
        self._whole: dict[int, float] = {}
        self._empty: dict[tuple[int, int], int] = {}
        """Of hours that were counted and have no rows any more: by series and start, how many."""
        self._known: Memory[tuple[int, int], Estimator] = Memory(most=32)

    def run(self, stop: threading.Event) -> None:
        self._work.run(self.step, stop)

    def _tidy(self) -> None:
        self._work.tidy()

    def step(self, stop: threading.Event | None = None) -> int:
        """Something for each model that is due; the number of models that had something."""
        with self.catalog.read() as connection:
            told = [*outcomes.of_whom(connection), *baselines.labelled(connection)]
            known = models.by_id(connection, told)
        count = 0
        for model in known.values():
            if stop is not None and stop.is_set():
                break
            if time.monotonic() >= self._looked.get(model.id, 0.0):
                count += self._done(model)
        return count

    def _done(self, model: Model) -> bool:
        try:
            found = self._fit(model) or self._estimate(model)
        except CatalogError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is
            # One model's odd rows, or a part that is damaged, must not hold up all the others.
            _log.exception("a model could not be estimated", model=model.name)
            self._looked[model.id] = time.monotonic() + _AFTER_FAILURE
            return False
        if not found:
            self._looked[model.id] = time.monotonic() + _LOOK
        return found

    def _fit(self, model: Model) -> bool:
        at = self.clock()
        with self.catalog.read() as connection:
            due = fitting.due(connection, model, at)
        if due is None:
            return False
        table = fitting.rows_of(self.source, self.store, model, due)
        try:
            made = fitting.learned(model, due, table, at)
        except Exception as error:  # noqa: BLE001 - whatever it is
            # It would fail again with the same rows: it is tried when there are more.
            _log.exception("nothing could be learned for estimates", model=model.name)
            made = fitting.failed(model, due, f"{type(error).__name__}: {error}"[:500], at)
        failpoint.hit("estimates.fitted")
        self._work.put(model, lambda connection: estimators.add(connection, made))
        self._whole.pop(model.id, None)
        return True

    def _estimate(self, model: Model) -> bool:
        at = self.clock()
        with self.catalog.read() as connection:
            by = self._by_version(connection, model)
            if not by:
                return False
            due = self._due(connection, model, by, at)
        if due is None:
            return False
        estimating = Estimating(model, self.source, self.store, by)
        is_small = sum(due.rows.values()) <= MOST
        hours = due.hours if is_small else due.hours[-_AT_ONCE:]
        found = estimating.day(due.day, hours) if is_small else estimating.hours(hours)
        failpoint.hit("estimates.made")
        put = self._work.put(
            model, lambda connection: estimated.put(connection, model, due.day, due.rows, found, at)
        )
        failpoint.hit("estimates.committed")
        for (number, hour), rows in due.rows.items():
            if hour in hours and (number, HOUR, hour) not in (put or ()):
                self._empty[number, hour] = rows
        return True

    def _by_version(self, connection: Connection, model: Model) -> dict[str, tuple[int, Estimator]]:
        used = estimators.in_use(estimators.of(connection, model.id))
        return {
            version: (
                each.number,
                self._known.get((model.id, each.number), lambda each=each: from_bytes(each.body)),
            )
            for version, each in used.items()
        }

    def _due(
        self,
        connection: Connection,
        model: Model,
        by: Mapping[str, tuple[int, Estimator]],
        at: int,
    ) -> _Due | None:
        """The newest day that has hours that are due."""
        start = at - _NEWEST
        is_whole = time.monotonic() >= self._whole.get(model.id, 0.0)
        if is_whole:
            start = at - KEPT[HOUR]
        live = parts.live(connection, model.id, "predictions")
        if live:
            # What is before is counted, and its rows are gone.
            start = max(start, live[0].first_at)
        found = self._hours(connection, model, by, ceil(start, HOUR), at)
        if found is None and is_whole:
            self._whole[model.id] = time.monotonic() + HOUR
        return found

    def _hours(
        self,
        connection: Connection,
        model: Model,
        by: Mapping[str, tuple[int, Estimator]],
        start: int,
        at: int,
    ) -> _Due | None:
        own = {
            each.id: by.get(each.version, by.get(""))
            for each in series.of(connection, model.id)
            if not each.segment
        }
        numbers = [number for number, used in own.items() if used is not None]
        stop = ceil(at + 1, HOUR)
        counted = counts_by_hour(connection, numbers, floor(start, DAY), stop)
        made = estimates.made(connection, numbers, HOUR, start, stop)
        due: set[int] = set()
        for (number, hour), rows in counted.items():
            used, before = own[number], made.get((number, hour))
            if hour < start or used is None or self._empty.get((number, hour)) == rows:
                continue
            if (
                before is None
                or before.estimator != used[0]
                or (before.rows != rows and at - before.changed_at >= _AGAIN)
            ):
                due.add(hour)
        if not due:
            return None
        day = floor(max(due), DAY)
        return _Due(
            day,
            {key: rows for key, rows in counted.items() if floor(key[1], DAY) == day},
            sorted(hour for hour in due if hour >= day),
        )


def _expire(connection: Connection, at: int) -> None:
    for size in SIZES:
        estimates.expire(connection, size, at - KEPT[size])


def estimate(config: Config, catalog: Catalog, stop: threading.Event) -> None:
    """As a thread, until told to stop."""
    store = LocalStore(config.data / "store")
    with contextlib.closing(LogReader(config.data / "log")) as log:
        source = Source(catalog, log, threading.Lock(), Memory(most=1))
        Estimates(catalog, source, store).run(stop)
