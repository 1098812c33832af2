"""Counting rows into a profile, column by column, and fitting the layout for it."""

from dataclasses import replace

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.arrow import pa
from tidegauge.profile.bins import NumericBins, edges_of
from tidegauge.profile.categories import (
    MISSING as MISSING_CATEGORY,
)
from tidegauge.profile.categories import (
    NAMED,
    OTHER,
    OUTSIDE,
    UNSEEN,
    Categories,
    CategoryBins,
)
from tidegauge.profile.embedding import Projection
from tidegauge.profile.hashing import RowHashes, bits_of, hash_texts, mixed
from tidegauge.profile.layout import Facet, Layout, derive, is_counted_by_name, read_columns
from tidegauge.profile.numeric import MISSING, NAN, WRONG_TYPE, Numeric
from tidegauge.profile.sketch import Sketch
from tidegauge.profile.text import Vocabulary
from tidegauge.rows.frame import Frame
from tidegauge.rows.values import Codes, Numbers, Values, codes, families, texts, vectors
from tidegauge.schema import Column, Schema


class Maker:
    """A profile in the making."""

    def __init__(self, layout: Layout, *, nan_is_missing: bool = False) -> None:
        self.layout = layout
        self.rows = 0
        self.numeric = Numeric.empty(layout.numeric)
        self.categories = Categories.empty(layout.categories)
        self.ids = {name: Sketch.empty(layout.repeats) for name in layout.ids}
        self.repeats = Sketch.empty(layout.repeats)
        self.types: dict[str, set[str]] = {c.name: set() for c in read_columns(layout.schema)}
        self._nan_is_missing = nan_is_missing

    def add(self, chunk: Frame) -> None:
        hashes = RowHashes(chunk.count)
        there = set(chunk.columns)
        for column in read_columns(self.layout.schema):
            if column.name in there:
                self._add_column(column, chunk, hashes)
            else:
                self._add_absent(column, chunk.count)
        self.close(chunk, hashes)

    def close(self, chunk: Frame, hashes: RowHashes) -> None:
        self.rows += chunk.count
        if self.layout.repeats:
            self.repeats = self.repeats.merge(Sketch.of(self.layout.repeats, hashes.hashes()))

    def _add_column(self, column: Column, chunk: Frame, hashes: RowHashes) -> None:
        values = chunk[column.name]
        self.types[column.name] |= families(values)
        if column.role == "id":
            self.add_id(column.name, values, hashes)
        elif is_counted_by_name(column):
            self.add_codes(column.name, values, codes(values), hashes)
        else:
            derived = derive(
                column,
                chunk,
                self.layout.schema.time,
                self.layout.vocabularies,
                self.layout.projections,
            )
            for name, found in derived:
                at = self.layout.place[Facet(column.name, name)]
                self.numeric.add(at, found.values)
                self.add_gone(at, found)
            self.hash_rows(values, hashes)

    def hash_rows(self, values: Values, hashes: RowHashes) -> None:
        if self.layout.repeats:
            hashes.add(bits_of(values))

    def add_gone(self, at: int, found: Numbers) -> None:
        gone = self.numeric.gone[at]
        gone[MISSING] += found.missing
        gone[WRONG_TYPE] += found.wrong
        if self._nan_is_missing:
            gone[MISSING] += gone[NAN]
            gone[NAN] = 0

    def add_id(self, name: str, values: Values, hashes: RowHashes) -> None:
        bits = bits_of(values)
        self.ids[name] = self.ids[name].merge(Sketch.of(self.layout.repeats or 1, mixed(bits)))
        hashes.add(bits)

    def add_codes(self, name: str, values: Values, coded: Codes, hashes: RowHashes) -> None:
        at = self.layout.named_place[name]
        counts = self.categories.counts[at]
        seen = coded.counts()
        counts[MISSING_CATEGORY] += len(values) - int(seen.sum())
        cells = {value: i for i, value in enumerate(self.layout.categories[at].values)}
        named = np.array([cells.get(value, -1) for value in coded.values], dtype=np.int64)
        inside = named >= 0
        np.add.at(counts, NAMED + named[inside], seen[inside])
        if not inside.all():
            self._add_outside(
                at, [v for v, ok in zip(coded.values, inside, strict=True) if not ok], seen[~inside]
            )
        if self.layout.repeats:
            hashes.add(bits_of(values, coded))

    def _add_outside(self, at: int, values: list[str], seen: Counts) -> None:
        there = seen > 0
        values, seen = [v for v, ok in zip(values, there, strict=True) if ok], seen[there]
        bins = self.layout.categories[at]
        hashes = hash_texts(pa.array(values, pa.large_string()))
        is_other = np.isin(hashes, bins.tail) | bins.is_open
        counts = self.categories.counts[at]
        counts[OTHER] += int(seen[is_other].sum())
        counts[UNSEEN] += int(seen[~is_other].sum())
        outside = list(self.categories.outside)
        outside[at] = outside[at].merge(Sketch.labelled(OUTSIDE, hashes, seen, values))
        self.categories = replace(self.categories, outside=tuple(outside))

    def _add_absent(self, column: Column, rows: int) -> None:
        for facet, at in self.layout.place.items():
            if facet.column == column.name:
                self.numeric.gone[at, MISSING] += rows
        if column.name in self.layout.named_place:
            self.categories.counts[self.layout.named_place[column.name], MISSING_CATEGORY] += rows


