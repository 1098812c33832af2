"""Rule tests: numbers that are told, a clock that is not waited for, and the alarms that come.

files: [monitors.yaml]
tests:
  - name: two slow minutes in a row are told
    monitor: latency of fraud
    values: 100x30 250x5 100x10
    alarms:
      - {at: 32 min, until: 36 min, severity: high}

`values` are the metric minute by minute: `250x5` is five times 250, `_` is a minute that does not
tell it.  A reading's number is the mean of its window's minutes by their rows; of `predictions` it
is their sum, of `minimum` and `maximum` the least and the most.  An alarm is at the reading that is
the last of `for_count` breaches, and until the next that is fine; one that says nothing, for want
of rows or of a baseline, is neither.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import yaml
from pydantic import Field, TypeAdapter, ValidationError

from tidegauge.arrays import Floats
from tidegauge.errors import InputError
from tidegauge.monitor.against import WEEKS, Against
from tidegauge.monitor.alarms import Alarm, alarms_of
from tidegauge.monitor.condition import Finite
from tidegauge.monitor.duration import Duration, text_of
from tidegauge.monitor.faults import path_of
from tidegauge.monitor.file import read_files
from tidegauge.monitor.measures import NOTHING, Measured
from tidegauge.monitor.metric import Metric
from tidegauge.monitor.part import Part
from tidegauge.monitor.reading import Found
from tidegauge.monitor.severity import AnySeverity
from tidegauge.monitor.union import Monitor
from tidegauge.schema import near
from tidegauge.window import DAY, HOUR, MINUTE, SECOND, floor

_LARGEST: Final = 4 << 20
_LONGEST: Final = 100_000
"""Minutes of a test: ten weeks."""
_PIECE: Final = re.compile(r"(_|[-+]?[\d.]+(?:[eE][-+]?\d+)?)(?:x(\d{1,6}))?")
_FOLDS: Final = {"predictions": "sum", "minimum": "min", "maximum": "max"}
_WEEK: Final = 7 * DAY


class Expected(Part):
    at: Annotated[Duration, Field(description="Since the start: of the reading that tells it.")]
    until: Duration | None = None
    severity: AnySeverity | None = None


class Test(Part):
    __test__ = False

    name: Annotated[str, Field(min_length=1, max_length=256)]
    monitor: str
    values: str | float
    rows: Annotated[str | float, Field(description="Of each minute, as `values` are.")] = 1000
    baseline: Annotated[
        Finite | None, Field(description="What is compared with, where the values do not tell.")
    ] = None
    alarms: list[Expected]


class Rehearsal(Part):
    files: Annotated[list[str], Field(min_length=1, description="Beside this one.")]
    tests: Annotated[list[Test], Field(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    test: Test
    alarms: Sequence[Alarm]
    faults: Sequence[str]
    """Where it is not as expected."""


def rehearse(path: Path) -> list[Outcome]:
    """All tests of a file."""
    told = _read(path)
    monitors = {each.name: each for each in read_files(path.parent / each for each in told.files)}
    return [_outcome(test, _metric_of(test, monitors)) for test in told.tests]


def told_of(monitor: Metric, minutes: "Minutes") -> list[Alarm]:
    """What somebody would have been told."""
    times = range(monitor.every, len(minutes.values) * MINUTE + 1, monitor.every)
    readings = ((at, _read_at(monitor, minutes, at - monitor.delay)) for at in times)
    return alarms_of(readings, monitor.for_count)


def words_of(alarm: Alarm) -> str:
    until = "the end" if alarm.until is None else text_of(alarm.until)
    return f"at {text_of(alarm.at)} until {until}, {alarm.severity}: {alarm.reason}"


def _read_at(monitor: Metric, minutes: "Minutes", stop: int) -> Found:
    start = stop - monitor.window

    def before(against: Against) -> float | None:
        spans = _spans(against, start, stop)
        told = [each for span in spans if (each := minutes.measured(*span)).n]
        n = sum(each.n for each in told)
        if not told or n < monitor.min_rows:
            return minutes.baseline
        return sum(each.n * each.value for each in told if each.value is not None) / n

    measured = minutes.measured(start, stop)
    return monitor.judged(measured, measured.n, before)


@dataclass(frozen=True)
class Minutes:
    """A metric minute by minute; NaN where a minute does not tell it."""

    values: Floats
    rows: Floats
    fold: str = "mean"
    baseline: float | None = None

    def measured(self, start: int, stop: int) -> Measured:
        """Of the minutes of a span, in seconds since the start."""
        if stop <= 0:
            return NOTHING
        inside = slice(max(start, 0) // MINUTE, stop // MINUTE)
        values, rows = self.values[inside], self.rows[inside]
        is_there = np.isfinite(values) & (rows > 0)
        n = int(rows[is_there].sum())
        if not n:
            return NOTHING
        if self.fold == "mean":
            return Measured(float(np.average(values[is_there], weights=rows[is_there])), n)
        return Measured(float(getattr(np, self.fold)(values[is_there])), n)


def _spans(against: Against, start: int, stop: int) -> Iterable[tuple[int, int]]:
    """In seconds since the start, which was on the hour."""
    size = stop - start
    if against.kind == "previous window":
        yield start - size, start
    elif against.kind == "ago":
        yield start - against.seconds, stop - against.seconds
    elif against.kind == "last":
        upto = floor(start * SECOND, HOUR) // SECOND
        yield upto - against.seconds, upto
    elif against.kind == "same hour":
        for week in range(1, WEEKS + 1):
            yield start - week * _WEEK, stop - week * _WEEK


def series_of(told: str | float) -> list[float]:
    """
    >>> series_of("10x2 2.5 _x1"), series_of(7)
    ([10.0, 10.0, 2.5, nan], [7.0])
    """
    found: list[float] = []
    for piece in str(told).split():
        match = _PIECE.fullmatch(piece)
        value = _number(match[1]) if match else None
        if match is None or value is None:
            raise InputError(f"{piece!r} is no number of minutes: write '100x30 250x5 _x3'")
        found += [value] * int(match[2] or 1)
        if len(found) > _LONGEST:
            raise InputError(f"a test has {_LONGEST:,} minutes at most")
    return found


def _number(told: str) -> float | None:
    try:
        value = math.nan if told == "_" else float(told)
    except ValueError:
        return None
    return None if math.isinf(value) else value


def _outcome(test: Test, monitor: Metric) -> Outcome:
    values, rows = np.array(series_of(test.values)), np.array(series_of(test.rows))
    if not len(values):
        raise InputError(f"test {test.name!r}: there are no values")
    if len(rows) not in (1, len(values)) or not (rows >= 0).all():
        raise InputError(
            f"test {test.name!r}: {len(rows)} minutes of rows, and {len(values)} of values"
        )
    for alarm in test.alarms:
        _check_time(test, monitor, alarm, len(values) * MINUTE)
    fold = _FOLDS.get(monitor.metric, "mean")
    minutes = Minutes(values, np.broadcast_to(rows, values.shape), fold, test.baseline)
    found = told_of(monitor, minutes)
    return Outcome(test=test, alarms=found, faults=list(_faults(test.alarms, found)))


def _check_time(test: Test, monitor: Metric, alarm: Expected, length: int) -> None:
    for at in (alarm.at, alarm.until):
        if at is not None and (at % monitor.every or not 0 < at <= length):
            raise InputError(
                f"test {test.name!r}: nothing is read at {text_of(at)}; the monitor reads every"
                f" {text_of(monitor.every)}, and the values end at {text_of(length)}"
            )


def _faults(expected: Sequence[Expected], found: Sequence[Alarm]) -> Iterable[str]:
    by_time = {each.at: each for each in found}
    for each in expected:
        alarm = by_time.pop(each.at, None)
        if alarm is None:
            yield f"no alarm at {text_of(each.at)}"
            continue
        if each.until is not None and each.until != alarm.until:
            yield f"expected until {text_of(each.until)}, and it was {words_of(alarm)}"
        if each.severity is not None and each.severity != alarm.severity:
            yield f"expected {each.severity}, and it was {words_of(alarm)}"
    for alarm in by_time.values():
        yield f"not expected: {words_of(alarm)}"


def _metric_of(test: Test, monitors: dict[str, Monitor]) -> Metric:
    found = monitors.get(test.monitor)
    if found is None:
        raise InputError(
            f"test {test.name!r}: no monitor {test.monitor!r}{near(test.monitor, list(monitors))}"
        )
    if not isinstance(found, Metric):
        raise InputError(
            f"test {test.name!r}: {found.name!r} is of the kind {found.kind}, and tests are for"
            " the kind metric; `tidegauge monitors try` shows the others on your rows"
        )
    return found


def _read(path: Path) -> Rehearsal:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from None
    if len(text) > _LARGEST:
        raise InputError(f"{path}: over {_LARGEST >> 20} MiB")
    try:
        return TypeAdapter(Rehearsal).validate_python(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise InputError(f"{path}{where}: {getattr(error, 'problem', None) or error}") from None
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False)
        lines = [
            f"{path}: {path_of(each['loc'])}: {each['msg'].removeprefix('Value error, ')}"
            for each in told
        ]
        raise InputError("\n".join(lines)) from None
    except (RecursionError, OverflowError) as error:
        raise InputError(f"{path}: {error}") from None
