"""L-infinity distance between two mixes: the largest change of any one cell's share.

0 is the same mix, 1 is all rows moved from one cell to another.  It does not add up small changes
of many cells.  Choose it when one value that takes over is what would hurt.

>>> import numpy as np
>>> cells = np.array([[True, True, True]])
>>> mix = Mix(np.array([[50.0, 30.0, 20.0]]), np.array([[30.0, 35.0, 35.0]]), cells)
>>> LInfinity().score(mix).value.round(3)
array([0.2])
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix


@dataclass(frozen=True, kw_only=True)
class LInfinity:
    kind: Literal["l_infinity"] = "l_infinity"
    bins: int = 10
    title: ClassVar[str] = "L-infinity distance"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 to 1"
    is_symmetric: ClassVar[bool] = True

    def score(self, mix: Mix) -> Scores:
        return Scores(np.abs(mix.q - mix.p).max(axis=1))
