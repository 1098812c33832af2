"""A number about performance: what it is, how sure it is, and of how many rows.

Intervals are of 95 %.  Where a formula would give a wrong certainty (a share of 0 or 1, a perfect
ranking), an interval that does not is taken.
"""

import math
from dataclasses import dataclass
from typing import Final

Z: Final = 1.959963984540054
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class Figure:
    value: float
    low: float | None = None
    """With `high`, where the true value lies in 95 of 100 cases; None where too little is known."""
    high: float | None = None
    n: float = 0.0
    """The rows that it is of."""
    bound: float = 0.0
    """How far the value of the rows themselves may be from this one, which is of bins."""


def share(part: float, whole: float, n: float | None = None) -> Figure | None:
    """A part of a whole (Wilson, 1927); `n` is what the whole is worth in independent rows."""
    if whole <= 0:
        return None
    value = min(max(part / whole, 0.0), 1.0)
    worth = whole if n is None else n
    low, high = wilson(value, worth)
    return Figure(value, low, high, whole)


def wilson(value: float, n: float, z: float = Z) -> tuple[float, float]:
    """The limits of a share, so many standard errors wide: of 95 % where nothing is said."""
    square = z * z / n
    middle = (value + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(value * (1 - value) / n + square / (4 * n))
    return min(max(middle - half, 0.0), value), max(min(middle + half, 1.0), value)


def over(part: float, *whole: float) -> float:
    """A part of a product; nan where that is nothing, or too small or too large for a double."""
    product = math.prod(whole)
    return part / product if product else math.nan


def around(
    value: float, variance: float, n: float, *, lowest: float = -math.inf, highest: float = math.inf
) -> Figure:
    """A value whose error is about normal, of so large a variance."""
    if not math.isfinite(variance) or variance < 0 or n < _FEWEST:
        return Figure(value, n=n)
    half = Z * math.sqrt(variance)
    return Figure(value, max(value - half, lowest), min(value + half, highest), n)


def ratio_of_odds(value: float, variance: float, n: float) -> Figure:
    """A value in 0-1, with an interval that stays there: normal in its log-odds."""
    if not 0 < value < 1 or variance <= 0:
        return Figure(value, n=n)
    odds = math.log(value / (1 - value))
    half = Z * math.sqrt(variance) / (value * (1 - value))
    return Figure(value, _logistic(odds - half), _logistic(odds + half), n)


def _logistic(x: float) -> float:
    # The larger exponential is never taken: it overflows.
    small = math.exp(-abs(x))
    return 1 / (1 + small) if x >= 0 else small / (1 + small)
