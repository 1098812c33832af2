"""Arrow IPC streams from strangers: measured, validated in full, and only then touched.

A forged offset is a fault of the whole process when its value is touched, and a forged size is
allocated before anybody can object.  So rows and columns are counted before anything is read,
`validate(full=True)` comes before the first touch, and all of this runs in a process that may die
(`decoder`), whose memory is limited.
"""

from collections.abc import Iterator
from typing import Any, Final, NoReturn

import numpy as np

from tidegauge.arrays import Flags
from tidegauge.arrow import Chunked, DataType, Table, pa, pc
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.record import limits, values
from tidegauge.record.check import TRUTHS
from tidegauge.record.columns import TIME, place
from tidegauge.record.fields import LABELS, Field, Kind, Shape
from tidegauge.record.identity import new_id
from tidegauge.record.refusal import RefusedError, step

_CONTINUED: Final = b"\xff\xff\xff\xff"
_SUPPORTED: Final = (
    "booleans, integers, 32- and 64-bit floats, texts (also as a dictionary), timestamps with a"
    " time zone for times, lists of numbers for embeddings, lists of texts for labels"
)


def read(body: bytes) -> Table:
    """The rows of a stream, every value of which is safe to touch."""
    if body.startswith(b"ARROW1"):
        detail = "this is the Arrow file format: send the stream format (ipc.new_stream)"
        raise ProblemError("malformed-arrow", detail)
    if not body.startswith(_CONTINUED):
        raise ProblemError("malformed-arrow", "the body is not an Arrow IPC stream")
    try:
        with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
            _check_names(stream.schema)
            batches = list(_counted(stream))
            table = pa.Table.from_batches(batches, stream.schema)
        table.validate(full=True)
    except MemoryError:
        raise ProblemError(
            "decompressed-too-large", "a buffer claims more than is allowed"
        ) from None
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        if "UTF8" in str(error) or "utf8" in str(error):
            raise ProblemError("bad-unicode", "a text column holds what is not UTF-8") from None
        raise ProblemError("malformed-arrow", "the body is not a valid Arrow IPC stream") from None
    if table.nbytes > limits.BODY_UNPACKED:
        raise ProblemError("decompressed-too-large", "the columns take over 64 MiB")
    return table


def _counted(stream: Any) -> Iterator[Any]:  # noqa: ANN401
    rows = 0
    for batch in stream:
        rows += batch.num_rows
        if rows > limits.RECORDS:
            detail = f"over {limits.RECORDS} records; send them in several batches"
            raise ProblemError("too-many-records", detail)
        yield batch


def _check_names(schema: Any) -> None:  # noqa: ANN401
    names: list[str] = schema.names
    if len(names) > limits.FEATURES + 100:
        raise ProblemError("invalid-request", f"{len(names)} columns, of {limits.FEATURES} at most")
    if len(set(names)) < len(names):
        raise ProblemError("invalid-request", "two columns have the same name")
    if "" in names:
        raise ProblemError("invalid-request", "a column has no name")


def known_columns(table: Table, kind: Kind, *, generate_ids: bool) -> tuple[Table, list[str]]:
    """The columns that are fields of ours, under our names, and the names of the others."""
    names: list[str] = []
    columns: list[Chunked] = []
    unknown: list[str] = []
    is_changed = False
    for column, array in zip(table.column_names, table.columns, strict=True):
        head, variant, name = place(column)
        alias = kind.aliases.get(head)
        field = kind.fields.get(head) or (alias.field if alias else None)
        if field is None or (name is not None) != field.shape.is_map:
            unknown.append(column)
            continue
        _check_column(column, field, variant, name, array.type)
        if field.shape is Shape.TIME:
            ranged = _in_range(column, array)
            is_changed |= ranged is not array
            array = ranged  # noqa: PLW2901
        if alias and alias.factor != 1.0:
            array = pc.multiply(array.cast(pa.float64()), alias.factor)  # noqa: PLW2901
        names.append(column if alias is None else field.name + column[len(head) :])
        columns.append(array)
    if len(set(names)) < len(names):
        raise ProblemError("invalid-request", "a field is given twice, under two of its names")
    known = table
    if is_changed or names != table.column_names:
        known = pa.Table.from_arrays(columns, names=names)
    if generate_ids and kind.key:
        known = _with_ids(known, kind.key)
    for field in kind.fields.values():
        if field.required and field.name not in known.column_names and not field.shape.is_map:
            _refuse_column(field.name, "required", "is missing")
    return known, unknown


