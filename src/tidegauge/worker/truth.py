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

import numpy as np
import structlog
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.catalog import (
    Catalog,
    CatalogError,
    FencedError,
    arrivals,
    attributions,
    models,
    outcomes,
    parts,
    progress,
    series,
    unmatched,
)
from tidegauge.catalog.arrivals import Arrival, ids_of, keys_of, packed
from tidegauge.catalog.models import Model
from tidegauge.catalog.unmatched import Unmatched
from tidegauge.config import Config
from tidegauge.log import LogReader
from tidegauge.outcome.sought import Sought
from tidegauge.performance import encode
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Held, Source
from tidegauge.store import Is, LocalStore, Store, pieces
from tidegauge.store.part import AT, ID, RECEIVED, micros
from tidegauge.store.unify import unify
from tidegauge.tail.decode import AHEAD
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, floor
from tidegauge.worker import explained, roll
from tidegauge.worker.commit import NAME as COUNTING
from tidegauge.worker.content import keys_of as hashed
from tidegauge.worker.explained import Explained, Explaining
from tidegauge.worker.outcomes import BEFORE, Known, Outcome, Window, told_of
from tidegauge.worker.places import days_of
from tidegauge.worker.subjects import numbered

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


class _Sought(NamedTuple):
    """What is looked for: new labels, and old ones whose prediction may have come."""

    counted: str
    """How far the log is counted that they are looked for in, at the least."""
    arrived: list[Arrival]
    waiting: list[Unmatched]
    ids: set[str]
    new: set[str]
    """Of those, the ids of new labels."""
    explained: list[int]
    """Days that explanations have come of."""
    again: set[int]
    """Days that are to be measured otherwise."""


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
        """Take the work over from whoever had it."""
        begun = self.catalog.write(lambda c: progress.take(c, NAME), patience=None, waiting=_wait)
        self._epoch = begun.epoch
        self._failed: dict[int, float] = {}
        self._tidied = 0

    def run(self, stop: threading.Event) -> None:
        """Until told to stop, or another process has the work."""
        pause = _PAUSE
        while not stop.wait(pause):
            began = time.monotonic()
            try:
                self.step(stop)
            except FencedError as error:
                _log.warning("labels are joined by another process", reason=str(error))
                return
            except CatalogError as error:
                _wait(str(error))
            # However much there is to do, most of the time is the counting's and the judge's.
            pause = max(_PAUSE, time.monotonic() - began)
            self._tidy()

    def _tidy(self) -> None:
        """Let go of what is old, once an hour."""
        at = self.clock()
        if at - self._tidied > HOUR * SECOND:
            self._tidied = at
            self.catalog.write(lambda connection: _expire(connection, at), waiting=_wait)

    def step(self, stop: threading.Event | None = None) -> int:
        """Join what has come; the number of models that had something."""
        with self.catalog.read() as connection:
            again = unmatched.again(connection, _counted(connection))
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
            sought = self._sought(connection, model)
        if len(sought.ids) > _MANY:
            met, measured = self._at_once(model, sought)
        else:
            met = self._predictions(model, sought.ids)
            met.days.update(sought.again)
            measured = self._measure(model, sorted(met.days))
        reasons = Explaining(model, self.store, self.source).days(sought.explained, self._floors())
        failpoint.hit("truth.measured")
        self.catalog.write(
            lambda connection: self._put(connection, model, sought, met, measured, reasons),
            patience=None,
            waiting=_wait,
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

    def _sought(self, connection: Connection, model: Model) -> _Sought:
        counted = _counted(connection)
        arrived = arrivals.of(connection, model.id, MOST)
        waiting = unmatched.of(connection, model.id)
        new = {one for each in arrived if each.kind == "labels" for one in ids_of(each.body)}
        ids = set(new)
        keys = [keys_of(each.body) for each in arrived if each.kind == "predictions"]
        come = np.concatenate(keys) if keys else np.zeros(0, dtype=np.uint64)
        for each in waiting:
            old = ids_of(each.body)
            if each.since not in {"", counted}:
                ids.update(old)
            elif len(come) and old:
                own = hashed(pa.table({ID: pa.chunked_array([pa.array(old)])}), model.id)
                ids.update(old[at] for at in np.flatnonzero(np.isin(own, come)))
        explained, again = (
            {day for each in arrived if each.kind == kind for day in arrivals.days_of(each.body)}
            for kind in ("explanations", "days")
        )
        return _Sought(counted, arrived, waiting, ids, new, sorted(explained), again)

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
        for start, stop, table in self._read(model, known, days):
            own = {day for day in days if start <= day < stop}
            found |= known.measured(known.joined(table), own, floors)
        return found

    def _at_once(self, model: Model, sought: _Sought) -> tuple[_Met, dict[Window, Outcome]]:
        """The same of ids so many that they are of most days: all rows are read once, not twice."""
        met = _Met(set(), set(sought.again))
        days = _days_of(self.source.held(model))
        found: dict[Window, Outcome] = {}
        if not days:
            return met, found
        named = pa.chunked_array([list(sought.ids)], pa.string())
        known = self._known(model, days[0], named)
        floors = self._floors()
        for start, stop, table in self._read(model, known, days):
            own = _Met(met.ids, set())
            _meet(own, table, named)
            met.days.update(day for day in own.days if start <= day < stop)
            found |= known.measured(known.joined(table), met.days, floors)
        return met, found

    def _known(self, model: Model, first: int, also: Chunked = None) -> Known:
        labels, feedback = (
            told_of(self.store, self.source.held(model, kind, first_at=first - BEFORE))
            for kind in ("labels", "feedback")
        )
        return Known(model, self.store, labels, feedback, also)

    def _read(
        self, model: Model, known: Known, days: Sequence[int]
    ) -> Iterator[tuple[int, int, Table]]:
        """What is known of days that follow one another, many rows at once."""
        some: list[Table] = []
        first = days[0]
        for start, stop in self._spans(model, days):
            # What was wrong about a clock is within a day, or refused.
            held = self.source.held(model, first_at=start - _DAY, last_at=stop + _DAY)
            some.append(known.read(held, start, stop))
            if stop > days[-1] or sum(table.num_rows for table in some) >= _ROWS:
                yield first, stop, unify(some)
                first, some = stop, []

    def _spans(self, model: Model, days: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Days that follow each other, together where they hold few rows."""
        with self.catalog.read() as connection:
            live = parts.live(connection, model.id, "predictions", days[0], days[-1] + _DAY)
        rows: dict[int, int] = {}
        for part in live:
            day = floor(part.first_at, DAY)
            rows[day] = rows.get(day, 0) + part.rows
        start, stop, held = days[0], days[0], 0
        for day in days:
            if day > stop or held + rows.get(day, 0) > _ROWS:
                if stop > start:
                    yield start, stop
                start, held = day, 0
            stop, held = day + _DAY, held + rows.get(day, 0)
        yield start, stop

    def _floors(self) -> dict[int, int]:
        at = self.clock()
        return {size: floor(at - kept, size) for size, kept in KEPT.items()}

    def _put(
        self,
        connection: Connection,
        model: Model,
        sought: _Sought,
        met: _Met,
        measured: Mapping[Window, Outcome],
        reasons: Mapping[Window, Explained],
    ) -> None:
        progress.hold(connection, NAME, self._epoch)
        if model.id not in models.by_id(connection, [model.id]):
            return
        arrivals.remove(connection, [each.id for each in sought.arrived])
        self._put_unmatched(connection, model, sought, met.ids)
        self._put_outcomes(connection, model, met.days, measured)
        days, floors = sought.explained, self._floors()
        explained.put(connection, model, days, reasons, floors, self.clock())

    def _put_unmatched(
        self, connection: Connection, model: Model, sought: _Sought, found: set[str]
    ) -> None:
        at = self.clock()
        new = sought.new - found
        gone: list[int] = []
        kept: list[Unmatched] = []
        for each in sought.waiting:
            old = ids_of(each.body)
            left = [one for one in old if one not in found and one not in new]
            put = each.since.rpartition(" ")[2]
            since = put if put == sought.counted else ""
            if since != each.since or len(left) < len(old):
                gone.append(each.id)
                if left:
                    kept.append(_waiting(model, left, each.at, since))
        if new:
            put = _counted(connection)
            since = put if put == sought.counted else f"{sought.counted} {put}"
            kept.append(_waiting(model, sorted(new), at, since))
        unmatched.remove(connection, gone)
        unmatched.add(connection, kept)

    def _put_outcomes(
        self,
        connection: Connection,
        model: Model,
        days: Iterable[int],
        measured: Mapping[Window, Outcome],
    ) -> None:
        """Those that say something else than they did; and nothing where nothing is known."""
        number_of = numbered(connection, model.id, {(w.version, w.segment) for w in measured})
        now: dict[outcomes.Key, Outcome] = {}
        for one, outcome in measured.items():
            key = number_of[one.version, one.segment], one.resolution, one.start
            now[key] = now[key].merge(outcome) if key in now else outcome
        every = [each.id for each in series.of(connection, model.id)]
        before = {
            each.key: each.body
            for start, stop in _runs(days)
            for size, first in self._floors().items()
            for each in outcomes.between(connection, every, size, max(start, first), stop)
        }
        bodies = {key: encode(one.measured) for key, one in now.items()}
        nothing = encode({})
        at = self.clock()
        outcomes.put(
            connection,
            [
                outcomes.Outcome(
                    series=number,
                    resolution=size,
                    start=start,
                    labelled=now[key].rows if key in now else 0,
                    body=body,
                    changed_at=at,
                )
                for key in now.keys() | before.keys()
                for number, size, start in [key]
                for body in [bodies.get(key, nothing)]
                if before.get(key) != body
            ],
        )


def _runs(days: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Days that follow each other, together."""
    start = stop = None
    for day in sorted(days):
        if start is not None and stop is not None and day > stop:
            yield start, stop
            start = None
        start, stop = day if start is None else start, day + _DAY
    if start is not None and stop is not None:
        yield start, stop


def _meet(met: _Met, table: Table, ids: Chunked) -> None:
    """Note which of these ids the rows have, and the days of those."""
    found = table.filter(pc.is_in(table[ID], value_set=ids.combine_chunks()))
    if found.num_rows:
        met.ids.update(found[ID].to_pylist())
        met.days.update(days_of(found))


def _days_of(held: Held) -> list[int]:
    """All that rows may be counted in: by when they happened, or by when they came."""
    ends = [
        ends
        for part in held.parts
        for ends in (
            (part.first_at, part.last_at),
            (part.first_received, part.last_received),
        )
    ]
    for table in held.tail:
        ends += [
            (int(at.min()), int(at.max())) for at in (micros(table[AT]), micros(table[RECEIVED]))
        ]
    days = (range(floor(low, DAY), high + 1, _DAY) for low, high in ends)
    return sorted({day for own in days for day in own})


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


def _waiting(model: Model, ids: Sequence[str], at: int, since: str) -> Unmatched:
    return Unmatched(model=model.id, rows=len(ids), at=at, since=since, body=packed(ids))


def _counted(connection: Connection) -> str:
    begun = progress.get(connection, COUNTING)
    return begun.position if begun else progress.START


def _wait(reason: str) -> None:
    _log.warning("the catalog is waited for", reason=reason)
