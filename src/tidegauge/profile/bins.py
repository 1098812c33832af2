"""The bins of numeric columns: 200 quantiles of the reference, fixed once and shared by all.

200, because the bins of the classical scores nest in it: ten, twenty and fifty equal-frequency
bins are sums of neighbours, so one profile answers for all of them.  An edge belongs to the bin
on its left.  A value that fills more than one quantile gets a bin of its own, so that a mass
which moves from 0 to 0.001 is seen.

What lies outside the reference's range is counted in two cells of its own, `below` and `above`:
never dropped, never folded into the range.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tidegauge.arrays import Flags, Floats

BINS = 200
CELLS = BINS + 2
BELOW, FIRST, LAST, ABOVE = 0, 1, BINS, BINS + 1
_NESTED = (10, 20, 50)
_STEP = float(np.finfo(np.float64).eps)
_SMALLEST = 1e-323


@dataclass(frozen=True, eq=False)
class NumericBins:
    """Edges of some numeric columns; a row of each array is a column."""

    edges: Floats
    centre: Floats
    unit: Floats
    """A power of two: sums of a column are kept in steps of `unit / 2**36` from its centre."""

    def __eq__(self, other: object) -> bool:
        # The centre and the unit follow from the edges.
        return isinstance(other, NumericBins) and np.array_equal(self.edges, other.edges)

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.edges)

    def real(self, bins: int) -> Flags:
        """[columns, bins]: which of so many coarser bins, the outer two open, have any width."""
        if bins not in self._real:
            edges = self.edges[:, :: BINS // bins]
            real = edges[:, 1:] > edges[:, :-1]
            # The outer bins also take what lies outside, so they are always there.
            real[:, 0] = real[:, -1] = True
            self._real[bins] = real
        return self._real[bins]

    @cached_property
    def _real(self) -> dict[int, Flags]:
        return {}

    def steps(self, column: int) -> Floats:
        """[201]: the edges, such that a value's cell is how many of them are below it.

        Made anew each time: kept for a thousand models they would be as large as the edges.
        """
        steps = self.edges[column].copy()
        steps[0] = self._below[column]
        return steps

    @cached_property
    def _below(self) -> Floats:
        """What equals the lowest edge is inside."""
        with np.errstate(over="ignore", under="ignore"):
            return np.nextafter(self.edges[:, 0], -np.inf)

    @cached_property
    def is_point(self) -> Flags:
        """[columns, 200]: bins with room for a single value, inside which nothing can hide."""
        left, right = self.edges[:, :-1], self.edges[:, 1:]
        with np.errstate(over="ignore"):
            width = right - left
        # The bin of a point mass is one step of floating point wide; the floor is for zero.
        return width <= np.maximum(np.abs(right) * _STEP, _SMALLEST)

    @classmethod
    def of_edges(cls, edges: Sequence[Floats] | Floats) -> "NumericBins":
        rows = np.asarray(edges, dtype=np.float64).reshape(-1, BINS + 1)
        return cls(edges=rows, centre=rows[:, BINS // 2].copy(), unit=_units(rows))


def edges_of(ordered: Floats) -> Floats:
    """The edges for finite values in ascending order: their minimum, 199 quantiles, maximum."""
    if not len(ordered):
        return np.zeros(BINS + 1)
    at = np.arange(BINS + 1) / BINS * (len(ordered) - 1)
    left = np.minimum(at.astype(np.int64), len(ordered) - 1)
    right = np.minimum(left + 1, len(ordered) - 1)
    part = at - left
    low, high = ordered[left], ordered[right]
    # As numpy's own "linear" quantiles, to the last bit.
    with np.errstate(over="ignore", invalid="ignore"):
        step = high - low
        edges = np.where(part < 0.5, low + step * part, high - step * (1 - part))
    # Where the step between two values is beyond the doubles, their middle is not.
    edges = np.where(np.isfinite(step), edges, low / 2 + high / 2)
    return _with_own_bins(np.maximum.accumulate(edges))


def _with_own_bins(edges: Floats) -> Floats:
    """Put an edge just left of each value that fills more than one quantile."""
    edges = edges.copy()
    same = edges[1:] == edges[:-1]
    starts = np.flatnonzero(same & ~np.concatenate([[False], same[:-1]]))
    for start in starts.tolist():
        # The edges that coarser bins share must stay where they are.
        shared = any(start % (BINS // coarse) == 0 for coarse in _NESTED)
        at = start - 1 if shared else start
        if at >= 1:
            edges[at] = max(np.nextafter(edges[start], -math.inf), edges[at - 1])
    return edges


def _units(edges: Floats) -> Floats:
    # Generous enough that nearly all values are within one unit of the centre, yet set by the
    # bulk: one wild value must not cost the others their digits.
    with np.errstate(over="ignore"):
        spread = edges[:, BINS - 1] - edges[:, 1]
        spread = np.where(spread > 0, spread, edges[:, BINS] - edges[:, 0])
    spread = np.where(spread > 0, spread, np.abs(edges[:, BINS // 2]))
    spread = np.where(spread > 0, np.minimum(spread, 1e290), 1.0)
    return np.exp2(np.clip(np.ceil(np.log2(4 * spread)), -960, 960))
