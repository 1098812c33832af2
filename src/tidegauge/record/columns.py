"""Records as Arrow columns, and back: the form of the wire and of the log.

One column for a plain field, and one for each name of a map: `features.age`, `tags.region`.  A
column whose values are of several kinds (1, "1" and true in turn) becomes one column for each kind,
with the kind in its name: `features@text.age`, `features@number.age`.  A row has its value in one
of them at most, so nothing is guessed and nothing is lost.

>>> table = to_table([{"model_id": "m", "features": {"a": 1}}, {"features": {"a": "x"}}])
>>> table.column_names
['model_id', 'features@number.a', 'features@text.a']
>>> to_records(table)
[{'model_id': 'm', 'features': {'a': 1}}, {'features': {'a': 'x'}}]
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from tidegauge.arrow import Chunked, DataType, Table, pa
from tidegauge.record import limits
from tidegauge.record.fields import PREDICTIONS, Kind, Shape

TIME: Final = pa.timestamp("us", tz="UTC")
_ARROW: Final[dict[Shape, DataType]] = {
    Shape.NAME: pa.string(),
    Shape.KEY: pa.string(),
    Shape.TEXT: pa.string(),
    Shape.TIME: TIME,
    Shape.NUMBER: pa.float64(),
    Shape.FLAG: pa.bool_(),
    Shape.LABELS: pa.list_(pa.string()),
    Shape.NUMBERS: pa.float64(),
    Shape.TEXTS: pa.string(),
    Shape.VECTORS: pa.list_(pa.float32()),
}
_FLOATS: Final = frozenset({Shape.NUMBER, Shape.NUMBERS})
# What JSON cannot say as a number.
_WORDS: Final[Mapping[object, float]] = {
    "NaN": math.nan,
    "Infinity": math.inf,
    "-Infinity": -math.inf,
}


def to_table(records: Sequence[Mapping[str, object]], kind: Kind = PREDICTIONS) -> Table:
    """Columns in the order in which their names are first met."""
    names: list[str] = []
    arrays: list[Chunked] = []
    for field in dict.fromkeys(key for record in records for key in record):
        shape = kind.fields[field].shape
        items = [record.get(field) for record in records]
        if shape.is_map:
            maps: list[Mapping[str, object]] = [item or _NOTHING for item in items]  # pyright: ignore[reportAssignmentType]
            for name in dict.fromkeys(key for each in maps for key in each):
                _add(names, arrays, shape, field, f".{name}", [each.get(name) for each in maps])
        else:
            _add(names, arrays, shape, field, "", items)
    if not arrays:
        return pa.table({"model_id": pa.nulls(len(records), pa.string())})
    return pa.Table.from_arrays(arrays, names=names)


_NOTHING: Final[Mapping[str, object]] = {}


def _add(
    names: list[str],
    arrays: list[Chunked],
    shape: Shape,
    field: str,
    name: str,
    items: list[object],
) -> None:
    if shape not in {Shape.VALUE, Shape.VALUES}:
        names.append(field + name)
        if shape in _FLOATS:
            # Arrow takes no whole number that a double cannot hold exactly.
            items = [float(item) if type(item) is int else item for item in items]
        arrays.append(pa.array(items, _ARROW[shape]))
        return
    kinds = set(map(type, items)) - {type(None)}
    if str in kinds and kinds <= {str, float, int} and _are_words(items):
        items = [_WORDS.get(item, item) for item in items]
        kinds = {float}
    whole = len({_KINDS[each] for each in kinds}) <= 1
    for variant, types in _TYPES.items():
        if kinds & types:
            own = items if whole else [item if type(item) in types else None for item in items]
            names.append(field + name if whole else f"{field}@{variant}{name}")
            arrays.append(_array(own, variant))
    if not kinds:
        names.append(field + name)
        arrays.append(pa.nulls(len(items)))


_TYPES: Final[dict[str, set[type]]] = {"number": {int, float}, "text": {str}, "boolean": {bool}}
_KINDS: Final = {int: "number", float: "number", str: "text", bool: "boolean"}


def _are_words(items: list[object]) -> bool:
    """Whether each text stands for a number that JSON cannot say, among real numbers."""
    texts = {item for item in items if type(item) is str}
    return texts <= _WORDS.keys() and any(type(item) in {int, float} for item in items)


def _array(items: list[object], variant: str) -> Chunked:
    if variant == "text":
        return pa.array(items, pa.string())
    if variant == "boolean":
        return pa.array(items, pa.bool_())
    present = [item for item in items if item is not None]
    if all(type(item) is int for item in present):
        low, high = min(present), max(present)  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType]
        if low >= limits.WHOLE_LOW and high < -limits.WHOLE_LOW:
            return pa.array(items, pa.int64())
        if low >= 0 and high <= limits.WHOLE_HIGH:
            return pa.array(items, pa.uint64())
    floats = [None if item is None else float(item) for item in items]  # pyright: ignore[reportArgumentType]
    return pa.array(floats, pa.float64(), from_pandas=False)


@lru_cache(limits.FEATURES)
def place(column: str) -> tuple[str, str | None, str | None]:
    """Field, variant and name of a column: 'features@text.age' is ('features', 'text', 'age')."""
    head, dot, name = column.partition(".")
    field, _at, variant = head.partition("@")
    return field, variant or None, name if dot else None


def is_attribution(column: str) -> bool:
    return place(column)[0] == "shap_values"


def to_records(table: Table) -> list[dict[str, object]]:
    """The rows as they were logged: what is null is left out, but for a missing input."""
    records: list[dict[str, object]] = [{} for _ in range(table.num_rows)]
    for column, array in zip(table.column_names, table.columns, strict=True):
        field, variant, name = place(column)
        if pa.types.is_timestamp(array.type):
            # Nanoseconds lose their last digits.
            array = array.cast(TIME, safe=False).cast(pa.int64())  # noqa: PLW2901
        for record, item in zip(records, array.to_pylist(), strict=True):
            if name is None:
                if item is not None:
                    record[field] = item
            elif item is not None:
                record.setdefault(field, {})[name] = item  # pyright: ignore[reportIndexIssue]
            elif field == "features" and variant is None:
                record.setdefault(field, {}).setdefault(name)  # pyright: ignore[reportAttributeAccessIssue]
    return records


def to_stream(table: Table, compression: str | None = None) -> bytes:
    """An Arrow IPC stream of one batch of rows."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
        stream.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()


def from_stream(body: bytes | memoryview) -> Table:
    with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
        return stream.read_all()