def _in_range(column: str, array: Chunked) -> Chunked:
    """Times in coarse units can lie beyond what microseconds hold."""
    if not pa.types.is_timestamp(array.type) or array.type.unit not in {"s", "ms"}:
        return array
    try:
        return array.cast(TIME)
    except pa.ArrowInvalid:
        _refuse_column(column, "out-of-range", "holds times that are too far away")


def _with_ids(table: Table, key: str) -> Table:
    if key not in table.column_names:
        return table.append_column(key, pa.array([new_id() for _ in range(table.num_rows)]))
    ids = [each or new_id() for each in table[key].to_pylist()]
    return table.set_column(table.column_names.index(key), key, pa.array(ids, pa.string()))


def _check_column(
    column: str, field: Field, variant: str | None, name: str | None, of: DataType
) -> None:
    if name is not None:
        try:
            values.member(name, "/columns" + step(column))
        except RefusedError as refused:
            problem = refused.problem
            _refuse_column(column, problem.code, problem.detail)
    if variant not in {None, "number", "text", "boolean"}:
        _refuse_column(column, "bad-enum", "the variant is not number, text or boolean")
    if pa.types.is_timestamp(of) and of.tz is None:
        _refuse_column(column, "timestamp-no-offset", "the type has no time zone: make it UTC")
    if not _fits(field.shape, of):
        known = any(_fits(shape, of) for shape in Shape)
        code = "wrong-type" if known else "unsupported-type"
        _refuse_column(
            column, code, f"the type {str(of)[:60]} does not fit; supported: {_SUPPORTED}"
        )


def _refuse_column(column: str, code: str, detail: str) -> NoReturn:
    fault: Fault = {"pointer": "/columns" + step(column), "code": code, "detail": detail}
    slug = code if code in {"unsupported-type", "bad-unicode"} else "invalid-request"
    raise ProblemError(slug, f"column {column!r}: {detail}"[:300], [fault])


def _is_text(of: DataType) -> bool:
    types = pa.types
    if types.is_dictionary(of):
        return _is_text(of.value_type) and types.is_integer(of.index_type)
    return types.is_string(of) or types.is_large_string(of)


def _is_number(of: DataType) -> bool:
    return pa.types.is_integer(of) or pa.types.is_float32(of) or pa.types.is_float64(of)


def _is_list(of: DataType) -> bool:
    types = pa.types
    return types.is_list(of) or types.is_large_list(of) or types.is_fixed_size_list(of)


def _fits(shape: Shape, of: DataType) -> bool:
    types = pa.types
    if types.is_null(of):
        return True
    match shape:
        case Shape.NAME | Shape.KEY | Shape.TEXT | Shape.TEXTS:
            return _is_text(of)
        case Shape.TIME:
            return types.is_timestamp(of)
        case Shape.NUMBER | Shape.NUMBERS:
            return _is_number(of)
        case Shape.FLAG:
            return types.is_boolean(of)
        case Shape.VALUE | Shape.VALUES:
            return _is_number(of) or _is_text(of) or types.is_boolean(of)
        case Shape.LABELS:
            return _is_list(of) and _is_text(of.value_type)
        case Shape.VECTORS:
            return _is_list(of) and _is_number(of.value_type)


