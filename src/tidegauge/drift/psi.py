"""Population stability index (Yurdakul & Naranjo, 2020).

0 is the same mix; credit scoring reads 0.1 as "look" and 0.25 as "changed".  It is the sum of
both Kullback-Leibler divergences, so it is symmetric.  Half a row is added to each cell, so a new
or empty cell costs what so few rows can tell, not what a made-up 1e-6 would.  Small samples score
high by chance alone, about (cells - 1)(1/n + 1/N): choose it when each side has some hundred rows
or more, and read the p-value, from (1/n + 1/N) chi-squared, beside it.

>>> import numpy as np
>>> mix = Mix(np.array([[600.0, 400.0]]), np.array([[400.0, 600.0]]), np.array([[True, True]]))
>>> PSI().score(mix).value.round(3)
array([0.162])
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.drift.chi_squared import chance
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix


@dataclass(frozen=True, kw_only=True)
class PSI:
    kind: Literal["psi"] = "psi"
    bins: int = 10
    title: ClassVar[str] = "Population stability index"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 and up"
    is_symmetric: ClassVar[bool] = True

    def score(self, mix: Mix) -> Scores:
        p, q = mix.smooth_p, mix.smooth_q
        value = ((q - p) * np.log(q / p)).sum(axis=1)
        return Scores(value, p_value=chance(value * mix.effective_n, mix.cells - 1))
