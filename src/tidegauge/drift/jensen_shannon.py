"""Jensen-Shannon distance between two mixes (Lin, 1991), in base 2.

0 is the same mix, 1 is no cell in common.  It is the square root of the divergence, which makes
it a distance; it is symmetric, and stays finite when a cell is new or gone, so it needs no
smoothing.  Choose it for categories, and wherever scores of many columns are to be compared.
Small samples score high by chance: the p-value, from 8 h times the divergence in nats being
chi-squared with h = nN / (n + N), tells by how much.

>>> import numpy as np
>>> mix = Mix(np.array([[3.0, 1.0]]), np.array([[1.0, 3.0]]), np.array([[True, True]]))
>>> JensenShannon().score(mix).value.round(3)
array([0.434])
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import rel_entr

from tidegauge.drift.chi_squared import chance
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix


@dataclass(frozen=True, kw_only=True)
class JensenShannon:
    kind: Literal["jensen_shannon"] = "jensen_shannon"
    bins: int = 50
    smoothed: bool = False
    """Add half a row to each cell first, as PSI does: for comparing with tools that smooth."""
    title: ClassVar[str] = "Jensen-Shannon distance"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 to 1"
    is_symmetric: ClassVar[bool] = True

    def score(self, mix: Mix) -> Scores:
        p, q = (mix.smooth_p, mix.smooth_q) if self.smoothed else (mix.p, mix.q)
        middle = (p + q) / 2
        divergence = (rel_entr(p, middle) + rel_entr(q, middle)).sum(axis=1) / 2
        # Rounding can put equal mixes a hair below zero, and strangers a hair above one.
        divergence = np.clip(divergence, 0.0, np.log(2))
        p_value = chance(8 * mix.effective_n * divergence, mix.occupied.sum(axis=1) - 1.0)
        return Scores(np.sqrt(divergence / np.log(2)), p_value=p_value)
