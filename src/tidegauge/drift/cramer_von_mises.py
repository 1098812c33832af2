"""The two-sample test of Cramér and von Mises (Anderson, 1962).

The value is the statistic T: the squared gap between the distribution functions, averaged over
all rows, times nN / (n + N).  It is 1/6 on average without drift, and grows with the number of
rows for the same drift.  It weighs the whole axis evenly, where KS takes one place: choose it for
the p-value of a broad, small shift.

Values in one bin count as ties, so it is what the ranks of 200 bins tell.  The p-value has all its
digits, while scipy's, taken as 1 - cdf, is noise below 1e-9.  The default threshold is what is
passed once in a thousand.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Ordered, ratio
from tidegauge.drift.squares import SquaresLaw

_CERTAIN = 0.003


@cache
def law() -> SquaresLaw:
    return SquaresLaw.of(
        root=lambda j: (j * np.pi) ** 2,
        determinant=lambda y: np.sin(np.sqrt(y)) / np.sqrt(y),
    )


@dataclass(frozen=True, kw_only=True)
class CramerVonMises:
    kind: Literal["cramer_von_mises"] = "cramer_von_mises"
    title: ClassVar[str] = "Cramér-von Mises test"
    unmoved: ClassVar[float] = 1 / 6
    default_threshold: ClassVar[float] = 1.0
    range: ClassVar[str] = "about 0 and up"
    is_symmetric: ClassVar[bool] = True

    def score(self, pair: Ordered) -> Scores:
        n, m = pair.current_n, pair.reference_n
        rows = n + m
        # The sum over ranks (Anderson's U), cell by cell: each row of a cell has its mid-rank.
        ours = _rank_gaps(pair.current.counts, pair.reference.counts)
        theirs = _rank_gaps(pair.reference.counts, pair.current.counts)
        product = np.where(n * m > 0, n * m, np.nan)
        value = (n * ours + m * theirs) / (product * rows) - (4 * product - 1) / (6 * rows)
        mean = (1 + 1 / np.maximum(rows, 1)) / 6
        spread = ratio(
            (rows + 1) * (4 * product * rows - 3 * (n**2 + m**2) - 2 * product),
            45 * rows**2 * 4 * product,
        )
        # One row against one has a single outcome.
        scale = np.sqrt(45 * np.where(spread > 0, spread, np.inf))
        p_value = law().chance(1 / 6 + (value - mean) / scale, _CERTAIN)
        return Scores(value, p_value=np.where(spread == 0, 1.0, p_value))


def _rank_gaps(counts: Counts, others: Counts) -> Floats:
    """The sum over rows of (rank among all - rank among its own) squared, by mid-ranks."""
    rows = counts.astype(np.float64)
    before = np.cumsum(others, axis=1) - others / 2
    return (rows * before**2 + (rows**3 - rows) / 12).sum(axis=1)
