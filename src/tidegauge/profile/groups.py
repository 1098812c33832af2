"""Counting the rows of groups, such as those of each window, all groups of a table at once."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import compress, pairwise
from typing import Final, Self, TypeVar

import numpy as np
import numpy.typing as npt

from tidegauge.arrays import Counts, Flags, Hashes
from tidegauge.profile.bins import NumericBins
from tidegauge.profile.categories import MISSING as MISSING_CATEGORY
from tidegauge.profile.categories import OTHER, OUTSIDE, UNSEEN, Categories
from tidegauge.profile.hashing import RowHashes
from tidegauge.profile.layout import Layout, read_columns
from tidegauge.profile.matrix import Matrix
from tidegauge.profile.numeric import MISSING, Numeric
from tidegauge.profile.sketch import Sketch
from tidegauge.profile.told import Bits, Block, Came, Cells, Ids, Told
from tidegauge.rows.values import THERE

_LARGE: Final = 1_000
"""Rows of a group from which it is quicker to sort its columns one by one."""
_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Counted:
    """What is known of some rows, each standing for itself."""

    rows: int
    numeric: Numeric
    categories: Categories
    ids: Mapping[str, Sketch]
    repeats: Sketch
    types: Mapping[str, frozenset[str]]

    def merge(self, other: Self) -> Self:
        return type(self)(
            rows=self.rows + other.rows,
            numeric=self.numeric.merge(other.numeric),
            categories=self.categories.merge(other.categories),
            ids={name: sketch.merge(other.ids[name]) for name, sketch in self.ids.items()},
            repeats=self.repeats.merge(other.repeats),
            types=merged(self.types, other.types),
        )


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows in the order of their groups."""

    cuts: Counts
    """Where each group begins; at the end, where the last one ends."""
    rows: Counts | None = None
    """Which rows of a table they are; None is all, as they lie."""

    @classmethod
    def one(cls, rows: int) -> Self:
        return cls(np.array([0, rows]))

    def __len__(self) -> int:
        return len(self.cuts) - 1

    @cached_property
    def sizes(self) -> Counts:
        return np.diff(self.cuts)

    @cached_property
    def of_rows(self) -> Counts:
        """The group of each row."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def some(self, first: int, last: int) -> "Groups":
        """Those from the first to before the last."""
        start, stop = int(self.cuts[first]), int(self.cuts[last])
        if self.rows is None and stop - start == self.cuts[-1]:
            return self
        rows = np.arange(start, stop) if self.rows is None else self.rows[start:stop]
        return Groups(self.cuts[first : last + 1] - start, rows)

    def picked(self, values: npt.NDArray[_T]) -> npt.NDArray[_T]:
        return values if self.rows is None else values[self.rows]

    def own(self, group: int) -> slice | Counts:
        own = slice(int(self.cuts[group]), int(self.cuts[group + 1]))
        return own if self.rows is None else self.rows[own]

    def tally(self, places: Counts, width: int) -> Counts:
        """[groups, width]: how many rows of a group are at each place."""
        if len(self) > 1:
            places = self.of_rows * width + places
        return np.bincount(places, minlength=len(self) * width).reshape(len(self), width)


@lru_cache(1_000)
def together(families: tuple[str, ...]) -> frozenset[str]:
    """One object for all columns that came so: there are many, in many windows."""
    return frozenset(families)


def merged(
    types: Mapping[str, frozenset[str]], others: Mapping[str, frozenset[str]]
) -> Mapping[str, frozenset[str]]:
    if types == others:
        return types
    return {name: together(tuple(sorted(found | others[name]))) for name, found in types.items()}


def count(
    layout: Layout, told: Iterable[Told], groups: Groups, *, nan_is_missing: bool = False
) -> list[Counted]:
    """What is known of each group, from what is read of the table's columns."""
    making = _Making(layout, groups)
    for each in told:
        making.add(each)
    return making.made(nan_is_missing=nan_is_missing)


