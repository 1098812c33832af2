"""Which cells the counts of a model's features are held in, and how they lie when flattened.

Counts come as [features, cells], padded where a feature has fewer cells than another.  Only
features with two real cells or more can be judged; theirs are kept flat, one after the other,
so that padding costs neither time nor bytes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tidegauge.arrays import Counts, Flags, Floats

Places = npt.NDArray[np.intp]
Singles = npt.NDArray[np.float32]

Held = Floats | Counts | Singles


def single(values: npt.ArrayLike) -> Singles:
    """As it is kept."""
    return np.asarray(values, dtype=np.float64).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Cells:
    """For each feature and cell: is it one, and has it a place in an order?

    The ordered cells of a feature lie in their order.  What is missing, or a category, is real
    and not ordered.
    """

    real: Flags
    ordered: Flags

    @property
    def features(self) -> int:
        return len(self.real)

    @cached_property
    def judged(self) -> Places:
        """The features with something to compare."""
        return np.flatnonzero(self.real.sum(axis=1) > 1)

    @cached_property
    def chosen(self) -> Places:
        """Where the flat cells stand in [features, cells], laid out."""
        mask = self.real.copy()
        mask[self.real.sum(axis=1) <= 1] = False
        return np.flatnonzero(mask)

    @cached_property
    def sizes(self) -> Places:
        return self.real[self.judged].sum(axis=1)

    @cached_property
    def starts(self) -> Places:
        """Where each judged feature begins among the flat cells."""
        return (np.cumsum(self.sizes) - self.sizes).astype(np.intp)

    @cached_property
    def feature(self) -> Places:
        """Of each flat cell, the place of its feature among the judged."""
        return np.repeat(np.arange(len(self.judged)), self.sizes)

    @cached_property
    def column(self) -> Places:
        """Of each flat cell, its place in its feature's row."""
        return self.chosen % max(self.real.shape[1], 1)

    @cached_property
    def has_order(self) -> Flags:
        """Of each flat cell."""
        return self.ordered.ravel()[self.chosen]

    def flat(self, counts: Held) -> Floats:
        """[features, cells] as [flat cells]."""
        return counts.reshape(-1)[self.chosen].astype(np.float64)

    def total(self, values: Floats) -> Floats:
        """The sum over each judged feature's cells, of [flat cells] or [rows, flat cells]."""
        if not len(self.judged):
            return np.zeros((*values.shape[:-1], 0))
        return np.add.reduceat(values, self.starts, axis=-1)

    def most(self, values: Floats) -> Floats:
        """The largest over each judged feature's cells."""
        if not len(self.judged):
            return np.zeros((*values.shape[:-1], 0))
        return np.maximum.reduceat(values, self.starts, axis=-1)

    def padded(self, values: Floats) -> Floats:
        """[..., flat cells] as [..., judged features, cells], zero where there is no cell."""
        wide = self.real.shape[1]
        result = np.zeros((*values.shape[:-1], len(self.judged), wide))
        result[..., self.feature, self.column] = values
        return result
