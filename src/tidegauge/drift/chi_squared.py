"""Pearson's chi-squared test that two mixes come from one source.

The value is the statistic, which grows with the number of rows for the same drift: choose it for
its p-value, and judge by an effect size such as Jensen-Shannon.  Cells that are empty on both sides
do not count.  The p-value is good where most cells expect five rows or more.

Without drift the statistic is about (cells - 1); the default threshold is what ten cells pass
once in a thousand.

>>> import numpy as np
>>> mix = Mix(np.array([[60.0, 40.0]]), np.array([[40.0, 60.0]]), np.array([[True, True]]))
>>> ChiSquared().score(mix).value.round(3), ChiSquared().score(mix).p_value.round(4)
(array([8.]), array([0.0047]))
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import chdtrc

from tidegauge.arrays import Floats
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix


def chance(statistic: Floats, freedom: Floats) -> Floats:
    """How likely a chi-squared variable is as large; with nothing free to vary, certain."""
    p_value = np.asarray(chdtrc(np.maximum(freedom, 1.0), statistic))
    return np.where((freedom >= 1) | np.isnan(statistic), p_value, 1.0)


@dataclass(frozen=True, kw_only=True)
class ChiSquared:
    kind: Literal["chi_squared"] = "chi_squared"
    bins: int = 10
    title: ClassVar[str] = "Chi-squared test"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 27.9
    range: ClassVar[str] = "0 and up"
    is_symmetric: ClassVar[bool] = True

    def score(self, mix: Mix) -> Scores:
        # Both rows of the usual table come down to this one sum.
        rows = mix.reference_n + mix.current_n
        both = (mix.reference + mix.current) / np.maximum(rows, 1.0)[:, None]
        squares = (mix.q - mix.p) ** 2 / np.where(mix.occupied, both, 1.0)
        value = mix.effective_n * squares.sum(axis=1)
        return Scores(value, p_value=chance(value, mix.occupied.sum(axis=1) - 1.0))
