"""Total variation distance between two mixes.

The share of rows that would have to change their cell to turn one mix into the other: 0 is the
same mix, 1 is no cell in common.  Choose it when the number has to be explained to someone.

>>> import numpy as np
>>> mix = Mix(np.array([[60.0, 40.0]]), np.array([[40.0, 60.0]]), np.array([[True, True]]))
>>> TotalVariation().score(mix).value.round(3)
array([0.2])
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix


@dataclass(frozen=True, kw_only=True)
class TotalVariation:
    kind: Literal["total_variation"] = "total_variation"
    bins: int = 50
    title: ClassVar[str] = "Total variation distance"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 to 1"
    is_symmetric: ClassVar[bool] = True

    def score(self, mix: Mix) -> Scores:
        return Scores(np.minimum(np.abs(mix.q - mix.p).sum(axis=1) / 2, 1.0))
