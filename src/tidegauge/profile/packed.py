"""A profile while it waits in memory to be added to: in few bytes, and quickly unpacked.

The counts of a window of fifty columns are 80 kB as 64-bit numbers.  Nearly all of them are small,
so they fit into a tenth of that.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from tidegauge.arrays import Counts, Floats, Ints
from tidegauge.profile.categories import Categories
from tidegauge.profile.layout import Layout
from tidegauge.profile.numeric import Numeric
from tidegauge.profile.sketch import Sketch
from tidegauge.profile.table import Profile

Array = np.ndarray[Any, Any]
_WORD = 8


class Packed(NamedTuple):
    rows: int
    squares: int
    counts: Array
    gone: Array
    lowest: Floats
    highest: Floats
    sums: Counts | Ints
    mixes: Array
    outside: tuple[Sketch, ...]
    ids: tuple[Sketch, ...]
    repeats: Sketch
    types: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, profile: Profile) -> Self:
        numeric, categories = profile.numeric, profile.categories
        return cls(
            profile.rows,
            profile.squares,
            narrowed(numeric.counts),
            narrowed(numeric.gone),
            # Copies: what is counted of many windows lies side by side, and is let go together.
            numeric.lowest.copy(),
            numeric.highest.copy(),
            _in_words(numeric.sums),
            narrowed(categories.counts),
            categories.outside,
            profile.ids,
            profile.repeats,
            profile.types,
        )

    def profile(self, layout: Layout) -> Profile:
        return Profile(
            layout=layout,
            rows=self.rows,
            squares=self.squares,
            numeric=Numeric(
                bins=layout.numeric,
                counts=self.counts.astype(np.int64),
                gone=self.gone.astype(np.int64),
                lowest=self.lowest,
                highest=self.highest,
                sums=self.sums.astype(object),
            ),
            categories=Categories(
                bins=layout.categories, counts=self.mixes.astype(np.int64), outside=self.outside
            ),
            ids=self.ids,
            repeats=self.repeats,
            types=self.types,
        )

    @property
    def size(self) -> int:
        """Bytes, about."""
        arrays = (self.counts, self.gone, self.lowest, self.highest, self.sums, self.mixes)
        sketches = sum(len(each) for each in (*self.outside, *self.ids, self.repeats))
        return sum(array.nbytes for array in arrays) + 8 * _WORD * sketches


def narrowed(counts: Counts) -> Array:
    """The same in the fewest bytes that hold the largest."""
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))


def _in_words(sums: Ints) -> Counts | Ints:
    try:
        return sums.astype(np.int64)
    except OverflowError:
        # Values far from the reference: whole numbers of any size.
        return sums
