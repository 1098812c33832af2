"""Kolmogorov-Smirnov from rows, a numeric column at a time: no bins, no bound.

The value is the largest distance of any column, from 0 to 1, and `detail` holds that of each.  The
p-value is Bonferroni's: the smallest of any column times how many there are.  Choose it to check
what the binned score says, or for samples too small to bin.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.ks import chance
from tidegauge.drift.method import RowScore, Sample


def distance(reference: Floats, current: Floats) -> float:
    """Between values without NaN; both sides hold some."""
    before, after = np.sort(reference), np.sort(current)
    both = np.concatenate([before, after])
    gap = np.searchsorted(after, both, side="right") / len(after) - np.searchsorted(
        before, both, side="right"
    ) / len(before)
    return float(np.abs(gap).max())


def p_value(found: float, reference: int, current: int) -> float:
    return float(chance(np.array(found), np.array(reference * current / (reference + current))))


@dataclass(frozen=True, kw_only=True)
class ExactKS:
    kind: Literal["exact_ks"] = "exact_ks"
    title: ClassVar[str] = "Kolmogorov-Smirnov distance from rows"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 to 1"
    is_symmetric: ClassVar[bool] = True

    def score(self, reference: Sample, current: Sample) -> RowScore | None:
        found: dict[str, float] = {}
        p_values: list[float] = []
        for i in np.flatnonzero(~reference.is_category).tolist():
            before, after = (
                side.values[~np.isnan(side.values[:, i]), i] for side in (reference, current)
            )
            if len(before) and len(after):
                found[reference.columns[i]] = gap = distance(before, after)
                p_values.append(p_value(gap, len(before), len(after)))
        if not found:
            return None
        return RowScore(
            value=max(found.values()),
            p_value=min(1.0, min(p_values) * len(p_values)),
            detail=found,
        )
