"""The columns of a profile in the few cells that the decision rule counts.

A number has twenty equal parts of the reference, what is below and above it, and what is not
there.  A category has the reference's most frequent values, its others, what it never held, and
what is not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.judge.budget import Cells
from tidegauge.profile.bins import ABOVE, BELOW, FIRST, LAST
from tidegauge.profile.categories import MISSING as MISSING_CATEGORY
from tidegauge.profile.categories import NAMED, OTHER, UNSEEN
from tidegauge.profile.codec import Tallies
from tidegauge.profile.layout import Facet, Layout
from tidegauge.profile.numeric import MISSING, NAN, WRONG_TYPE

_PARTS: Final = 20
_TOP: Final = 40
_ABSENT: Final = _PARTS + 2
_WIDTH: Final = max(_ABSENT + 1, _TOP + 3)
_GONE: Final = [MISSING, NAN, WRONG_TYPE]


@dataclass(frozen=True)
class Watched:
    """The columns of a layout that are judged, numbers first; small, so that it can be kept for
    every model."""

    numeric: Sequence[int]
    named: Sequence[int]
    facets: Sequence[Facet]
    cells: Cells

    @classmethod
    def of(cls, layout: Layout, columns: Sequence[str] | None = None) -> "Watched":
        """All that can drift, or those of them that are named."""
        judged = {column.name for column in layout.schema if column.is_judged}
        wanted = judged if columns is None else judged & set(columns)
        numeric = [i for i, facet in enumerate(layout.facets) if facet.column in wanted]
        named = [i for i, name in enumerate(layout.names) if name in wanted]
        facets = [layout.facets[i] for i in numeric]
        facets += [Facet(layout.names[i], "") for i in named]
        return cls(numeric, named, facets, _cells(layout, numeric, named))

    @cached_property
    def gone(self) -> Flags:
        """[features, cells]: what is missing, unseen or out of range."""
        found = np.zeros((len(self.facets), _WIDTH), dtype=np.bool_)
        count = len(self.numeric)
        found[:count, [0, _PARTS + 1, _ABSENT]] = True
        found[count:, [MISSING_CATEGORY, UNSEEN]] = True
        return found

    def counts(self, tallies: Tallies) -> Floats:
        """[features, cells]: of a window; rows of a weighted sample count for as many as they are
        worth (Kish, 1965), and not for all that they stand for."""
        found = self._counts(tallies)
        if tallies.squares <= tallies.rows:
            return found.astype(np.float64)
        worth: Floats = found * np.float64(tallies.rows / tallies.squares)
        return worth

    def _counts(self, tallies: Tallies) -> Counts:
        found = np.zeros((len(self.facets), _WIDTH), dtype=np.int64)
        own = tallies.counts[list(self.numeric)]
        count = len(self.numeric)
        found[:count, 0] = own[:, BELOW]
        each = (LAST - FIRST + 1) // _PARTS
        found[:count, 1 : _PARTS + 1] = (
            own[:, FIRST : LAST + 1].reshape(count, _PARTS, each).sum(axis=2)
        )
        found[:count, _PARTS + 1] = own[:, ABOVE]
        found[:count, _ABSENT] = tallies.gone[list(self.numeric)][:, _GONE].sum(axis=1)
        mixes = tallies.mixes[list(self.named)]
        if mixes.size:
            found[count:, :3] = mixes[:, [MISSING_CATEGORY, UNSEEN, OTHER]]
            top = mixes[:, NAMED : NAMED + _TOP]
            found[count:, 3 : 3 + top.shape[1]] = top
            # Named values beyond the first are told together with the rare ones.
            found[count:, OTHER] += mixes[:, NAMED + _TOP :].sum(axis=1, dtype=np.int64)
        return found

    def title(self, layout: Layout, feature: int, cell: int) -> str:
        """What a cell holds, in words."""
        if feature >= len(self.numeric):
            words = {MISSING_CATEGORY: "missing", UNSEEN: "never seen before", OTHER: "rare values"}
            values = layout.categories[self.named[feature - len(self.numeric)]].values
            return words.get(cell) or repr(values[cell - NAMED])
        if cell in (0, _PARTS + 1, _ABSENT):
            return {0: "below the range", _ABSENT: "missing"}.get(cell, "above the range")
        edges = layout.numeric.edges[self.numeric[feature]]
        each = (LAST - FIRST + 1) // _PARTS
        low, high = edges[(cell - 1) * each], edges[cell * each]
        return f"{low:.4g} to {high:.4g}"


def _cells(layout: Layout, numeric: Sequence[int], named: Sequence[int]) -> Cells:
    count = len(numeric)
    real = np.zeros((count + len(named), _WIDTH), dtype=np.bool_)
    ordered = np.zeros_like(real)
    real[:count, 0] = real[:count, _PARTS + 1] = real[:count, _ABSENT] = True
    real[:count, 1 : _PARTS + 1] = layout.numeric.real(_PARTS)[list(numeric)]
    ordered[:count, : _PARTS + 2] = real[:count, : _PARTS + 2]
    for row, place in enumerate(named, count):
        real[row, : NAMED + min(len(layout.categories[place].values), _TOP)] = True
    return Cells(real, ordered)
