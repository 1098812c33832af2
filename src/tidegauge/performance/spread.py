"""How numbers are spread: their quantiles and bars, from counts in bins, or from the numbers.

A quantile is the least of them that so large a part does not exceed.  From bins it is told to its
`bound`, and the bars of a histogram are cut within a bin as if it were filled evenly.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.bins import bins_of, ends_of
from tidegauge.performance.figure import Figure, Z
from tidegauge.performance.moments import weighed

_BARS: Final = 40
_TAIL: Final = 0.005
"""Of the rows on each side that bars need not show: one row far away would flatten the rest."""
_NICE: Final = (1.0, 2.0, 5.0, 10.0)
_DIGITS: Final = 1e-12
"""Bars narrower than that part of where they lie, doubles do not tell apart."""
_LARGEST: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, eq=False)
class Spread:
    bins: Counts = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Those that hold a number, in order."""
    counts: Floats = field(default_factory=lambda: np.zeros(0))
    values: Floats | None = None
    """Where each number has a bin of its own: the numbers."""

    @classmethod
    def of(cls, numbers: Floats, weights: Floats, *, is_exact: bool = False) -> Self:
        if is_exact:
            values, where = np.unique(numbers, return_inverse=True)
            return cls(np.arange(len(values)), weighed(where, weights, len(values)), values)
        bins, where = np.unique(bins_of(numbers), return_inverse=True)
        return cls(bins, weighed(where, weights, len(bins)))

    def merge(self, other: Self) -> Self:
        """Both with bins that are the same everywhere, or both exact."""
        if not len(self.bins) or not len(other.bins):
            return self if len(self.bins) else other
        bins = np.union1d(self.keys, other.keys)
        counts = np.zeros(len(bins))
        for each in (self, other):
            counts[np.searchsorted(bins, each.keys)] += each.counts
        if self.values is None:
            return type(self)(bins.astype(np.int64, copy=False), counts)
        return type(self)(np.arange(len(bins)), counts, bins)

    @property
    def keys(self) -> Counts | Floats:
        return self.bins if self.values is None else self.values

    @cached_property
    def _ends(self) -> tuple[Floats, Floats]:
        return ends_of(self.bins) if self.values is None else (self.values, self.values)

    @cached_property
    def _upto(self) -> Floats:
        """What lies in each bin and below it."""
        return np.cumsum(self.counts)

    @property
    def n(self) -> float:
        return float(self._upto[-1]) if len(self.counts) else 0.0

    def quantile(self, level: float, worth: float) -> Figure | None:
        """With the interval between the two ranks that the level may have in so many rows; without
        one where these lie beyond all rows."""
        if not self.n:
            return None
        at = self._at(level)
        low, high = (float(each[at]) for each in self._ends)
        share = (level * self.n - float(self._upto[at] - self.counts[at])) / float(self.counts[at])
        value = low + (high - low) * min(max(share, 0.0), 1.0)
        bound = max(value - low, high - value)
        half = Z * math.sqrt(level * (1 - level) / worth)
        if level - half <= 0 or level + half >= 1:
            return Figure(value, n=self.n, bound=bound)
        first, last = self._at(level - half), self._at(level + half)
        return Figure(value, float(self._ends[0][first]), float(self._ends[1][last]), self.n, bound)

    def _at(self, level: float) -> int:
        """The bin that holds it."""
        return min(int(np.searchsorted(self._upto, level * self.n)), len(self.counts) - 1)

    @property
    def middle(self) -> tuple[float, float]:
        """Where all but the ends of the tails lie."""
        first, last = self._at(_TAIL), self._at(1 - _TAIL)
        return float(self._ends[0][first]), float(self._ends[1][last])

    def bars(self, edges: Floats) -> Floats:
        """What lies below all edges, between each two, and above them."""
        low, high = self._ends
        at = np.minimum(np.searchsorted(high, edges), len(high) - 1)
        width = high[at] - low[at]
        inside = np.clip(edges, low[at], high[at]) - low[at]
        share = np.divide(inside, width, out=(high[at] < edges).astype(np.float64), where=width > 0)
        below = self._upto[at] - self.counts[at] * (1 - share)
        return np.diff(below, prepend=0.0, append=self.n)


def edges_of(spreads: Iterable[Spread]) -> Floats:
    """Of bars for some of them together: of a round width, with 0 in the middle of one, so that
    what is nearly right stands between too little and too much."""
    ends = [each.middle for each in spreads if each.n]
    low, high = min(first for first, _ in ends), max(last for _, last in ends)
    step = _round(max(high / _BARS - low / _BARS, max(abs(low), abs(high)) * _DIGITS))
    first, last = math.floor(low / step + 0.5), math.floor(high / step + 0.5)
    places = np.arange(first, last + 2, dtype=np.float64) - 0.5
    with np.errstate(over="ignore"):
        return np.clip(places * step, -_LARGEST, _LARGEST)


def _round(width: float) -> float:
    """The next width that a person would draw."""
    if width <= 0:
        return 1.0
    power = 10.0 ** max(math.floor(math.log10(width)), -300)
    return next((power * each for each in _NICE if power * each >= width), power * _NICE[-1])
