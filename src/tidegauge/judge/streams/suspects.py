"""Where in a block of labels the evidence may first pass its limit, found without weighing every
moment after every label.

The evidence is at most a chi-squared distance, which needs no logarithm.  With `before` labels
ahead of a moment and `age` since, `n` in all and the mean `m` of all, that distance reaches the
limit where there are since it at least so many errors:

    age m + sqrt(age before limit m (1 - m) / n)

Over a block the mean and the rest of it change little.  With their least values it is a number of
errors by age, and what passes it is weighed exactly.

Which moments there are follows from the stretches: one that starts a stretch of 2^k labels, and
none of twice as many, is gone when it is older than 6 (2^(k+1) - 1) labels.  So for each k only
every 2^k-th moment is tried, at the ages that a smaller k leaves over.  Those of long ago are few,
and tried after all labels.  Some that are gone are tried; none is left out.
"""

from math import inf, sqrt
from typing import NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.judge.streams.evidence import BEFORE, SINCE, evidence
from tidegauge.judge.streams.histogram import Levels

SAME = 6
"""Stretches of one length: with fewer, the time of a change is found less exactly."""
_TOP = 8
BLOCK = SAME * (2**_TOP - 1)
"""Labels at once: a moment that the rows below the top hold is within the top row's after them."""
_AGES = np.arange(SAME * (2 ** (_TOP + 1) - 1) + 1.0)
_ROOTS = np.sqrt(_AGES)
_NONE = np.zeros(0, np.int64)


class Moments(NamedTuple):
    """At which a change may have been: where a stretch starts."""

    labels: Floats
    """Before each."""
    errors: Floats


class Course(NamedTuple):
    """After each label of a block."""

    n: Floats
    total: Floats
    limit: Floats


class _Pairs(NamedTuple):
    """Of a moment and a label of the block."""

    labels: Floats
    """Before the moment."""
    errors: Floats
    places: Counts
    """Of the label."""


def first_suspect(levels: Levels, moments: Moments, course: Course, total: float) -> int:
    """Its place in the block, or the block's length; all else is as before, with `total` errors."""
    mean = course.total / course.n
    spread = mean * (1.0 - mean)
    varied = spread > 0.0
    if not varied.any():
        return len(course.n)
    usual = float(mean.min())
    reach = float((course.limit * spread / course.n)[varied].min())
    long_ago = sum(map(len, levels[_TOP:]))
    # The very first stretch is joined by none before it, so its start stays.
    old = Moments(*(each[: max(long_ago, 1)] for each in moments))
    new = Moments(*(each[long_ago:] for each in moments))
    pairs = [_of_old(old, course, usual, reach), _of_new(levels, new, course, total, usual, reach)]
    labels, errors, places = (np.concatenate(each) for each in zip(*pairs, strict=True))
    found = evidence(labels, errors, course.n[places], course.total[places])
    return int(places[found >= course.limit[places]].min(initial=len(course.n)))


def _of_old(moments: Moments, course: Course, usual: float, reach: float) -> _Pairs:
    most = (course.total - course.n * usual).max() + moments.labels * usual - moments.errors
    youngest = np.maximum(course.n[0] - moments.labels, SINCE)
    likely = (most >= np.sqrt(youngest * moments.labels * reach)) & (moments.labels >= BEFORE)
    labels, errors = moments.labels[likely, None], moments.errors[likely, None]
    age = course.n - labels
    far = course.total - errors >= age * usual + np.sqrt(age * labels * reach)
    which, places = np.nonzero(far & (age >= SINCE))
    return _Pairs(labels[which, 0], errors[which, 0], places)


def _of_new(
    levels: Levels, known: Moments, course: Course, total: float, usual: float, reach: float
) -> _Pairs:
    """Moments that were in the rows below the top, and those of the block."""
    now = course.n[0] - 1
    origin = known.labels[0] if len(known.labels) else now
    past, end = int(now - origin), int(course.n[-1] - origin)
    # One place a label, from the first moment on: those that are gone, or too early, never pass.
    labels = origin + np.arange(end)
    errors = np.full(end, inf)
    errors[(known.labels - origin).astype(np.int64)] = known.errors
    errors[past] = total
    errors[past + 1 :] = course.total[:-1]
    errors[labels < BEFORE] = inf
    least = _AGES * usual + _ROOTS * sqrt(max(origin, BEFORE) * reach)
    least[:SINCE] = inf
    totals = np.concatenate([np.full(past + 1, -inf), course.total, np.full(len(_AGES), -inf)])
    moments, ends = [_NONE], [_NONE]
    start = past
    for k in range(_TOP + 1):
        if k < _TOP and k < len(levels):
            start -= len(levels[k]) << k
        youngest, oldest = SAME * (2**k - 1) + 1, SAME * (2 ** (k + 1) - 1)
        if start + youngest > end:
            break
        before = errors[start : end - youngest + 1 : 2**k]
        # A row a moment, a column an age; each row starts 2^k labels after the one above.
        shape, strides = (len(before), oldest + 1 - youngest), (8 << k, 8)
        later = np.ndarray(shape, np.float64, totals, 8 * (start + youngest), strides)
        rows, columns = _pass(later, before[:, None], least[None, youngest : oldest + 1])
        moments.append(start + (rows << k))
        ends.append(moments[-1] + columns + youngest)
    which = np.concatenate(moments)
    return _Pairs(labels[which], errors[which], np.concatenate(ends) - past - 1)


def _pass(later: Floats, before: Floats, least: Floats) -> tuple[Counts, Counts]:
    """The rows and the columns; the longer side is gone through last, which is quicker."""
    if later.shape[0] > later.shape[1]:
        columns, rows = _pass(later.T, before.T, least.T)
        return rows, columns
    since = np.subtract(later, before, order="C")
    rows, columns = np.divmod(np.flatnonzero(since >= least), later.shape[1])
    return rows, columns
