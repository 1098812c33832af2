"""Fisher's exact test, for columns of two cells.

The value is how much the share of the second cell has changed, from -1 to 1; the p-value is exact
however few rows there are.  Choose it for yes-or-no columns in small windows.  It cannot be
computed (NaN) where three or more cells hold rows.

>>> import numpy as np
>>> mix = Mix(np.array([[8.0, 2.0]]), np.array([[1.0, 5.0]]), np.array([[True, True]]))
>>> Fisher().score(mix).value.round(3), Fisher().score(mix).p_value.round(3)
(array([0.633]), array([0.035]))
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import gammaln

from tidegauge.arrays import Floats
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix

_REACH = 40.0
"""In standard deviations: what lies farther from the mean weighs less than a float can hold."""


@dataclass(frozen=True, kw_only=True)
class Fisher:
    kind: Literal["fisher"] = "fisher"
    bins: int = 10
    title: ClassVar[str] = "Fisher's exact test"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "-1 to 1"
    is_symmetric: ClassVar[bool] = False

    def score(self, mix: Mix) -> Scores:
        value, p_value = np.full(len(mix), np.nan), np.full(len(mix), np.nan)
        sizes = np.minimum(mix.reference_n, mix.current_n)
        held = mix.occupied.sum(axis=1)
        for column in np.flatnonzero((sizes > 0) & (held <= 2)).tolist():
            second = int(np.flatnonzero(mix.occupied[column])[-1])
            # A single cell cannot have changed.
            is_pair = held[column] == 2
            value[column] = mix.q[column, second] - mix.p[column, second] if is_pair else 0.0
            p_value[column] = _chance(
                mix.current[column, second],
                mix.current_n[column],
                mix.reference[column, second],
                mix.reference_n[column],
            )
        return Scores(value, p_value=p_value)


def _chance(ours: float, size: float, theirs: float, other_size: float) -> float:
    """Of all tables with these margins, the share that is no likelier than this one."""
    drawn, rows = ours + theirs, size + other_size
    mean = drawn * size / rows
    spread = np.sqrt(mean * other_size / rows * (rows - drawn) / max(rows - 1, 1))
    low = max(0.0, drawn - other_size, np.floor(mean - _REACH * spread))
    high = min(drawn, size, np.ceil(mean + _REACH * spread))
    tables = np.arange(low, high + 1)
    weights = _log_choose(size, tables) + _log_choose(other_size, drawn - tables)
    observed = float(
        _log_choose(size, np.array(ours)) + _log_choose(other_size, np.array(drawn - ours))
    )
    total = _log_choose(rows, np.array(drawn))
    # Two tables that are equally likely may differ in their last digits.
    return min(1.0, float(np.exp(weights[weights <= observed + 1e-7] - total).sum()))


def _log_choose(n: float, k: Floats) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
