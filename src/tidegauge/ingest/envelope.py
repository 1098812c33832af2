"""The forms that a JSON body can have: one record, several, or columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.request import Options
from tidegauge.record import limits
from tidegauge.record.check import Record
from tidegauge.record.columns import place
from tidegauge.record.fields import Kind
from tidegauge.record.refusal import Problem, RefusedError, shape_of, step
from tidegauge.record.values import text

_OPTIONS: Final = ("batch_id", "atomic", "generate_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    records: Sequence[Record | Problem]
    options: Options
    single: bool = False


def opened(parsed: object, options: Options, kind: Kind) -> Envelope:
    if isinstance(parsed, list):
        return Envelope(records=counted(parsed), options=options)
    if not isinstance(parsed, dict):
        detail = f"the body must be an object or an array of records, is {shape_of(parsed)}"
        raise ProblemError("invalid-request", detail, [_at("", "wrong-type", detail)])
    if not parsed:
        detail = "the body is an empty object"
        raise ProblemError("invalid-request", detail, [_at("", "required", detail)])
    body: dict[str, object] = parsed
    options = _options(body, options)
    if "records" in body:
        items = body["records"]
        if not isinstance(items, list):
            detail = f"must be an array, is {shape_of(items)}"
            raise ProblemError(
                "invalid-request", "'records' " + detail, [_at("/records", "wrong-type", detail)]
            )
        return Envelope(records=counted(items), options=_defaulted(body, options, kind))
    if "columns" in body:
        records = _rows(body["columns"])
        return Envelope(records=records, options=_defaulted(body, options, kind))
    record = {name: value for name, value in body.items() if name not in _OPTIONS}
    return Envelope(records=[record], options=options, single=True)


def _options(body: Mapping[str, object], options: Options) -> Options:
    """Options in the body hold over those in the query."""
    for name in ("atomic", "generate_ids"):
        given = body.get(name)
        if given is not None and type(given) is not bool:
            detail = f"must be true or false, is {shape_of(given)}"
            raise ProblemError(
                "invalid-request", f"{name!r} {detail}", [_at(step(name), "wrong-type", detail)]
            )
    return replace(
        options,
        batch_id=checked_batch_id(body["batch_id"])
        if body.get("batch_id") is not None
        else options.batch_id,
        atomic=bool(body.get("atomic", options.atomic)),
        generate_ids=bool(body.get("generate_ids", options.generate_ids)),
    )


def checked_batch_id(given: object) -> str:
    try:
        return text(given, "/batch_id", limits.KEY, 1)
    except RefusedError as refused:
        problem = refused.problem
        fault = _at(problem.pointer, problem.code, problem.detail)
        raise ProblemError("invalid-request", f"'batch_id' {problem.detail}", [fault]) from None


def _defaulted(body: Mapping[str, object], options: Options, kind: Kind) -> Options:
    """Fields beside the records hold for each that has none of its own."""
    own = {name: body[name] for name in body if name in kind.names and body[name] is not None}
    return replace(options, defaults={**options.defaults, **own})


def counted(items: Sequence[Record | Problem]) -> Sequence[Record | Problem]:
    if not items:
        raise ProblemError("empty-batch", "the batch holds no records")
    if len(items) > limits.RECORDS:
        detail = f"{len(items)} records, of {limits.RECORDS} at most; send them in several batches"
        raise ProblemError("too-many-records", detail)
    return items


def _rows(columns: object) -> Sequence[Record]:
    """Columns by name, `features.age` or `features: {age: ...}`, as records."""
    if not isinstance(columns, dict):
        detail = f"must be an object of arrays, is {shape_of(columns)}"
        raise ProblemError(
            "invalid-request", "'columns' " + detail, [_at("/columns", "wrong-type", detail)]
        )
    plain: dict[str, object] = {}
    maps: dict[str, dict[str, object]] = {}
    for column, items in columns.items():
        if isinstance(items, dict):
            maps.setdefault(column, {}).update(items)
            continue
        field, _variant, name = place(column)
        if name is None:
            plain[column] = items
        else:
            maps.setdefault(field, {})[name] = items
    sizes = {name: _size(name, items) for name, items in plain.items()}
    for field, named in maps.items():
        sizes |= {
            f"{field}.{name}": _size(f"{field}.{name}", items) for name, items in named.items()
        }
    if len(set(sizes.values())) > 1:
        short, long = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
        detail = f"{short!r} has {sizes[short]} values and {long!r} has {sizes[long]}"
        raise ProblemError(
            "invalid-request", detail, [_at("/columns" + step(short), "too-short", detail)]
        )
    rows = next(iter(sizes.values()), 0)
    counted([{}] * min(rows, limits.RECORDS + 1))
    records = _zipped(plain, rows)
    for field, named in maps.items():
        for record, inside in zip(records, _zipped(named, rows), strict=True):
            record[field] = inside
    return records


def _zipped(columns: Mapping[str, object], rows: int) -> list[Record]:
    names = list(columns)
    if not names:
        return [{} for _ in range(rows)]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]  # pyright: ignore[reportArgumentType]


def _size(name: str, items: object) -> int:
    if not isinstance(items, list):
        detail = f"must be an array, is {shape_of(items)}"
        raise ProblemError(
            "invalid-request",
            f"column {name!r}: {detail}",
            [_at("/columns" + step(name), "wrong-type", detail)],
        )
    return len(items)


def _at(pointer: str, code: str, detail: str) -> dict[str, object]:
    return {"pointer": pointer, "code": code, "detail": detail}
