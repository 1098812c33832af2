"""Numeric columns of many small groups of rows, counted at once.

A column costs some microseconds whatever it holds, so a thousand groups of twenty rows, each by
itself, are a second of them.  Here each column is looked at once for all groups, and the columns
together as one matrix.  What comes out is what `Numeric.add` makes of each group, to the last bit.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.profile.bins import CELLS, FIRST, LAST, NumericBins
from tidegauge.profile.exact import moved_back, rounded, sizes_of, within
from tidegauge.profile.numeric import (
    GONE,
    MINUS_INFINITY,
    MISSING,
    NAN,
    PLUS_INFINITY,
    POWERS,
    SUMS,
    WRONG_TYPE,
    Numeric,
)
from tidegauge.rows.values import MISSING as ABSENT
from tidegauge.rows.values import WRONG, Gone

_REACH: Final = 1e300
_SIZES: Final = 256
"""More than there are sizes of doubles."""


class Matrix:
    """Numeric columns in the making, of groups of 1 to 65,536 rows.

    No more: sums of so many whole numbers below 2**36 are exact as doubles.
    """

    def __init__(self, bins: NumericBins, sizes: Counts) -> None:
        groups, columns = len(sizes), len(bins)
        self._bins = bins
        self._sizes = sizes
        self._starts = np.cumsum(sizes) - sizes
        self._of_rows = np.repeat(np.arange(groups), sizes)
        self._counts = np.zeros((groups, columns, CELLS), dtype=np.int64)
        self._gone = np.zeros((groups, columns, GONE), dtype=np.int64)
        self._lowest = np.full((groups, columns), np.inf)
        self._highest = np.full((groups, columns), -np.inf)
        self._sums = np.zeros((groups, columns, SUMS), dtype=np.int64)
        self._far: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        """By group, what comes to a sum from numbers beyond the reach of 64 bits."""

    def add(self, at: Sequence[int], values: Floats, gone: Sequence[Gone | None]) -> None:
        """[columns, rows]: each column once."""
        is_finite = np.isfinite(values)
        is_all = bool(is_finite.all())
        cells = self._count(at, values, None if is_all else ~np.isnan(values))
        low, high, near = values, values, values
        if not is_all:
            self._count_odd(at, values, ~is_finite)
            low, high = (np.where(is_finite, values, end) for end in (np.inf, -np.inf))
            near = np.where(is_finite, values, self._bins.centre[at, None])
        for place, states in zip(at, gone, strict=True):
            if states is not None:
                self._count_gone(place, states)
        starts = self._starts
        # The two zeros are one number.
        self._lowest[:, at] = np.minimum.reduceat(low, starts, axis=1).T + 0.0
        self._highest[:, at] = np.maximum.reduceat(high, starts, axis=1).T + 0.0
        self._sum(at, near, cells)

    def add_absent(self, at: Counts) -> None:
        """Columns that were not there."""
        self._gone[:, at, MISSING] += self._sizes[:, None]

    def _count(self, at: Sequence[int], values: Floats, there: Flags | None) -> Counts:
        cells = np.empty(values.shape, dtype=np.int64)
        for row, place in enumerate(at):
            cells[row] = self._bins.steps(place).searchsorted(values[row])
        places = self._places(len(at), CELLS) + cells
        counts = np.bincount(
            (places if there is None else places[there]).ravel(),
            minlength=len(self._sizes) * len(at) * CELLS,
        )
        self._counts[:, at] = counts.reshape(-1, len(at), CELLS)
        return cells

    def _places(self, columns: int, width: int) -> Counts:
        """[columns, rows]: where a group's counts of a column begin."""
        return (self._of_rows * columns + np.arange(columns)[:, None]) * width

    def _count_odd(self, at: Sequence[int], values: Floats, is_odd: Flags) -> None:
        odd = values[is_odd]
        kinds = np.where(odd > 0, PLUS_INFINITY, np.where(odd < 0, MINUS_INFINITY, NAN))
        places = self._places(len(at), GONE)[is_odd] + kinds
        counts = np.bincount(places, minlength=len(self._sizes) * len(at) * GONE)
        self._gone[:, at] = counts.reshape(-1, len(at), GONE)

    def _count_gone(self, at: int, states: Gone) -> None:
        for kind, cell in ((ABSENT, MISSING), (WRONG, WRONG_TYPE)):
            own = self._of_rows[states == kind]
            counts = np.bincount(own, minlength=len(self._sizes))
            self._gone[:, at, cell] += counts
            # They stand as NaN among the values.
            self._gone[:, at, NAN] -= counts

    def _sum(self, at: Sequence[int], values: Floats, cells: Counts) -> None:
        with np.errstate(over="ignore"):
            u = values - self._bins.centre[at, None]
            u /= self._bins.unit[at, None]
        np.clip(u, -_REACH, _REACH, out=u)
        is_far = np.abs(u) > 1.0
        if is_far.any():
            columns, rows = np.nonzero(is_far)
            self._sum_far(np.array(at)[columns], u[is_far], cells[is_far], rows)
            u[is_far] = 0.0
        for power, steps in enumerate(rounded(u, POWERS)):
            sums = np.add.reduceat(steps, self._starts, axis=1)
            self._sums[:, at, power] = sums.T
            if not power:
                self._sum_tails(at, steps, cells)

    def _sum_tails(self, at: Sequence[int], steps: Floats, cells: Counts) -> None:
        outer = np.flatnonzero((cells <= FIRST) | (cells >= LAST))
        width = SUMS - POWERS
        places = self._places(len(at), width).ravel()[outer] + _tail(cells.ravel()[outer])
        sums = np.bincount(
            places, weights=steps.ravel()[outer], minlength=len(self._sizes) * len(at) * width
        )
        self._sums[:, at, POWERS:] = sums.reshape(-1, len(at), width)

    def _sum_far(self, at: Counts, u: Floats, cells: Counts, rows: Counts) -> None:
        """Numbers beyond one unit: those of a group, a column, a tail and a size together."""
        sizes = sizes_of(u)
        inner = SUMS - POWERS
        tails = np.where((cells <= FIRST) | (cells >= LAST), _tail(cells), inner)
        key = (self._of_rows[rows] * len(self._bins) + at) * (inner + 1) + tails
        different, which = np.unique(key * _SIZES + sizes, return_inverse=True)
        keys, size = np.divmod(different, _SIZES)
        keys, tail = np.divmod(keys, inner + 1)
        group, column = np.divmod(keys, len(self._bins))
        ways = list(zip(group.tolist(), column.tolist(), tail.tolist(), size.tolist(), strict=True))
        for power, steps in enumerate(rounded(within(u, sizes), POWERS)):
            totals = np.bincount(which, weights=steps).tolist()
            for (whose, column_, tail_, size_), total in zip(ways, totals, strict=True):
                whole = moved_back(int(total), size_, power + 1)
                self._far[whose].append((column_, power, whole))
                if not power and tail_ < inner:
                    self._far[whose].append((column_, POWERS + tail_, whole))

    def of(self, group: int) -> Numeric:
        sums = self._sums[group].astype(object)
        for column, place, total in self._far.get(group, ()):
            sums[column, place] += total
        return Numeric(
            bins=self._bins,
            counts=self._counts[group],
            gone=self._gone[group],
            lowest=self._lowest[group],
            highest=self._highest[group],
            sums=sums,
        )


def _tail(cells: Counts) -> Counts:
    """Below, the first bin, the last, above."""
    return np.where(cells <= FIRST, cells, cells - (LAST - 2))
