"""Rows of a model over its parts and the rows that are in no part yet.

Parts, then row groups, are ruled out by what is known of them; of the rest only the columns that
the conditions need are read, then the columns asked for, of the row groups that hold chosen rows.
With a limit, row groups are read in the order of time and no more of them than it takes.  Every
byte is verified.

DuckDB could do the same, but verifies nothing.  Measured, over 11 parts of 30,000 real rows of 50
columns, with 2 threads: the newest 50 rows 15 ms here and 56 ms there, one id 23 and 30, a rare
value anywhere 133 and 89, all rows 252 and 371.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tidegauge.arrow import Table, pc
from tidegauge.store.best import Best, Cursor, Order
from tidegauge.store.keeping import Store
from tidegauge.store.part import Part
from tidegauge.store.source import PartSource, Piece, TableSource
from tidegauge.store.where import Filter, columns_of, mask


@dataclass(frozen=True)
class Page:
    table: Table
    after: Cursor | None
    """Where the next page begins, or None after the last."""


def scan(  # noqa: PLR0913 - a query has this many sides
    store: Store,
    parts: Sequence[Part],
    tail: Sequence[Table] = (),
    *,
    columns: Sequence[str] | None = None,
    where: Sequence[Filter] = (),
    order: Order = "oldest",
    limit: int | None = None,
    after: Cursor | None = None,
) -> Table:
    """The rows that satisfy all conditions, by (timestamp, prediction_id), ties as the sources
    have them.  A part that is damaged or gone is an error that names it, never fewer rows."""
    return page(
        store, parts, tail, columns=columns, where=where, order=order, limit=limit, after=after
    ).table


def page(  # noqa: PLR0913 - the same
    store: Store,
    parts: Sequence[Part],
    tail: Sequence[Table] = (),
    *,
    columns: Sequence[str] | None = None,
    where: Sequence[Filter] = (),
    order: Order = "oldest",
    limit: int | None = None,
    after: Cursor | None = None,
) -> Page:
    """As `scan`, and from where to go on."""
    best = Best(order, limit, after)
    where = [*where, *best.where]
    waiting = _Waiting(order)
    for number, part in enumerate(parts):
        source = PartSource(store, number, part)
        if source.could(where):
            waiting.add(source)
    for number, table in enumerate(tail, len(parts)):
        waiting.add(*TableSource(number, table).pieces())
    while waiting:
        one = waiting.next()
        if best.is_settled_before(one):
            break
        if isinstance(one, Piece):
            best.look(one, where)
        else:
            # Opened only now, when it is its turn.
            waiting.add(*one.pieces(where))
    return Page(*best.end(columns))


def pieces(
    store: Store,
    parts: Sequence[Part],
    tail: Sequence[Table] = (),
    *,
    columns: Sequence[str],
    where: Sequence[Filter] = (),
    coded: Sequence[str] = (),
) -> Iterator[Table]:
    """The rows that satisfy all conditions, a row group at a time and in no order; of the columns
    those that are there.  Texts of `coded` may come as dictionaries."""
    wanted = [*columns, *columns_of(where)]
    for number, part in enumerate(parts):
        source = PartSource(store, number, part)
        if source.could(where):
            for table in source.tables(wanted, where, coded):
                yield _holding(table, columns, where)
    for table in tail:
        yield _holding(table, columns, where)


def _holding(table: Table, columns: Sequence[str], where: Sequence[Filter]) -> Table:
    chosen = mask(table, where)
    there = set(table.column_names)
    own = table.select([name for name in columns if name in there])
    return own if chosen is None or pc.all(chosen).as_py() else own.filter(chosen)


class _Waiting:
    """What is still to be read, by the time at which it begins."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._heap: list[tuple[int, tuple[int, int], PartSource | Piece]] = []

    def __bool__(self) -> bool:
        return bool(self._heap)

    def add(self, *some: PartSource | Piece) -> None:
        for one in some:
            at = one.first_at if self._order == "oldest" else -one.last_at
            heapq.heappush(self._heap, (at, one.number, one))

    def next(self) -> PartSource | Piece:
        return heapq.heappop(self._heap)[2]
