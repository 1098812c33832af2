"""Quantiles of a numeric column, read off its counts."""

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.profile.numeric import Numeric


def steps(numeric: Numeric, column: int) -> tuple[Floats, Floats]:
    """The distribution function as a broken line: places, and the share of values up to each.

    The outer cells reach to the extremes; infinities lie beyond them.
    """
    edges = numeric.bins.edges[column]
    counts = numeric.counts[column]
    n = int(numeric.n[column])
    low, high = float(numeric.lowest[column]), float(numeric.highest[column])
    places = np.concatenate([[min(low, edges[0])], edges, [max(high, edges[-1])]])
    shares = np.concatenate([[0.0], np.cumsum(counts) / max(n, 1)])
    # Nothing lies left of the smallest value nor right of the largest.
    return np.clip(places, low, high) if low <= high else places, shares


def quantiles(numeric: Numeric, column: int, at: tuple[float, ...]) -> list[float | None]:
    """None where it lies beyond the reference's range: there is no telling where."""
    places, shares = steps(numeric, column)
    found: list[float | None] = []
    for share in at:
        right = min(max(int(np.searchsorted(shares, share, side="left")), 1), len(shares) - 1)
        low, high = float(places[right - 1]), float(places[right])
        if right in (1, len(shares) - 1) and low != high:
            found.append(None)
            continue
        rise = shares[right] - shares[right - 1]
        part = (share - shares[right - 1]) / rise if rise else 1.0
        found.append(float(low + part * (high - low)))
    return found