class _Making:
    """Groups being counted, column by column."""

    def __init__(self, layout: Layout, groups: Groups) -> None:
        self._layout = layout
        self._groups = groups
        self._numbers = _Numbers(layout.numeric, groups)
        self._empty = Categories.empty(layout.categories)
        self._mixes = np.zeros((len(groups), *self._empty.counts.shape), dtype=np.int64)
        # In the cell of what is missing, until their column is seen.
        self._mixes[:, :, MISSING_CATEGORY] = groups.sizes[:, None]
        self._outside: dict[int, dict[int, Sketch]] = {}
        self._ids: dict[str, Ids] = {}
        self._came: dict[str, tuple[Came, Flags | None]] = {}
        self._hashes = RowHashes(int(groups.sizes.sum()))

    def add(self, told: Told) -> None:
        match told:
            case Block():
                self._numbers.add(told)
            case Came():
                self._came[told.column] = told, self._families(told)
            case Cells():
                self._add_cells(told)
            case Ids():
                self._ids[told.column] = told
            case Bits():
                rows = None if told.rows is None else self._groups.picked(told.rows)
                self._hashes.add(self._groups.picked(told.bits), rows)

    def _families(self, came: Came) -> Flags | None:
        """[groups, families]: which came; None is each in every group."""
        if came.of_rows is None:
            return None
        places = self._groups.picked(came.of_rows) + 1
        return self._groups.tally(places, len(came.families) + 1)[:, 1:] > 0

    def _add_cells(self, told: Cells) -> None:
        width = len(told.cells)
        # A row without a value has the code -1.
        places = self._groups.picked(told.coded.codes) + 1
        if len(self._groups) > 1:
            places += self._groups.of_rows * width
        places, seen = _tally(places, len(self._groups) * width)
        groups, values = np.divmod(places, width)
        cells = told.cells[values]
        shape = self._mixes.shape[::2]
        counts = np.bincount(groups * shape[1] + cells, weights=seen, minlength=math.prod(shape))
        self._mixes[:, told.at] = counts.reshape(shape)
        is_outside = (cells == UNSEEN) | (cells == OTHER)
        if is_outside.any():
            self._add_outside(told, groups[is_outside], values[is_outside] - 1, seen[is_outside])

    def _add_outside(self, told: Cells, groups: Counts, values: Counts, seen: Counts) -> None:
        cuts = np.flatnonzero(np.diff(groups, prepend=-1, append=len(self._groups))).tolist()
        for first, last in pairwise(cuts):
            some = values[first:last]
            names = [told.coded.values[i] for i in some.tolist()]
            sketch = Sketch.labelled(OUTSIDE, told.hashes[some], seen[first:last], names)
            self._outside.setdefault(int(groups[first]), {})[told.at] = sketch

    def made(self, *, nan_is_missing: bool) -> list[Counted]:
        numbers = self._numbers.made(nan_is_missing=nan_is_missing)
        hashes, cuts = self._hashes.hashes(), self._groups.cuts.tolist()
        everywhere = {
            column.name: together(
                self._came[column.name][0].families if column.name in self._came else ()
            )
            for column in read_columns(self._layout.schema)
        }
        return [
            Counted(
                rows=int(self._groups.sizes[group]),
                numeric=numeric,
                categories=self._categories(group),
                ids={name: self._id(group, name) for name in self._layout.ids},
                repeats=self._sketch(hashes[cuts[group] : cuts[group + 1]], self._layout.repeats),
                types=everywhere | own if (own := self._types(group)) else everywhere,
            )
            for group, numeric in enumerate(numbers)
        ]

    def _categories(self, group: int) -> Categories:
        found = self._outside.get(group)
        outside = self._empty.outside
        if found:
            outside = tuple(found.get(at, none) for at, none in enumerate(outside))
        return Categories(self._layout.categories, self._mixes[group], outside)

    def _types(self, group: int) -> dict[str, frozenset[str]]:
        """Of the columns of which it depends on the rows."""
        return {
            name: together(tuple(compress(told.families, found[group].tolist())))
            for name, (told, found) in self._came.items()
            if found is not None
        }

    def _id(self, group: int, name: str) -> Sketch:
        if name not in self._ids:
            return Sketch.empty(self._layout.repeats)
        told, own = self._ids[name], self._groups.own(group)
        hashes = told.hashes[own]
        if told.rows is not None:
            hashes = hashes[told.rows[own]]
        return self._sketch(hashes, self._layout.repeats or 1)

    def _sketch(self, hashes: Hashes, limit: int) -> Sketch:
        if not limit or not len(hashes):
            return Sketch.empty(self._layout.repeats)
        return Sketch.of(limit, hashes)


class _Numbers:
    """The numeric columns: those of small groups together, of each large one by themselves."""

    def __init__(self, bins: NumericBins, groups: Groups) -> None:
        self._bins = bins
        self._groups = groups
        is_large = groups.sizes >= _LARGE
        self._large = {group: Numeric.empty(bins) for group in np.flatnonzero(is_large).tolist()}
        small = np.flatnonzero(~is_large & (groups.sizes > 0))
        self._small = {group: place for place, group in enumerate(small.tolist())}
        self._rows = groups.rows
        if self._large and self._small:
            places = np.flatnonzero(~is_large[groups.of_rows])
            self._rows = places if groups.rows is None else groups.rows[places]
        self._matrix = Matrix(bins, groups.sizes[small]) if self._small else None
        self._absent = np.ones(len(bins), dtype=np.bool_)

    def add(self, block: Block) -> None:
        self._absent[block.at] = False
        if self._matrix:
            if self._rows is None:
                self._matrix.add(block.at, block.values, block.gone)
            else:
                gone = [None if each is None else each[self._rows] for each in block.gone]
                self._matrix.add(block.at, block.values[:, self._rows], gone)
        for group, numeric in self._large.items():
            own = self._groups.own(group)
            for at, column, states in zip(block.at, block.values, block.gone, strict=True):
                values = column[own]
                if states is not None:
                    found = states[own]
                    values = values[found == THERE]
                    numeric.add_gone(at, found)
                numeric.add(at, values)

    def made(self, *, nan_is_missing: bool) -> Iterator[Numeric]:
        absent = np.flatnonzero(self._absent)
        if self._matrix:
            self._matrix.add_absent(absent)
        for group in range(len(self._groups)):
            numeric = self._of(group)
            if group in self._large:
                numeric.gone[absent, MISSING] += self._groups.sizes[group]
            if nan_is_missing:
                numeric.nan_to_missing()
            yield numeric

    def _of(self, group: int) -> Numeric:
        if group in self._large:
            return self._large[group]
        if self._matrix and group in self._small:
            return self._matrix.of(self._small[group])
        return Numeric.empty(self._bins)


def _tally(places: Counts, most: int) -> tuple[Counts, Counts]:
    """The different places, in order, and how often each came."""
    if most > 4 * len(places) + 1_000:
        return np.unique(places, return_counts=True)
    counts = np.bincount(places, minlength=most)
    there = np.flatnonzero(counts)
    return there, counts[there]
