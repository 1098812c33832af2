"""What some rows tell of the columns of a layout, read once however many groups they fall into.

Each column becomes a number a row: a double, the code of a category, the hash of an id.  A column
is read when it is asked for, so that who counts rows once never holds two of a large table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats, Hashes
from tidegauge.arrow import pa
from tidegauge.profile.categories import MISSING, OTHER, UNSEEN
from tidegauge.profile.hashing import bits_of, hash_texts, mixed
from tidegauge.profile.layout import Facet, Layout, derive, is_counted_by_name, read_columns
from tidegauge.rows.frame import Frame
from tidegauge.rows.values import (
    Codes,
    Gone,
    Numbers,
    Values,
    codes,
    families,
    families_of_rows,
    numbers,
)
from tidegauge.schema import Column

_BLOCK: Final = 1 << 18
"""Values of numeric columns that are handled together."""


@dataclass(frozen=True, eq=False)
class Came:
    """That a column was there, and as what."""

    column: str
    families: tuple[str, ...]
    of_rows: Counts | None = None
    """The place of each row's family, -1 where it tells none; None where that does not matter."""


@dataclass(frozen=True, eq=False)
class Block:
    """Numeric columns, or numbers derived from others."""

    at: list[int]
    """Where in a layout's numeric arrays each is."""
    values: Floats
    """[columns, rows]: NaN where there is no number."""
    gone: tuple[Gone | None, ...]


@dataclass(frozen=True, eq=False)
class Cells:
    """A category column."""

    at: int
    coded: Codes
    cells: Counts
    """Of none, then of each of its values."""
    hashes: Hashes
    """Of each value that has no cell of its own; 0 for the others."""


@dataclass(frozen=True, eq=False)
class Ids:
    column: str
    hashes: Hashes
    rows: Flags | None
    """Which rows tell one; None is all."""


@dataclass(frozen=True, eq=False)
class Bits:
    """A column's share in the hashes of whole rows."""

    bits: Hashes
    rows: Flags | None
    """Which rows take it up; None is all."""


Told = Came | Block | Cells | Ids | Bits


def read(layout: Layout, frame: Frame, *, by_row: bool = False) -> Iterator[Told]:
    """The columns of a layout that a frame has.

    `by_row` is for a frame of which it depends on chance what columns it has: a column was there
    for those rows only that tell something of it.
    """
    there, time = set(frame.columns), layout.schema.time
    waiting: list[tuple[int, Numbers]] = []
    for column in read_columns(layout.schema):
        if column.name not in there:
            continue
        values = frame[column.name]
        if column.kind == "numeric" and column.role != "id":
            waiting.append((layout.place[Facet(column.name, "")], numbers(values)))
        elif not _is_named(column):
            waiting.extend(_derived(layout, column, frame, time))
        yield from _others(layout, column, values, None, by_row=by_row)
        if len(waiting) * frame.count >= _BLOCK:
            yield from _blocks(waiting, frame.count)
            waiting.clear()
    yield from _blocks(waiting, frame.count)


def read_others(layout: Layout, frame: Frame, coded: Mapping[str, Codes]) -> Iterator[Told]:
    """All but the numbers, of a frame whose categories are coded."""
    for column in read_columns(layout.schema):
        values = frame[column.name]
        yield from _others(layout, column, values, coded.get(column.name), by_row=False)


def _is_named(column: Column) -> bool:
    return column.role == "id" or is_counted_by_name(column)


def _others(
    layout: Layout, column: Column, values: Values, coded: Codes | None, *, by_row: bool
) -> Iterator[Told]:
    came = _came(column.name, values, by_row=by_row)
    yield came
    if not layout.repeats and not _is_named(column):
        return
    rows = None if came.of_rows is None else came.of_rows >= 0
    if column.role == "id":
        yield Ids(column.name, mixed(bits_of(values)), rows)
    elif is_counted_by_name(column):
        coded = coded or codes(values)
        yield _cells(layout, column.name, coded)
    if layout.repeats:
        yield Bits(bits_of(values, coded), rows)


def _came(name: str, values: Values, *, by_row: bool) -> Came:
    if not by_row or _is_full(values):
        return Came(name, tuple(families(values)))
    found = families_of_rows(values)
    return Came(name, tuple(found.values), found.codes)


def _is_full(values: Values) -> bool:
    if isinstance(values, np.ndarray):
        return values.dtype != object
    return not values.null_count


def _derived(
    layout: Layout, column: Column, frame: Frame, time: str | None
) -> Iterator[tuple[int, Numbers]]:
    for name, found in derive(column, frame, time, layout.vocabularies, layout.projections):
        # What the layout does not have, such as the day where there is no time to tell the age.
        at = layout.place.get(Facet(column.name, name))
        if at is not None:
            yield at, found


def _blocks(columns: list[tuple[int, Numbers]], rows: int) -> Iterator[Block]:
    some = max(1, _BLOCK // max(rows, 1))
    for start in range(0, len(columns), some):
        own = columns[start : start + some]
        at = [place for place, _found in own]
        gone = tuple(found.gone for _place, found in own)
        if len(own) == 1:
            # As it lies: it may be large.
            yield Block(at, own[0][1].of_rows[None, :], gone)
        else:
            yield Block(at, np.array([found.of_rows for _place, found in own]), gone)


def _cells(layout: Layout, name: str, coded: Codes) -> Cells:
    at = layout.named_place[name]
    bins = layout.categories[at]
    known = bins.cells
    cells = np.array([MISSING, *(known.get(value, -1) for value in coded.values)], dtype=np.int64)
    hashes = np.zeros(len(coded.values), dtype=np.uint64)
    outside = np.flatnonzero(cells < 0)
    if len(outside):
        places = outside - 1
        names = [coded.values[i] for i in places.tolist()]
        hashes[places] = found = hash_texts(pa.array(names, pa.large_string()))
        cells[outside] = np.where(np.isin(found, bins.tail) | bins.is_open, OTHER, UNSEEN)
    return Cells(at, coded, cells, hashes)
