"""Performance over time: what was measured of the predictions whose truth is known, and how much
of the truth that is.

Labels come late, so the newest points are of few rows, and of those that are told first.  A point
is mature when most labels that come at all have had the time to come.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from tidegauge.catalog import outcomes, windows
from tidegauge.catalog.outcomes import Outcome
from tidegauge.outcome.measure import DELAY, OUTPUT
from tidegauge.performance import Classes, Delays, Figure, Measured, Returns, decode, merged
from tidegauge.series.reach import Reach, Steps
from tidegauge.series.subject import Subject
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, ceil, floor

_MOST: Final = 0.95
"""Of the labels that come, so many have come for a point that is mature."""
_LATELY: Final = 30 * DAY * SECOND
_YEAR: Final = 365.25 * DAY * SECOND
Trend = Literal["stable", "improving", "degrading"]
_LESS_IS_BETTER: Final = {
    *("mae", "rmse", "mape", "smape", "quantile_loss", "interval_width"),
    *("log_loss", "brier", "calibration_error", "hamming_loss", "max_drawdown"),
}


@dataclass(frozen=True, kw_only=True)
class Point:
    start: int
    stop: int
    predictions: int
    labelled: int
    revision: int
    """How often it was measured: each time that labels changed what it says."""
    final_by: int | None
    """When it is mature; None where nothing is known of how late labels come."""
    measured: Mapping[str, Measured]

    @property
    def coverage(self) -> float | None:
        return min(self.labelled / self.predictions, 1.0) if self.predictions else None

    def figures(self, positive: str | None, names: Sequence[str] = ()) -> dict[str, Figure]:
        """All that is known, or what is named; those of one class end with its name."""
        found: dict[str, Figure] = {}
        for part, each in self.measured.items():
            if part == DELAY:
                continue
            of = each.figures(positive) if isinstance(each, Classes) else self._of(each)
            # Of several numbers each has its own name in front.
            prefix = f"{part}." if part.startswith(OUTPUT) else ""
            found |= {prefix + name: figure for name, figure in of.items()}
        found = {name: each for name, each in found.items() if math.isfinite(each.value)}
        return {name: found[name] for name in names if name in found} if names else found

    def _of(self, measured: Measured) -> dict[str, Figure]:
        if isinstance(measured, Returns):
            return measured.figures(years=(self.stop - self.start) / _YEAR)
        return measured.figures()

    @property
    def delays(self) -> Delays | None:
        found = self.measured.get(DELAY)
        return found if isinstance(found, Delays) else None


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
    lateness = _lateness(connection, numbers, steps.stop)
    points = [
        _point(start, start + size, calls.get(start, 0), held[start], lateness) for start in steps
    ]
    return Performance(
        points=points,
        total=_together(points),
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


def _point(
    start: int, stop: int, predictions: int, rows: Sequence[Outcome], lateness: float | None
) -> Point:
    measured: dict[str, Measured] = {}
    for each in rows:
        measured = merged(measured, decode(each.body))
    return Point(
        start=start,
        stop=stop,
        predictions=predictions,
        labelled=sum(each.labelled for each in rows),
        revision=max((each.revision for each in rows), default=0),
        final_by=None if lateness is None else stop + round(lateness * SECOND),
        measured=measured,
    )


def _together(points: Sequence[Point]) -> Point:
    """Points that follow each other, as one."""
    measured: dict[str, Measured] = {}
    for each in points:
        measured = merged(measured, each.measured)
    return Point(
        start=points[0].start,
        stop=points[-1].stop,
        predictions=sum(each.predictions for each in points),
        labelled=sum(each.labelled for each in points),
        revision=max(each.revision for each in points),
        final_by=points[-1].final_by,
        measured=measured,
    )


def _lateness(connection: Connection, numbers: Sequence[int], upto: int) -> float | None:
    """By the labels of the last month."""
    stop = ceil(upto, DAY)
    total = Delays()
    for each in outcomes.between(connection, numbers, DAY, floor(stop - _LATELY, DAY), stop):
        found = decode(each.body).get(DELAY)
        if isinstance(found, Delays):
            total = total.merge(found)
    return total.quantile(_MOST) if total.n else None


def trend(points: Sequence[Point], positive: str | None, name: str) -> Trend | None:
    """Of the later half against the earlier one: only what both intervals leave no doubt about."""
    told = [each for each in points if each.labelled]
    if len(told) < 2:
        return None
    halves = (told[: len(told) // 2], told[len(told) // 2 :])
    figures = [found for half in halves if (found := _together(half).figures(positive, [name]))]
    if len(figures) < len(halves):
        return None
    before, after = (found[name] for found in figures)
    if None in {before.low, before.high, after.low, after.high}:
        return None
    rises, falls = after.low > before.high, after.high < before.low  # pyright: ignore[reportOperatorIssue]
    if not rises and not falls:
        return "stable"
    is_better = falls if _bare(name) in _LESS_IS_BETTER else rises
    return "improving" if is_better else "degrading"


def _bare(name: str) -> str:
    """Without the output or the class that it is of."""
    return name.rpartition(".")[2] if name.startswith(OUTPUT) else name.partition(" of ")[0]
