"""How long the truth takes: from the prediction to its label, in bins of a quarter octave."""

from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.figure import Figure

_FINE: Final = 4
_QUANTILES: Final = (0.5, 0.9, 0.99)


@dataclass(frozen=True, eq=False)
class Delays:
    bins: Counts = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    counts: Counts = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    early: int = 0
    """Labels that say they are older than their prediction: they count as of no delay."""

    @classmethod
    def of(cls, seconds: Floats) -> Self:
        bins, counts = np.unique(octaves_of(seconds), return_counts=True)
        return cls(bins, counts.astype(np.int64), int((seconds < 0).sum()))

    def merge(self, other: Self) -> Self:
        bins = np.union1d(self.bins, other.bins)
        counts = np.zeros(len(bins), dtype=np.int64)
        for each in (self, other):
            counts[np.searchsorted(bins, each.bins)] += each.counts
        return type(self)(bins, counts, self.early + other.early)

    @property
    def n(self) -> float:
        return float(self.counts.sum())

    def quantile(self, part: float) -> float:
        """In seconds, to a fifth of it."""
        at = int(np.searchsorted(np.cumsum(self.counts), part * self.n))
        found = int(self.bins[min(at, len(self.bins) - 1)])
        return 2.0 ** ((found - 0.5) / _FINE) if found else 0.0

    def figures(self) -> dict[str, Figure]:
        if not self.n:
            return {}
        return {
            f"label_delay_p{round(part * 100)}": Figure(self.quantile(part), n=self.n)
            for part in _QUANTILES
        }


def octaves_of(seconds: Floats) -> Counts:
    """The bin of each: 0 is less than a second."""
    octaves = np.log2(np.maximum(seconds, 1.0))
    return np.where(seconds < 1, 0, 1 + np.floor(octaves * _FINE).astype(np.int64))
