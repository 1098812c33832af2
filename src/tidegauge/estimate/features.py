"""Features of any kind as small whole numbers, in an order that trees can cut.

A number's place is its bin among quantiles of the reference.  A category's place follows the mean
of a guide (what was predicted of its rows), so that one cut parts the likely from the unlikely.  0
is what is missing, or was never met.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from tidegauge.arrays import Floats
from tidegauge.estimate.rows import Rows
from tidegauge.performance import Coded
from tidegauge.performance.moments import weighed

BINS: Final = 32
MOST: Final = 2_000
"""Columns that are looked at."""
Places = npt.NDArray[np.uint8]
"""[columns, rows]: a column's lie together."""


@dataclass(frozen=True, eq=False)
class Encoder:
    cuts: Mapping[str, Floats]
    """Of each numeric column: what lies above the k-th has a place above k + 1."""
    known: Mapping[str, Mapping[str, int]]
    """Of each category column."""

    @classmethod
    def of(cls, rows: Rows, guide: Floats) -> Self:
        cuts = {
            name: found
            for name, values in sorted(rows.numbers.items())[:MOST]
            if (found := _cuts(values)) is not None
        }
        known = {
            name: _order(coded, guide) for name, coded in sorted(rows.categories.items())[:MOST]
        }
        return cls(cuts, {name: each for name, each in known.items() if len(each) > 1})

    @property
    def columns(self) -> list[str]:
        return [*self.cuts, *self.known]

    def places(self, rows: Rows) -> Places:
        found = np.zeros((len(self.columns), rows.count), dtype=np.uint8)
        for at, (name, cuts) in enumerate(self.cuts.items()):
            values = rows.numbers.get(name)
            if values is not None:
                there = ~np.isnan(values)
                found[at] = np.where(there, np.searchsorted(cuts, values, side="left") + 1, 0)
        for at, (name, known) in enumerate(self.known.items(), len(self.cuts)):
            coded = rows.categories.get(name)
            if coded is not None:
                own = [known.get(each, 0) for each in coded.names]
                found[at] = np.array([*own, 0], dtype=np.uint8)[coded.codes]
        return found


def _cuts(values: Floats) -> Floats | None:
    """Between neighbours, so that values of one bin are on one side; None if there is one value
    and no gap."""
    there = values[np.isfinite(values)]
    if not len(there):
        return None
    kinds = np.unique(there)
    if len(kinds) > BINS:
        return np.unique(np.quantile(there, np.arange(1, BINS) / BINS, method="lower"))
    if len(kinds) == 1 and len(there) == len(values):
        return None
    return kinds[:-1]


def _order(coded: Coded, guide: Floats) -> dict[str, int]:
    there = coded.codes >= 0
    size = len(coded.names)
    count = weighed(coded.codes[there], np.ones(int(there.sum())), size)
    total = weighed(coded.codes[there], guide[there], size)
    usual = total.sum() / max(count.sum(), 1.0)
    # A category of few rows is near what is usual.
    mean = (total + usual) / (count + 1)
    names = list(coded.names)
    order = sorted(np.flatnonzero(count).tolist(), key=lambda at: (mean[at], names[at]))
    if len(order) <= BINS:
        return {names[at]: place for place, at in enumerate(order, 1)}
    below = np.cumsum(count[order]) - count[order]
    places = (below / count.sum() * BINS).astype(np.int64) + 1
    return {names[at]: place for at, place in zip(order, places.tolist(), strict=True)}
