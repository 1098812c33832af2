"""The columns of a file as the columns of records.

>>> from tidegauge.record.fields import PREDICTIONS
>>> plan = Plan.of(["id", "when", "age", "score"], PREDICTIONS, {"when": "timestamp"}, "fraud")
>>> print(plan)
id     prediction_id
when   timestamp
age    features.age
score  prediction_score
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.errors import InputError
from tidegauge.record.columns import TIME, place
from tidegauge.record.fields import Kind, Shape
from tidegauge.rows.values import is_text, parsed

_UNITS: Final = (("s", 1e11), ("ms", 1e14), ("us", 1e17), ("ns", 1e30))
"""Numbers below which a time is taken to be in this unit: until the year 5138."""
_MICROS: Final = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}


@dataclass(frozen=True)
class Plan:
    """What becomes of each column."""

    kind: Kind
    targets: Mapping[str, str]
    """By the file's column."""
    model: str

    @classmethod
    def of(cls, columns: Sequence[str], kind: Kind, mapping: Mapping[str, str], model: str) -> Self:
        unknown = [name for name in mapping if name not in columns]
        if unknown:
            near = difflib.get_close_matches(unknown[0], columns, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"the file has no column {unknown[0]!r}{hint}")
        targets: dict[str, str] = {}
        for column in columns:
            target = mapping.get(column) or _target(column, kind)
            if target and target != "-":
                targets[column] = _checked(target, kind)
        twice = {target for target in targets.values() if list(targets.values()).count(target) > 1}
        if twice:
            target = min(twice)
            which = " and ".join(repr(c) for c, t in targets.items() if t == target)
            raise InputError(f"{which} would both be {target!r}: leave one out with --map COLUMN=-")
        return cls(kind, targets, model)

    def __str__(self) -> str:
        width = max((len(column) for column in self.targets), default=0)
        return "\n".join(f"{column:{width}}  {to}" for column, to in self.targets.items())

    def missing(self) -> list[str]:
        """What the file cannot say, and must."""
        there = set(self.targets.values())
        return [name for name in ("prediction_id", "timestamp") if name not in there]

    def table(self, rows: Table, first: int, digest: str) -> Table:
        """Records of some rows, of which the first has this number in the file."""
        columns = {
            target: _fitted(rows[c], target, self.kind) for c, target in self.targets.items()
        }
        if "model_id" not in columns:
            columns["model_id"] = pa.repeat(pa.scalar(self.model), rows.num_rows)
        if "prediction_id" not in columns:
            numbers = np.arange(first, first + rows.num_rows)
            columns["prediction_id"] = pa.array([f"{digest}-{n}" for n in numbers.tolist()])
        return pa.table(columns)


def _target(column: str, kind: Kind) -> str | None:
    field, _variant, member = place(column)
    known = kind.fields.get(column) or (
        kind.aliases[column].field if column in kind.aliases else None
    )
    if known is not None and not known.shape.is_map:
        return known.name
    if member is not None and field in kind.fields and kind.fields[field].shape.is_map:
        return column
    return f"features.{column}" if "features" in kind.fields else None


def _checked(target: str, kind: Kind) -> str:
    field, _variant, member = place(target)
    known = kind.fields.get(field)
    if known is None or known.shape.is_map != (member is not None):
        near = difflib.get_close_matches(field, list(kind.fields), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"{target!r} is no field of {kind.name}{hint}")
    return target


def _fitted(column: Chunked, target: str, kind: Kind) -> Chunked:
    """In a type that the server takes for this field."""
    field, _variant, _member = place(target)
    shape = kind.fields[field].shape
    if shape is Shape.TIME:
        return _times(column, target)
    if shape in {Shape.NAME, Shape.KEY, Shape.TEXT, Shape.TEXTS} and not is_text(column.type):
        return column.cast(pa.string())
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return column.cast(pa.string())
    if pa.types.is_decimal(column.type):
        return column.cast(pa.float64())
    return column


def _times(column: Chunked, target: str) -> Chunked:
    if pa.types.is_timestamp(column.type):
        # A file's times without a zone are UTC, as its documentation says.
        return column.cast(pa.timestamp("us")).cast(TIME) if column.type.tz is None else column
    if is_text(column.type):
        found = parsed(column)
        if found.null_count > column.null_count:
            raise InputError(f"{target}: not all of its texts are ISO 8601 times")
        return found.cast(TIME)
    if pa.types.is_date(column.type):
        return column.cast(pa.timestamp("us")).cast(TIME)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        largest = pc.max(pc.abs(column)).as_py() or 0
        unit = next(unit for unit, below in _UNITS if largest < below)
        if pa.types.is_floating(column.type):
            whole = pc.round(pc.multiply(column.cast(pa.float64()), _MICROS[unit]))
        else:
            whole = _in_micros(column.cast(pa.int64()), unit)
        return whole.cast(pa.int64()).cast(pa.timestamp("us")).cast(TIME)
    raise InputError(f"{target}: a column of type {column.type} holds no times")


def _in_micros(column: Chunked, unit: str) -> Chunked:
    """Whole numbers stay whole: a double has too few digits for nanoseconds."""
    if unit == "ns":
        return pc.divide(column, 1_000)
    return pc.multiply(column, int(_MICROS[unit]))
