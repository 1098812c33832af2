"""Durations as counts over fixed bins, so that percentiles of any span of time add up.

The bins are sixteen to an octave, from a microsecond to four and a half hours: a percentile is
right within 2.2 %.  They belong to no reference, so they are there from the first prediction.

>>> timing = Timing.of(np.array([1.0, 2.0, 3.0, 400.0]), np.ones(4, dtype=np.int64))
>>> timing.n, timing.mean, timing.quantile(0.5)
(4, 101.5, 1.957...)
"""

import math
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Counts, Floats

A_OCTAVE: Final = 16
_LOWEST: Final = -10
_OCTAVES: Final = 34
BINS: Final = A_OCTAVE * _OCTAVES + 2
_NANO: Final = 1e6
_LONGEST: Final = 2.0 ** (_LOWEST + _OCTAVES)

_MIDDLES: Final = 2.0 ** (_LOWEST + (np.clip(np.arange(BINS), 0.5, BINS - 1.5) - 0.5) / A_OCTAVE)
_NONE: Final = np.zeros(BINS, dtype=np.int64)
"""One for all: most models tell of one duration, or none, and there are thousands of windows."""
_NONE.flags.writeable = False


@dataclass(frozen=True, eq=False)
class Timing:
    """Milliseconds: each bin holds what is above its lower edge, up to its upper one."""

    counts: Counts = field(default_factory=lambda: _NONE)
    total: int = 0
    """In nanoseconds."""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Timing)
            and self.total == other.total
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, milliseconds: Floats, weights: Counts) -> Self:
        """Values that are finite; longer ones than the last edge count as that long in the sum."""
        if not len(milliseconds):
            return cls()
        clipped = np.minimum(milliseconds, _LONGEST)
        with np.errstate(divide="ignore"):
            places = np.ceil((np.log2(clipped) - _LOWEST) * A_OCTAVE)
        places = np.clip(places, 0, BINS - 1).astype(np.int64)
        places[milliseconds > _LONGEST] = BINS - 1
        counts = np.zeros(BINS, dtype=np.int64)
        np.add.at(counts, places, weights)
        nanos = np.rint(clipped * _NANO).astype(np.int64)
        # Doubles lose digits and 64 bits overflow: sum the high and the low half by themselves.
        high, low = nanos >> 32, nanos & 0xFFFFFFFF
        total = (int((high * weights).sum()) << 32) + int((low * weights).sum())
        return cls(counts, total)

    def merge(self, other: Self) -> Self:
        if other.counts is _NONE:
            return self
        if self.counts is _NONE:
            return other
        return type(self)(self.counts + other.counts, self.total + other.total)

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    @property
    def mean(self) -> float | None:
        return self.total / self.n / _NANO if self.n else None

    @property
    def deviation(self) -> float:
        """By the middles of the bins."""
        if not self.n:
            return 0.0
        mean = float(self.counts @ _MIDDLES) / self.n
        return math.sqrt(float(self.counts @ (_MIDDLES - mean) ** 2) / self.n)

    def quantile(self, share: float) -> float | None:
        """The middle, by ratio, of the bin that holds it."""
        if not self.n:
            return None
        reached = np.cumsum(self.counts)
        place = int(np.searchsorted(reached, max(math.ceil(share * self.n), 1)))
        if place == 0:
            return 2.0**_LOWEST
        return 2.0 ** (_LOWEST + (min(place, BINS - 2) - 0.5) / A_OCTAVE)
