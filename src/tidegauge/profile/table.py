"""A profile: what is known of some rows of a table, small, and adding up exactly.

>>> import numpy as np
>>> reference = Profile.of({"x": np.arange(1000.0), "plan": ["a", "b"] * 500})
>>> head = Profile.of({"x": [1.0, 2.0], "plan": ["a", "a"]}, reference.layout)
>>> tail = Profile.of({"x": [3.0], "plan": ["c"]}, reference.layout)
>>> whole = Profile.of({"x": [3.0, 2.0, 1.0], "plan": ["c", "a", "a"]}, reference.layout)
>>> head.merge(tail) == whole
True
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Self

from tidegauge.arrow import pa
from tidegauge.errors import InputError
from tidegauge.profile.categories import Categories
from tidegauge.profile.fit import fit, fit_and_count
from tidegauge.profile.groups import Counted, Groups, count, merged
from tidegauge.profile.layout import Layout, read_columns
from tidegauge.profile.numeric import Numeric
from tidegauge.profile.sketch import Sketch
from tidegauge.profile.weight import Counting
from tidegauge.rows import Rows, open_rows
from tidegauge.rows.frame import PIECE, Frame
from tidegauge.rows.infer import infer_schema
from tidegauge.rows.thin import thinned
from tidegauge.schema import Schema

Progress = Callable[[int], None]
"""Told of the rows done, a piece at a time."""

_FIT = 200_000
_FIT_VALUES = 10_000_000
"""Rows to which a layout is fitted where there are too many to hold, and values in all."""


@dataclass(frozen=True, eq=False)
class Profile:
    """What is known of some rows: counts, sums and extremes of every column.

    `Profile.of(reference)` fits the layout; `Profile.of(rows, reference.layout)` counts other
    rows by it.  Profiles of one layout merge, compare, and travel as bytes (`encode`, `decode`).
    """

    layout: Layout
    rows: int
    """How many rows there are; of a weighted sample, how many it stands for."""
    squares: int
    """The sum of the squared weights: `rows` where each row stands for itself."""
    numeric: Numeric
    categories: Categories
    ids: tuple[Sketch, ...]
    """Of the values of each id column."""
    repeats: Sketch
    """Of whole rows."""
    types: Mapping[str, frozenset[str]]
    """The types that each column came in; empty for a column that was not there."""

    @classmethod
    def of(
        cls,
        data: object,
        layout: Layout | None = None,
        schema: Schema | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """Count rows.  Without a layout these rows are the reference, and the layout is fitted."""
        rows = open_rows(data)
        if layout is None:
            return cls._of_reference(rows, schema or infer_schema(rows), progress)
        counting = Counting(layout, nan_is_missing=rows.nan_is_missing)
        there = set(rows.columns)
        for chunk in rows.chunks([name for name in counting.columns if name in there]):
            counting.add(chunk)
            if progress:
                progress(chunk.count)
        return cls.counted(counting)

    @classmethod
    def counted(cls, counting: "Counting") -> Self:
        """What was counted so far; the counting may go on."""
        made = [
            cls.of_counted(counting.layout, found).times(weight)
            for weight, found in counting.counted.items()
        ]
        return reduce(cls.merge, made) if made else cls.empty(counting.layout)

    @classmethod
    def empty(cls, layout: Layout) -> Self:
        """Of no rows."""
        (found,) = count(layout, (), Groups.one(0))
        return cls.of_counted(layout, found)

    @classmethod
    def _of_reference(cls, rows: Rows, schema: Schema, progress: Progress | None) -> Self:
        absent = [column.name for column in schema if column.name not in rows.columns]
        if absent:
            raise InputError(f"{rows.name}: the schema's column {absent[0]!r} is not there")
        names = [column.name for column in read_columns(schema)]
        most = min(_FIT, max(_FIT_VALUES // max(len(names), 1), 1_000))
        sample = thinned(rows, names, PIECE if isinstance(rows, Frame) else most)
        if isinstance(rows, Frame) and sample is rows and schema.weight is None:
            profile = cls.of_counted(*fit_and_count(sample, schema))
            if progress:
                progress(rows.count)
            return profile
        layout = fit(sample, schema)
        del sample
        pa.default_memory_pool().release_unused()
        return cls.of(rows, layout, progress=progress)

    @classmethod
    def of_counted(cls, layout: Layout, found: Counted) -> Self:
        """Of rows that stand for themselves."""
        return cls(
            layout=layout,
            rows=found.rows,
            squares=found.rows,
            numeric=found.numeric,
            categories=found.categories,
            ids=tuple(found.ids[name] for name in layout.ids),
            repeats=found.repeats,
            types=found.types,
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Profile)
            and (self.rows, self.squares) == (other.rows, other.squares)
            and self.layout == other.layout
            and self.numeric == other.numeric
            and self.categories == other.categories
            and self.ids == other.ids
            and self.repeats == other.repeats
            and self.types == other.types
        )

    __hash__ = None  # type: ignore[assignment]

    def times(self, weight: int) -> Self:
        """As if each of these rows had come so often."""
        if weight == 1:
            return self
        return replace(
            self,
            rows=self.rows * weight,
            squares=self.squares * weight**2,
            numeric=self.numeric.times(weight),
            categories=self.categories.times(weight),
        )

    @cached_property
    def effective(self) -> Self:
        """The same shares over as many rows as they are as certain as (Kish, 1965).

        A weighted sample of n rows tells as much as rows**2 / squares plain ones; what is tested
        or given an interval is taken from here.
        """
        if self.rows in {0, self.squares}:
            return self
        share = self.rows / self.squares
        return replace(
            self,
            numeric=self.numeric.thinned(share),
            categories=self.categories.thinned(share),
        )

    def merge(self, other: Self) -> Self:
        """The profile of both sets of rows together."""
        if self.layout is not other.layout and self.layout != other.layout:
            raise InputError("only profiles of one layout add up; build both with the same one")
        return replace(
            self,
            rows=self.rows + other.rows,
            squares=self.squares + other.squares,
            numeric=self.numeric.merge(other.numeric),
            categories=self.categories.merge(other.categories),
            ids=tuple(a.merge(b) for a, b in zip(self.ids, other.ids, strict=True)),
            repeats=self.repeats.merge(other.repeats),
            types=merged(self.types, other.types),
        )
