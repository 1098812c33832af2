"""Truth: labels that have come are joined to their predictions, and the days of these are measured
anew.  So is feedback: what people did who were served them; and so are the days that explanations
are of.

It runs beside the counting, which notes what has come.  A label whose prediction is not there
waits for it, a month at most.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import structlog
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.catalog import (
    Catalog,
    CatalogError,
    arrivals,
    attributions,
    models,
    outcomes,
    parts,
    unmatched,
)
from tidegauge.catalog.models import Model
from tidegauge.config import Config
from tidegauge.log import LogReader
from tidegauge.outcome.sought import Sought
from tidegauge.series.labelled import BEFORE, told_of
from tidegauge.series.memory import Memory
from tidegauge.series.places import days_of
from tidegauge.series.rows import Source
from tidegauge.store import Is, LocalStore, Store, pieces
from tidegauge.store.part import AT, ID, RECEIVED
from tidegauge.store.unify import unify
from tidegauge.tail.decode import AHEAD
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, floor
from tidegauge.worker import changed, explained, labels, roll
from tidegauge.worker.beside import Beside
from tidegauge.worker.days import all_days, together
from tidegauge.worker.explained import Explained, Explaining
from tidegauge.worker.outcomes import Known, Outcome, Window

NAME: Final = "truth"
KEPT: Final = {size: roll.KEPT[size] for size in (FIVE_MINUTES, HOUR, DAY)}
"""As the windows of the same predictions."""
MOST: Final = 200_000
"""Labels that are joined at once."""
_PAUSE: Final = 2.0
_AFTER_FAILURE: Final = 60.0
_ROWS: Final = 1_000_000
"""Predictions that are read at once."""
_DAY: Final = DAY * SECOND
_MANY: Final = 10_000
"""Ids of which most days have some."""
_FEW: Final = 64
"""Ids that are asked of the parts' filters one by one."""
_log = structlog.stdlib.get_logger(__name__)


class _Met(NamedTuple):
    ids: set[str]
    days: set[int]


