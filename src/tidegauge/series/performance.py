"""Performance over time: what was measured of predictions whose truth is known, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from tidegauge.catalog import outcomes, windows
from tidegauge.catalog.outcomes import Outcome
from tidegauge.series.outcome import Point, is_better_less, lateness, point, together
from tidegauge.series.reach import Reach, Steps
from tidegauge.series.subject import Subject
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND

Trend = Literal["stable", "improving", "degrading"]


@dataclass(frozen=True, kw_only=True)
class Performance:
    points: Sequence[Point]
    total: Point
    positive: str | None


def step_of(span: int, wanted: int | None) -> int:
    """Truth is measured by five minutes, hours and days."""
    if wanted is not None:
        return max(wanted, FIVE_MINUTES)
    return FIVE_MINUTES if span <= DAY * SECOND else HOUR if span <= 7 * DAY * SECOND else DAY


def look(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    steps: Steps,
    *,
    version: str | None = None,
    segment: str = "",
) -> Performance:
    """Step by step, and all of the span together."""
    numbers = subject.numbers(version, segment)
    size = steps.step * SECOND
    rows = outcomes.between(connection, numbers, steps.step, steps.start, steps.stop)
    held: dict[int, list[Outcome]] = {start: [] for start in steps}
    for each in rows:
        held[each.start].append(each)
    calls = _calls(connection, reach, numbers, steps)
    late = lateness(connection, numbers, steps.stop)
    points = [point(start, start + size, calls.get(start, 0), held[start], late) for start in steps]
    return Performance(
        points=points,
        total=together(points),
        positive=subject.model.positive,
    )


def _calls(
    connection: Connection, reach: Reach, numbers: Sequence[int], steps: Steps
) -> dict[int, int]:
    """Rows by the start of their step."""
    size = steps.step * SECOND
    found: dict[int, int] = {}
    for span in reach.spans(steps.start, steps.stop, steps.step):
        for each in windows.counts(connection, numbers, span.resolution, span.start, span.stop):
            at = each.start - each.start % size
            found[at] = found.get(at, 0) + each.rows
    return found


def trend(points: Sequence[Point], positive: str | None, name: str) -> Trend | None:
    """Of the later half against the earlier one: only what both intervals leave no doubt about."""
    told = [each for each in points if each.labelled]
    if len(told) < 2:
        return None
    halves = (told[: len(told) // 2], told[len(told) // 2 :])
    figures = [found for half in halves if (found := together(half).figures(positive, [name]))]
    if len(figures) < len(halves):
        return None
    before, after = (found[name] for found in figures)
    if None in {before.low, before.high, after.low, after.high}:
        return None
    rises, falls = after.low > before.high, after.high < before.low  # pyright: ignore[reportOperatorIssue]
    if not rises and not falls:
        return "stable"
    is_better = falls if is_better_less(name) else rises
    return "improving" if is_better else "degrading"
