"""Monitors on a past: what they would have told, what they would have found, what they missed.

The past is kept in windows, finer ones for the last days alone; monitors are asked as often as
the windows of the span allow, and a confirmation of minutes is over within one of them.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from sqlalchemy import Connection

from tidegauge.errors import InputError
from tidegauge.monitor.backtest.history import History
from tidegauge.monitor.backtest.part import Outcome, Part, Wanted, asked_by
from tidegauge.monitor.cycle import parts_of
from tidegauge.monitor.distance import Distance
from tidegauge.monitor.metric import Metric
from tidegauge.monitor.trend import Trend
from tidegauge.monitor.union import Monitor
from tidegauge.monitor.view import Shared, View
from tidegauge.series.reach import MOST_STEPS, Reach
from tidegauge.series.subject import Subject
from tidegauge.window import DAY, SECOND, ceil, floor

_MOST_PARTS: Final = 50
"""Versions and segments of one monitor that are read."""
_FOUR_WEEKS: Final = 28 * DAY


@dataclass(frozen=True, kw_only=True)
class Backtest:
    start: int
    stop: int
    step: int
    """Seconds of the windows that were read."""
    rows: int
    outcomes: Sequence[Outcome]
    took: float


def backtest(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    monitors: Sequence[Monitor],
    wanted: Wanted,
) -> Backtest:
    began = time.monotonic()
    step, wanted = _whole(reach, wanted)
    run = _Run(connection, reach, subject, step, wanted)
    rows = run.past("", "", 0).rows(wanted.start, wanted.stop)
    if not rows:
        raise InputError("nothing was counted of the model in this span: ask for more days")
    outcomes = [each for monitor in monitors for each in run.outcomes(monitor)]
    return Backtest(
        start=wanted.start,
        stop=wanted.stop,
        step=step,
        rows=rows,
        outcomes=outcomes,
        took=time.monotonic() - began,
    )


def _whole(reach: Reach, wanted: Wanted) -> tuple[int, Wanted]:
    """The finest windows that are kept of the whole span, and the span in them."""
    if wanted.start >= wanted.stop:
        raise InputError("the end of a span must be after its start")
    step = reach.finest(wanted.start)
    upto = min(wanted.stop, reach.rolled.get(step, reach.at))
    start, stop = floor(wanted.start, step), floor(upto, step)
    if start >= stop:
        raise InputError("nothing was counted in this span: ask for more days")
    if (stop - start) // (step * SECOND) > MOST_STEPS:
        raise InputError(f"more than {MOST_STEPS:,} windows: ask for fewer days")
    return step, wanted._replace(start=start, stop=stop)


@dataclass
class _Run:
    connection: Connection
    reach: Reach
    subject: Subject
    step: int
    wanted: Wanted
    _shared: Shared = field(default_factory=Shared)
    _held: tuple[tuple[str, str], History] | None = None

    def outcomes(self, monitor: Monitor) -> Iterator[Outcome]:
        name = self.subject.model.name
        if not fnmatchcase(name, monitor.models):
            yield Outcome(monitor=monitor, note=f"its models are {monitor.models!r}, not {name!r}")
            return
        if not monitor.enabled:
            yield Outcome(monitor=monitor, note="it is not enabled")
            return
        parts = parts_of(monitor, self.subject)
        if not parts:
            yield Outcome(monitor=monitor, note="no such version or segment has come")
        for version, segment in parts[:_MOST_PARTS]:
            try:
                yield self._part(monitor, version, segment).outcome(monitor)
            except InputError as error:
                yield Outcome(monitor=monitor, version=version, segment=segment, note=str(error))

    def _part(self, monitor: Monitor, version: str, segment: str) -> Part:
        past = self.past(version, segment, _back(asked_by(monitor, self.step)))
        view = View(
            self.connection,
            self.reach,
            self.subject,
            self.wanted.stop,
            version or None,
            segment,
            past,
            self._shared,
        )
        return Part(view, past, self.wanted)

    def past(self, version: str, segment: str, back: int) -> History:
        """Of one part, and seconds before it; read anew where it must go further back.

        What is longer ago than such windows are kept is not of this past: a view reads it from
        the longer ones.
        """
        part = version, segment
        kept = ceil(self.reach.at - self.reach.kept[self.step], self.step)
        start = floor(self.wanted.start - back * SECOND, DAY)
        start = min(max(start, kept), self.wanted.start)
        if self._held is None or self._held[0] != part or self._held[1].start > start:
            numbers = self.subject.numbers(version or None, segment)
            self._held = (
                part,
                History.read(
                    self.connection, self.subject, numbers, self.step, start, self.wanted.stop
                ),
            )
        return self._held[1]


def _back(monitor: Monitor) -> int:
    """Seconds before its slot that a monitor looks at."""
    found = monitor.window + monitor.delay
    if isinstance(monitor, Trend):
        return found + monitor.over
    if isinstance(monitor, Distance):
        return (
            found
            + (_FOUR_WEEKS if monitor.against.kind == "same hour" else 0)
            + monitor.against.seconds
        )
    if not isinstance(monitor, Metric):
        return found
    told = [each.against for each in monitor.conditions]
    # The week that is usual, and the same hour of the weeks before.
    return found + max([_FOUR_WEEKS, *(each.seconds for each in told if each is not None)])
