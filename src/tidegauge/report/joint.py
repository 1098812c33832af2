"""The joint distribution, measured over a sample of rows: what no single column shows."""

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift import EMBEDDING_METHODS, ROW_METHODS
from tidegauge.drift.method import RowMethod, RowScore, Sample, parameters_of
from tidegauge.profile.layout import Layout, is_counted_by_name
from tidegauge.profile.table import Profile
from tidegauge.report.result import Measurement, Status
from tidegauge.rows import Rows
from tidegauge.rows.frame import Frame
from tidegauge.rows.thin import thinned
from tidegauge.rows.values import Values, codes, is_there, numbers, vectors
from tidegauge.schema import Column

SAMPLE = 10_000
_CHANCE = 0.01
"""The p-value above which a distance past its threshold may still be chance."""


def joint_measurements(reference: Rows, current: Rows, profile: Profile) -> list[Measurement]:
    """All columns together, then each embedding column by itself."""
    layout = profile.layout
    judged = [c for c in layout.schema if c.is_judged and c.name in current.columns]
    names = [column.name for column in judged]
    before, after = (thinned(rows, names, SAMPLE) for rows in (reference, current))
    flat = [c for c in judged if c.kind == "numeric" or is_counted_by_name(c)]
    found = [
        _measurement(method(), _table(before, flat, layout), _table(after, flat, layout), None)
        for method in ROW_METHODS
        if flat
    ]
    for column in judged:
        if column.kind == "embedding":
            size = layout.projections[column.name].size
            old, new = (_vectors(side[column.name], size) for side in (before, after))
            found += [_measurement(method(), old, new, column.name) for method in EMBEDDING_METHODS]
    return found


def _measurement(
    method: RowMethod, reference: Sample, current: Sample, column: str | None
) -> Measurement:
    score = method.score(reference, current)
    parameters = parameters_of(method)
    parameters["rows"] = [len(reference.values), len(current.values)]
    if column:
        parameters["column"] = column
    return Measurement(
        method=method.kind,
        title=method.title,
        value=score.value if score else None,
        p_value=score.p_value if score else None,
        threshold=method.default_threshold,
        status=_status(method, score),
        reason=None if score else "no rows or no usable columns",
        source="rows",
        parameters=parameters,
        detail=score.detail if score else None,
        contributions=score.contributions if score else None,
    )


def _status(method: RowMethod, score: RowScore | None) -> Status:
    if score is None:
        return "insufficient_data"
    is_far = abs(score.value - method.unmoved) > method.default_threshold
    by_chance = score.p_value is not None and score.p_value > _CHANCE
    return "breach" if is_far and not by_chance else "ok"


def _table(side: Frame, columns: list[Column], layout: Layout) -> Sample:
    values = np.full((side.count, len(columns)), np.nan)
    for i, column in enumerate(columns):
        values[:, i] = _column(side[column.name], column, layout)
    return Sample(
        columns=tuple(column.name for column in columns),
        values=values,
        is_category=np.array([is_counted_by_name(column) for column in columns], dtype=bool),
    )


def _column(values: Values, column: Column, layout: Layout) -> Floats:
    rows = np.full(len(values), np.nan)
    if is_counted_by_name(column):
        known = layout.categories[layout.named_place[column.name]].values
        number = {value: float(i) for i, value in enumerate(known)}
        coded = codes(values)
        # What the reference does not name is one value more; the last place is for missing.
        places = np.array([*(number.get(v, float(len(known))) for v in coded.values), np.nan])
        return places[coded.codes]
    there = is_there(values)
    found = numbers(values).values
    if int(there.sum()) == len(found):
        rows[there] = found
    return np.where(np.isfinite(rows), rows, np.nan)


def _vectors(values: Values, size: int) -> Sample:
    found, _, _ = vectors(values, size)
    kept = found[np.isfinite(found).all(axis=1)]
    return Sample(tuple(str(i) for i in range(size)), kept, np.zeros(size, dtype=bool))
