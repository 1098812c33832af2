"""Mean, spread and shape of numbers, for sums that add up (Pébay, 2008)."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.figure import Figure, around


def weighed(places: Counts, weights: Floats, size: int) -> Floats:
    """By place, what lies there together."""
    return np.bincount(places, weights, size).astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class Moments:
    n: float = 0.0
    """The weights of all numbers together."""
    mean: float = 0.0
    m2: float = 0.0
    """With `m3` and `m4`: the sums of the powers of the distances from the mean."""
    m3: float = 0.0
    m4: float = 0.0
    squares: float = 0.0
    """Of the weights: what they cost in certainty."""

    @classmethod
    def of(cls, values: Floats, weights: Floats | None = None) -> Self:
        if not len(values):
            return cls()
        w = np.ones(len(values)) if weights is None else weights
        n = float(w.sum())
        mean = float((w * values).sum() / n)
        far = values - mean
        square = far * far
        return cls(
            n,
            mean,
            float((w * square).sum()),
            float((w * square * far).sum()),
            float((w * square * square).sum()),
            float((w * w).sum()),
        )

    def merge(self, other: Self) -> Self:
        if not self.n or not other.n:
            return self if self.n else other
        a, b = self.n, other.n
        n = a + b
        d = other.mean - self.mean
        # Multiplied and not raised: what is too large for a double is then infinite, and no error.
        square = d * d
        m2 = self.m2 + other.m2 + square * a * b / n
        m3 = (
            self.m3
            + other.m3
            + d * square * a * b * (a - b) / n**2
            + 3 * d * (a * other.m2 - b * self.m2) / n
        )
        m4 = (
            self.m4
            + other.m4
            + square * square * a * b * (a * a - a * b + b * b) / n**3
            + 6 * square * (a * a * other.m2 + b * b * self.m2) / n**2
            + 4 * d * (a * other.m3 - b * self.m3) / n
        )
        return type(self)(n, self.mean + d * b / n, m2, m3, m4, self.squares + other.squares)

    @property
    def worth(self) -> float:
        """In rows of one weight (Kish)."""
        return self.n * self.n / self.squares if self.squares else 0.0

    @property
    def variance(self) -> float:
        """Of one number."""
        worth = self.worth
        return self.m2 / self.n * worth / (worth - 1) if worth > 1 else math.nan

    def figure(self, *, lowest: float = -math.inf, highest: float = math.inf) -> Figure | None:
        if not self.n:
            return None
        variance = self.variance / self.worth
        return around(self.mean, variance, self.n, lowest=lowest, highest=highest)

    def power(self, k: int) -> float:
        """The mean of the k-th powers, for k to 4."""
        u, n = self.mean, self.n
        central = (1.0, 0.0, self.m2 / n, self.m3 / n, self.m4 / n)
        powers = (1.0, u, u * u, u * u * u, u * u * (u * u))
        return sum(math.comb(k, i) * central[i] * powers[k - i] for i in range(k + 1))
