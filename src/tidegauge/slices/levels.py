"""A column as few levels, and the conditions that are made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.slices.condition import Condition

BINS: Final = 12
"""Of a numeric column, of about as many rows each."""
VALUES: Final = 20
"""Of a category: the commonest.  The others are in no slice."""

_FARTHEST: Final = float(np.finfo(np.float64).max)


@dataclass(frozen=True, eq=False)
class Levels:
    column: str
    codes: Counts
    """The level of each row."""
    size: int
    conditions: Sequence[Condition]
    picks: Floats
    """[conditions, levels]: 1 where a row of the level satisfies the condition."""

    def satisfied(self, at: int) -> Flags:
        return self.picks[at].astype(np.bool_)[self.codes]


def of_numbers(column: str, values: Floats) -> Levels | None:
    """None where all rows are alike.  NaN is a missing value."""
    # What is infinite lies in the outermost range.
    values = np.clip(values, -_FARTHEST, _FARTHEST)
    there = ~np.isnan(values)
    kinds = np.unique(values[there])
    if len(kinds) > BINS:
        cuts = np.unique(np.quantile(values[there], np.arange(1, BINS) / BINS, method="lower"))
        cuts = cuts[cuts < kinds[-1]]
    else:
        cuts = kinds[:-1]
    bins = len(cuts) + 1 if len(kinds) else 0
    ends = [None, *cuts.tolist(), None]
    runs = [(i, j) for i in range(bins) for j in range(i, bins) if j - i < bins - 1]
    told = [Condition(column, low=ends[i], high=ends[j + 1]) for i, j in runs]
    picks = [_flags(bins + 1, range(i, j + 1)) for i, j in runs]
    codes = np.where(there, np.searchsorted(cuts, values, side="left"), bins)
    return _levels(column, codes, bins, told, picks, is_missing=not there.all())


def of_codes(column: str, codes: Counts, values: Sequence[str]) -> Levels | None:
    """The same of a category: each row as the number of its value, -1 where it has none."""
    counts = np.bincount(codes + 1, minlength=len(values) + 1)[1:]
    order = np.argsort(-counts, kind="stable")
    common = [int(at) for at in order[:VALUES] if counts[at]]
    # Behind them: what is missing, then all other values.
    size = len(common)
    moves = np.full(len(values) + 1, size + 1, dtype=np.int64)
    moves[common] = np.arange(size)
    moves[-1] = size
    told = [Condition(column, value=values[at]) for at in common]
    picks = [_flags(size + 1, [at]) for at in range(size)]
    found = moves[codes]
    if size == 1 and (found == 0).all():
        return None
    return _levels(column, found, size, told, picks, is_missing=bool((codes < 0).any()))


def _levels(
    column: str,
    codes: Counts,
    missing: int,
    conditions: list[Condition],
    picks: list[Floats],
    *,
    is_missing: bool,
) -> Levels | None:
    if is_missing and missing:
        conditions = [*conditions, Condition(column, is_missing=True)]
        picks = [*picks, _flags(missing + 1, [missing])]
    if not conditions:
        return None
    size = max(int(codes.max(initial=0)) + 1, missing + 1)
    chosen = np.zeros((len(picks), size))
    chosen[:, : missing + 1] = picks
    return Levels(column, codes.astype(np.int64, copy=False), size, conditions, chosen)


def _flags(size: int, places: Sequence[int]) -> Floats:
    found = np.zeros(size)
    found[list(places)] = 1.0
    return found
