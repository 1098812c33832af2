"""Which rows: typed conditions, never text of a language.

A condition holds or does not, and holds for no missing value but `Missing`.  A value of another
kind than the column's is equal to nothing.  Whole numbers are compared exactly, whatever the
column's type.

>>> Is("tags.region", "eu"), Between("features.age", 18, 65), Not(Missing("prediction_label"))
(Is(column='tags.region', ...), Between(column='features.age', low=18, high=65), Not(...))
"""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tidegauge.arrow import Chunked, DataType, Table, pa, pc

Value = str | int | float | bool


@dataclass(frozen=True, init=False)
class Is:
    """The value is one of these.  Times are microseconds."""

    column: str
    values: tuple[Value, ...]

    def __init__(self, column: str, *values: Value) -> None:
        object.__setattr__(self, "column", column)
        object.__setattr__(self, "values", values)


@dataclass(frozen=True)
class Between:
    """From `low` on, and below `high`; None is no bound.  Times are microseconds."""

    column: str
    low: Value | None = None
    high: Value | None = None


@dataclass(frozen=True)
class Missing:
    """The value is null, or the column is not there."""

    column: str


@dataclass(frozen=True)
class Not:
    filter: "Filter"


Filter = Is | Between | Missing | Not


def columns_of(where: Sequence[Filter]) -> list[str]:
    return [_column(each) for each in where]


def _column(one: Filter) -> str:
    return _column(one.filter) if isinstance(one, Not) else one.column


def mask(table: Table, where: Sequence[Filter]) -> Chunked:
    """Which rows satisfy all, as booleans without nulls; of no filters, None."""
    found: Chunked = None
    for each in where:
        one = _holds(table, each)
        found = one if found is None else pc.and_(found, one)
    return found


def could(one: Filter, low: object, high: object) -> bool:
    """Whether a column whose values lie between these, both included, may satisfy it."""
    try:
        if isinstance(one, Is):
            return any(low <= value <= high for value in one.values)  # pyright: ignore[reportOperatorIssue]
        if isinstance(one, Between):
            above = one.low is None or high >= one.low  # pyright: ignore[reportOperatorIssue]
            return above and (one.high is None or low < one.high)  # pyright: ignore[reportOperatorIssue]
    except TypeError:
        # Of two kinds: the rows themselves tell.
        return True
    return True


def _holds(table: Table, one: Filter) -> Chunked:
    if isinstance(one, Not):
        return pc.invert(_holds(table, one.filter))
    if one.column not in table.column_names:
        return _all(table, value=isinstance(one, Missing))
    column = _plain(table[one.column])
    if isinstance(one, Missing):
        return column.is_null()
    if isinstance(one, Is):
        values = [value for each in one.values for value in _equals(each, column.type)]
        if not values:
            return _all(table, value=False)
        return pc.is_in(column, value_set=pa.array(values, column.type))
    found = column.is_valid()
    for bound, compare in ((one.low, pc.greater_equal), (one.high, pc.less)):
        if bound is not None:
            least = _least(bound, column.type)
            if least is None:
                if compare is pc.greater_equal or not _is_comparable(bound, column.type):
                    return _all(table, value=False)
                continue
            found = pc.and_(found, compare(column, pa.scalar(least, column.type)))
    return pc.fill_null(found, fill_value=False)


def _all(table: Table, *, value: bool) -> Chunked:
    return pa.chunked_array([pa.repeat(pa.scalar(value), table.num_rows)])


def _plain(column: Chunked) -> Chunked:
    """As a type that the values of a filter can be given."""
    of = column.type
    if pa.types.is_timestamp(of):
        return column.cast(pa.timestamp("us", of.tz)).cast(pa.int64())
    if pa.types.is_dictionary(of) or pa.types.is_large_string(of):
        return column.cast(pa.string())
    return column.cast(pa.float64()) if pa.types.is_floating(of) else column


def _is_comparable(value: Value, of: DataType) -> bool:
    if isinstance(value, bool):
        return pa.types.is_boolean(of)
    if isinstance(value, str):
        return pa.types.is_string(of) and _is_text(value)
    if isinstance(value, float) and math.isnan(value):
        return False
    return pa.types.is_integer(of) or pa.types.is_floating(of)


def _least(bound: Value, of: DataType) -> Value | None:
    """The least value of a type that is not below a bound, or None where there is none."""
    if not _is_comparable(bound, of):
        return None
    if isinstance(bound, (str, bool)):
        return bound
    if pa.types.is_floating(of):
        return _least_float(bound)
    low, high = _span(of)
    if bound > high:
        return None
    return low if bound <= low else math.ceil(bound)


def _least_float(bound: float) -> float:
    try:
        near = float(bound)
    except OverflowError:
        return math.inf if bound > 0 else -sys.float_info.max
    return near if near >= bound else math.nextafter(near, math.inf)


def _span(of: DataType) -> tuple[int, int]:
    if pa.types.is_unsigned_integer(of):
        return 0, 2**of.bit_width - 1
    return -(2 ** (of.bit_width - 1)), 2 ** (of.bit_width - 1) - 1


def _equals(value: Value, of: DataType) -> Iterator[Value]:
    """The values of a type that are equal to one: none, one, or both zeros."""
    least = _least(value, of)
    if least is not None and least == value:
        yield least
        if value == 0 and pa.types.is_floating(of):
            yield -0.0


def _is_text(value: str) -> bool:
    """Arrow's texts hold no half of a surrogate pair, so nothing is equal to one."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)
