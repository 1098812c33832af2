"""Rows of spans of time, as many as are wanted: a sample of more, evenly over all of them."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from tidegauge.arrow import Table
from tidegauge.record.columns import place
from tidegauge.reference.fit import sample_of
from tidegauge.schema import segment_columns
from tidegauge.series.labelled import SAID, columns_of, within
from tidegauge.series.places import places
from tidegauge.series.rows import Held
from tidegauge.store import Store, pieces
from tidegauge.store.unify import unify

_CELLS: Final = 20_000_000
"""Of a table, at the most."""
_AT_ONCE: Final = 4
_HEAP: Final = 250_000
"""Rows."""


def read(
    store: Store, held: Held, names: list[str], spans: Iterable[tuple[int, int]]
) -> Iterator[Table]:
    """The rows that are counted in these spans, in pieces."""
    for start, stop in spans:
        for where in within(start, stop):
            for table in pieces(store, held.parts, held.tail, columns=names, where=where):
                if table.num_rows:
                    found = places(table)
                    inside = found.live & (found.minute >= start) & (found.minute < stop)
                    yield table if inside.all() else table.take(np.flatnonzero(inside))


def heaped(tables: Iterable[Table]) -> Iterator[Table]:
    """Pieces put together: to look labels up for a heap takes hardly longer than for a piece, as
    most of that is to make the labels ready for it."""
    heap: list[Table] = []
    for table in tables:
        heap.append(table)
        if sum(each.num_rows for each in heap) >= _HEAP:
            yield unify(heap)
            heap = []
    if heap:
        yield unify(heap)


def columns(
    store: Store,
    held: Held,
    *,
    more: Iterable[str] = (),
    features: Iterable[str] | None = None,
    segments: Iterable[str] = (),
) -> list[str]:
    """What tells how good a prediction is, and the features that are named, or all."""
    told = {each for name in segments for each in segment_columns(name)}
    wanted, fields = None if features is None else set(features), {*SAID, *more}
    return sorted(
        name
        for name in columns_of(store, held)
        if place(name)[0] in fields
        or name in told
        or (place(name)[0] == "features" and (wanted is None or name in wanted))
    )


def sampled(tables: Iterable[Table], most: int) -> tuple[Table | None, int]:
    """So many rows, the same in whatever pieces they come; and of how many."""
    kept: list[Table] = []
    count = 0
    for table in tables:
        if table.num_rows:
            kept.append(table)
            count += table.num_rows
        if sum(each.num_rows for each in kept) > _AT_ONCE * most:
            kept = [_some(kept, most)]
    return (_some(kept, most) if kept else None), count


def _some(tables: list[Table], most: int) -> Table:
    table = unify(tables)
    return sample_of(table, min(most, max(_CELLS // table.num_columns, 1)))
