"""What is counted and in no part yet, model by model; and the writing of parts from it.

Rows are kept in memory while there is room, and read from the log again where there is none.
Parts are written beside the counting; a part counts, and its rows leave the tail, with the first
commit after it is durable.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrow import Table
from tidegauge.log import Position, ReadableLog
from tidegauge.series.places import micros
from tidegauge.store import Encodings, Part, Store, new_name, write
from tidegauge.store.unify import unify
from tidegauge.tail.read import Tail, tables_of
from tidegauge.window import DAY, HOUR, SECOND, floor

ROWS: Final = 50_000
BYTES: Final = 16 << 20
AGE: Final = HOUR * SECOND
_COLUMN: Final = 1_024
_SPARE: Final = 64


class Of(NamedTuple):
    """Whose rows of which kind."""

    model: int
    kind: str


@dataclass
class Stretch:
    """Rows of a tail from one position to another."""

    after: Position
    upto: Position
    since: int
    rows: int = 0
    bytes: int = 0
    dropped: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    tables: list[Table] | None = field(default_factory=list[Table])
    """None where they are left in the log."""
    held: int = 0
    """Bytes in memory, about: a column of few rows is mostly its own description."""

    def add(self, table: Table, upto: Position, dropped: dict[str, list[int]]) -> None:
        # Not `nbytes`, which takes longer than all else here.
        size = table.get_total_buffer_size()
        self.upto = upto
        self.rows += table.num_rows
        self.bytes += size
        self.dropped |= dropped
        if self.tables is not None:
            self.tables.append(table)
            self.held += size + _COLUMN * table.num_columns

    def leave_in_log(self) -> int:
        """How much that freed."""
        freed, self.held, self.tables = self.held, 0, None
        return freed


@dataclass
class _Model:
    tenant: str
    name: str
    writing: list[tuple[Stretch, Future[list[Part]]]] = field(
        default_factory=list[tuple[Stretch, Future[list[Part]]]]
    )
    growing: Stretch | None = None


def _is_full(stretch: Stretch) -> bool:
    return stretch.rows >= ROWS or stretch.bytes >= BYTES


class _Due(NamedTuple):
    """When a stretch is to be written at the latest, by the clock or by the log."""

    by: int
    of: Of
    after: Position
    """Where the stretch begins."""


class Written(NamedTuple):
    """A stretch that is in parts now."""

    of: Of
    upto: Position
    parts: list[Part]


class Left(NamedTuple):
    """What the catalog keeps of a tail; no rows: it is gone."""

    of: Of
    after: Position
    rows: int
    bytes: int
    since: int
    dropped: dict[str, list[int]]


class Tails:
    def __init__(self, log: ReadableLog, store: Store, *, memory: int, pinned: int) -> None:
        """`memory` is the bytes of rows held at once; `pinned` the segments of the log that tails
        may hold back, by their numbers."""
        self._log = log
        self._store = store
        self._memory = memory
        self._pinned = pinned
        self._models: dict[Of, _Model] = {}
        self._changed: set[Of] = set()
        self._encodings: dict[Of, Encodings] = {}
        self._apart: list[tuple[Of, Future[list[Part]]]] = []
        # Thousands of models grow, and of few of them there is anything to do in a turn.
        self._held = 0
        self._full: set[Of] = set()
        self._writing: dict[Of, None] = {}
        self._by_age: list[_Due] = []
        self._by_segment: list[_Due] = []
        self._writers = ThreadPoolExecutor(1, thread_name_prefix="parts")

    def restore(self, of: Of, tenant: str, name: str, stretch: Stretch) -> None:
        """As the catalog tells it, at a start: the rows are in the log."""
        stretch.leave_in_log()
        self._models[of] = _Model(tenant, name, growing=stretch)
        self._await(of, stretch)

    def add(  # noqa: PLR0913 - whose rows, which, and where they lie
        self,
        of: Of,
        tenant: str,
        name: str,
        table: Table,
        *,
        after: Position,
        upto: Position,
        at: int,
        dropped: dict[str, list[int]],
    ) -> None:
        """Rows that came between two positions."""
        model = self._models.setdefault(of, _Model(tenant, name))
        if model.growing is None:
            model.growing = Stretch(after, upto, at)
            self._await(of, model.growing)
        stretch = model.growing
        before = stretch.held
        stretch.add(table, upto, dropped)
        self._held += stretch.held - before
        if _is_full(stretch):
            self._full.add(of)
        self._changed.add(of)

    def _await(self, of: Of, stretch: Stretch) -> None:
        for waiting in (self._by_age, self._by_segment):
            # Stretches that were written for another reason are not to pile up.
            if len(waiting) > 2 * len(self._models) + _SPARE:
                waiting[:] = filter(self._is_waiting, waiting)
                heapify(waiting)
        heappush(self._by_age, _Due(stretch.since, of, stretch.after))
        heappush(self._by_segment, _Due(stretch.after.segment, of, stretch.after))
        if _is_full(stretch):
            self._full.add(of)

    def write_apart(self, of: Of, table: Table) -> None:
        """Rows that cannot be read from the log again: a part of their own, with this commit."""
        if table.num_rows:
            encodings = self._encodings.setdefault(of, Encodings())
            self._apart.append((of, self._writers.submit(self._parts, of, table, encodings)))

    def apart(self) -> list[tuple[Of, Part]]:
        """The parts of such rows, once they are durable."""
        return [(of, part) for of, writing in self._apart for part in writing.result()]

    def write_due(self, position: Position, at: int, *, everything: bool = False) -> None:
        """Begin to write what is enough for a part, old, or holds the log back."""
        due = dict.fromkeys(self._models if everything else self._full)
        due |= dict.fromkeys(self._until(self._by_age, at - AGE))
        due |= dict.fromkeys(self._until(self._by_segment, position.segment - self._pinned - 1))
        self._full.clear()
        for of in due:
            model = self._models[of]
            if model.growing is not None:
                self._begin(of, model, model.growing)
        if self._held > self._memory:
            self._leave_in_log(self._held - self._memory // 2)

    def _until(self, waiting: list[_Due], last: int) -> Iterator[Of]:
        """Those that are due by then."""
        while waiting and waiting[0].by <= last:
            due = heappop(waiting)
            if self._is_waiting(due):
                yield due.of

    def _is_waiting(self, due: _Due) -> bool:
        model = self._models.get(due.of)
        return bool(model and model.growing and model.growing.after == due.after)

    def _leave_in_log(self, most: int) -> None:
        stretches = [m.growing for m in self._models.values() if m.growing and m.growing.tables]
        for stretch in sorted(stretches, key=lambda each: each.since):
            freed = stretch.leave_in_log()
            self._held -= freed
            most -= freed
            if most <= 0:
                return

    def _begin(self, of: Of, model: _Model, stretch: Stretch) -> None:
        model.growing = None
        self._held -= stretch.held
        self._writing[of] = None
        encodings = self._encodings.setdefault(of, Encodings())
        writing = self._writers.submit(self._write, of, model, stretch, encodings)
        model.writing.append((stretch, writing))

    def _write(self, of: Of, model: _Model, stretch: Stretch, encodings: Encodings) -> list[Part]:
        tables = stretch.tables
        if tables is None:
            tail = Tail(
                model.tenant, model.name, of.kind, stretch.after, stretch.upto, stretch.dropped
            )
            tables = list(tables_of(self._log, tail))
        tables = [table for table in tables if table.num_rows]
        return self._parts(of, unify(tables), encodings) if tables else []

    def _parts(self, of: Of, table: Table, encodings: Encodings) -> list[Part]:
        return [
            write(self._store, rows, name=new_name(of.kind, of.model, at), encodings=encodings)
            for at, rows in _by_day(table)
        ]

    @property
    def is_writing(self) -> bool:
        return bool(self._writing)

    def wait(self) -> None:
        """Until what is being written is durable."""
        for of in self._writing:
            for _stretch, writing in self._models[of].writing:
                writing.exception()

    def written(self) -> list[Written]:
        """What is durable and not committed yet, oldest first; a failure of the disk is raised."""
        found: list[Written] = []
        for of in self._writing:
            for stretch, writing in self._models[of].writing:
                if not writing.done():
                    break
                found.append(Written(of, stretch.upto, writing.result()))
        return found

    def left(self, written: Sequence[Written]) -> Iterator[Left]:
        """What the catalog is to keep of the tails that changed, once these are committed."""
        upto = {each.of: each.upto for each in written}
        for of in self._changed | upto.keys():
            yield self._left(of, upto.get(of))

    def _left(self, of: Of, upto: Position | None) -> Left:
        model = self._models[of]
        stretches = [stretch for stretch, _writing in model.writing]
        if model.growing:
            stretches.append(model.growing)
        stretches = [each for each in stretches if upto is None or each.upto > upto]
        if not stretches:
            return Left(of, upto or Position(0, 0), 0, 0, 0, {})
        dropped: dict[str, list[int]] = {}
        for stretch in stretches:
            dropped |= stretch.dropped
        return Left(
            of,
            upto or stretches[0].after,
            sum(stretch.rows for stretch in stretches),
            sum(stretch.bytes for stretch in stretches),
            stretches[0].since,
            dropped,
        )

    def committed(self, written: Sequence[Written]) -> None:
        for each in written:
            model = self._models[each.of]
            model.writing.pop(0)
            if not model.writing:
                del self._writing[each.of]
                if model.growing is None:
                    del self._models[each.of]
        self._changed.clear()
        self._apart.clear()

    def forget(self, model: int) -> None:
        """It was erased: its files go with the orphans."""
        for of in [of for of in self._models if of.model == model]:
            gone = self._models.pop(of)
            self._held -= gone.growing.held if gone.growing else 0
            self._writing.pop(of, None)
            self._full.discard(of)
        self._changed = {of for of in self._changed if of.model != model}
        self._apart = [each for each in self._apart if each[0].model != model]

    def oldest(self) -> Position | None:
        """Rows after this are needed from the log."""
        needed = [
            stretch.after
            for model in self._models.values()
            for stretch in (*(each for each, _writing in model.writing), model.growing)
            if stretch is not None
        ]
        return min(needed, default=None)

    def close(self) -> None:
        self._writers.shutdown(wait=True, cancel_futures=True)


def _by_day(table: Table) -> Iterator[tuple[int, Table]]:
    """Rows of one day each, so that a day can be compacted and dropped by itself."""
    times = micros(table, "timestamp")
    first, last = floor(int(times.min()), DAY), floor(int(times.max()), DAY)
    if first == last:
        yield first, table
        return
    days = times - times % (DAY * SECOND)
    for day in np.unique(days).tolist():
        yield day, table.take(np.flatnonzero(days == day))
