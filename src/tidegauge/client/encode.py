"""From what Python programs hold to what a record may hold: numbers, texts, booleans, lists, dicts.

By a list of known types, in the worker: nothing is asked of an object whose type is not known, so
that no `__repr__`, `__float__` or `__iter__` of the caller's runs.  The rules:

- numpy, pandas and polars scalars become the Python values that they stand for; NA, NaT and masked
  values are missing.  Tensors of no dimension count as numbers, if they are not on a device.
- Decimals and fractions become floats, UUIDs texts, members of an enum their values, datetimes
  texts as in RFC 3339 (without an offset they count as UTC), durations seconds.
- Names that are not texts become texts, as Python writes them.  Dicts inside `features` are
  flattened: `{"a": {"b": 1}}` is the feature `a.b`.  Inputs without names are `feature_0` and on.
- Whole numbers and UUIDs are fine as ids and in `tags`, where they become texts.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import EnumMeta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from tidegauge.client.foreign import (
    MOST_VALUES,
    NOT_KNOWN,
    is_nat,
    list_of,
    name_of,
    numpy_time,
    plain_datetime,
    row_of,
    scalar_of,
)
from tidegauge.client.snapshot import PLAIN, loaded, static
from tidegauge.client.unfit import UnfitError
from tidegauge.record import limits
from tidegauge.record.fields import Field, Kind, Shape

Record = dict[str, object]

_STR: Final = frozenset({str})


class Encoder:
    """Values become plain ones.  It remembers whether a time without an offset was met."""

    def __init__(self) -> None:
        self.met_naive_time = False

    def record(self, kind: Kind, fields: Mapping[str, object]) -> Record:
        found: Record = {}
        for name, item in fields.items():
            field = kind.fields.get(name)
            if field is None:
                alias = kind.aliases.get(name)
                if alias is None:
                    raise UnfitError("invalid", _unknown(kind, name))
                field = alias.field
            if name == "timestamp_ms":
                found[name] = self.scalar(item)
            elif item is not None:
                found[name] = self.field(field, item, fields)
        return found

    def field(self, field: Field, item: object, fields: Mapping[str, object]) -> object:
        shape = field.shape
        if shape is Shape.VALUES:
            return self.inputs(item)
        if shape is Shape.TIME:
            return self.moment(item)
        if shape is Shape.LABELS:
            return [self.scalar(each) for each in _sequence(item)]
        # `in` a set would hash an enum, which is slow.
        if shape is Shape.KEY or shape is Shape.NAME:
            plain = self.scalar(item)
            return str(plain) if type(plain) is int else plain
        if not shape.is_map:
            return self.scalar(item)
        items = self.mapped(item, field, fields)
        if shape is Shape.VECTORS:
            return {
                key: [self.scalar(each) for each in _sequence(vector)]
                for key, vector in items.items()
                if vector is not None
            }
        if shape is Shape.TEXTS:
            return {key: _as_text(self.scalar(each)) for key, each in items.items()}
        return {key: self.scalar(each) for key, each in items.items()}

    def inputs(self, item: object) -> dict[str, object]:
        if (
            type(item) is dict
            and PLAIN.issuperset(map(type, item.values()))
            and _STR.issuperset(map(type, item))
        ):
            # By far the most records are like this.
            known: dict[str, object] = item
            for each in known.values():
                if type(each) is int and not limits.WHOLE_LOW <= each <= limits.WHOLE_HIGH:
                    raise _too_large_a_number()
            return known
        found: dict[str, object] = {}
        self._flatten(named(item, "feature_{}"), "", 0, found)
        return found

    def _flatten(
        self, items: dict[object, object], prefix: str, depth: int, found: dict[str, object]
    ) -> None:
        if depth > limits.DEPTH:
            raise UnfitError("too_deep", f"features are nested deeper than {limits.DEPTH}")
        for key, item in items.items():
            name = prefix + self.key(key)
            if issubclass(type(item), dict):
                self._flatten(dict.copy(item), name + ".", depth + 1, found)  # pyright: ignore[reportArgumentType]
                continue
            if name in found:
                raise UnfitError("serialize", "two features have the same name as texts")
            # A list is kept, so that the checks can say that it belongs into 'embeddings'.
            found[name] = item if type(item) is list else self.scalar(item)
        if len(found) > limits.FEATURES:
            raise UnfitError("too_large", f"more than {limits.FEATURES} features")

    def mapped(self, item: object, field: Field, fields: Mapping[str, object]) -> dict[str, object]:
        pattern = "{}"
        if field.name == "shap_values":
            inputs = fields.get("features")
            if type(inputs) is dict and not issubclass(type(item), dict):
                values = _sequence(item)
                if len(values) == len(inputs):
                    return dict(zip(map(self.key, inputs), values, strict=True))
            pattern = "feature_{}"
        found: dict[str, object] = {}
        for key, value in named(item, pattern).items():
            name = self.key(key)
            if name in found:
                raise UnfitError("serialize", f"two names in '{field.name}' are the same as texts")
            found[name] = value
        return found

    def key(self, item: object) -> str:
        kind = type(item)
        if kind is str:
            return item  # pyright: ignore[reportReturnType]
        if kind is tuple and PLAIN.issuperset(map(type, item)):  # pyright: ignore[reportArgumentType]
            return str(item)
        plain = self.scalar(item)
        try:
            return plain if isinstance(plain, str) else str(plain)
        except ValueError:
            raise _too_large_a_number() from None

    def scalar(self, item: object) -> object:
        """A number, a text, a boolean or None."""
        kind = type(item)
        if kind is int:
            if not limits.WHOLE_LOW <= item <= limits.WHOLE_HIGH:  # pyright: ignore[reportOperatorIssue]
                raise _too_large_a_number()
            return item
        if kind in PLAIN:
            return item
        # Dates first: pandas' timestamps are datetimes too.
        if issubclass(kind, date | time | timedelta):
            return self._time_text(item)
        known = scalar_of(item, kind)
        if known is not NOT_KNOWN:
            return known if type(known) in PLAIN and type(known) is not int else self.scalar(known)
        if issubclass(type(kind), EnumMeta):
            return self.scalar(object.__getattribute__(item, "_value_"))
        for plain, make in _SUBCLASSES:
            if issubclass(kind, plain):
                return self.scalar(make(item))
        if kind is Decimal or kind is Fraction:
            return _float(item)
        if kind is UUID:
            return str(item)
        raise UnfitError("serialize", f"a value of the type {name_of(kind)}, which is not known")

    def moment(self, item: object) -> object:
        """What the checks take for a time: a text, or a datetime with an offset."""
        if issubclass(type(item), datetime):
            return self._aware(item)
        numpy: Any = loaded("numpy")
        if numpy is not None and type(item) is numpy.datetime64:
            return self._aware(numpy_time(item))
        if type(item) is date:
            raise UnfitError("invalid", "a timestamp needs a time of day")
        return self.scalar(item)

    def _aware(self, item: object) -> datetime | None:
        if is_nat(item):
            return None
        # A plain copy: a subclass may have methods of its own.
        moment = plain_datetime(item)
        if moment.tzinfo is None:
            self.met_naive_time = True
            return moment.replace(tzinfo=UTC)
        return moment

    def _time_text(self, item: object) -> object:
        if is_nat(item):
            return None
        if issubclass(type(item), datetime):
            moment = self._aware(item)
            return None if moment is None else moment.isoformat()
        if issubclass(type(item), timedelta):
            return timedelta.total_seconds(item)  # pyright: ignore[reportArgumentType]
        return date.isoformat(item) if isinstance(item, date) else time.isoformat(item)  # pyright: ignore[reportArgumentType]


_SUBCLASSES: Final[tuple[tuple[type, Any], ...]] = (
    (str, str.__str__),
    (float, float.__float__),
    (int, int.__int__),
)


def named(item: object, pattern: str) -> dict[object, object]:
    """The members of something that has names, or names for what has none."""
    kind = type(item)
    if kind is dict:
        return item  # pyright: ignore[reportReturnType, reportUnknownVariableType]
    if issubclass(kind, dict):
        return dict.copy(item)  # pyright: ignore[reportArgumentType, reportUnknownVariableType]
    if issubclass(kind, tuple):
        names = static(kind, "_fields")
        if type(names) is tuple:
            return dict(zip(names, tuple.__iter__(item), strict=False))  # pyright: ignore[reportArgumentType]
    row = row_of(item, kind)
    if row is not None:
        return row
    return {pattern.format(place): each for place, each in enumerate(_sequence(item))}


def _sequence(item: Any) -> Sequence[object]:  # noqa: ANN401
    kind = type(item)
    if kind is list or issubclass(kind, tuple):
        found: Any = item if kind is list else tuple(tuple.__iter__(item))
    elif (found := list_of(item, kind)) is None:
        raise UnfitError("serialize", f"a {name_of(kind)} where several values are expected")
    if len(found) > MOST_VALUES:
        raise UnfitError("too_large", f"more than {limits.VECTOR} values")
    return found


def _as_text(item: object) -> object:
    if type(item) is bool:
        return "true" if item else "false"
    return str(item) if type(item) in {int, float} else item


def _float(item: Any) -> float:  # noqa: ANN401
    try:
        return float(item)
    except (OverflowError, ValueError):
        raise _too_large_a_number() from None


def _too_large_a_number() -> UnfitError:
    return UnfitError("invalid", "a number that is larger than any that is kept")


def _unknown(kind: Kind, name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - rarely needed

    near = get_close_matches(name, kind.names, 1)
    hint = f", did you mean '{near[0]}'?" if near else ""
    return f"no field '{name[:64]}'{hint}"
