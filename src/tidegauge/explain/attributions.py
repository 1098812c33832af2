"""The attributions of a window, by feature: sums that add up, so any two windows make one.

An attribution is what a feature added to one answer.  The magnitude of a feature is the mean of
its sizes, the signs put aside, over the rows that hold it; its importance is its part of all that
was added in the window, where a row without it adds nothing.  Rows may be of different weight, as
where wrong answers are kept and of the rest one in a hundred.  What is not finite is missing.

Sums are kept as arrays, a row a feature, as there may be thousands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.errors import InputError
from tidegauge.explain.bins import BINS, bins_of
from tidegauge.performance.moments import Moments, weighed

_LARGEST = 1e100
"""What is larger counts as this: its square has to be a number."""


class Sums(NamedTuple):
    """For each feature, over the rows that hold it.  `w` is a row's weight, `v` the value, `t` the
    sizes of all values of the row together."""

    n: Floats
    """w"""
    squares: Floats
    """w w: what weights cost in certainty."""
    value: Floats
    """w v"""
    value_squares: Floats
    """w w v"""
    size: Floats
    """w |v|"""
    size_squares: Floats
    """w w |v|"""
    power: Floats
    """w w v v"""
    row: Floats
    """w w |v| t"""
    positive: Floats
    """w, where v is above zero"""
    negative: Floats


class Whole(NamedTuple):
    """Over all rows."""

    rows: float = 0.0
    n: float = 0.0
    squares: float = 0.0
    size: float = 0.0
    """w t"""
    size_power: float = 0.0
    """w w t t"""


class Estimates(NamedTuple):
    """One for each feature."""

    value: Floats
    variance: Floats
    """Of the value, as rows are drawn."""


@dataclass(frozen=True, eq=False)
class Attributions:
    features: tuple[str, ...]
    """In order."""
    sums: Sums
    whole: Whole
    cells: Counts
    """Feature times `BINS` plus bin, in order, where there are values."""
    weights: Floats
    """In each cell."""
    base: Moments
    """Of what the attributions start from."""

    @classmethod
    def of(
        cls,
        features: Sequence[str],
        values: Floats,
        weights: Floats | None = None,
        base: Floats | None = None,
    ) -> Self:
        """`values` is [rows, features]; weights are above zero."""
        if len(set(features)) != len(features) or values.shape[1:] != (len(features),):
            raise InputError(
                f"attributions are [rows, features]; these are {list(values.shape)}, "
                f"and {len(set(features))} different features are named"
            )
        order = np.argsort(np.array(features, dtype=object), kind="stable")
        given = np.clip(values[:, order], -_LARGEST, _LARGEST)
        there = np.isfinite(values[:, order])
        held: Flags = np.asarray(there.any(axis=1))
        given, there = np.where(there, given, 0.0)[held], there[held]
        w = np.ones(len(values))[held] if weights is None else weights[held]
        started = _base(base, held, w)
        cells, counts = _counted(given, there, w)
        return cls(
            tuple(str(features[at]) for at in order.tolist()),
            *_summed(given, there, w),
            cells,
            counts,
            started,
        )

    def merge(self, other: Self) -> Self:
        features = tuple(sorted({*self.features, *other.features}))
        place = {name: at for at, name in enumerate(features)}
        sums = np.zeros((len(Sums._fields), len(features)))
        cells: list[Counts] = []
        for each in (self, other):
            own = np.array([place[name] for name in each.features], dtype=np.int64)
            sums[:, own] += np.stack(each.sums)
            cells.append(own[each.cells // BINS] * BINS + each.cells % BINS)
        found, where = np.unique(np.concatenate(cells), return_inverse=True)
        both = np.concatenate([self.weights, other.weights])
        return type(self)(
            features,
            Sums(*sums),
            Whole(*(a + b for a, b in zip(self.whole, other.whole, strict=True))),
            found,
            weighed(where, both, len(found)),
            self.base.merge(other.base),
        )

    @property
    def worth(self) -> float:
        """All rows, in rows of one weight (Kish)."""
        return self.whole.n**2 / self.whole.squares if self.whole.squares else 0.0

    @property
    def worths(self) -> Floats:
        """The rows that hold each feature."""
        return _divided(self.sums.n**2, self.sums.squares)

    def importances(self) -> Estimates:
        """Parts of all that was added: one in all, or zero where nothing was."""
        sums, whole = self.sums, self.whole
        if whole.size <= 0:
            return Estimates(np.zeros(len(self.features)), np.zeros(len(self.features)))
        value = sums.size / whole.size
        apart = sums.power - 2 * value * sums.row + value**2 * whole.size_power
        worth = np.full(len(value), self.worth)
        return Estimates(value, _variance(apart, np.full(len(value), whole.size), worth))

    def magnitudes(self) -> Estimates:
        sums = self.sums
        value = _divided(sums.size, sums.n)
        apart = sums.power - 2 * value * sums.size_squares + value**2 * sums.squares
        return Estimates(value, _variance(apart, sums.n, self.worths))

    def means(self) -> Estimates:
        sums = self.sums
        value = _divided(sums.value, sums.n)
        apart = sums.power - 2 * value * sums.value_squares + value**2 * sums.squares
        return Estimates(value, _variance(apart, sums.n, self.worths))

    def signs(self) -> tuple[Floats, Floats, Floats]:
        """The shares above zero, below it, and at zero, of the rows that hold each feature."""
        n, positive, negative = self.sums.n, self.sums.positive, self.sums.negative
        zero = np.maximum(n - positive - negative, 0.0)
        return _divided(positive, n), _divided(negative, n), _divided(zero, n)


def _base(base: Floats | None, held: Flags, w: Floats) -> Moments:
    if base is None:
        return Moments()
    own = base[held]
    known = np.isfinite(own)
    return Moments.of(np.clip(own[known], -1e70, 1e70), w[known])


def _summed(given: Floats, there: Flags, w: Floats) -> tuple[Sums, Whole]:
    size = np.abs(given)
    row = size.sum(axis=1)
    ww = w * w

    def added(weights: Floats, of: Floats | Flags) -> Floats:
        # Not the product of a vector and a matrix, for which a library would start threads.
        return np.einsum("i,ij->j", weights, of)

    sums = Sums(
        added(w, there),
        added(ww, there),
        added(w, given),
        added(ww, given),
        added(w, size),
        added(ww, size),
        added(ww, size * size),
        added(ww * row, size),
        added(w, given > 0),
        added(w, given < 0),
    )
    whole = (len(w), w.sum(), ww.sum(), (w * row).sum(), (ww * row * row).sum())
    return sums, Whole(*map(float, whole))


def _counted(given: Floats, there: Flags, w: Floats) -> tuple[Counts, Floats]:
    rows, columns = np.nonzero(there)
    keys = columns * BINS + bins_of(given[rows, columns])
    size = there.shape[1] * BINS
    if size <= 4 * len(keys):
        # Of many rows all cells are counted at once, and none are sorted.
        counts = weighed(keys, w[rows], size)
        found = np.flatnonzero(counts)
        return found, counts[found]
    found, where = np.unique(keys, return_inverse=True)
    return found, weighed(where, w[rows], len(found))


def _divided(top: Floats, bottom: Floats) -> Floats:
    """Zero where there is nothing."""
    return np.divide(top, bottom, out=np.zeros(len(top)), where=bottom > 0)


def _variance(apart: Floats, of: Floats, worth: Floats) -> Floats:
    """Of a quotient, from the weighed squares of what its rows are apart from it."""
    free = np.where(worth > 1, worth / np.maximum(worth - 1, 1e-9), 0.0)
    return _divided(np.maximum(apart, 0.0) * free, of * of)
