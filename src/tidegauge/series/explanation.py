"""Explanations of a span: what features added to a model's answers, step by step, and against what
they added before.

Before is the time of the reference, where it has explanations and is over by then; else the span
of the same length just before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from sqlalchemy import Connection

from tidegauge.catalog import attributions
from tidegauge.catalog.attributions import Explained
from tidegauge.errors import InputError
from tidegauge.explain import Attributions, Limits, Shift, compare, decode, merged
from tidegauge.schema import near
from tidegauge.series.reach import Reach, Steps
from tidegauge.series.subject import Subject
from tidegauge.window import DAY, HOUR, SECOND, ceil, floor, spans

RESOLUTIONS: Final = (HOUR, DAY)
"""Spans that are measured."""
_MONTH: Final = 30 * DAY * SECOND
NOTHING: Final = Attributions.of((), np.zeros((0, 0)))
By = Mapping[str, Attributions]
"""By output: "" where the model has one."""
With = Literal["reference", "span before"]


@dataclass(frozen=True)
class Sampled:
    """What was explained here, and was not logged."""

    rows: int
    of: int
    """Rows from which these were drawn."""


@dataclass(frozen=True, kw_only=True)
class Side:
    start: int
    stop: int
    measured: By
    computed: Sampled | None = None


@dataclass(frozen=True, kw_only=True)
class Point:
    start: int
    stop: int
    rows: int
    revision: int
    """How often it was measured: each time that explanations changed what it says."""
    measured: By
    computed: Sampled | None


@dataclass(frozen=True, kw_only=True)
class Both:
    compared_with: With
    before: Side
    now: Side


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Of one output."""

    both: Both
    output: str
    outputs: Sequence[str]
    shift: Shift


def step_of(span: int, wanted: int | None) -> int:
    """Attributions are measured by hours and days."""
    if wanted is not None:
        return max(wanted, HOUR)
    return HOUR if span <= 7 * DAY * SECOND else DAY


def of_span(
    connection: Connection, reach: Reach, numbers: Sequence[int], start: int, stop: int
) -> Side:
    """All of a span together, widened to what is still told apart of that time."""
    finest = max(reach.finest(start), HOUR)
    start, stop = floor(start, finest), ceil(stop, finest)
    sizes = [size for size in RESOLUTIONS if size >= finest]
    rows = [
        each
        for span in spans(start, stop, sizes)
        for each in attributions.between(
            connection, numbers, span.resolution, span.start, span.stop
        )
    ]
    return Side(start=start, stop=stop, measured=_all_of(rows), computed=_sampled(rows))


def before(
    connection: Connection, reach: Reach, subject: Subject, numbers: Sequence[int], now: Side
) -> tuple[With, Side]:
    baseline = subject.baseline
    if baseline is not None and baseline.own_time is not None:
        found = of_span(connection, reach, numbers, *baseline.own_time)
        if found.measured and found.stop <= now.start:
            return "reference", found
    size = now.stop - now.start
    return "span before", of_span(connection, reach, numbers, now.start - size, now.start)


def look(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    start: int,
    stop: int,
    *,
    version: str | None = None,
) -> Both:
    numbers = subject.numbers(version)
    now = of_span(connection, reach, numbers, start, stop)
    compared_with, then = before(connection, reach, subject, numbers, now)
    return Both(compared_with=compared_with, before=then, now=now)


def explained(both: Both, output: str | None = None, limits: Limits | None = None) -> Explanation:
    """Of the output that is named, else of the one that most is known of."""
    now, then = both.now.measured, both.before.measured
    outputs = sorted({*now, *then})
    if output is not None and output not in outputs:
        raise InputError(f"no output {output!r} is explained then{near(output, outputs)}")
    chosen = _most_told(outputs, now, then) if output is None else output
    shift = compare(then.get(chosen, NOTHING), now.get(chosen, NOTHING), limits)
    return Explanation(both=both, output=chosen, outputs=outputs, shift=shift)


def points(connection: Connection, numbers: Sequence[int], steps: Steps) -> list[Point]:
    size = steps.step * SECOND
    held: dict[int, list[Explained]] = {start: [] for start in steps}
    for each in attributions.between(connection, numbers, steps.step, steps.start, steps.stop):
        held[each.start].append(each)
    return [
        Point(
            start=start,
            stop=start + size,
            rows=sum(each.rows for each in rows),
            revision=max((each.revision for each in rows), default=0),
            measured=_all_of(rows),
            computed=_sampled(rows),
        )
        for start, rows in held.items()
    ]


def lately(connection: Connection, subject: Subject, upto: int) -> dict[str, float]:
    """How much each feature has counted in the last month, by its name; the mean over outputs by
    the rows that they are of.  None of it where nothing is explained."""
    stop = ceil(upto, DAY)
    rows = attributions.between(connection, subject.numbers(), DAY, stop - _MONTH, stop)
    measured = _all_of(rows)
    total = sum(each.whole.n for each in measured.values())
    found: dict[str, float] = {}
    for each in measured.values():
        parts = each.importances().value.tolist()
        for name, part in zip(each.features, parts, strict=True):
            found[name] = found.get(name, 0.0) + part * each.whole.n / total
    return found


def _most_told(outputs: Sequence[str], now: By, then: By) -> str:
    def told(output: str) -> tuple[float, float]:
        rows = (each[output].whole.n if output in each else 0.0 for each in (now, then))
        first, second = rows
        return first, second

    return max(outputs, key=told, default="")


def _all_of(rows: Iterable[Explained]) -> By:
    found: dict[str, Attributions] = {}
    for each in rows:
        found = merged(found, decode(each.body))
    return found


def _sampled(rows: Iterable[Explained]) -> Sampled | None:
    own = [each for each in rows if each.sample_of is not None and each.rows]
    if not own:
        return None
    return Sampled(sum(each.rows for each in own), sum(each.sample_of or 0 for each in own))
