"""Scores by what was true: how well they rank, and whether they are what happens.

Scores are counted in bins that are the same everywhere.  What rests on the order alone is of bins,
and says how far the rows themselves may be; sums are exact.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
from scipy.special import digamma

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.bins import TOP, bins_of
from tidegauge.performance.figure import Figure, Z, around, ratio_of_odds
from tidegauge.performance.moments import Moments, weighed

BANDS: Final = 20
"""Of equal width, in which scores are held against what happened."""
_SMALLEST: Final = float(np.finfo(np.float64).eps)
"""A probability of 0 or 1 that was wrong is taken for this: its logarithm is infinite."""


class Odds(NamedTuple):
    """Of the rows of one truth."""

    weight: float
    squares: float
    score: float
    log: float
    log_squared: float
    other: float
    other_squared: float
    square: float
    other_square: float
    fourth: float
    other_fourth: float


class Offset(NamedTuple):
    far: Moments
    """Scores, less 1 where it was true."""
    true: float
    """The weight of what was."""


@dataclass(frozen=True, eq=False)
class Scores:
    truths: tuple[str, ...]
    """In order."""
    bins: Counts
    """Those that hold a score, in order."""
    counts: Floats
    """[bins, truths]."""
    bands: Floats
    """[bands, truths, 2]: the weight, and the sum of the scores."""
    sums: Floats
    """[truths, `Odds`]."""
    values: Floats | None = None
    """Where each score has a bin of its own: the scores.  Nothing is then left open by bins."""

    @classmethod
    def of(
        cls,
        scores: Floats,
        truth: Counts,
        truths: Sequence[str],
        weights: Floats | None = None,
        *,
        is_exact: bool = False,
    ) -> Self:
        """`truth` is the place of each row's own among `truths`."""
        w = np.ones(len(scores)) if weights is None else weights
        width = len(truths)
        values = None
        if is_exact:
            values, own = np.unique(scores, return_inverse=True)
            bins = np.arange(len(values), dtype=np.int64)
            counts = weighed(own * width + truth, w, len(values) * width).reshape(-1, width)
        else:
            bins, counts = _counted(bins_of(scores), truth, w, width)
        band = bands_of(scores) * width + truth
        bands = [weighed(band, each, BANDS * width) for each in (w, w * scores)]
        sums = [_sums(scores[own], w[own]) for at in range(width) for own in [truth == at]]
        return cls(
            tuple(truths),
            bins,
            counts,
            np.stack(bands, axis=-1).reshape(BANDS, width, 2),
            np.array(sums).reshape(width, len(Odds._fields)),
            values,
        )

    def merge(self, other: Self) -> Self:
        """Both with bins that are the same everywhere, or both exact."""
        truths = tuple(sorted({*self.truths, *other.truths}))
        keys = np.union1d(self.keys, other.keys)
        counts = np.zeros((len(keys), len(truths)))
        bands = np.zeros((BANDS, len(truths), 2))
        sums = np.zeros((len(truths), len(Odds._fields)))
        for each in (self, other):
            own = [truths.index(name) for name in each.truths]
            counts[np.searchsorted(keys, each.keys)[:, None], own] += each.counts
            bands[:, own] += each.bands
            sums[own] += each.sums
        if self.values is None:
            return type(self)(truths, keys.astype(np.int64, copy=False), counts, bands, sums)
        return type(self)(truths, np.arange(len(keys)), counts, bands, sums, keys)

    @property
    def squares(self) -> float:
        """Of the weights."""
        return float(self.sums[:, Odds._fields.index("squares")].sum())

    def against(self, positive: str) -> "Ranked | None":
        """One truth against all others; None unless both are there."""
        if positive not in self.truths:
            return None
        at = self.truths.index(positive)
        rest = [i for i in range(len(self.truths)) if i != at]
        yes, no = Odds(*self.sums[at]), Odds(*self.sums[rest].sum(axis=0))
        if yes.weight <= 0 or no.weight <= 0:
            return None
        return Ranked(
            self.counts[:, at],
            self.counts[:, rest].sum(axis=1),
            self.bands[:, at],
            self.bands[:, rest].sum(axis=1),
            yes,
            no,
            self._is_probability,
            is_exact=self.values is not None,
        )

    def offset(self, positive: str) -> Offset | None:
        """None of scores that are no probabilities.  One truth alone will do."""
        if not self._is_probability:
            return None
        yes, no = Odds(*[0.0] * len(Odds._fields)), Odds(*self.sums.sum(axis=0))
        if positive in self.truths:
            at = self.truths.index(positive)
            yes = Odds(*self.sums[at])
            no = Odds(*(self.sums.sum(axis=0) - self.sums[at]))
        n = yes.weight + no.weight
        if n <= 0:
            return None
        mean = (yes.score + no.score - yes.weight) / n
        squares = yes.other_square + no.square
        far = Moments(
            n, mean, max(squares - n * mean * mean, 0.0), squares=yes.squares + no.squares
        )
        return Offset(far, yes.weight)

    @property
    def keys(self) -> Counts | Floats:
        """What tells one bin from another."""
        return self.bins if self.values is None else self.values

    @property
    def _is_probability(self) -> bool:
        if self.values is not None:
            return bool(self.values[0] >= 0 and self.values[-1] <= 1)
        return bool(self.bins[0] >= 0 and self.bins[-1] <= TOP)


