"""Whether two orders of features are the same.

NDCG as SageMaker Clarify has it: with the features in the order of now, `a(i)` what the i-th was
worth before, and `b(i)` the same in the order of before,

    NDCG = sum a(i) / log2(i + 1)  divided by  sum b(i) / log2(i + 1)

1 is the same order; it falls as features that counted much move down.  Features of the same
importance share the places that they hold together.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from tidegauge.arrays import Counts, Floats
from tidegauge.explain.attributions import Estimates

_DRAWS = 499
_AT_ONCE = 1_000_000


class Chance(NamedTuple):
    """What NDCG would be if nothing had changed."""

    p_value: float
    """How often it would be as low."""
    usual: float
    """It would be lower than this once in twenty times."""


def ndcg(before: Floats, now: Floats) -> float | None:
    """None where nothing counted before."""
    discounts = 1 / np.log2(np.arange(2.0, len(before) + 2))
    best = float((np.sort(before)[::-1] * discounts).sum())
    if best <= 0:
        return None
    _, place, many = np.unique(-now, return_inverse=True, return_counts=True)
    shared = np.bincount(place.ravel(), before) / many
    found = np.add.reduceat(discounts, np.concatenate([[0], np.cumsum(many)[:-1]]))
    return min(float((shared * found).sum()) / best, 1.0)


def rank_correlation(before: Floats, now: Floats) -> float | None:
    """Spearman's; None where one side is all the same."""
    a, b = (rankdata(each) - (len(each) + 1) / 2 for each in (before, now))
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return min(max(float((a * b).sum()) / size, -1.0), 1.0) if size > 0 else None


def ranks(importances: Floats) -> Counts:
    """1 is the most; the same rank for the same importance."""
    return rankdata(-importances, method="min").astype(np.int64)


def by_chance(found: float, before: Estimates, now: Estimates, seed: int) -> Chance | None:
    """NDCG between two draws around one importance a feature, that of both windows together.

    Noise lowers NDCG, the more so the more features are alike, so it cannot be held against 1.
    Features are drawn one by one, though one that counts more leaves less to the others.
    """
    certain = 1 / np.maximum(before.variance, 1e-300), 1 / np.maximum(now.variance, 1e-300)
    same = (before.value * certain[0] + now.value * certain[1]) / (certain[0] + certain[1])
    size = len(same)
    discounts = 1 / np.log2(np.arange(2.0, size + 2))
    random = np.random.default_rng(seed)
    draws: list[Floats] = []
    for count in _parts(size):
        one = _drawn(random, same, before.variance, count)
        other = _drawn(random, same, now.variance, count)
        best = (np.sort(one, axis=1)[:, ::-1] * discounts).sum(axis=1)
        order = np.argsort(-other, axis=1, kind="stable")
        reached = (np.take_along_axis(one, order, axis=1) * discounts).sum(axis=1)
        draws.append(reached[best > 0] / best[best > 0])
    all_of = np.concatenate(draws)
    if not len(all_of):
        return None
    lower = int((all_of <= found).sum())
    return Chance((lower + 1) / (len(all_of) + 1), float(np.quantile(all_of, 0.05)))


def _parts(size: int) -> list[int]:
    most = max(_AT_ONCE // max(size, 1), 1)
    return [min(most, _DRAWS - start) for start in range(0, _DRAWS, most)]


def _drawn(random: np.random.Generator, around: Floats, variance: Floats, count: int) -> Floats:
    drawn = around + random.standard_normal((count, len(around))) * np.sqrt(variance)
    return np.maximum(drawn, 0.0)
