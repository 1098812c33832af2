"""How far the values of a feature in one window are from those in another: Jensen and Shannon's
distance over tenths.

The bins are far more than few rows can fill, and a distance over nearly empty cells is large by
chance alone.  So neighbours are taken together until each cell holds about a tenth of the values
of both windows, or more where one bin does.
"""

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.drift.jensen_shannon import JensenShannon
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix
from tidegauge.explain.attributions import Attributions
from tidegauge.explain.bins import BINS

_CELLS = 10


def distances(before: Attributions, now: Attributions) -> Scores:
    """Of windows of the same features, a number for each; NaN where one of them holds no value."""
    size = len(before.features)
    keys = np.union1d(before.cells, now.cells)
    feature = keys // BINS
    sides = [_shares(each, keys) for each in (before, now)]
    both = sides[0] + sides[1]
    # Where the middle of a bin lies among all values of its feature, from 0 to 1.
    upto = np.cumsum(both)
    whole = np.bincount(feature, both, size)
    first = np.cumsum(whole) - whole
    place = (upto - both / 2 - first[feature]) / whole[feature]
    cell = feature * _CELLS + np.clip((place * _CELLS).astype(np.int64), 0, _CELLS - 1)
    # Rows of unlike weight are worth fewer rows of one weight.
    p, q = (
        np.bincount(cell, share, size * _CELLS).reshape(size, _CELLS) * each.worths[:, None]
        for share, each in zip(sides, (before, now), strict=True)
    )
    return JensenShannon().score(Mix(p, q, p + q > 0))


def _shares(of: Attributions, keys: Counts) -> Floats:
    weights = np.zeros(len(keys))
    own = np.searchsorted(keys, of.cells)
    weights[own] = of.weights / of.sums.n[of.cells // BINS]
    return weights