def _counted(bins: Counts, truth: Counts, w: Floats, width: int) -> tuple[Counts, Floats]:
    """The bins that hold a score, and the weight in each by truth."""
    if len(bins) > TOP and bins.min() >= 0 and bins.max() <= TOP:
        # Of many rows all bins are counted at once, and none are sorted.
        counts = weighed(bins * width + truth, w, (TOP + 1) * width).reshape(-1, width)
        there = np.flatnonzero(counts.any(axis=1))
        return there.astype(np.int64), counts[there]
    found, where = np.unique(bins, return_inverse=True)
    counts = weighed(where * width + truth, w, len(found) * width)
    return found, counts.reshape(len(found), width)


def bands_of(scores: Floats) -> Counts:
    return np.minimum((np.clip(scores, 0.0, 1.0) * BANDS).astype(np.int64), BANDS - 1)


def terms_of(scores: Floats, w: Floats) -> Iterator[Floats]:
    """What is summed of each row, times its weight, as `Odds` has them: one after another, as fresh
    memory for all at once costs more than to count them."""
    yield np.ones_like(w)
    yield w
    yield scores
    safe = np.clip(scores, _SMALLEST, 1 - _SMALLEST)
    for log in (np.log(safe), np.log1p(-safe)):
        yield log
        yield log * log
    square, rest = scores * scores, (1 - scores) ** 2
    yield square
    yield rest
    yield square * square
    yield rest * rest


def _sums(scores: Floats, w: Floats) -> list[float]:
    # Not the product of vectors, for which a library would start threads.
    return [float(np.einsum("i,i", w, each)) for each in terms_of(scores, w)]


