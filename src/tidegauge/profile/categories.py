"""Category and boolean columns as counts of the reference's most frequent values.

The reference's top 255 values are counted one by one; its rarer ones together as `other`; what
it never held as `unseen`, with a sample of the unseen values' names; what is not there as
`missing`.  All the category columns of a table are held together, a row for a column.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from tidegauge.arrays import Counts, Floats, Hashes
from tidegauge.profile.sketch import Sketch

MISSING, UNSEEN, OTHER = range(3)
NAMED = 3
"""Where the named values start in a row of counts."""
TOP = 255
TAIL = 20_000
OUTSIDE = 256
"""How many values beyond the named ones are sampled by name."""


@dataclass(frozen=True, eq=False)
class CategoryBins:
    """The cells of one category column."""

    values: tuple[str, ...]
    tail: Hashes
    """Hashes, in order, of the reference's values beyond the named ones."""
    is_open: bool = False
    """Too many different values to remember: what is not named cannot be told from unseen."""
    rows: int = 0
    """How many values these cells were found from."""
    once: int = 0
    """How many of them came once only."""

    @cached_property
    def cells(self) -> Mapping[str, int]:
        """Where in a row of counts a named value is."""
        return {value: NAMED + i for i, value in enumerate(self.values)}

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CategoryBins)
            and self.values == other.values
            and np.array_equal(self.tail, other.tail)
            and self.is_open == other.is_open
            and (self.rows, self.once) == (other.rows, other.once)
        )

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def of(cls, values: list[str], hashes: Hashes, counts: Counts) -> Self:
        """The cells for different values, their hashes, and how often each came."""
        order = sorted(range(len(values)), key=lambda i: (-int(counts[i]), values[i]))
        named, rest = order[:TOP], order[TOP:]
        return cls(
            values=tuple(values[i] for i in named),
            tail=np.sort(hashes[rest[:TAIL]]),
            is_open=len(rest) > TAIL,
            rows=int(counts.sum()),
            once=int((counts == 1).sum()),
        )


@dataclass(frozen=True, eq=False)
class Categories:
    """What is known of the category columns of some rows."""

    bins: tuple[CategoryBins, ...]
    counts: Counts
    """[columns, 3 + most values of a column]: missing, unseen, other, then each named value."""
    outside: tuple[Sketch, ...]
    """A sample of the values that have no cell of their own, a column each."""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Categories)
            and self.bins == other.bins
            and np.array_equal(self.counts, other.counts)
            and self.outside == other.outside
        )

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.bins)

    @classmethod
    def empty(cls, bins: tuple[CategoryBins, ...]) -> Self:
        width = NAMED + max((len(column.values) for column in bins), default=0)
        return cls(
            bins=bins,
            counts=np.zeros((len(bins), width), dtype=np.int64),
            outside=tuple(Sketch.empty(OUTSIDE, labelled=True) for _ in bins),
        )

    def merge(self, other: Self) -> Self:
        pairs = zip(self.outside, other.outside, strict=True)
        return type(self)(
            bins=self.bins,
            counts=self.counts + other.counts,
            outside=tuple(ours.merge(theirs) for ours, theirs in pairs),
        )

    def times(self, weight: int) -> Self:
        """As if each row had come so often."""
        outside = tuple(sketch.times(weight) for sketch in self.outside)
        return replace(self, counts=self.counts * weight, outside=outside)

    def thinned(self, share: float) -> Self:
        """As if fewer rows had been seen, in fractions."""
        return replace(self, counts=self.counts * share)

    @cached_property
    def mix(self) -> Counts:
        """[columns, cells]: all but what is missing."""
        return self.counts[:, UNSEEN:]

    @cached_property
    def n(self) -> Counts:
        return self.mix.sum(axis=1)

    @cached_property
    def rows(self) -> Counts:
        return self.counts.sum(axis=1)

    @cached_property
    def novel(self) -> Floats:
        """How many of these rows, which are the reference's, would be unseen had the cells been
        found from other rows of the same source.

        Values that came once are the best guess at how often the next one is new (Good, 1953).
        Where only some of the rows made the cells, the others tell.
        """
        made = np.array([bins.rows for bins in self.bins], dtype=np.float64)
        once = np.array([bins.once for bins in self.bins], dtype=np.float64)
        n = self.n.astype(np.float64)
        guessed = n * once / np.maximum(made, 1.0)
        others = np.maximum(n - made, 0.0)
        told = self.counts[:, UNSEEN] * n / np.maximum(others, 1.0)
        return np.where(others > 0, told, guessed)

    def count(self, column: int, value: str) -> int | None:
        """How often a value came; None where it has no cell, and too many others have none."""
        cell = self.bins[column].cells.get(value)
        if cell is not None:
            return int(self.counts[column, cell])
        sketch = self.outside[column]
        if value in (sketch.labels or ()):
            return int(sketch.counts[(sketch.labels or ()).index(value)])
        return 0 if len(sketch) < sketch.limit else None

    @cached_property
    def distinct(self) -> list[float]:
        """How many different values came, a column each."""
        named = (self.counts[:, NAMED:] > 0).sum(axis=1)
        return [
            float(seen) + sketch.distinct
            for seen, sketch in zip(named.tolist(), self.outside, strict=True)
        ]
