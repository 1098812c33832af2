"""The numeric columns of two samples as matrices that linear algebra can work on.

Distances need a scale: each column is brought to mean 0 and standard deviation 1 of the reference.
What is missing or not finite is given the reference's mean, so it adds nothing to a distance.
Columns that are constant in the reference, or without a value there, have no scale: they are left
out, and so are categories.
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
    """[rows, columns] each, without gaps."""

    columns: tuple[str, ...]
    reference: Floats
    current: Floats

    @classmethod
    def standardised(cls, reference: Sample, current: Sample) -> Self | None:
        """None where no column or no row is left."""
        before, after, names = _numeric(reference, current)
        if not len(before) or not len(after):
            return None
        # Brought to a common size first: squares of huge numbers are not numbers.
        size = np.max(np.abs(before), axis=0, initial=0.0, where=np.isfinite(before))
        size = np.where(size > 0, size, 1.0)
        before = np.where(np.isfinite(before), before / size, np.nan)
        there = np.isfinite(before).sum(axis=0)
        count = np.maximum(there, 1)
        mean = np.nansum(before, axis=0) / count
        deviation = np.sqrt(np.nansum((before - mean) ** 2, axis=0) / count)
        # A constant's deviation is zero but for rounding.
        kept = (there > 1) & (deviation > 1e-12 * np.abs(mean))
        if not kept.any():
            return None

        def scaled(values: Floats) -> Floats:
            with np.errstate(over="ignore", invalid="ignore"):
                z = (values[:, kept] - mean[kept]) / deviation[kept]
            return np.clip(np.nan_to_num(z, nan=0.0), -_FARTHEST, _FARTHEST)

        after = np.where(np.isfinite(after), after, np.nan)
        with np.errstate(over="ignore"):
            after = after / size
        chosen = tuple(name for name, keep in zip(names, kept.tolist(), strict=True) if keep)
        return cls(chosen, scaled(before), scaled(after))

    @classmethod
    def plain(cls, reference: Sample, current: Sample) -> Self | None:
        """As they are, for columns of one scale such as an embedding's; gaps filled too."""
        before, after, names = _numeric(reference, current)
        kept: Flags = np.isfinite(before).any(axis=0)
        if not len(before) or not len(after) or not kept.any():
            return None
        before, after = before[:, kept], after[:, kept]
        there = np.isfinite(before)
        # Halved while they are added up: the sum of huge numbers is not a number.
        mean = np.where(there, before / len(before), 0.0).sum(axis=0) / (
            there.sum(axis=0) / len(before)
        )
        chosen = tuple(name for name, keep in zip(names, kept.tolist(), strict=True) if keep)
        return cls(chosen, np.where(there, before, mean), np.where(np.isfinite(after), after, mean))


def _numeric(reference: Sample, current: Sample) -> tuple[Floats, Floats, tuple[str, ...]]:
    kept = ~reference.is_category
    names = tuple(name for name, keep in zip(reference.columns, kept.tolist(), strict=True) if keep)
    return reference.values[:, kept], current.values[:, kept], names
