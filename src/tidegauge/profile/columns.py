"""The profiles of groups of rows: the rows are read once, however they are grouped."""

from collections.abc import Iterator
from functools import reduce
from typing import Final

import numpy as np

from tidegauge.arrays import Counts
from tidegauge.profile.bins import CELLS
from tidegauge.profile.groups import Counted, Groups, count
from tidegauge.profile.layout import Layout
from tidegauge.profile.table import Profile
from tidegauge.profile.told import read
from tidegauge.profile.weight import different, weights_of
from tidegauge.rows.frame import Frame

_CELLS: Final = 1 << 21
"""Counts that are made at once: nearly all are zero, and they make room for the next ones."""


class Columns:
    """The columns of rows of which it depends on chance what else came with them: a column that
    holds nothing for a group is as good as not sent."""

    def __init__(self, frame: Frame, layout: Layout) -> None:
        self._frame = frame
        self._layout = layout
        self._told = list(read(layout, frame, by_row=True))
        self._weights = weights_of(frame, layout.schema.weight)
        self._at_once = max(1, _CELLS // (CELLS * (len(layout.facets) + 2 * len(layout.names) + 1)))

    def profiles(self, groups: Groups) -> Iterator[Profile]:
        """Of each group."""
        # Who has no rows tells nothing of any column.
        there = self._profiles(Groups(np.unique(groups.cuts), groups.rows))
        for size in groups.sizes.tolist():
            yield next(there) if size else Profile.empty(self._layout)

    def _profiles(self, groups: Groups) -> Iterator[Profile]:
        if self._weights is None:
            for found in self._counted(groups):
                yield Profile.of_counted(self._layout, found)
            return
        alike, weights = _of_one_weight(groups, self._weights)
        made = self._counted(alike)
        for own in weights:
            # Too many of one group are refused, as they are of rows that come in one piece.
            different(np.array(own), self._frame.name, self._layout.schema.weight)
            parts = [Profile.of_counted(self._layout, next(made)).times(each) for each in own]
            yield reduce(Profile.merge, parts)

    def _counted(self, groups: Groups) -> Iterator[Counted]:
        for first in range(0, len(groups), self._at_once):
            some = groups.some(first, min(first + self._at_once, len(groups)))
            yield from count(self._layout, self._told, some)


def _of_one_weight(groups: Groups, weights: Counts) -> tuple[Groups, list[list[int]]]:
    """Each group as groups of rows of one weight, and the weights of each."""
    rows = np.arange(len(groups.of_rows)) if groups.rows is None else groups.rows
    order = np.lexsort((weights[rows], groups.of_rows))
    rows = rows[order]
    of_rows, own = groups.of_rows[order], weights[rows]
    is_first = np.append(True, (np.diff(of_rows) != 0) | (np.diff(own) != 0))[: len(rows)]
    starts = np.flatnonzero(is_first)
    found: list[list[int]] = [[] for _ in range(len(groups))]
    for group, weight in zip(of_rows[starts].tolist(), own[starts].tolist(), strict=True):
        found[group].append(weight)
    return Groups(np.append(starts, len(rows)), rows), found
