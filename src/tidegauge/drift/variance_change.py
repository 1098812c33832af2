"""How much wider or narrower a column has become: the ratio of standard deviations minus one.

0 is no change, 0.2 is a fifth wider, -0.5 half as wide, -1 is what has become constant.  A constant
that starts to vary scores 1, since it cannot be measured against nothing.  Choose it beside
`mean_change` to explain a drift: a sensor that freezes, a source that gets noisy.

The p-value compares the logarithms of the variances with their errors taken from the fourth
moments (Layard, 1973), so it does not need normal values as the F test does; it is for large
samples.  NaN where a side is constant or has fewer than two values.  Infinities are left out; NaN
without a finite value.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import ndtr

from tidegauge.arrays import Floats
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Ordered, ratio
from tidegauge.profile.numeric import Numeric

_LARGEST = np.finfo(np.float64).max


@dataclass(frozen=True, kw_only=True)
class VarianceChange:
    kind: Literal["variance_change"] = "variance_change"
    title: ClassVar[str] = "Change of the standard deviation"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.2
    range: ClassVar[str] = "-1 and up"
    is_symmetric: ClassVar[bool] = False

    def score(self, pair: Ordered) -> Scores:
        was, is_ = pair.reference.deviation, pair.current.deviation
        # A deviation too large for a number is nothing to measure another in.
        was = np.where(np.isfinite(was), was, np.nan)
        started = np.where(np.isnan(is_), np.nan, np.sign(is_))
        with np.errstate(over="ignore", invalid="ignore"):
            value = np.minimum(np.where(was == 0, started, ratio(is_, was) - 1), _LARGEST)
            error = np.sqrt(_log_variance_error(pair.current) + _log_variance_error(pair.reference))
            moved = 2 * np.log1p(np.where((was > 0) & (is_ > 0), value, np.nan))
            z = ratio(np.abs(moved), error)
        return Scores(value, p_value=2 * np.asarray(ndtr(-z)))


def _log_variance_error(side: Numeric) -> Floats:
    """The variance of the logarithm of the sample variance."""
    n = side.finite.astype(np.float64)
    second, fourth = side.central[:, 1], side.central[:, 3]
    kurtosis = ratio(fourth, second**2)
    return ratio(kurtosis - ratio(n - 3, n - 1), n)
