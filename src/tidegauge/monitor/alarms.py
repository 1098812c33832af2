"""From readings to alarms: so many breaches in a row are told, until a reading is fine again.

What says nothing, for want of rows or of a baseline, is neither.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tidegauge.monitor.reading import Found
from tidegauge.monitor.severity import Severity, worst


@dataclass(frozen=True, kw_only=True)
class Alarm:
    at: int
    until: int | None
    """None where it is not over at the end."""
    severity: Severity
    """The worst while it lasted."""
    reason: str


def alarms_of(readings: Iterable[tuple[int, Found]], for_count: int) -> list[Alarm]:
    """Of readings with their times, one after another."""
    found: list[Alarm] = []
    for alarm in alarms_as_they_are(readings, for_count):
        if found and found[-1].at == alarm.at:
            found[-1] = alarm
        else:
            found.append(alarm)
    return found


def alarms_as_they_are(readings: Iterable[tuple[int, Found]], for_count: int) -> Iterator[Alarm]:
    """An alarm when it begins, and again whenever something of it changes."""
    breaches, opened = 0, None
    for at, reading in readings:
        if reading.severity is not None:
            breaches += 1
            if opened is None and breaches >= for_count:
                opened = Alarm(at=at, until=None, severity=reading.severity, reason=reading.reason)
                yield opened
            elif opened is not None:
                severity = worst([opened.severity, reading.severity]) or reading.severity
                if severity != opened.severity:
                    opened = replace(opened, severity=severity)
                    yield opened
        elif reading.status == "ok":
            if opened is not None:
                yield replace(opened, until=at)
            breaches, opened = 0, None
