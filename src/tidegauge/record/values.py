"""The rules for one value, by the shape of its field.

Each function returns the value as it is kept, or raises `RefusedError`.  They see plain Python
values: what JSON can say, and what Arrow's `to_pylist` gives.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from tidegauge.record import limits
from tidegauge.record.fields import Field, Shape
from tidegauge.record.refusal import RefusedError, shape_of, step


class Moment(int):
    """Microseconds since 1970, from a column that says so: no number whose unit is a guess."""


class Beyond:
    """A number in a document that is too large for any number that we keep."""


BEYOND: Final = Beyond()

_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)([Zz]|[+-]\d\d:?\d\d)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Names are shown on pages and in mails: what turns a line of text around has no place in them.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Joiners, which emoji and some scripts need.
_JOINERS = frozenset("\u200c\u200d\ufe0f")


def is_name(value: str) -> bool:
    return _NAME.fullmatch(value) is not None and value.strip(".") != ""


def name(value: object, at: str) -> str:
    """A model or a version: it is part of paths, metric names and file names."""
    if type(value) is not str:
        raise RefusedError(at, "wrong-type", f"must be a text, is {shape_of(value)}")
    if not value:
        raise RefusedError(at, "too-short", "must not be empty")
    if len(value) > limits.KEY:
        raise RefusedError(at, "too-long", f"has {len(value)} characters, of {limits.KEY} at most")
    if not is_name(value):
        detail = "may hold letters, digits, '.', '_' and '-' only; a display name may hold anything"
        raise RefusedError(at, "bad-format", detail)
    return value


def text(value: object, at: str, most: int = limits.TEXT, least: int = 0) -> str:
    if type(value) is not str:
        hint = "; ids are texts" if type(value) is int else ""
        raise RefusedError(at, "wrong-type", f"must be a text, is {shape_of(value)}{hint}")
    size = len(value)
    if not value.isascii():
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            detail = "holds half of a surrogate pair, which no UTF-8 can carry"
            raise RefusedError(at, "bad-unicode", detail) from None
    if size > most:
        raise RefusedError(at, "too-long", f"has {size} bytes, of {most} at most")
    if size < least:
        raise RefusedError(at, "too-short", "must not be empty")
    if "\0" in value:
        raise RefusedError(at, "bad-unicode", "holds a NUL character")
    return value


def member(value: str, at: str) -> str:
    """The name of a feature, a tag, a class."""
    return value if value in _good_members else _looked_at(value, at)


# Names come again with every batch.
_good_members: set[str] = set()


def _looked_at(value: str, at: str) -> str:
    text(value, at, limits.NAME, 1)
    if not value.isalnum() and any(
        unicodedata.category(each) in _HIDDEN and each not in _JOINERS for each in value
    ):
        detail = "the name holds a control character or one that turns the writing direction"
        raise RefusedError(at, "bad-unicode", detail)
    if len(_good_members) > 10 * limits.FEATURES:
        _good_members.clear()
    _good_members.add(value)
    return value


def time(value: object, at: str) -> int:
    """Microseconds since 1970 in UTC."""
    if isinstance(value, Moment):
        return int(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise RefusedError(at, "timestamp-no-offset", "has no offset: add 'Z' or '+00:00'")
        return (value - _EPOCH) // _MICROSECOND
    if type(value) in {int, float}:
        detail = "must be a text as in RFC 3339: the unit of a number is ambiguous"
        raise RefusedError(at, "bad-format", detail)
    if type(value) is not str:
        raise RefusedError(at, "wrong-type", f"must be a text, is {shape_of(value)}")
    found = _TIME.fullmatch(value)
    if not found:
        detail = "must look like 2026-01-31T12:00:00Z (RFC 3339)"
        raise RefusedError(at, "bad-format", detail)
    day, clock, offset = found.groups()
    if offset is None:
        detail = "has no offset: add 'Z' for UTC, or '+02:00'"
        raise RefusedError(at, "timestamp-no-offset", detail)
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{offset.upper()}")
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        raise RefusedError(at, "bad-format", "is not a day and time that exists") from None


def number(value: object, at: str, field: Field) -> float:
    if type(value) is not float and type(value) is not int:
        if isinstance(value, Beyond):
            raise _beyond(at)
        raise RefusedError(at, "wrong-type", f"must be a number, is {shape_of(value)}")
    if type(value) is int and not limits.WHOLE_LOW <= value <= limits.WHOLE_HIGH:
        raise _beyond(at)
    if not math.isfinite(value):
        raise RefusedError(at, "not-finite", "must be finite")
    low, high = field.low, field.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise RefusedError(at, "out-of-range", f"must be {_range(low, high)}")
    return value


def flag(value: object, at: str) -> bool:
    if type(value) is not bool:
        raise RefusedError(at, "wrong-type", f"must be true or false, is {shape_of(value)}")
    return value


_PLAIN = frozenset({float, int, bool, type(None)})


def value(item: object, at: str, field: Field) -> object:
    """A class or an input: a number, a text or a boolean."""
    kind = type(item)
    if kind is float and field.finite and not math.isfinite(item):  # pyright: ignore[reportArgumentType]
        raise RefusedError(at, "not-finite", "must be finite")
    if kind is int and not limits.WHOLE_LOW <= item <= limits.WHOLE_HIGH:  # pyright: ignore[reportOperatorIssue]
        raise _beyond(at)
    if kind in _PLAIN:
        return item
    if kind is str:
        return text(item, at)
    if isinstance(item, Beyond):
        raise _beyond(at)
    hint = "; a vector goes into 'embeddings'" if kind is list else ""
    detail = f"must be a number, a text or a boolean, is {shape_of(item)}{hint}"
    raise RefusedError(at, "wrong-type", detail)


def labels(items: object, at: str) -> list[str]:
    if type(items) is not list:
        raise RefusedError(at, "wrong-type", f"must be an array, is {shape_of(items)}")
    if len(items) > limits.FEATURES:
        raise RefusedError(at, "too-many", f"has {len(items)}, of {limits.FEATURES} at most")
    return [text(item, f"{at}/{place}", limits.TAG_TEXT) for place, item in enumerate(items)]


def vector(items: object, at: str) -> list[float]:
    if type(items) is not list:
        raise RefusedError(at, "wrong-type", f"must be an array of numbers, is {shape_of(items)}")
    if len(items) > limits.VECTOR:
        raise RefusedError(at, "too-long", f"has {len(items)} numbers, of {limits.VECTOR} at most")
    if not set(map(type, items)) <= {float, int}:
        raise RefusedError(at, "wrong-type", "must hold numbers only")
    if not all(map(math.isfinite, items)):
        raise RefusedError(at, "not-finite", "must hold finite numbers only")
    return items


def are_plain(items: Iterable[object]) -> bool:
    """Whether none of them needs a look of its own, as in by far the most records."""
    odd = set(map(type, items)) - _PLAIN
    if not odd:
        return True
    if odd != {str}:
        return False
    texts = "".join([item for item in items if type(item) is str])
    return texts.isascii() and "\0" not in texts and len(texts) <= limits.TEXT


def mapped(items: object, at: str) -> dict[str, object]:
    """A map, without its values."""
    if type(items) is dict:
        return items
    hint = '; name the values: {"age": 41}' if type(items) is list else ""
    raise RefusedError(at, "wrong-type", f"must be an object, is {shape_of(items)}{hint}")


def numbers(items: dict[str, object], at: str, field: Field) -> dict[str, object]:
    kept: dict[str, object] = {}
    for key, item in items.items():
        if item is not None:
            kept[key] = number(item, at + step(key), field)
    if field.is_mix and kept:
        total = sum(kept.values())  # pyright: ignore[reportArgumentType, reportCallIssue]
        if abs(total - 1.0) > limits.PROBABILITY_SLACK:
            raise RefusedError(at, "out-of-range", "must add up to 1, within 0.01")
    return kept


def texts(items: dict[str, object], at: str, field: Field) -> dict[str, object]:
    short = field.name in {"tags", "component_versions"}
    if short and len(items) > limits.TAGS:
        raise RefusedError(at, "too-many", f"has {len(items)} entries, of {limits.TAGS} at most")
    kept: dict[str, object] = {}
    for key, item in items.items():
        if short:
            text(key, at + step(key), limits.KEY, 1)
        if item is not None:
            kept[key] = text(item, at + step(key), limits.TAG_TEXT if short else limits.TEXT)
    return kept


def vectors(items: dict[str, object], at: str, _field: Field) -> dict[str, object]:
    return {key: vector(item, at + step(key)) for key, item in items.items() if item is not None}


BY_SHAPE: Final[dict[Shape, Callable[[object, str, Field], object]]] = {
    Shape.NAME: lambda item, at, _field: name(item, at),
    Shape.KEY: lambda item, at, _field: text(item, at, limits.KEY, 1),
    Shape.TEXT: lambda item, at, _field: text(item, at),
    Shape.TIME: lambda item, at, _field: time(item, at),
    Shape.NUMBER: number,
    Shape.FLAG: lambda item, at, _field: flag(item, at),
    Shape.VALUE: value,
    Shape.LABELS: lambda item, at, _field: labels(item, at),
}
MAPS: Final[dict[Shape, Callable[[dict[str, object], str, Field], dict[str, object]]]] = {
    Shape.NUMBERS: numbers,
    Shape.TEXTS: texts,
    Shape.VECTORS: vectors,
}


def _beyond(at: str) -> RefusedError:
    return RefusedError(at, "number-out-of-range", "is larger than any number that can be kept")


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"
