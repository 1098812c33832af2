"""What a score has meant: the share that was true at each, never falling as the score rises.

A smooth curve of the score's odds (beta calibration: Kull, Silva Filho & Flach, 2017), as steps
follow the chance of the rows that they were learned from, and so make a score look better than it
is.  Where steps are the better on blocks of rows left out, they are taken: isotonic regression
(Zadrozny & Elkan, 2002).  Both are over the bins of `performance.scores`, so a million rows cost
what it takes to count them.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from scipy.optimize import isotonic_regression

from tidegauge.arrays import Counts, Floats
from tidegauge.estimate.curve import curve
from tidegauge.performance.moments import weighed
from tidegauge.performance.scores import bins_of

_DENSE: Final = 10_000
"""More bins than there are of probabilities."""
_FOLDS: Final = 4
_SURE: Final = 2.0
"""By how many standard errors steps must be the better."""


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
        size = len(bins)
        # What rows are worth, not what they weigh: a curve holds to the score if they are few.
        weights = weights * (weights.sum() / (weights**2).sum())
        fold = np.arange(len(at)) * _FOLDS // len(at)
        each = fold * size + at
        count, hits = (
            weighed(each, w, _FOLDS * size).reshape(_FOLDS, size) for w in (weights, weights * true)
        )
        middle = weighed(at, weights * scores, size) / count.sum(axis=0)
        return cls(bins, _shares(middle, count, hits), usual)

    def of_scores(self, scores: Floats) -> Floats:
        there = np.isfinite(scores)
        if there.all():
            return np.interp(bins_of(scores), self.bins, self.shares)
        found = np.full(len(scores), self.usual)
        found[there] = np.interp(bins_of(scores[there]), self.bins, self.shares)
        return found


def _shares(scores: Floats, count: Floats, hits: Floats) -> Floats:
    """[bins], of the counts by fold and bin."""
    every, true = count.sum(axis=0), hits.sum(axis=0)
    smooth = curve(scores, every, true)
    if smooth is None:
        return steps(every, true)
    less = square = 0.0
    for own, right in zip(count, hits, strict=True):
        one, other = curve(scores, every - own, true - right), steps(every - own, true - right)
        if one is None:
            continue
        for amount, truth in ((right, 1.0), (own - right, 0.0)):
            gain = (one - truth) ** 2 - (other - truth) ** 2
            less += float((amount * gain).sum())
            square += float((amount * gain**2).sum())
    return steps(every, true) if less > _SURE * np.sqrt(square) else smooth


def steps(count: Floats, hits: Floats) -> Floats:
    there = count > 0
    if not there.any():
        return np.zeros(len(count))
    found: Floats = isotonic_regression(hits[there] / count[there], weights=count[there]).x
    at = np.arange(len(count))
    return np.interp(at, at[there], np.clip(found, 0.0, 1.0))


def binned(scores: Floats) -> tuple[Counts, Counts]:
    """The bins that hold a score, in order, and the place of each score's own."""
    bins = bins_of(scores)
    if bins.min() < 0 or bins.max() > _DENSE:
        return np.unique(bins, return_inverse=True)
    # Of many rows all bins are looked at once, and none are sorted.
    is_there = np.bincount(bins) > 0
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[bins]
