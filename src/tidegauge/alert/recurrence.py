"""What comes again by the calendar, in somebody's own time: a few words of RFC 5545's rules.

A time of day that does not exist (clocks go forward) is that much later; one that comes twice is
the first.

>>> rule = parse("FREQ=MONTHLY;BYDAY=1SU", "Europe/Berlin")
>>> first, after = micros("2026-03-01T02:00Z"), micros("2026-03-02T00:00Z")
>>> span = following(rule, first, 3600 * SECOND, after)
>>> [moment(at).isoformat() for at in span]
['2026-04-05T01:00:00+00:00', '2026-04-05T02:00:00+00:00']
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tidegauge.errors import InputError
from tidegauge.window import DAY, SECOND

T = TypeVar("T")
Frequency = Literal["DAILY", "WEEKLY", "MONTHLY"]
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOST: Final = {"DAILY": 366, "WEEKLY": 52, "MONTHLY": 12}
"""Of INTERVAL: a year."""
_AHEAD: Final = 2 * 366
_BY_DAY: Final = re.compile(rf"(-1|[1-5])?({'|'.join(_WEEKDAYS)})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rule:
    text: str
    zone: ZoneInfo
    frequency: Frequency
    interval: int
    weekdays: frozenset[tuple[int, int]]
    """(0 for each, else the how-manyeth of the month; the day)"""
    days: frozenset[int]
    """Of the month, -1 is its last."""

    def falls_on(self, day: date, first: date) -> bool:
        if self._steps(day, first) % self.interval:
            return False
        if self.weekdays or self.days:
            return self._is_weekday(day) or self._is_day(day)
        match self.frequency:
            case "DAILY":
                return True
            case "WEEKLY":
                return day.weekday() == first.weekday()
            case "MONTHLY":
                return day.day == first.day

    def _steps(self, day: date, first: date) -> int:
        match self.frequency:
            case "DAILY":
                return (day - first).days
            case "WEEKLY":
                return (_monday(day) - _monday(first)).days // 7
            case "MONTHLY":
                return (day.year - first.year) * 12 + day.month - first.month

    def _is_weekday(self, day: date) -> bool:
        is_last = (day + timedelta(days=7)).month != day.month
        which = {0, (day.day - 1) // 7 + 1, *([-1] if is_last else [])}
        return any((number, day.weekday()) in self.weekdays for number in which)

    def _is_day(self, day: date) -> bool:
        is_last = (day + timedelta(days=1)).month != day.month
        return day.day in self.days or (is_last and -1 in self.days)


def parse(text: str, zone: str) -> Rule:
    """InputError where it is none of ours."""
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, is_one, value = part.partition("=")
        if not is_one or name in parts:
            raise InputError(f"a rule is like FREQ=WEEKLY;BYDAY=SU, which {text[:200]!r} is not")
        parts[name] = value
    frequency = _frequency(parts.pop("FREQ", ""))
    interval = _number(parts.pop("INTERVAL", "1"), "INTERVAL", range(1, _MOST[frequency] + 1))
    weekdays = frozenset(_several(parts.pop("BYDAY", ""), lambda each: _weekday(each, frequency)))
    days = frozenset(
        _several(
            parts.pop("BYMONTHDAY", ""),
            lambda each: _number(each, "BYMONTHDAY", (-1, *range(1, 32))),
        )
    )
    if days and frequency != "MONTHLY":
        raise InputError("BYMONTHDAY is for FREQ=MONTHLY")
    if parts:
        known = "FREQ, INTERVAL, BYDAY and BYMONTHDAY"
        raise InputError(f"{', '.join(sorted(parts))[:100]}: a rule has {known}")
    return Rule(text, _zone(zone), frequency, interval, weekdays, days)


def following(rule: Rule, first: int, lasts: int, at: int) -> tuple[int, int] | None:
    """The first that is not over by then, of those that begin as the first did; None where there
    is none in two years."""
    began = moment(first).astimezone(rule.zone)
    # One that goes on may have begun days ago.
    day = max(began.date(), moment(at - lasts - DAY * SECOND).astimezone(rule.zone).date())
    for number in range(_AHEAD):
        each = day + timedelta(days=number)
        if rule.falls_on(each, began.date()):
            local = datetime.combine(each, began.time(), tzinfo=rule.zone)
            start = micros(local.astimezone(UTC).isoformat())
            if start + lasts > at and start >= first:
                return start, start + lasts
    return None


def moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def micros(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)


def _frequency(told: str) -> Frequency:
    if told not in _MOST:
        raise InputError(f"FREQ is DAILY, WEEKLY or MONTHLY, not {told[:20] or 'left out'}")
    return told  # pyright: ignore[reportReturnType] - it is one of them


def _weekday(text: str, frequency: Frequency) -> tuple[int, int]:
    found = _BY_DAY.fullmatch(text)
    if found is None:
        raise InputError(f"BYDAY is like MO,TU, or 1SU or -1FR of a month, not {text[:20]}")
    if found[1] and frequency != "MONTHLY":
        raise InputError(f"BYDAY={text}: the how-manyeth is for FREQ=MONTHLY")
    return int(found[1] or 0), _WEEKDAYS.index(found[2])


def _several(text: str, read: Callable[[str], T]) -> list[T]:
    return [read(each) for each in text.split(",")] if text else []


def _number(text: str, name: str, allowed: "range | tuple[int, ...]") -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number not in allowed:
        raise InputError(f"{name} cannot be {text[:20]!r}")
    return number


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"no time zone {name[:60]!r}; write one as Europe/Berlin") from None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
