"""What a score has meant: the share that was true at each, never falling as the score rises.

Isotonic regression (Zadrozny & Elkan, 2002) over the bins of `performance.scores`, so a million
rows cost what it takes to count them.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.moments import weighed
from tidegauge.performance.scores import bins_of


@dataclass(frozen=True, eq=False)
class Map:
    bins: Counts
    """In order."""
    shares: Floats
    usual: float
    """Of rows without a score."""

    @classmethod
    def of(cls, scores: Floats, true: Floats, weights: Floats) -> Self:
        from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - slow to import

        total = float(weights.sum())
        usual = float((weights * true).sum() / total) if total > 0 else 0.0
        there = np.isfinite(scores) & (weights > 0)
        if not there.any():
            return cls(np.zeros(1, dtype=np.int64), np.array([usual]), usual)
        w = weights[there]
        bins, at = np.unique(bins_of(scores[there]), return_inverse=True)
        count, hits = (weighed(at, each, len(bins)) for each in (w, w * true[there]))
        shares = IsotonicRegression(y_min=0.0, y_max=1.0).fit(
            bins, hits / count, sample_weight=count
        )
        return cls(bins, np.asarray(shares.predict(bins), dtype=np.float64), usual)

    def of_scores(self, scores: Floats) -> Floats:
        there = np.isfinite(scores)
        if there.all():
            return np.interp(bins_of(scores), self.bins, self.shares)
        found = np.full(len(scores), self.usual)
        found[there] = np.interp(bins_of(scores[there]), self.bins, self.shares)
        return found
