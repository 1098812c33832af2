"""What is measured if each row's truth came in proportion to how likely it is.

A row counts as each class with the share of it that is expected, so estimates are of the same
form as what is measured, add up like it, and are read by the same code.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.estimate.maps import binned
from tidegauge.performance import Classes, Coded, Errors
from tidegauge.performance.classes import PROBABILITY
from tidegauge.performance.moments import Moments, weighed
from tidegauge.performance.scores import BANDS, Scores

_SMALLEST: Final = float(np.finfo(np.float64).eps)
_FARTHEST: Final = 1e60


def classes(
    names: Sequence[str],
    shares: Floats,
    chosen: Coded,
    scores: Mapping[str, Floats],
    weights: Floats,
) -> Classes:
    """`shares`, [classes, rows], add up to 1 in each row."""
    every = tuple(sorted({*names, *chosen.names}))
    own = [every.index(name) for name in names]
    width = len(every)
    there = chosen.codes >= 0
    places = np.array([every.index(name) for name in chosen.names] + [-1])[chosen.codes]
    counts = np.zeros((width, width))
    whole = bool(there.all())
    for at, share in zip(own, shares, strict=True):
        mass = weights * share
        counts[at] = weighed(
            places if whole else places[there], mass if whole else mass[there], width
        )
    used = (counts.sum(axis=0) + counts.sum(axis=1)) > 0
    found = {
        column: told
        for column, values in scores.items()
        if (told := _scores(column, values, names, shares, weights))
    }
    return Classes(
        tuple(name for name, is_used in zip(every, used.tolist(), strict=True) if is_used),
        counts[np.ix_(used, used)],
        float((weights[there] ** 2).sum()),
        found,
    )


def _scores(
    column: str, values: Floats, names: Sequence[str], shares: Floats, weights: Floats
) -> Scores | None:
    there = np.isfinite(values)
    if not there.any():
        return None
    if not there.all():
        values, shares, weights = values[there], shares[:, there], weights[there]
    truths = tuple(names)
    if column.startswith(PROBABILITY):
        name = column.removeprefix(PROBABILITY)
        one = shares[truths.index(name)] if name in truths else np.zeros(len(values))
        truths, shares = ("", name), np.stack([1 - one, one])
    mass = weights * shares
    bins, at = binned(values)
    # The fourth power of what is far beyond would be infinite.
    values = np.clip(values, -_FARTHEST, _FARTHEST)
    band = np.minimum((np.clip(values, 0.0, 1.0) * BANDS).astype(np.int64), BANDS - 1)
    bands = [
        np.stack([weighed(band, each, BANDS) for each in (one, one * values)], axis=-1)
        for one in mass
    ]
    return Scores(
        truths,
        bins,
        np.stack([weighed(at, one, len(bins)) for one in mass], axis=1),
        np.stack(bands, axis=1),
        _sums(values, mass, weights),
    )


def _sums(values: Floats, mass: Floats, weights: Floats) -> Floats:
    """[truths, `Odds`]: a row is worth its share of a row."""
    safe = np.clip(values, _SMALLEST, 1 - _SMALLEST)
    log, other, square, rest = np.log(safe), np.log1p(-safe), values**2, (1 - values) ** 2
    powers = [
        *(weights, values, log, log * log, other, other * other),
        *(square, rest, square * square, rest * rest),
    ]
    # Not the product of matrices, for which a library would start threads.
    return np.stack(
        [mass.sum(axis=1), *(np.einsum("tr,r->t", mass, each) for each in powers)], axis=1
    )


def errors(
    said: Floats, bias: Floats, off: Floats, square: Floats, tails: float, weights: Floats
) -> Errors:
    """By row what is expected of the error, of its size and of its square; `tails` is the fourth
    power of an error by the second power of its expected square."""
    there = np.isfinite(said)
    p, b, a, s, w = (each[there] for each in (said, bias, off, square, weights))
    fourth = tails * s * s
    true = p - b
    # Errors are taken to lean to no side around their mean.
    return Errors(
        true=_moments(
            true,
            true**2 + s - b * b,
            true**3 + 3 * true * (s - b * b),
            true**4 + 6 * true**2 * (s - b * b) + fourth,
            w,
        ),
        error=_moments(b, s, 3 * b * s - 2 * b**3, fourth, w),
        # The third power of a normal error's size.
        off=_moments(a, s, 2 * a * s, fourth, w),
    )


def _moments(one: Floats, two: Floats, three: Floats, four: Floats, w: Floats) -> Moments:
    """Of numbers of which each row's powers are expected."""
    if not len(w) or w.sum() <= 0:
        return Moments()
    n = float(w.sum())
    mean = float((w * one).sum() / n)
    m2 = w * (two - 2 * mean * one + mean**2)
    m3 = w * (three - 3 * mean * two + 3 * mean**2 * one - mean**3)
    m4 = w * (four - 4 * mean * three + 6 * mean**2 * two - 4 * mean**3 * one + mean**4)
    return Moments(
        n,
        mean,
        max(float(m2.sum()), 0.0),
        float(m3.sum()),
        max(float(m4.sum()), 0.0),
        float((w * w).sum()),
    )
