"""The kinds and roles of columns, guessed from some of their values.

A guess is cheap to correct (`Schema.edit`), so each comes with its reason.
"""

import re

import numpy as np

from tidegauge.arrow import Chunked, DataType, pa
from tidegauge.rows import Rows, open_rows
from tidegauge.rows.frame import Frame
from tidegauge.rows.values import (
    Values,
    codes,
    is_number,
    is_text,
    is_there,
    is_vector,
    numbers,
    parsed,
)
from tidegauge.schema import Column, Kind, Role, Schema

_LOOK = 10_000
_ENOUGH = 50
"""Values below which nothing is concluded from how many of them differ."""
_SOME = 1_000
"""Different texts whose words are counted."""
_TIMES = frozenset(
    [
        "timestamp",
        "prediction_timestamp",
        "request_time",
        "event_time",
        "event_timestamp",
        "time",
        "datetime",
        "date",
        "ts",
        "timestamp_ms",
        "inference_time",
        "created_at",
    ]
)
_IDS = re.compile(r"(^|_)(id|uuid|guid|key)$|^(index|row_?number|unnamed: 0)$", re.IGNORECASE)
_CAMEL_ID = re.compile(r"[a-z](Id|ID|Uuid|UUID)$")
_PREDICTIONS = {"prediction", "prediction_label", "prediction_score", "y_pred", "y_pred_proba"}
_TARGETS = {"target", "label", "actual", "actual_label", "actual_score", "ground_truth", "y_true"}


def infer_schema(rows: Rows) -> Schema:
    """Look at up to 10,000 rows."""
    if isinstance(rows, Frame) and rows.count > _LOOK:
        # In memory: look at all of it, evenly, as the first rows may not be like the others.
        head = rows.take(np.linspace(0, rows.count - 1, _LOOK).astype(np.int64))
    else:
        head = rows.head(_LOOK)
    columns = [_column(name, head[name]) for name in head.columns]
    return Schema(tuple(_with_time(columns)))


def complete(schema: Schema, other: Schema) -> Schema:
    """Take the kind of a column that is empty here from another data set."""
    known = {column.name: column for column in other if column.kind != "empty"}
    return Schema(
        tuple(
            known.get(column.name, column)
            if column.kind == "empty" and column.why != "set by you"
            else column
            for column in schema
        )
    )


def _column(name: str, values: Values) -> Column:
    kind, role, why = _guess(name, values)
    if role == "feature" and name.lower() in _PREDICTIONS:
        role, why = "prediction", why or "its name"
    elif role == "feature" and name.lower() in _TARGETS:
        role, why = "target", why or "its name"
    return Column(name=name, kind=kind, role=role, why=why)


def _guess(name: str, values: Values) -> tuple[Kind, Role, str]:
    if isinstance(values, np.ndarray):
        if values.ndim == 2:
            return "embedding", "feature", f"vectors of {values.shape[1]}"
        if values.dtype == object:
            return _guess_mixed(values)
        arrow = pa.from_numpy_dtype(values.dtype)
    else:
        arrow = values.type
    if pa.types.is_dictionary(arrow) or pa.types.is_boolean(arrow):
        return "boolean" if pa.types.is_boolean(arrow) else "category", "feature", ""
    if is_number(arrow):
        return _guess_number(name, values, arrow)
    if pa.types.is_timestamp(arrow) or pa.types.is_date(arrow):
        return "datetime", "feature", ""
    if is_text(arrow):
        return _guess_text(name, values)  # type: ignore[arg-type]
    if is_vector(arrow):
        return "embedding", "feature", "lists of numbers"
    if pa.types.is_null(arrow):
        return "empty", "feature", "nothing in it"
    return "category", "ignore", f"values of type {arrow} are not looked at"


def _guess_number(name: str, values: Values, arrow: DataType) -> tuple[Kind, Role, str]:
    if len(values) and not is_there(values).any():
        return "empty", "feature", "nothing in it"
    if pa.types.is_integer(arrow) and _is_id(name):
        found = numbers(values).values
        if len(found) >= _ENOUGH and len(np.unique(found)) > 0.9 * len(found):
            return "numeric", "id", "its name, and nearly all values differ"
    return "numeric", "feature", ""


def _guess_text(name: str, values: Chunked) -> tuple[Kind, Role, str]:
    there = values.drop_null()
    if not len(there):
        return "empty", "feature", "nothing in it"
    if len(there) >= _ENOUGH // 5 and _are_times(there):
        return "datetime", "feature", "texts that are ISO 8601 times"
    named = codes(there).values
    different = len(named) / len(there)
    words = sum(len(value.split()) for value in named[:_SOME]) / len(named[:_SOME])
    if len(there) >= _ENOUGH and different > 0.5:
        if words >= 3:
            return "text", "feature", f"{words:.0f} words a row, {different:.0%} of them different"
        if different > 0.95 or _is_id(name):
            return "category", "id", f"{different:.0%} of the values differ"
    if words >= 8:
        return "text", "feature", f"{words:.0f} words a row"
    return "category", "feature", ""


def _are_times(texts: Chunked) -> bool:
    # A few are enough to rule it out, which they nearly always do.
    if parsed(texts.slice(0, _ENOUGH)).null_count:
        return False
    return parsed(texts).null_count <= 0.01 * len(texts)


def _guess_mixed(values: np.ndarray[tuple[int], np.dtype[np.object_]]) -> tuple[Kind, Role, str]:
    found = numbers(values)
    there = len(found.values) + found.wrong
    if there and found.wrong <= 0.1 * there:
        return "numeric", "feature", f"numbers, and {found.wrong} values of other types"
    if any(isinstance(value, (dict, set, bytearray)) for value in values[:100]):
        return "category", "ignore", "nested values are not looked at"
    return "category", "feature", "values of several types"


def _is_id(name: str) -> bool:
    return bool(_IDS.search(name) or _CAMEL_ID.search(name))


def _with_time(columns: list[Column]) -> list[Column]:
    """One datetime column is the time of the rows: by its name, or because it is the only one."""
    times = [column for column in columns if column.kind == "datetime"]
    named = [column for column in times if column.name.lower() in _TIMES]
    chosen = (named or (times if len(times) == 1 else []))[:1]
    why = "its name" if named else "the only datetime column"
    return [
        Column(name=column.name, kind="datetime", role="time", why=why)
        if column in chosen
        else column
        for column in columns
    ]


def schema_of(data: object) -> Schema:
    """What the columns of some data are taken for: print it, edit it, pass it to `compare`."""
    return infer_schema(open_rows(data))
