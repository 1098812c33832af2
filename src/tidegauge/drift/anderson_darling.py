"""The two-sample test of Anderson and Darling (Scholz & Stephens, 1987), with mid-ranks.

As Cramér-von Mises, but gaps in the tails weigh as much as those in the middle: choose it where
the extremes matter.  The value is the statistic in its own standard deviations: 0 on average
without drift, and growing with the number of rows for the same drift.

Values in one bin count as ties, so it is what the ranks of 200 bins tell.  Fewer than four rows
in all are standardised as four.  scipy clips its p-value to 0.001 ... 0.25; this one is the limit
law's own, so it says how small.  The default threshold is what is passed once in a thousand.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

import numpy as np
from scipy.special import digamma, zeta

from tidegauge.arrays import Floats
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Ordered, ratio
from tidegauge.drift.squares import SquaresLaw

_CERTAIN = 0.05


@cache
def law() -> SquaresLaw:
    return SquaresLaw.of(
        root=lambda j: j * (j + 1.0),
        determinant=lambda y: -np.cos(np.pi / 2 * np.sqrt(1 + 4 * y)) / (np.pi * y),
    )


@dataclass(frozen=True, kw_only=True)
class AndersonDarling:
    kind: Literal["anderson_darling"] = "anderson_darling"
    title: ClassVar[str] = "Anderson-Darling test"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 6.5
    range: ClassVar[str] = "about -1.3 and up"
    is_symmetric: ClassVar[bool] = True

    def score(self, pair: Ordered) -> Scores:
        n, m = pair.current_n, pair.reference_n
        both = (pair.current.counts + pair.reference.counts).astype(np.float64)
        rows = n + m
        middle = np.cumsum(both, axis=1) - both / 2
        weights = middle * (rows[:, None] - middle) - rows[:, None] * both / 4
        total = np.zeros(len(pair))
        for counts, size in ((pair.current.counts, n), (pair.reference.counts, m)):
            own = np.cumsum(counts, axis=1) - counts / 2
            squares = (rows[:, None] * own - middle * size[:, None]) ** 2
            # All rows in one cell leave nothing to weigh, and no gap either.
            cells = np.divide(both * squares, weights, out=np.zeros_like(both), where=weights > 0)
            total += ratio(cells.sum(axis=1), size)
        total *= ratio(rows - 1, rows**2)
        value = (total - 1) / _deviation(n, m)
        # The limit has mean 1 and this variance, whatever the sample sizes.
        limit = 1 + value * np.sqrt(2 * (np.pi**2 - 9) / 3)
        return Scores(value, p_value=law().chance(limit, _CERTAIN))


def _deviation(n: Floats, m: Floats) -> Floats:
    """Of the statistic without drift: Scholz & Stephens' formula for two samples."""
    rows = np.maximum(n + m, 4.0)
    sizes = ratio(1.0, n) + ratio(1.0, m)
    # The sums over ranks h and g in closed form, so that a billion rows cost nothing.
    h = digamma(rows) - digamma(1.0)
    g = zeta(2.0, 1.0) - zeta(2.0, rows + 1) - (h + h + 1 / rows) / rows
    a = 4 * g - 6 + (10 - 6 * g) * sizes
    b = 4 * (2 * g - 4) + 16 * h + (2 * g - 14 * h - 4) * sizes - 8 * h + 4 * g - 6
    c = 4 * (6 * h + 2 * g - 2) + 2 * (4 * h - 4 * g + 6) + (2 * h - 6) * sizes + 4 * h
    d = 4 * (2 * h + 6) - 8 * h
    variance = ((a * rows + b) * rows + c) * rows + d
    return np.sqrt(variance / ((rows - 1) * (rows - 2) * (rows - 3)))
