"""The likelihood-ratio test (G-test) that two mixes come from one source (Wilks, 1938).

As chi-squared, in units of information: G is twice the sum of observed times the logarithm of
observed over expected.  It adds up over independent columns and tables, and is the better of the
two when a cell moves a long way.  The value grows with the number of rows: choose it for its
p-value.

>>> import numpy as np
>>> mix = Mix(np.array([[60.0, 40.0]]), np.array([[40.0, 60.0]]), np.array([[True, True]]))
>>> GTest().score(mix).value.round(3)
array([8.054])
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import rel_entr

from tidegauge.drift.chi_squared import chance
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix


@dataclass(frozen=True, kw_only=True)
class GTest:
    kind: Literal["g_test"] = "g_test"
    bins: int = 10
    title: ClassVar[str] = "G-test"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 27.9
    range: ClassVar[str] = "0 and up"
    is_symmetric: ClassVar[bool] = True

    def score(self, mix: Mix) -> Scores:
        rows = mix.reference_n + mix.current_n
        both = (mix.reference + mix.current) / np.maximum(rows, 1.0)[:, None]
        surprise = mix.reference_n * rel_entr(mix.p, both).sum(axis=1) + mix.current_n * rel_entr(
            mix.q, both
        ).sum(axis=1)
        # Rounding can put equal mixes a hair below zero.
        value = np.maximum(2 * surprise, 0.0)
        return Scores(value, p_value=chance(value, mix.occupied.sum(axis=1) - 1.0))
