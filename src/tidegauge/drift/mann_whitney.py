"""Mann-Whitney: how often a current value is larger than a reference one (Mann & Whitney, 1947).

The value is P(reference < current) + P(equal) / 2: 0.5 is no move, 1 is all above, 0 all below.
It says which way a column moved, however wild its tails; a change of spread alone it cannot see.
Choose it for a question that has a direction: are the amounts larger now?

Values in one bin count as ties; `bound` is how much the order inside bins could add or take.  The
p-value is two-sided, from the normal limit, corrected for ties and continuity.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import ndtr

from tidegauge.arrays import Floats
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Ordered


@dataclass(frozen=True, kw_only=True)
class MannWhitney:
    kind: Literal["mann_whitney"] = "mann_whitney"
    title: ClassVar[str] = "Mann-Whitney effect"
    unmoved: ClassVar[float] = 0.5
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 to 1, 0.5 without drift"
    is_symmetric: ClassVar[bool] = False

    def score(self, pair: Ordered) -> Scores:
        p, q = pair.reference_shares, pair.current_shares
        value = np.clip((q * (pair.reference_cdf - p / 2)).sum(axis=1), 0.0, 1.0)
        hidden = p * q / 2
        hidden[:, 1:-1][pair.reference.bins.is_point] = 0.0
        return Scores(value, p_value=_chance(pair, value), bound=hidden.sum(axis=1))


def _chance(pair: Ordered, value: Floats) -> Floats:
    rows = pair.reference_n + pair.current_n
    pairs = pair.reference_n * pair.current_n
    ties = (pair.reference.counts + pair.current.counts).astype(np.float64)
    tied = (ties**3 - ties).sum(axis=1) / np.maximum(rows * (rows - 1), 1.0)
    # Where all values are tied there is no deviation, and no distance either.
    deviation = np.sqrt(np.maximum(pairs / 12 * (rows + 1 - tied), 0.0))
    distance = np.maximum(np.abs(value - 0.5) * pairs - 0.5, 0.0)
    z = np.divide(distance, deviation, out=np.zeros_like(value), where=deviation > 0)
    return np.where(np.isnan(value), np.nan, np.minimum(2 * ndtr(-z), 1.0))
