"""The numeric columns of two samples as matrices that linear algebra can work on.

What is missing or not finite is given the column's mean, so it adds nothing to a distance.  Columns
without a value are left out, and so are categories.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.drift.method import Sample

_FARTHEST = 1e9
"""Deviations from the mean beyond which values are all alike: their squares stay numbers."""


@dataclass(frozen=True, eq=False)
class Table:
    """[rows, columns] each, without gaps; at least one row and one column."""

    columns: tuple[str, ...]
    reference: Floats
    current: Floats

    @classmethod
    def by_reference(cls, reference: Sample, current: Sample) -> Self | None:
        """The reference has mean 0 and deviation 1 in each column; a constant keeps its unit."""
        gaps = _Gaps.of(reference, current, both=False)
        if gaps is None:
            return None
        return cls(gaps.columns, gaps.scaled(gaps.reference), gaps.scaled(gaps.current))

    @classmethod
    def together(cls, reference: Sample, current: Sample) -> Self | None:
        """Both as one sample have mean 0 and deviation 1: neither is the one that was fitted."""
        gaps = _Gaps.of(reference, current, both=True)
        if gaps is None:
            return None
        return cls(gaps.columns, gaps.scaled(gaps.reference), gaps.scaled(gaps.current))

    @classmethod
    def plain(cls, reference: Sample, current: Sample) -> Self | None:
        """As they are, for columns of one scale such as those of an embedding."""
        gaps = _Gaps.of(reference, current, both=False)
        if gaps is None:
            return None
        return cls(gaps.columns, gaps.filled(gaps.reference), gaps.filled(gaps.current))


@dataclass(frozen=True, eq=False)
class _Gaps:
    """The numeric columns, NaN where there is no finite value, with what fills and scales them."""

    columns: tuple[str, ...]
    reference: Floats
    current: Floats
    size: Floats
    """The largest value of the basis: squares of huge numbers would not be numbers."""
    mean: Floats
    """In parts of `size`, as the deviation is."""
    deviation: Floats

    @classmethod
    def of(cls, reference: Sample, current: Sample, *, both: bool) -> Self | None:
        numeric = ~reference.is_category
        before, after = (
            np.where(np.isfinite(side.values[:, numeric]), side.values[:, numeric], np.nan)
            for side in (reference, current)
        )
        basis = np.concatenate([before, after]) if both else before
        there: Flags = np.isfinite(basis)
        count = there.sum(axis=0)
        kept = count > 0
        if not len(before) or not len(after) or not kept.any():
            return None
        names = np.array(reference.columns, dtype=object)[numeric][kept].tolist()
        basis, there, count = basis[:, kept], there[:, kept], count[kept]
        size = np.max(np.abs(basis), axis=0, initial=0.0, where=there)
        size = np.where(size > 0, size, 1.0)
        parts = np.where(there, basis / size, 0.0)
        mean = parts.sum(axis=0) / count
        deviation = np.sqrt(np.where(there, (parts - mean) ** 2, 0.0).sum(axis=0) / count)
        # A constant's deviation is zero but for rounding.
        deviation = np.where(deviation > 1e-12 * np.abs(mean), deviation, 1 / size)
        return cls(tuple(names), before[:, kept], after[:, kept], size, mean, deviation)

    def scaled(self, values: Floats) -> Floats:
        with np.errstate(over="ignore"):
            away = (values / self.size - self.mean) / self.deviation
        return np.clip(np.where(np.isnan(away), 0.0, away), -_FARTHEST, _FARTHEST)

    def filled(self, values: Floats) -> Floats:
        return np.where(np.isnan(values), self.mean * self.size, values)