def suspects(table: Table, kind: Kind, now: int, oldest: int | None) -> Flags:
    """The rows that may break a rule: a wide net, since each of them is then judged by itself."""
    found = np.zeros(table.num_rows, bool)
    totals: dict[str, Any] = {}
    for column, array in zip(table.column_names, table.columns, strict=True):
        head, _variant, _name = place(column)
        field = kind.fields[head]
        if field.required and not field.shape.is_map:
            found |= _flags(pc.is_null(array))
        if array.null_count == len(array):
            continue
        if _is_text(array.type):
            found |= _odd_texts(array, field)
        elif field.shape is Shape.TIME:
            found |= _odd_times(array, now, oldest)
        elif _is_number(array.type):
            found |= _odd_numbers(array, field)
            if field.is_mix:
                filled = pc.fill_null(array.cast(pa.float64()), 0.0)
                totals[head] = pc.add(totals[head], filled) if head in totals else filled
        elif _is_list(array.type):
            # Few are sent in a batch, and each has rules of its own.
            found |= _flags(pc.is_valid(array))
    for total in totals.values():
        found |= np.abs(total.to_numpy() - 1.0) > limits.PROBABILITY_SLACK
    for heads in _needed(kind):
        found |= ~_any_valid(table, heads)
    if _has_stray_shares(table.column_names):
        found[:] = True
    return found


def _needed(kind: Kind) -> list[frozenset[str]]:
    """Of each of these fields, or columns of a map, a row needs one at least."""
    groups = [frozenset({f.name}) for f in kind.fields.values() if f.required and f.shape.is_map]
    return [*groups, frozenset(TRUTHS)] if kind is LABELS else groups


def _any_valid(table: Table, heads: frozenset[str]) -> Flags:
    found: Flags = np.zeros(table.num_rows, bool)
    for column, array in zip(table.column_names, table.columns, strict=True):
        if place(column)[0] in heads:
            found |= _flags(pc.is_valid(array))
    return found


def _has_stray_shares(columns: list[str]) -> bool:
    """Whether something is attributed to what is no feature of the table."""
    by_field: dict[str, set[str | None]] = {}
    for column in columns:
        field, _variant, name = place(column)
        by_field.setdefault(field, set()).add(name)
    return "features" in by_field and bool(
        by_field.get("shap_values", set()) - by_field["features"]
    )


def _flags(array: Chunked) -> Flags:
    return pc.fill_null(array, True).to_numpy(zero_copy_only=False)  # noqa: FBT003 - pyarrow's


_MOST: Final = {Shape.NAME: limits.KEY, Shape.KEY: limits.KEY, Shape.TEXTS: limits.TAG_TEXT}


def _odd_texts(array: Chunked, field: Field) -> Flags:
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if field.shape is Shape.NAME:
        odd = [
            text
            for text in pc.unique(array).to_pylist()
            if text is not None and not values.is_name(text)
        ]
        return _flags(pc.fill_null(pc.is_in(array, pa.array(odd, array.type)), False))  # noqa: FBT003
    least = 1 if field.shape is Shape.KEY or field.name == "actual_label" else 0
    most = _MOST.get(field.shape, limits.TEXT)
    sizes = pc.binary_length(array)
    found: Flags = np.zeros(len(array), bool)
    bounds = pc.min_max(sizes).as_py()
    if bounds["min"] < least or bounds["max"] > most:
        within = pc.and_(pc.greater_equal(sizes, least), pc.less_equal(sizes, most))
        found |= ~_flags(within)
    if any(_has_nul(chunk) for chunk in array.chunks):
        found |= _flags(pc.fill_null(pc.match_substring(array, "\0"), False))  # noqa: FBT003
    return found


def _has_nul(chunk: Any) -> bool:  # noqa: ANN401
    data = chunk.buffers()[2]
    return data is not None and data.size > 0 and not np.frombuffer(data, np.uint8).all()


def _odd_times(array: Chunked, now: int, oldest: int | None) -> Flags:
    moments = array.cast(pa.timestamp("us", tz="UTC"), safe=False).cast(pa.int64())
    low = 0 if oldest is None else oldest
    within = pc.and_(pc.greater_equal(moments, low), pc.less_equal(moments, now))
    return ~_flags(pc.fill_null(within, True))  # noqa: FBT003


def _odd_numbers(array: Chunked, field: Field) -> Flags:
    if not field.finite and field.low is None and field.high is None:
        return np.zeros(len(array), bool)
    within = pc.is_finite(array)
    if field.low is not None:
        within = pc.and_(within, pc.greater_equal(array, field.low))
    if field.high is not None:
        within = pc.and_(within, pc.less_equal(array, field.high))
    return ~_flags(pc.fill_null(within, True))  # noqa: FBT003
