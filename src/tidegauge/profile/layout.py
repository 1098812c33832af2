"""What a profile counts: the columns, their bins, and how numbers are derived from the others.

A layout is fitted once, to the reference, and then shared by every profile that is compared
with it; profiles of one layout add up.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tidegauge.profile.bins import NumericBins
from tidegauge.profile.categories import CategoryBins
from tidegauge.profile.embedding import Projection
from tidegauge.profile.text import TITLES, Vocabulary
from tidegauge.profile.text import facets as text_facets
from tidegauge.rows.frame import Frame
from tidegauge.rows.values import (
    MISSING,
    THERE,
    Numbers,
    days,
    days_of_rows,
    numbers,
    texts,
    vectors_and_gone,
)
from tidegauge.schema import Column, Schema

REPEATS = 1 << 16
"""How many different rows are remembered to find repeated ones."""


class Facet(NamedTuple):
    """One number of a column: the column itself where the name is empty, else derived from it."""

    column: str
    name: str

    @property
    def title(self) -> str:
        return _TITLES.get(self.name, self.name)


_TITLES = TITLES | {
    "day": "days since 1970",
    "age": "days before the row's time",
    "hour": "hour of the day, UTC",
    "weekday": "day of the week, 0 is Monday",
    "distance": "distance from the reference's centre",
}


@dataclass(frozen=True)
class Layout:
    schema: Schema
    facets: tuple[Facet, ...]
    numeric: NumericBins
    names: tuple[str, ...]
    """The category and boolean columns."""
    categories: tuple[CategoryBins, ...]
    vocabularies: Mapping[str, Vocabulary] = field(default_factory=dict[str, Vocabulary])
    projections: Mapping[str, Projection] = field(default_factory=dict[str, Projection])
    repeats: int = REPEATS

    @cached_property
    def place(self) -> Mapping[Facet, int]:
        """Where in the numeric arrays a facet is."""
        return {facet: i for i, facet in enumerate(self.facets)}

    @cached_property
    def named_place(self) -> Mapping[str, int]:
        """Where in the category arrays a column is."""
        return {name: i for i, name in enumerate(self.names)}

    @property
    def ids(self) -> list[str]:
        return [column.name for column in self.schema if column.role == "id"]


def read_columns(schema: Schema) -> list[Column]:
    """The columns that are read at all."""
    return [column for column in schema if column.role not in ("ignore", "weight")]


def is_counted_by_name(column: Column) -> bool:
    return column.role != "id" and column.kind in ("category", "boolean", "empty")


def derive(
    column: Column,
    chunk: Frame,
    time: str | None,
    vocabularies: Mapping[str, Vocabulary],
    projections: Mapping[str, Projection],
) -> Iterator[tuple[str, Numbers]]:
    """The numbers of a column that is not counted by name."""
    values = chunk[column.name]
    if column.kind == "numeric":
        yield "", numbers(values)
    elif column.kind == "datetime":
        yield from _times(column, chunk, time)
    elif column.kind == "text":
        found, gone = texts(values)
        for name, facet in text_facets(found, vocabularies[column.name]):
            yield name, Numbers(facet, gone)
    elif column.kind == "embedding":
        projection = projections[column.name]
        rows, gone = vectors_and_gone(values, projection.size)
        for name, facet in projection.facets(rows):
            yield name, Numbers(facet, gone)


def _times(column: Column, chunk: Frame, time: str | None) -> Iterator[tuple[str, Numbers]]:
    found = days(chunk[column.name])
    if column.role == "time" or time is None or time not in chunk.columns:
        yield "day", found
    else:
        ages = days_of_rows(chunk[time]) - found.of_rows
        there = ~np.isnan(ages)
        gone = np.zeros(len(ages), dtype=np.uint8) if found.gone is None else found.gone.copy()
        # A row whose own time is not known has no age.
        gone[~there & (gone == THERE)] = MISSING
        yield "age", Numbers(ages[there], gone)
    if column.role != "time":
        whole = np.floor(found.values)
        hours = np.floor((found.values - whole) * 24.0)
        yield "hour", Numbers(hours, found.gone)
        # 1970 began on a Thursday.
        yield "weekday", Numbers((whole + 3.0) % 7.0, found.gone)
