"""What a score has meant: the share that was true at each, never falling as the score rises.

Isotonic regression (Zadrozny & Elkan, 2002) over the bins of `performance.scores`, so a million
rows cost what it takes to count them.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.optimize import isotonic_regression

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.moments import weighed
from tidegauge.performance.scores import bins_of

_DENSE: Final = 10_000
"""More bins than there are of probabilities."""


@dataclass(frozen=True, eq=False)
class Map:
    bins: Counts
    """In order."""
    shares: Floats
    usual: float
    """Of rows without a score."""

    @classmethod
    def of(cls, scores: Floats, true: Floats, weights: Floats) -> Self:
        total = float(weights.sum())
        usual = float((weights * true).sum() / total) if total > 0 else 0.0
        there = np.isfinite(scores) & (weights > 0)
        if not there.any():
            return cls(np.zeros(1, dtype=np.int64), np.array([usual]), usual)
        if not there.all():
            scores, true, weights = scores[there], true[there], weights[there]
        bins, at = binned(scores)
        count, hits = (weighed(at, each, len(bins)) for each in (weights, weights * true))
        shares: Floats = isotonic_regression(hits / count, weights=count).x
        return cls(bins, np.clip(shares, 0.0, 1.0), usual)

    def of_scores(self, scores: Floats) -> Floats:
        there = np.isfinite(scores)
        if there.all():
            return np.interp(bins_of(scores), self.bins, self.shares)
        found = np.full(len(scores), self.usual)
        found[there] = np.interp(bins_of(scores[there]), self.bins, self.shares)
        return found


def binned(scores: Floats) -> tuple[Counts, Counts]:
    """The bins that hold a score, in order, and the place of each score's own."""
    bins = bins_of(scores)
    if bins.min() < 0 or bins.max() > _DENSE:
        return np.unique(bins, return_inverse=True)
    # Of many rows all bins are looked at once, and none are sorted.
    is_there = np.bincount(bins) > 0
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[bins]
