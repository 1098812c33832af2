"""The standard deviation that differences are measured in."""

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.pair import Ordered


def spread(pair: Ordered) -> Floats:
    """The reference's; where that is zero, that of both sides together, each given half the say.

    So a move away from a constant has a finite size, which does not depend on how many rows saw
    it: two different constants are two standard deviations apart.  Zero where all values are equal;
    NaN where values are so large that their squares are not numbers.
    """
    own = pair.reference.deviation
    own = np.where(np.isfinite(own), own, np.nan)
    if own.all():
        return own
    (mean, variance), (other_mean, other_variance) = (
        (side.central[:, 0], side.central[:, 1]) for side in (pair.reference, pair.current)
    )
    with np.errstate(over="ignore", invalid="ignore"):
        together = np.sqrt((variance + other_variance) / 2 + ((other_mean - mean) / 2) ** 2)
    together = np.where(np.isfinite(together), together, np.nan)
    return np.where(own == 0, together, own)
