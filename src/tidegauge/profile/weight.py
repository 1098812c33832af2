"""Rows of a sample that stand for several: one in ten kept stands for ten.

Weights are whole numbers, as a sample that keeps one row in k makes them, so counts stay whole and
profiles add up exactly.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from tidegauge.errors import InputError
from tidegauge.profile.layout import Layout, read_columns
from tidegauge.profile.maker import Maker
from tidegauge.rows.frame import Frame
from tidegauge.rows.values import numbers

_MOST: Final = 1000
"""Different weights in one piece of rows: samplers have a few rates."""


def by_weight(chunk: Frame, column: str | None) -> Iterator[tuple[int, Frame]]:
    """The rows of each weight; where no weight is told a row stands for itself."""
    if column is None or column not in chunk.columns:
        yield 1, chunk
        return
    told = numbers(chunk[column]).values
    if len(told) < chunk.count or not np.isfinite(told).all() or (told < 1).any():
        raise InputError(f"{chunk.name}: {column!r} must hold a weight of 1 or more in every row")
    weights = np.rint(told).astype(np.int64)
    different = np.unique(weights)
    if len(different) > _MOST:
        raise InputError(
            f"{chunk.name}: {column!r} holds {len(different)} different weights, of {_MOST} at most"
        )
    if len(different) == 1:
        yield int(different[0]), chunk
        return
    for each in different.tolist():
        yield each, chunk.take(np.flatnonzero(weights == each))


class Counting:
    """Rows being counted, chunk by chunk: those of each weight by themselves."""

    def __init__(self, layout: Layout, *, nan_is_missing: bool = False) -> None:
        self.layout = layout
        self.makers: dict[int, Maker] = {}
        self._nan_is_missing = nan_is_missing

    @property
    def columns(self) -> list[str]:
        """What is read of a chunk, if it is there."""
        weight = self.layout.schema.weight
        return [column.name for column in read_columns(self.layout.schema)] + (
            [weight] if weight else []
        )

    def add(self, chunk: Frame) -> None:
        for weight, rows in by_weight(chunk, self.layout.schema.weight):
            if weight not in self.makers:
                self.makers[weight] = Maker(self.layout, nan_is_missing=self._nan_is_missing)
            self.makers[weight].add(rows)
