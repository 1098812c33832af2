"""The columns of a table that a layout counts, in the form in which they are counted.

What a client sends as another type than the schema says is counted as wrong and never parsed by
guess; a category takes values of any type by their text.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from tidegauge.arrow import Chunked, DataType, Table, pa, pc
from tidegauge.profile.layout import Layout
from tidegauge.record.columns import place
from tidegauge.rows import MOST_COLUMNS
from tidegauge.rows.frame import Frame
from tidegauge.rows.infer import infer_schema
from tidegauge.rows.values import Values
from tidegauge.schema import Column, Schema

_OUTPUTS: Final = frozenset(
    {
        "prediction_label",
        "prediction_labels",
        "prediction_score",
        "probabilities",
        "outputs",
        "confidence",
        "confidences",
    }
)
_COUNTED: Final = _OUTPUTS | {"features", "embeddings", "texts", "rank"}
_LABELS: Final = "prediction_labels"
_MOST_LABELS: Final = 100
_MOST: Final = MOST_COLUMNS - _MOST_LABELS - 2
"""Of one model, with room for its labels, the time and the weight."""


def main_names(table: Table) -> dict[str, list[str]]:
    """The counted columns by the name that the schema has for them, with their variants."""
    found: dict[str, list[str]] = defaultdict(list)
    for column in table.column_names:
        field, _variant, member = place(column)
        if field in _COUNTED and field != _LABELS:
            found[field if member is None else f"{field}.{member}"].append(column)
    return found


def frame_of(table: Table, layout: Layout | None = None) -> Frame:
    """What is counted of a table: by a layout, or all that could be."""
    named = main_names(table)
    wanted = [column.name for column in layout.schema] if layout else _most(named)
    columns: dict[str, Values] = {}
    for name in wanted:
        if name in named:
            columns[name] = _values(table, named[name])
    if _LABELS in table.column_names:
        known = [name for name in wanted if name.startswith(f"{_LABELS}.")] if layout else None
        columns |= labels(table[_LABELS], known)
    for name in ("timestamp", "weight"):
        if name in table.column_names and (layout is None or name in layout.schema):
            columns[name] = table[name] if name == "timestamp" else pc.fill_null(table[name], 1.0)
    if not columns:
        columns["timestamp"] = table["timestamp"]
    return Frame(columns, "rows")


def _most(names: Iterable[str]) -> list[str]:
    """As many as can be counted, and what the model answered before all: there may be ten
    thousand features beside it."""
    return sorted(names, key=lambda name: place(name)[0] not in _OUTPUTS)[:_MOST]


def _values(table: Table, columns: list[str]) -> Values:
    if len(columns) == 1:
        return table[columns[0]]
    arrays = [table[column] for column in columns]
    present = [array for array in arrays if array.null_count < len(array)]
    if len(present) < 2:
        return (present or arrays)[0]
    families = {_family(array.type) for array in present}
    if families == {"number"}:
        return pc.coalesce(*(array.cast(pa.float64(), safe=False) for array in present))
    # Of several types, row by row: it is rare, and it must be told apart.
    mixed = np.empty(table.num_rows, dtype=object)
    for array in present:
        there = pc.is_valid(array).to_numpy()
        mixed[there] = np.array(array.to_pylist(), dtype=object)[there]
    return mixed


def _family(of: DataType) -> str:
    types = pa.types
    if types.is_integer(of) or types.is_floating(of):
        return "number"
    if types.is_boolean(of):
        return "boolean"
    return "text" if types.is_string(of) else str(of)


def labels(column: Chunked, known: Iterable[str] | None) -> dict[str, Values]:
    """A column of truth for each class of a multi-label model."""
    whole = column.combine_chunks()
    flat = pc.list_flatten(whole)
    parents = pc.list_parent_indices(whole).to_numpy()
    coded = flat.dictionary_encode()
    values: list[str] = coded.dictionary.to_pylist()
    codes = coded.indices.to_numpy()
    if known is None:
        often = np.bincount(codes, minlength=len(values))
        order = sorted(range(len(values)), key=lambda i: (-int(often[i]), values[i]))
        known = [f"{_LABELS}.{values[i]}" for i in order[:_MOST_LABELS]]
    gone = pc.is_null(whole).to_numpy(zero_copy_only=False)
    found: dict[str, Values] = {}
    for name in known:
        is_set = np.zeros(len(whole), dtype=np.bool_)
        label = name.removeprefix(f"{_LABELS}.")
        if label in values:
            is_set[parents[codes == values.index(label)]] = True
        found[name] = pa.chunked_array([pa.array(is_set, mask=gone)])
    return found


def schema_of(frame: Frame) -> Schema:
    """What the columns of a model are taken for."""
    columns = [_with_role(column) for column in infer_schema(frame)]
    needs_time = any(column.kind == "datetime" and column.role != "time" for column in columns)
    return Schema(tuple(column for column in columns if column.role != "time" or needs_time))


def _with_role(column: Column) -> Column:
    if column.name == "timestamp":
        return replace(column, role="time", kind="datetime", why="")
    if column.name == "weight":
        return replace(column, role="weight", kind="numeric", why="")
    if column.name.partition(".")[0] in _OUTPUTS:
        return replace(column, role="prediction")
    if column.role in ("time", "prediction", "target"):
        # A feature that only has such a name.
        return replace(column, role="feature", why="")
    return column
