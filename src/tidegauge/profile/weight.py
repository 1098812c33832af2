"""Rows of a sample that stand for several: one in ten kept stands for ten.

Weights are whole numbers, as a sample that keeps one row in k makes them, so counts stay whole and
profiles add up exactly.
"""

from typing import Final

import numpy as np

from tidegauge.arrays import Counts
from tidegauge.errors import InputError
from tidegauge.profile.groups import Counted, Groups, count
from tidegauge.profile.layout import Layout, read_columns
from tidegauge.profile.told import read
from tidegauge.rows.frame import Frame
from tidegauge.rows.values import numbers

_MOST: Final = 1000
"""Different weights in one piece of rows: samplers have a few rates."""


def weights_of(chunk: Frame, column: str | None) -> Counts | None:
    """How often each row counts; None where no weight is told, and a row stands for itself."""
    if column is None or column not in chunk.columns:
        return None
    told = numbers(chunk[column]).values
    if len(told) < chunk.count or not np.isfinite(told).all() or (told < 1).any():
        raise InputError(f"{chunk.name}: {column!r} must hold a weight of 1 or more in every row")
    return np.rint(told).astype(np.int64)


def different(weights: Counts, name: str, column: str | None) -> list[int]:
    found = np.unique(weights).tolist()
    if len(found) > _MOST:
        raise InputError(
            f"{name}: {column!r} holds {len(found)} different weights, of {_MOST} at most"
        )
    return found


class Counting:
    """Rows being counted, chunk by chunk: those of each weight by themselves."""

    def __init__(self, layout: Layout, *, nan_is_missing: bool = False) -> None:
        self.layout = layout
        self.counted: dict[int, Counted] = {}
        self._nan_is_missing = nan_is_missing

    @property
    def columns(self) -> list[str]:
        """What is read of a chunk, if it is there."""
        weight = self.layout.schema.weight
        return [column.name for column in read_columns(self.layout.schema)] + (
            [weight] if weight else []
        )

    def add(self, chunk: Frame) -> None:
        column = self.layout.schema.weight
        weights = weights_of(chunk, column)
        if weights is None:
            self._add(1, chunk)
            return
        found = different(weights, chunk.name, column)
        for weight in found:
            own = chunk if len(found) == 1 else chunk.take(np.flatnonzero(weights == weight))
            self._add(weight, own)

    def _add(self, weight: int, rows: Frame) -> None:
        (found,) = count(
            self.layout,
            read(self.layout, rows),
            Groups.one(rows.count),
            nan_is_missing=self._nan_is_missing,
        )
        before = self.counted.get(weight)
        self.counted[weight] = found if before is None else before.merge(found)
