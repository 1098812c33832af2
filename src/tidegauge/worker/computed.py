"""Explanations that nobody logs: attributions of the hours of a model for which a predictor is
registered here, the newest first, each of a sample of its rows.

An hour is due where its rows or the model's reference are others than when it was explained.  A day
of a version of which explanations were logged is left alone: those count.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.arrow import Table
from tidegauge.catalog import (
    Catalog,
    CatalogError,
    attributions,
    baselines,
    models,
    parts,
    series,
    signals,
)
from tidegauge.catalog.attributions import Explained, Key
from tidegauge.catalog.baselines import Baseline
from tidegauge.catalog.models import Model
from tidegauge.catalog.signals import Signal
from tidegauge.config import Config
from tidegauge.errors import InputError
from tidegauge.explain import decode, encode, merged
from tidegauge.explain.predictor import chosen, names
from tidegauge.log import LogReader
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.store import LocalStore, Store
from tidegauge.window import DAY, HOUR, MINUTE, SECOND, ceil, floor
from tidegauge.worker.background import usual
from tidegauge.worker.beside import Beside
from tidegauge.worker.computing import Computed, Computing, Found
from tidegauge.worker.days import counts_by_hour
from tidegauge.worker.subjects import numbered

NAME: Final = "explanations"
_LOOK: Final = 60.0
_AFTER_FAILURE: Final = 600.0
_BACK: Final = 7 * DAY * SECOND
"""So far back, and so much of the time of the reference, is explained."""
_AGAIN: Final = 15 * MINUTE * SECOND
"""An hour that goes on is explained so often."""
_DAY: Final = DAY * SECOND
_log = structlog.stdlib.get_logger(__name__)


class _Due(NamedTuple):
    """Hours of one day."""

    day: int
    baseline: Baseline
    rows: Mapping[tuple[int, int], int]
    """By series and hour."""


@dataclass
class Explanations:
    catalog: Catalog
    source: Source
    store: Store
    known: frozenset[str]
    """The names of what is registered."""
    clock: Callable[[], int] = lambda: time.time_ns() // 1000

    def __post_init__(self) -> None:
        # What is kept is let go of where labels are joined.
        self._work = Beside(self.catalog, NAME, self.clock, lambda _connection, _at: None)
        self._looked: dict[int, float] = {}
        self._told: dict[int, tuple[str, int]] = {}
        self._usual: Memory[int, Table] = Memory(most=32)

    def run(self, stop: threading.Event) -> None:
        self._work.run(self.step, stop)

    def step(self, stop: threading.Event | None = None) -> int:
        """A day of each model that is due; the number of models that had something."""
        with self.catalog.read() as connection:
            own = {name.partition("/")[0] for name in self.known}
            every = [each for each in models.all(connection) if each.name in own]
        count = 0
        for model in every:
            if stop is not None and stop.is_set():
                break
            if time.monotonic() >= self._looked.get(model.id, 0.0):
                count += self._done(model)
        return count

    def _done(self, model: Model) -> bool:
        due: _Due | None = None
        try:
            with self.catalog.read() as connection:
                due = self._due(connection, model, self.clock())
            if due is None:
                self._looked[model.id] = time.monotonic() + _LOOK
                return False
            self._explain(model, due)
        except CatalogError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is
            # One model's odd rows or predictor must not hold up all the others.
            if not isinstance(error, InputError):
                _log.exception("a model could not be explained", model=model.name)
            self._looked[model.id] = time.monotonic() + _AFTER_FAILURE
            self._tell(model, error, sum(due.rows.values()) if due else 1)
            return False
        return True

    def _explain(self, model: Model, due: _Due) -> None:
        background = self._usual.get(
            due.baseline.id, lambda: usual(self.source, self.store, model, due.baseline)
        )
        computing = Computing(model, self.source, self.store, self.known, background)
        found = computing.hours({hour for _number, hour in due.rows})
        failpoint.hit("explanations.made")
        self._work.put(model, lambda connection: _put(connection, model, due, found, self.clock()))
        failpoint.hit("explanations.committed")

    def _tell(self, model: Model, error: Exception, rows: int) -> None:
        at = self.clock()
        why = f"{error}"[:500] if isinstance(error, InputError) else f"{type(error).__name__}"
        told = why, floor(at, HOUR)
        if self._told.get(model.id) == told:
            return
        self._told[model.id] = told
        signal = Signal(
            model=model.id,
            code="not-explained",
            subject="",
            start=told[1],
            detail=why,
            rows=rows,
            first_at=at,
            last_at=at,
        )
        self._work.put(model, lambda connection: signals.add(connection, [signal]))

    def _due(self, connection: Connection, model: Model, at: int) -> _Due | None:
        baseline = baselines.latest(connection, [model.id]).get(model.id)
        live = parts.live(connection, model.id, "predictions")
        if baseline is None:
            return None
        for start, stop in _spans(baseline, at):
            # What is before is counted, and its rows are gone.
            first = max(start, floor(live[0].first_at, HOUR)) if live else start
            found = self._of_span(connection, model, baseline, (first, stop), at)
            if found is not None:
                return found
        return None

    def _of_span(
        self,
        connection: Connection,
        model: Model,
        baseline: Baseline,
        span: tuple[int, int],
        at: int,
    ) -> _Due | None:
        """The newest day that has hours that are due."""
        start, stop = span
        if start >= stop:
            return None
        own = [
            each.id
            for each in series.of(connection, model.id)
            if not each.segment and chosen(self.known, model.name, each.version)
        ]
        counted = counts_by_hour(connection, own, start, stop)
        days = attributions.between(connection, own, DAY, floor(start, DAY), stop)
        logged = {(each.series, each.start) for each in days if _is_logged(each)}
        made = {
            (each.series, each.start): each
            for each in attributions.between(connection, own, HOUR, start, stop)
        }
        due = {
            (number, hour): rows
            for (number, hour), rows in counted.items()
            if (number, floor(hour, DAY)) not in logged
            and _is_due(made.get((number, hour)), rows, baseline, at)
        }
        if not due:
            return None
        day = max(floor(hour, DAY) for _number, hour in due)
        own_day = {key: rows for key, rows in due.items() if floor(key[1], DAY) == day}
        return _Due(day, baseline, own_day)


def _spans(baseline: Baseline, at: int) -> Iterator[tuple[int, int]]:
    yield floor(at - _BACK, HOUR), ceil(at + 1, HOUR)
    if baseline.own_time is not None:
        start, stop = baseline.own_time
        yield floor(start, HOUR), ceil(min(stop, start + _BACK), HOUR)


def _is_logged(each: Explained) -> bool:
    return each.sample_of is None and each.rows > 0


def _is_due(before: Explained | None, rows: int, baseline: Baseline, at: int) -> bool:
    if before is None or before.sample_of is None or before.baseline != baseline.id:
        return True
    return before.sample_of != rows and at - before.changed_at >= _AGAIN


def _put(connection: Connection, model: Model, due: _Due, found: Found, at: int) -> None:
    """Hours that were explained, and the day as the sum of its hours."""
    number_of = numbered(
        connection, model.id, {(version, "") for version, _hour in found.by_window}
    )
    now: dict[tuple[int, int], Computed] = {}
    for (version, hour), one in found.by_window.items():
        key = number_of[version, ""], hour
        now[key] = now[key].merge(one) if key in now else one
    for number, hour in due.rows:
        if hour not in found.unfinished:
            # Without rows that could be explained, so that they are not looked for again.
            now.setdefault((number, hour), Computed(0, {}))
    concerned = {number for number, _hour in now}
    days = attributions.between(connection, concerned, DAY, due.day, due.day + _DAY)
    logged = {each.series for each in days if _is_logged(each)}
    attributions.put(
        connection,
        [
            _row((number, HOUR, hour), one, due, due.rows.get((number, hour), one.rows), at)
            for (number, hour), one in now.items()
            if number not in logged
        ],
    )
    _put_day(connection, concerned - logged, due, at)


def _put_day(connection: Connection, concerned: set[int], due: _Due, at: int) -> None:
    held: dict[int, list[Explained]] = {}
    for each in attributions.between(connection, concerned, HOUR, due.day, due.day + _DAY):
        if each.sample_of is not None and each.baseline == due.baseline.id:
            held.setdefault(each.series, []).append(each)
    put: list[Explained] = []
    for number, some in held.items():
        total = Computed(0, {})
        for each in some:
            total = Computed(total.rows + each.rows, merged(total.measured, decode(each.body)))
        of = sum(each.sample_of or 0 for each in some)
        put.append(_row((number, DAY, due.day), total, due, of, at))
    attributions.put(connection, put)


def _row(key: Key, one: Computed, due: _Due, sample_of: int, at: int) -> Explained:
    number, resolution, start = key
    return Explained(
        series=number,
        resolution=resolution,
        start=start,
        rows=one.rows,
        body=encode(one.measured),
        changed_at=at,
        sample_of=sample_of,
        baseline=due.baseline.id,
    )


def explain(config: Config, catalog: Catalog, stop: threading.Event) -> None:
    """As a thread, until told to stop; nothing where nothing is registered."""
    known = names()
    if not known:
        return
    store = LocalStore(config.data / "store")
    with contextlib.closing(LogReader(config.data / "log")) as log:
        source = Source(catalog, log, threading.Lock(), Memory(most=1))
        Explanations(catalog, source, store, known).run(stop)
