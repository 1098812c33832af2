"""References that people give: from a span of a model's rows, or from a file.

The file's columns are named as its owner names them: what is an output keeps its name, what is
known as a feature, or as nothing else, is one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tidegauge.arrow import Table, pa
from tidegauge.errors import InputError, UnreadableError
from tidegauge.outcome.join import TRUTHS
from tidegauge.profile.table import Profile
from tidegauge.record.columns import place
from tidegauge.record.fields import LABELS, PREDICTIONS
from tidegauge.reference.counted import main_names, schema_of
from tidegauge.reference.fit import MOST, profile_of, profile_of_table, with_edits
from tidegauge.reference.task import task_of
from tidegauge.rows import Rows, open_rows
from tidegauge.rows.frame import Frame, arrow_of
from tidegauge.rows.thin import thinned
from tidegauge.schema import Schema
from tidegauge.series.measured import Truth, truth_of
from tidegauge.series.rows import Held, between, sampled
from tidegauge.store import Filter, Is, Store
from tidegauge.window import DAY, SECOND

FEWEST: Final = 20
_OUTPUTS: Final = frozenset({"prediction_label", "prediction_score"})
_KEPT: Final = frozenset({"timestamp", "weight"})


@dataclass(frozen=True)
class Made:
    profile: Profile
    first_at: int
    last_at: int | None
    version: str | None = None
    """Of the model, where only its rows were taken."""
    truth: Truth | None = None
    """Of a file with labels."""


def of_span(
    store: Store,
    held: Held,
    start: int,
    stop: int,
    schema: Schema | None,
    version: str | None = None,
) -> Made:
    """Of rows that the model has logged."""
    where: list[Filter] = between(start, stop)
    if version is not None:
        where.append(Is("model_version", version))
    table = sampled(held.tables(store, where))
    if table is None or table.num_rows < FEWEST:
        rows = 0 if table is None else table.num_rows
        raise InputError(f"the span holds {rows} rows: a reference needs {FEWEST} or more")
    times = table["timestamp"].cast(pa.int64()).to_numpy()
    profile = profile_of_table(table, schema)
    return Made(profile, int(times.min()), int(times.max()), version)


def of_file(path: Path, schema: Schema | None, at: int, task: str | None = None) -> Made:
    """Of a Parquet or CSV file, or of an Arrow stream."""
    rows = _opened(path)
    names = named(rows.columns, schema)
    if not names:
        raise InputError("the file has no column that could be a feature or an output")
    true = true_names(rows.columns, schema)
    sample = thinned(rows, [*names, *true], MOST)
    if sample.count < FEWEST:
        raise InputError(f"the file holds {sample.count} rows: a reference needs {FEWEST} or more")
    frame = Frame(
        {name: sample[column] for column, name in names.items()},
        "the file",
        nan_is_missing=sample.nan_is_missing,
    )
    profile = profile_of(frame, with_edits(schema_of(frame), schema))
    truth = truth_of(_table(sample, {**names, **true}), task or task_of(profile)) if true else None
    return Made(profile, *_ends(profile, at), truth=truth)


def rows_of_file(path: Path, schema: Schema | None, most: int) -> Table:
    """Some rows of it by the names of a record, with the truth where the file tells it."""
    rows = _opened(path)
    names = {**named(rows.columns, schema), **true_names(rows.columns, schema)}
    return _table(thinned(rows, list(names), most), names)


def _table(sample: Frame, names: Mapping[str, str]) -> Table:
    return pa.table({name: arrow_of(sample[column]) for column, name in names.items()})


def _opened(path: Path) -> Rows:
    return open_rows(_arrow(path) if path.suffix == ".arrow" else path, "the file")


def named(columns: Iterable[str], schema: Schema | None) -> Mapping[str, str]:
    """By a column of the file, what it is in a record; without those that are not counted."""
    found: dict[str, str] = {}
    for column in columns:
        name = _named(column, schema)
        if name is not None:
            if name in found.values():
                raise InputError(f"two columns of the file are {name!r}: leave one of them out")
            found[column] = name
    return found


def true_names(columns: Iterable[str], schema: Schema | None) -> Mapping[str, str]:
    """By a column of the file that says what was true, what it is in a label."""
    found: dict[str, str] = {}
    for column in columns:
        alias = LABELS.aliases.get(column)
        name = column if alias is None else alias.field.name
        is_feature = schema is not None and f"features.{column}" in schema
        if place(name)[0] in TRUTHS and not is_feature and name not in found.values():
            found[column] = name
    return found


def _named(column: str, schema: Schema | None) -> str | None:
    feature = f"features.{column}"
    if schema is not None and feature in schema:
        return feature
    field, _variant, member = place(column)
    known = PREDICTIONS.fields.get(field)
    if known is not None and known.shape.is_map == (member is not None):
        is_counted = bool(main_names(pa.table({column: pa.nulls(0)})))
        return column if is_counted or column in _KEPT else None
    alias = PREDICTIONS.aliases.get(column)
    if alias is not None and alias.field.name in _OUTPUTS and alias.factor == 1.0:
        return alias.field.name
    if column in LABELS.names:
        # The truth, which predictions do not bring.
        return None
    return feature


def _arrow(path: Path) -> object:
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as stream:
            table = stream.read_all()
            table.validate(full=True)
            return table
    except (pa.ArrowException, OSError) as error:
        raise UnreadableError(f"this is no Arrow IPC stream: {error}") from error


def _ends(profile: Profile, at: int) -> tuple[int, int | None]:
    """The times of its rows, where it tells any."""
    time = profile.layout.schema.time
    for i, facet in enumerate(profile.layout.facets):
        if facet.column == time and facet.name == "day":
            low, high = profile.numeric.lowest[i], profile.numeric.highest[i]
            if np.isfinite(low) and np.isfinite(high):
                return int(low * DAY * SECOND), int(high * DAY * SECOND)
    return at, None