@dataclass
class Truth:
    catalog: Catalog
    source: Source
    store: Store
    clock: Callable[[], int] = lambda: time.time_ns() // 1000

    def __post_init__(self) -> None:
        self._work = Beside(self.catalog, NAME, self.clock, _expire)
        self._failed: dict[int, float] = {}

    def run(self, stop: threading.Event) -> None:
        # However much there is to do, most of the time is the counting's and the judge's.
        self._work.run(self.step, stop)

    def _tidy(self) -> None:
        self._work.tidy()

    def step(self, stop: threading.Event | None = None) -> int:
        """Join what has come; the number of models that had something."""
        with self.catalog.read() as connection:
            again = unmatched.again(connection, labels.counted(connection))
            due = list(dict.fromkeys([*arrivals.waiting(connection), *again]))
            known = models.by_id(connection, due)
        count = 0
        for model in [known[each] for each in due if each in known]:
            if stop is not None and stop.is_set():
                break
            if time.monotonic() >= self._failed.get(model.id, 0.0):
                count += self._joined(model)
        return count

    def _joined(self, model: Model) -> bool:
        try:
            self._join(model)
        except CatalogError:
            raise
        except Exception:  # noqa: BLE001 - whatever it is
            # One model's odd rows, or a part that is damaged, must not hold up all the others.
            _log.exception("labels could not be joined", model=model.name)
            self._failed[model.id] = time.monotonic() + _AFTER_FAILURE
            return False
        self._failed.pop(model.id, None)
        return True

    def _join(self, model: Model) -> None:
        began = time.monotonic()
        with self.catalog.read() as connection:
            sought = labels.sought(connection, model)
        if len(sought.ids) > _MANY:
            met, measured = self._at_once(model, sought)
        else:
            met = self._predictions(model, sought.ids)
            met.days.update(sought.again)
            measured = self._measure(model, sorted(met.days))
        reasons = Explaining(model, self.store, self.source).days(sought.explained, self._floors())
        failpoint.hit("truth.measured")
        self._work.put(
            model, lambda connection: self._put(connection, model, sought, met, measured, reasons)
        )
        failpoint.hit("truth.committed")
        _log.debug(
            "joined",
            model=model.name,
            labels=len(sought.ids),
            found=len(met.ids),
            days=len(met.days),
            explained=len(sought.explained),
            took=time.monotonic() - began,
        )

    def _predictions(self, model: Model, ids: Iterable[str]) -> _Met:
        """Which of these there are, and the days that they are counted in."""
        met = _Met(set(), set())
        ordered = sorted(ids)
        if not ordered:
            return met
        held = self.source.held(model)
        few = [Is(ID, *ordered)] if len(ordered) <= _FEW else []
        named = pa.chunked_array([ordered], pa.string())
        sought = Sought.of(named)
        columns = [ID, AT, RECEIVED, AHEAD, "environment"]
        found = [
            table.take(pa.array(rows))
            for table in pieces(self.store, held.parts, held.tail, columns=columns, where=few)
            for rows in [sought.rows(table[ID]) if table.num_rows else ()]
            if len(rows)
        ]
        if found:
            _meet(met, unify(found), named)
        return met

    def _measure(self, model: Model, days: Sequence[int]) -> dict[Window, Outcome]:
        if not days:
            return {}
        known = self._known(model, days[0])
        floors = self._floors()
        found: dict[Window, Outcome] = {}
        for table in self._read(model, known, days):
            found |= known.measured(known.joined(table), days, floors)
        return found

    def _at_once(self, model: Model, sought: labels.Sought) -> tuple[_Met, dict[Window, Outcome]]:
        """The same of ids so many that they are of most days: all rows are read once, not twice."""
        met = _Met(set(), set(sought.again))
        days = all_days(self.source.held(model))
        found: dict[Window, Outcome] = {}
        if not days:
            return met, found
        named = pa.chunked_array([list(sought.ids)], pa.string())
        known = self._known(model, days[0], named)
        floors = self._floors()
        for table in self._read(model, known, days):
            _meet(met, table, named)
            found |= known.measured(known.joined(table), met.days, floors)
        return met, found

    def _known(self, model: Model, first: int, also: Chunked = None) -> Known:
        told, deeds = (
            told_of(self.store, self.source.held(model, kind, first_at=first - BEFORE))
            for kind in ("labels", "feedback")
        )
        return Known(model, self.store, told, deeds, also)

    def _read(self, model: Model, known: Known, days: Sequence[int]) -> Iterator[Table]:
        """What may be known of some days, and all of each of them at once."""
        some: list[Table] = []
        with self.catalog.read() as connection:
            live = parts.live(connection, model.id, "predictions", days[0], days[-1] + _DAY)
        for start, stop in together(live, days, _ROWS):
            # What was wrong about a clock is within a day, or refused.
            held = self.source.held(model, first_at=start - _DAY, last_at=stop + _DAY)
            some.append(known.read(held, start, stop))
            if stop > days[-1] or sum(table.num_rows for table in some) >= _ROWS:
                yield unify(some)
                some = []

    def _floors(self) -> dict[int, int]:
        at = self.clock()
        return {size: floor(at - kept, size) for size, kept in KEPT.items()}

    def _put(
        self,
        connection: Connection,
        model: Model,
        sought: labels.Sought,
        met: _Met,
        measured: Mapping[Window, Outcome],
        reasons: Mapping[Window, Explained],
    ) -> None:
        floors, at = self._floors(), self.clock()
        labels.put(connection, model, sought, met.ids, at)
        changed.put(connection, model, met.days, measured, floors, at)
        explained.put(connection, model, sought.explained, reasons, floors, at)


def _meet(met: _Met, table: Table, ids: Chunked) -> None:
    """Note which of these ids the rows have, and the days of those."""
    found = table.filter(pc.is_in(table[ID], value_set=ids.combine_chunks()))
    if found.num_rows:
        met.ids.update(found[ID].to_pylist())
        met.days.update(days_of(found))


def _expire(connection: Connection, at: int) -> None:
    for size, kept in KEPT.items():
        outcomes.expire(connection, size, at - kept)
        attributions.expire(connection, size, at - kept)
    unmatched.expire(connection, at - BEFORE)


def join(config: Config, catalog: Catalog, stop: threading.Event) -> None:
    """As a thread, until told to stop."""
    store = LocalStore(config.data / "store")
    with contextlib.closing(LogReader(config.data / "log")) as log:
        source = Source(catalog, log, threading.Lock(), Memory(most=1))
        Truth(catalog, source, store).run(stop)
