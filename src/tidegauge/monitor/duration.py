"""Spans of time as people write them.

>>> seconds_of("5 min"), seconds_of("1h"), seconds_of("2 weeks"), seconds_of("DAY"), seconds_of(90)
(300, 3600, 1209600, 86400, 90)
>>> text_of(5400), text_of(86400)
('90 min', '1 d')
"""

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from tidegauge.window import DAY, HOUR, MINUTE

_UNITS: Final = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": MINUTE,
    "min": MINUTE,
    "minute": MINUTE,
    "h": HOUR,
    "hour": HOUR,
    "hourly": HOUR,
    "d": DAY,
    "day": DAY,
    "daily": DAY,
    "w": 7 * DAY,
    "week": 7 * DAY,
    "weekly": 7 * DAY,
    "month": 30 * DAY,
    "monthly": 30 * DAY,
    "year": 365 * DAY,
}
_FORM: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)?\s*([A-Za-z]+)\s*")
_SHORT: Final = (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", 1))


def seconds_of(told: object) -> int:
    """Whole seconds, or a ValueError that says how to write them."""
    if isinstance(told, int) and not isinstance(told, bool):
        return told
    found = _FORM.fullmatch(told) if isinstance(told, str) else None
    unit = found[2].lower() if found else ""
    size = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if found is None or size is None:
        raise ValueError(f"{told!r} is no span of time: write '5 min', '1 h', '1 d' or '2 weeks'")
    return round(float(found[1] or 1) * size)


def text_of(seconds: int) -> str:
    unit, size = next((unit, size) for unit, size in _SHORT if seconds % size == 0 or size == 1)
    return f"{seconds // size} {unit}"


_SCHEMA: Final[dict[str, Any]] = {"type": "string", "examples": ["5 min", "1 h", "1 d", "2 weeks"]}
Duration = Annotated[
    int, BeforeValidator(seconds_of), PlainSerializer(text_of), WithJsonSchema(_SCHEMA)
]
"""In seconds; written as people do."""
