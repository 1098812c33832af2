"""How far the mean has moved, in the reference's standard deviations.

0 is no move, and the sign says which way: 0.2 is small, 0.8 large (Cohen, 1988).  It is never
divided by the mean itself, which is near zero in many columns.  Choose it to explain a drift; a
change of shape alone it cannot see.  Where the reference is constant, `spread` says what it is
divided by.

The p-value is Welch's, which does not take the deviations for equal; NaN where a side has fewer
than two values or both are constant.  Infinities are left out; NaN without a finite value.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import stdtr

from tidegauge.arrays import Floats
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Ordered, ratio
from tidegauge.drift.spread import spread

_LARGEST = np.finfo(np.float64).max


@dataclass(frozen=True, kw_only=True)
class MeanChange:
    kind: Literal["mean_change"] = "mean_change"
    title: ClassVar[str] = "Change of the mean"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.2
    range: ClassVar[str] = "any, in the reference's standard deviations"
    is_symmetric: ClassVar[bool] = False

    def score(self, pair: Ordered) -> Scores:
        with np.errstate(over="ignore", invalid="ignore"):
            change = pair.current.mean - pair.reference.mean
            scale = spread(pair)
            value = change / np.where(scale == 0, 1.0, scale)
            p_value = _chance(pair, change)
        return Scores(np.clip(value, -_LARGEST, _LARGEST), p_value=p_value)


def _chance(pair: Ordered, change: Floats) -> Floats:
    n, m = (side.finite.astype(np.float64) for side in (pair.current, pair.reference))
    ours = ratio(pair.current.central[:, 1], np.maximum(n - 1, 0))
    theirs = ratio(pair.reference.central[:, 1], np.maximum(m - 1, 0))
    variance = ours + theirs
    # By shares, so that the square of a huge variance is not needed.
    mine = ratio(ours, variance)
    freedom = ratio(1.0, mine**2 / (n - 1) + (1 - mine) ** 2 / (m - 1))
    t = ratio(np.abs(change), np.sqrt(variance))
    return np.minimum(2 * np.asarray(stdtr(freedom, -t)), 1.0)