def fit(sample: Frame, schema: Schema, *, count: bool) -> Maker:
    """Find the bins of all columns, and count the sample's rows on the way if it is all there is.

    Each column is prepared once: sorted, or coded, which is most of the work of counting.
    """
    vocabularies = {
        column.name: Vocabulary.of(texts(sample[column.name])[0])
        for column in read_columns(schema)
        if column.kind == "text" and column.role != "id"
    }
    projections = {
        column.name: Projection.of(vectors(sample[column.name], None)[0])
        for column in read_columns(schema)
        if column.kind == "embedding" and column.role != "id"
    }
    facets: list[Facet] = []
    parts: list[Numeric] = []
    gone: list[Numbers] = []
    coded: dict[str, Codes] = {}
    for column in read_columns(schema):
        if is_counted_by_name(column):
            coded[column.name] = codes(sample[column.name])
        elif column.role != "id":
            for name, found in derive(column, sample, schema.time, vocabularies, projections):
                facets.append(Facet(column.name, name))
                ordered = np.sort(found.values)
                part = Numeric.empty(NumericBins.of_edges([edges_of(_finite(ordered))]))
                if count:
                    part.add_ordered(0, ordered)
                parts.append(part)
                gone.append(found)
    numeric = Numeric.stack(parts)
    layout = Layout(
        schema=schema,
        facets=tuple(facets),
        numeric=numeric.bins,
        names=tuple(coded),
        categories=tuple(_category_bins(c) for c in coded.values()),
        vocabularies=vocabularies,
        projections=projections,
    )
    maker = Maker(layout, nan_is_missing=sample.nan_is_missing)
    if count:
        maker.numeric = numeric
        for at, found in enumerate(gone):
            maker.add_gone(at, found)
        hashes = RowHashes(sample.count)
        for column in read_columns(schema):
            values = sample[column.name]
            maker.types[column.name] |= families(values)
            if column.role == "id":
                maker.add_id(column.name, values, hashes)
            elif is_counted_by_name(column):
                maker.add_codes(column.name, values, coded[column.name], hashes)
            else:
                maker.hash_rows(values, hashes)
        maker.close(sample, hashes)
    return maker


def _finite(ordered: Floats) -> Floats:
    low = np.searchsorted(ordered, -np.inf, side="right")
    return ordered[low : np.searchsorted(ordered, np.inf, side="left")]


def _category_bins(coded: Codes) -> CategoryBins:
    seen = coded.counts()
    there = np.flatnonzero(seen > 0)
    values = [coded.values[i] for i in there.tolist()]
    return CategoryBins.of(values, hash_texts(pa.array(values, pa.large_string())), seen[there])
