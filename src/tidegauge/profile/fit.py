"""Fitting a layout to rows, and counting them on the way."""

from dataclasses import replace

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.arrow import pa
from tidegauge.profile.bins import NumericBins, edges_of
from tidegauge.profile.categories import CategoryBins
from tidegauge.profile.embedding import Projection
from tidegauge.profile.groups import Counted, Groups, count
from tidegauge.profile.hashing import hash_texts
from tidegauge.profile.layout import Facet, Layout, derive, is_counted_by_name, read_columns
from tidegauge.profile.numeric import Numeric
from tidegauge.profile.text import Vocabulary
from tidegauge.profile.told import read_others
from tidegauge.rows.frame import Frame
from tidegauge.rows.values import Codes, codes, texts, vectors
from tidegauge.schema import Schema


def fit(sample: Frame, schema: Schema) -> Layout:
    """Find the bins of all columns."""
    return _fit(sample, schema, is_counted=False)[0]


def fit_and_count(sample: Frame, schema: Schema) -> tuple[Layout, Counted]:
    """Find the bins, and count the sample's rows on the way: it is all there is.

    Each column is prepared once: sorted, or coded, which is most of the work of counting.
    """
    layout, numeric, coded = _fit(sample, schema, is_counted=True)
    others = read_others(layout, sample, coded)
    (counted,) = count(layout, others, Groups.one(sample.count))
    if sample.nan_is_missing:
        numeric.nan_to_missing()
    return layout, replace(counted, numeric=numeric)


def _fit(
    sample: Frame, schema: Schema, *, is_counted: bool
) -> tuple[Layout, Numeric, dict[str, Codes]]:
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
    coded: dict[str, Codes] = {}
    for column in read_columns(schema):
        if is_counted_by_name(column):
            coded[column.name] = codes(sample[column.name])
        elif column.role != "id":
            for name, found in derive(column, sample, schema.time, vocabularies, projections):
                facets.append(Facet(column.name, name))
                ordered = np.sort(found.values)
                part = Numeric.empty(NumericBins.of_edges([edges_of(_finite(ordered))]))
                if is_counted:
                    part.add_ordered(0, ordered)
                    if found.gone is not None:
                        part.add_gone(0, found.gone)
                parts.append(part)
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
    return layout, numeric, coded


def _finite(ordered: Floats) -> Floats:
    low = np.searchsorted(ordered, -np.inf, side="right")
    return ordered[low : np.searchsorted(ordered, np.inf, side="left")]


def _category_bins(coded: Codes) -> CategoryBins:
    seen = coded.counts()
    there = np.flatnonzero(seen > 0)
    values = [coded.values[i] for i in there.tolist()]
    return CategoryBins.of(values, hash_texts(pa.array(values, pa.large_string())), seen[there])
