"""How large a weighted sum of squared normal variables is by chance.

The statistics of Cramér and von Mises and of Anderson and Darling have this law in the limit, each
with weights of its own.  Smirnov (1937) turned its tail into integrals between neighbouring roots
of the law's determinant.  They are taken by the Chebyshev rule, which allows for the roots at both
ends, so the tail has all its digits down to the smallest p-values, where the usual `1 - cdf` has
none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from tidegauge.arrays import Floats

_INTERVALS = 30
_FIRST_POINTS, _POINTS = 64, 12
"""The first interval is all that counts in the tail; the others only matter near p = 1."""


@dataclass(frozen=True, eq=False)
class SquaresLaw:
    """The law of the sum of z_j**2 / root_j."""

    at: Floats
    weights: Floats

    @classmethod
    def of(cls, root: Callable[[int], float], determinant: Callable[[Floats], Floats]) -> Self:
        """The determinant is the product of 1 - y / root_j."""
        at: list[Floats] = []
        weights: list[Floats] = []
        for k in range(1, _INTERVALS + 1):
            low, high = root(2 * k - 1), root(2 * k)
            points = _FIRST_POINTS if k == 1 else _POINTS
            angle = (np.arange(points) + 0.5) * np.pi / points
            y = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
            sign = 1.0 if k % 2 else -1.0
            step = sign * (high - low) / 2 / points * np.sin(angle)
            at.append(y)
            weights.append(step / (y * np.sqrt(np.abs(determinant(y)))))
        return cls(np.concatenate(at), np.concatenate(weights))

    def chance(self, sums: Floats, certain_below: float) -> Floats:
        """How likely the sum is as large; 1 below a mark under which it cannot be told from 1."""
        safe = np.maximum(sums, certain_below)
        tail = np.exp(-safe[:, None] / 2 * self.at) @ self.weights
        return np.where(sums < certain_below, 1.0, np.clip(tail, 0.0, 1.0))
