"""Hellinger distance between two mixes.

0 is the same mix, 1 is no cell in common.  It is symmetric, needs no smoothing, and sees changes
in rare cells better than total variation does: a cell that goes from 0 to 1 % adds as much as one
that goes from 25 % to 36 %.  Choose it when rare values matter.

>>> import numpy as np
>>> mix = Mix(np.array([[99.0, 1.0]]), np.array([[100.0, 0.0]]), np.array([[True, True]]))
>>> Hellinger().score(mix).value.round(3)
array([0.071])
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix


@dataclass(frozen=True, kw_only=True)
class Hellinger:
    kind: Literal["hellinger"] = "hellinger"
    bins: int = 50
    title: ClassVar[str] = "Hellinger distance"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 to 1"
    is_symmetric: ClassVar[bool] = True

    def score(self, mix: Mix) -> Scores:
        # As 1 - sum sqrt(pq), but equal mixes give zero to the last digit.
        squares = ((np.sqrt(mix.q) - np.sqrt(mix.p)) ** 2).sum(axis=1) / 2
        return Scores(np.sqrt(np.minimum(squares, 1.0)))
