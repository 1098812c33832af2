"""Kullback-Leibler divergence of the current mix from the reference's, in nats.

0 is the same mix; it has no upper end.  It asks how surprised someone is who expects the reference
and is given the current rows, so it is not symmetric: values that appear weigh more than values
that vanish.  Half a row is added to each cell.  Choose it when the direction matters; where it
does not, Jensen-Shannon is bounded and easier to read.

>>> import numpy as np
>>> mix = Mix(np.array([[600.0, 400.0]]), np.array([[400.0, 600.0]]), np.array([[True, True]]))
>>> KL().score(mix).value.round(3)
array([0.081])
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix


@dataclass(frozen=True, kw_only=True)
class KL:
    kind: Literal["kl"] = "kl"
    bins: int = 50
    title: ClassVar[str] = "Kullback-Leibler divergence"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 and up, in nats"
    is_symmetric: ClassVar[bool] = False

    def score(self, mix: Mix) -> Scores:
        p, q = mix.smooth_p, mix.smooth_q
        # Rounding can put equal mixes a hair below zero.
        return Scores(np.maximum((q * np.log(q / p)).sum(axis=1), 0.0))
