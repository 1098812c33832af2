"""Outcomes of a span: what was measured of its predictions, and how much of the truth that is.

Labels come late, so the newest spans are of few rows, and of those that are told first.  A span is
mature when most labels that come at all have had the time to come.
"""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import outcomes, windows
from tidegauge.catalog.baselines import Baseline
from tidegauge.catalog.outcomes import Outcome
from tidegauge.outcome.join import FEEDBACK
from tidegauge.outcome.measure import DELAY, OUTPUT
from tidegauge.performance import Classes, Delays, Figure, Measured, Returns, decode, merged
from tidegauge.series.reach import Reach
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND, ceil, floor, spans

RESOLUTIONS: Final = (FIVE_MINUTES, HOUR, DAY)
"""Spans that are measured."""
_MOST: Final = 0.95
"""Of the labels that come, so many have come for a span that is mature."""
_LATELY: Final = 30 * DAY * SECOND
_YEAR: Final = 365.25 * DAY * SECOND
_LESS_IS_BETTER: Final = {
    *("mae", "rmse", "mape", "smape", "quantile_loss", "interval_width"),
    *("log_loss", "brier", "calibration_error", "hamming_loss", "max_drawdown"),
}


MAIN: Final = ("accuracy", "mae", "ndcg", "exact_match")
"""By which figure a model is told where only one can be: the first that there is."""


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
            prefix = f"{part}." if part.startswith(OUTPUT) else part if part == FEEDBACK else ""
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


def point(
    start: int, stop: int, predictions: int, rows: Iterable[Outcome], lateness: float | None
) -> Point:
    own = list(rows)
    return Point(
        start=start,
        stop=stop,
        predictions=predictions,
        labelled=sum(each.labelled for each in own),
        revision=max((each.revision for each in own), default=0),
        final_by=None if lateness is None else stop + round(lateness * SECOND),
        measured=all_of(decode(each.body) for each in own),
    )


def together(points: Sequence[Point]) -> Point:
    """Points that follow each other, as one."""
    return Point(
        start=points[0].start,
        stop=points[-1].stop,
        predictions=sum(each.predictions for each in points),
        labelled=sum(each.labelled for each in points),
        revision=max(each.revision for each in points),
        final_by=points[-1].final_by,
        measured=all_of(each.measured for each in points),
    )


def all_of(some: Iterable[Mapping[str, Measured]]) -> dict[str, Measured]:
    found: dict[str, Measured] = {}
    for each in some:
        found = merged(found, each)
    return found


def of_span(
    connection: Connection,
    reach: Reach,
    numbers: Sequence[int],
    start: int,
    stop: int,
    lateness: float | None = None,
) -> Point:
    """All of a span together, widened to what is still told apart of that time."""
    finest = max(reach.finest(start), FIVE_MINUTES)
    start, stop = floor(start, finest), ceil(stop, finest)
    sizes = [size for size in RESOLUTIONS if size >= finest]
    rows = [
        each
        for span in spans(start, stop, sizes)
        for each in outcomes.between(connection, numbers, span.resolution, span.start, span.stop)
    ]
    calls = sum(
        each.rows
        for span in reach.spans(start, stop)
        for each in windows.counts(connection, numbers, span.resolution, span.start, span.stop)
    )
    return point(start, stop, calls, rows, lateness)


def of_baseline(
    connection: Connection, reach: Reach, numbers: Sequence[int], baseline: Baseline | None
) -> Point | None:
    """Of the reference: what the labels of its file say, or those of its time; None where it has
    neither."""
    if baseline is None:
        return None
    if baseline.truth is not None:
        return Point(
            start=baseline.first_at,
            stop=baseline.last_at or baseline.first_at,
            predictions=baseline.labelled or 0,
            labelled=baseline.labelled or 0,
            revision=1,
            final_by=None,
            measured=decode(baseline.truth),
        )
    if baseline.own_time is None:
        return None
    return of_span(connection, reach, numbers, *baseline.own_time)


def lateness(connection: Connection, numbers: Sequence[int], upto: int) -> float | None:
    """Seconds until most labels have come, by those of the last month."""
    stop = ceil(upto, DAY)
    total = Delays()
    for each in outcomes.between(connection, numbers, DAY, floor(stop - _LATELY, DAY), stop):
        found = decode(each.body).get(DELAY)
        if isinstance(found, Delays):
            total = total.merge(found)
    return total.quantile(_MOST) if total.n else None


def main_of(names: Container[str]) -> str | None:
    return next((name for name in MAIN if name in names), None)


def is_better_less(figure: str) -> bool:
    """Whether a model is the better the less a figure is."""
    # Without the output or the class that it is of.
    bare = figure.rpartition(".")[2] if figure.startswith(OUTPUT) else figure.partition(" of ")[0]
    return bare in _LESS_IS_BETTER