@dataclass(frozen=True, eq=False)
class Ranked:
    """Scores of one truth, `yes`, and of all others."""

    yes: Floats
    """By bin, in the order of scores."""
    no: Floats
    yes_bands: Floats
    no_bands: Floats
    of_yes: Odds
    of_no: Odds
    is_probability: bool
    """All are in 0-1: only then are they held against what happened."""
    is_exact: bool = False
    """Scores of one bin are one score."""

    @property
    def n(self) -> float:
        return self.of_yes.weight + self.of_no.weight

    @property
    def _worth(self) -> float:
        """In rows of one weight."""
        return self.n**2 / (self.of_yes.squares + self.of_no.squares)

    @property
    def _worths(self) -> tuple[float, float]:
        yes, no = self.of_yes, self.of_no
        return yes.weight**2 / yes.squares, no.weight**2 / no.squares

    def roc_auc(self) -> Figure:
        """How often a positive is scored above a negative (Mann-Whitney), with the variance of
        DeLong, DeLong and Clarke-Pearson (1988)."""
        yes, no = self.yes, self.no
        total_yes, total_no = yes.sum(), no.sum()
        above_no = (np.cumsum(no) - no / 2) / total_no
        below_yes = (total_yes - np.cumsum(yes) + yes / 2) / total_yes
        value = float((yes * above_no).sum() / total_yes)
        bound = 0.0 if self.is_exact else float((yes * no).sum() / (2 * total_yes * total_no))
        m, n = self._worths
        spread_yes = float((yes * (above_no - value) ** 2).sum() / total_yes)
        spread_no = float((no * (below_yes - value) ** 2).sum() / total_no)
        variance = spread_yes / max(m - 1, 1) + spread_no / max(n - 1, 1)
        found = ratio_of_odds(value, variance, self.n)
        if found.low is None:
            low, high = _limits(value, m, n)
            found = Figure(value, low, high, self.n)
        return Figure(found.value, found.low, found.high, found.n, bound)

    def average_precision(self) -> Figure:
        """The precision at each recall, averaged (Boyd, Eng and Page, 2013, for the interval)."""
        yes, no = self.yes[::-1], self.no[::-1]
        total = yes.sum()
        found, before = np.cumsum(yes), np.cumsum(no)
        value = float((yes * found / (found + before)).sum() / total)
        if self.is_exact:
            return self._precise(value, 0.0)
        # Within a bin the positives may all come first, or all come last.
        ranked = found - yes + before - no
        best = yes - (before - no) * (digamma(ranked + yes + 1) - digamma(ranked + 1))
        worst = yes - before * (digamma(ranked + no + yes + 1) - digamma(ranked + no + 1))
        bound = max(float(best.sum() / total) - value, value - float(worst.sum() / total), 0.0)
        return self._precise(value, bound)

    def _precise(self, value: float, bound: float) -> Figure:
        inside = min(max(value, 0.0), 1.0)
        figure = ratio_of_odds(inside, inside * (1 - inside) / self._worths[0], self.n)
        return Figure(inside, figure.low, figure.high, self.n, bound)

    def log_loss(self) -> Figure:
        return self._mean(
            -(self.of_yes.log + self.of_no.other),
            self.of_yes.log_squared + self.of_no.other_squared,
        )

    def brier(self) -> Figure:
        return self._mean(
            self.of_yes.other_square + self.of_no.square,
            self.of_yes.other_fourth + self.of_no.fourth,
        )

    def _mean(self, total: float, squares: float) -> Figure:
        mean = total / self.n
        variance = max(squares / self.n - mean * mean, 0.0) / self._worth
        return around(mean, variance, self.n, lowest=0.0)

    def calibration(self) -> list[tuple[float, float, float]]:
        """By band that holds rows: the mean score, the share that was true, the weight."""
        weight = self.yes_bands[:, 0] + self.no_bands[:, 0]
        score = self.yes_bands[:, 1] + self.no_bands[:, 1]
        there = weight > 0
        return [
            (float(s / w), float(y / w), float(w))
            for s, y, w in zip(score[there], self.yes_bands[there, 0], weight[there], strict=True)
        ]

    def calibration_error(self) -> Figure:
        """The expected one, over bands of equal width (Naeini, Cooper and Hauskrecht, 2015)."""
        value = variance = 0.0
        for score, true, weight in self.calibration():
            part = weight / self.n
            value += part * abs(score - true)
            variance += part * true * (1 - true) / self.n
        return around(value, variance * self.n / self._worth, self.n, lowest=0.0, highest=1.0)


def _limits(value: float, m: float, n: float) -> tuple[float, float]:
    """Where all pairs are in order, or none: what the true value may be (Newcombe, 2006)."""
    more = (m + n) / 2 - 1

    def is_possible(true: float) -> bool:
        pairs = 1 + more * (1 - true) / (2 - true) + more * true / (1 + true)
        return abs(value - true) <= Z * math.sqrt(true * (1 - true) * pairs / (m * n))

    ends = [value, value]
    for side, end in enumerate((0.0, 1.0)):
        inside, outside = value, end
        for _step in range(60):
            middle = (inside + outside) / 2
            if is_possible(middle):
                inside = middle
            else:
                outside = middle
        ends[side] = inside
    return ends[0], ends[1]
