"""How much a slice differs from the rest: in the share of its rows that are marked.

Rows are of one time, or of two: then it is the change of that share from before to now that is
compared.  Evidence is a difference in standard errors, of which each is taken as large as that of
the slice or of all rows, whichever is larger: a slice without any marked row is not thereby sure.
"""

from typing import NamedTuple

import numpy as np

from tidegauge.arrays import Floats

FEWEST = 30.0
"""Rows of a slice, and of the rest, at each time."""


class Tally(NamedTuple):
    """[..., times, 2]: the unmarked rows, and the marked."""

    weight: Floats
    squares: Floats
    """Of the weights."""

    def less(self, other: "Tally") -> "Tally":
        return Tally(self.weight - other.weight, self.squares - other.squares)


def evidence(inside: Tally, every: Tally) -> Floats:
    """Above 0 where more rows of the slice are marked than of the rest, or became so; 0 where there
    are too few rows to say."""
    rest = every.less(inside)
    usual = _spread(every.weight)
    gap = variance = 0.0
    is_enough = np.ones(inside.weight.shape[:-2], dtype=np.bool_)
    for sign, each in ((1.0, inside), (-1.0, rest)):
        n, squares = each.weight.sum(axis=-1), each.squares.sum(axis=-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            worth = np.where(squares > 0, n * n / squares, 0.0)
            share = np.where(n > 0, each.weight[..., 1] / n, 0.0)
            spread = np.maximum(_spread(each.weight), usual)
            variance = variance + np.where(worth > 0, spread / worth, 0.0).sum(axis=-1)
        # The last time counts up, the one before it down.
        gap = gap + sign * (share[..., -1] - (share[..., 0] if share.shape[-1] > 1 else 0.0))
        is_enough &= (worth >= FEWEST).all(axis=-1)
    safe = is_enough & (variance > 0)
    return np.where(safe, gap / np.sqrt(np.where(safe, variance, 1.0)), 0.0)


def _spread(weight: Floats) -> Floats:
    """The variance of one row's mark."""
    n = weight.sum(axis=-1)
    share = weight[..., 1] / np.where(n > 0, n, 1.0)
    return share * (1 - share)
