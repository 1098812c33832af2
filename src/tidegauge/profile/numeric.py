"""Numeric columns as counts over fixed bins, with exact sums, the extremes and what is not there.

All the numeric columns of a table are held together, a row of each array for a column, so that
a whole model is measured with a handful of array operations.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from tidegauge.arrays import Counts, Floats, Ints
from tidegauge.profile.bins import ABOVE, BELOW, CELLS, FIRST, LAST, NumericBins
from tidegauge.profile.exact import BLOCK, SCALE, power_sums
from tidegauge.rows.values import MISSING as ABSENT
from tidegauge.rows.values import WRONG, Gone

MISSING, NAN, MINUS_INFINITY, PLUS_INFINITY, WRONG_TYPE = range(5)
GONE = 5
_TAILS = (BELOW, FIRST, LAST, ABOVE)
POWERS = 4
SUMS = POWERS + len(_TAILS)


@dataclass(frozen=True, eq=False)
class Numeric:
    """What is known of the numeric columns of some rows."""

    bins: NumericBins
    counts: Counts
    """[columns, 202]: below the reference's range, its 200 bins, above; infinities included."""
    gone: Counts
    """[columns, 5]: missing, NaN, -inf, +inf, and values of another type."""
    lowest: Floats
    highest: Floats
    sums: Ints
    """[columns, 8]: power sums 1-4 from the centre; sums below, in the outer two bins, above."""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Numeric)
            and self.bins == other.bins
            and np.array_equal(self.counts, other.counts)
            and np.array_equal(self.gone, other.gone)
            and np.array_equal(self.lowest, other.lowest)
            and np.array_equal(self.highest, other.highest)
            and np.array_equal(self.sums, other.sums)
        )

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.counts)

    @classmethod
    def empty(cls, bins: NumericBins) -> Self:
        columns = len(bins)
        return cls(
            bins=bins,
            counts=np.zeros((columns, CELLS), dtype=np.int64),
            gone=np.zeros((columns, GONE), dtype=np.int64),
            lowest=np.full(columns, np.inf),
            highest=np.full(columns, -np.inf),
            sums=np.zeros((columns, SUMS), dtype=object),
        )

    @classmethod
    def stack(cls, parts: Sequence[Self]) -> Self:
        """The columns of several as one."""
        if not parts:
            return cls.empty(NumericBins.of_edges([]))
        return cls(
            bins=NumericBins.of_edges(np.concatenate([part.bins.edges for part in parts])),
            counts=np.concatenate([part.counts for part in parts]),
            gone=np.concatenate([part.gone for part in parts]),
            lowest=np.concatenate([part.lowest for part in parts]),
            highest=np.concatenate([part.highest for part in parts]),
            sums=np.concatenate([part.sums for part in parts]),
        )

    def merge(self, other: Self) -> Self:
        return type(self)(
            bins=self.bins,
            counts=self.counts + other.counts,
            gone=self.gone + other.gone,
            lowest=np.minimum(self.lowest, other.lowest),
            highest=np.maximum(self.highest, other.highest),
            sums=self.sums + other.sums,
        )

    def times(self, weight: int) -> Self:
        """As if each row had come so often."""
        return replace(
            self,
            counts=self.counts * weight,
            gone=self.gone * weight,
            sums=self.sums * weight,
        )

    def thinned(self, share: float) -> Self:
        """As if fewer rows had been seen, in fractions: the same shares, means and moments."""
        top, bottom = share.as_integer_ratio()
        made = replace(
            self,
            counts=self.counts * share,
            gone=self.gone * share,
            sums=self.sums * top // bottom,
        )
        # Moments come from whole counts.
        made.__dict__["central"] = self.central
        return made

    def add(self, column: int, values: Floats) -> None:
        """Count values in place: only for a profile in the making.  The values are not changed."""
        for start in range(0, len(values), BLOCK):
            self.add_ordered(column, np.sort(values[start : start + BLOCK]))

    def add_ordered(self, column: int, values: Floats) -> None:
        """The same for values in ascending order, NaN last."""
        low = int(np.searchsorted(values, -np.inf, side="right"))
        high = int(np.searchsorted(values, np.inf, side="left"))
        there = int(np.searchsorted(values, np.nan, side="left"))
        gone = self.gone[column]
        gone[NAN] += len(values) - there
        gone[MINUS_INFINITY] += low
        gone[PLUS_INFINITY] += there - high

        edges = self.bins.edges[column]
        ends = np.searchsorted(values[:there], edges, side="right")
        ends[0] = np.searchsorted(values[:there], edges[0], side="left")
        self.counts[column] += np.diff(ends, prepend=0, append=there)

        if high > low:
            # The two zeros are one number, and must not depend on the order of the rows.
            self.lowest[column] = min(self.lowest[column], values[low] + 0.0)
            self.highest[column] = max(self.highest[column], values[high - 1] + 0.0)
            for start in range(low, high, BLOCK):
                stop = min(start + BLOCK, high)
                self.sums[column] += self._sums(column, values, ends, start, stop)

    def add_gone(self, column: int, gone: Gone) -> None:
        """Count the rows that hold no number."""
        self.gone[column, MISSING] += np.count_nonzero(gone == ABSENT)
        self.gone[column, WRONG_TYPE] += np.count_nonzero(gone == WRONG)

    def nan_to_missing(self) -> None:
        """For rows of a source that says "missing" by NaN."""
        self.gone[:, MISSING] += self.gone[:, NAN]
        self.gone[:, NAN] = 0

    def _sums(self, column: int, values: Floats, ends: Counts, start: int, stop: int) -> Ints:
        with np.errstate(over="ignore"):
            u = values[start:stop] - self.bins.centre[column]
            u /= self.bins.unit[column]
        np.clip(u, -1e300, 1e300, out=u)
        spans = ((0, ends[0]), (ends[0], ends[1]), (ends[-2], ends[-1]), (ends[-1], stop))
        sums = power_sums(u, POWERS)
        for first, last in spans:
            tail = u[max(first - start, 0) : max(last - start, 0)]
            sums.append(power_sums(tail, 1)[0] if len(tail) else 0)
        return np.array(sums, dtype=object)

    @cached_property
    def n(self) -> Counts:
        """How many values are there and comparable, infinities included."""
        return self.counts.sum(axis=1)

    @cached_property
    def finite(self) -> Counts:
        """How many values are finite: what the mean and the deviation are taken over."""
        return self.n - self.gone[:, MINUS_INFINITY] - self.gone[:, PLUS_INFINITY]

    @cached_property
    def absent(self) -> Counts:
        """How many rows hold no number: missing, NaN or of another type."""
        return self.gone[:, [MISSING, NAN, WRONG_TYPE]].sum(axis=1)

    @cached_property
    def rows(self) -> Counts:
        return self.n + self.absent

    @cached_property
    def central(self) -> Floats:
        """[columns, 4]: the mean, then the second, third and fourth central moment; NaN if n=0."""
        return np.array([self._central(column) for column in range(len(self))]).reshape(-1, 4)

    @property
    def mean(self) -> Floats:
        return self.central[:, 0]

    @cached_property
    def deviation(self) -> Floats:
        """The standard deviation, with n - 1; zero for one row."""
        n = self.finite
        return np.sqrt(self.central[:, 1] * n / np.maximum(n - 1, 1))

    def _central(self, column: int) -> tuple[float, float, float, float]:
        n = int(self.finite[column])
        if n == 0:
            return math.nan, math.nan, math.nan, math.nan
        centre, unit = float(self.bins.centre[column]), float(self.bins.unit[column])
        if self.lowest[column] == self.highest[column]:
            return float(self.lowest[column]), 0.0, 0.0, 0.0
        # Whole numbers until the last division: no digits are lost to cancellation.
        s1, s2, s3, s4 = (int(total) for total in self.sums[column, :POWERS])
        nk = n * SCALE
        second = nk * s2 - s1**2
        third = nk**2 * s3 - 3 * nk * s1 * s2 + 2 * s1**3
        fourth = nk**3 * s4 - 4 * nk**2 * s1 * s3 + 6 * nk * s1**2 * s2 - 3 * s1**4
        exponent = math.frexp(unit)[1] - 1
        return (
            centre + _divided(s1, nk, exponent),
            _divided(max(second, 0), nk**2, 2 * exponent),
            _divided(third, nk**3, 3 * exponent),
            _divided(max(fourth, 0), nk**4, 4 * exponent),
        )


def _divided(top: int, bottom: int, exponent: int) -> float:
    """top / bottom * 2**exponent, rounded once; infinite where it is beyond the doubles."""
    top, bottom = top << max(exponent, 0), bottom << max(-exponent, 0)
    try:
        return top / bottom
    except OverflowError:
        return math.inf if top > 0 else -math.inf
