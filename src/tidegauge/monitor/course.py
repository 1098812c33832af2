"""The labels of a model as one stream that a sequential detector takes, slot after slot."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Final, Self

from tidegauge.catalog.outcomes import Outcome
from tidegauge.errors import UnreadableError
from tidegauge.judge.streams import StreamDetector
from tidegauge.monitor.reading import Memory
from tidegauge.monitor.view import View
from tidegauge.outcome.wrong import Usual, Wrong, wrong_of
from tidegauge.performance.figure import wilson
from tidegauge.series.outcome import Point, point
from tidegauge.window import FIVE_MINUTES, HOUR, SECOND, ceil, floor

_RECENT: Final = 2_000
"""Labels by which it is judged whether an alarm is over."""
_FEWEST: Final = 100
_SPANS: Final = 400
"""Spans that are remembered, to tell when a change was."""


@dataclass(frozen=True)
class Alarm:
    opened: int
    """Where the span ends that raised it."""
    since: int
    """When errors became more, about."""
    before: float | None
    after: float

    @property
    def rise(self) -> float:
        """As a share of what was; what it is of nothing is endless."""
        if self.before is None:
            return math.inf
        moved = abs(self.after - self.before)
        return moved / self.before if self.before > 0 else math.inf


@dataclass
class Course:
    """What is remembered from slot to slot."""

    about: str
    upto: int
    """All before this was fed."""
    detector: StreamDetector
    tolerance: float = 0.0
    """A change of so large a share is none."""
    usual: Usual | None = None
    size: int = FIVE_MINUTES
    alarm: Alarm | None = None
    spans: list[tuple[int, int, float]] = field(default_factory=list[tuple[int, int, float]])
    """The last ones that held labels: their start, the labels, the errors."""

    def go(self, view: View, upto: int) -> None:
        """Feed what is ripe by now."""
        if view.reach.finest(self.upto) > self.size:
            # Five minutes of so long ago are not told apart any more.
            self.size, self.upto = HOUR, ceil(self.upto, HOUR)
        stop = floor(upto, self.size)
        for each in self._spans(view, stop):
            if self.usual is None:
                self.usual = Usual.of(each.measured)
            wrong = wrong_of(each.measured, self.usual)
            if wrong is not None and wrong.n:
                self._take(each, wrong)
        self.upto = max(self.upto, stop)

    def _spans(self, view: View, stop: int) -> Iterator[Point]:
        held: dict[int, list[Outcome]] = {}
        for each in view.outcomes(self.size, self.upto, stop):
            held.setdefault(each.start, []).append(each)
        for start in sorted(held):
            yield point(start, start + self.size * SECOND, 0, held[start], None)

    def _take(self, each: Point, wrong: Wrong) -> None:
        self.spans = [*self.spans[-_SPANS + 1 :], (each.start, wrong.n, wrong.wrong)]
        values = wrong.values()
        # Thinned out, a span's labels stand for more than themselves.
        scale = wrong.n / len(values)
        alarms = self.detector.update_many(values)
        if alarms:
            alarm = self._alarmed(each, len(values) - 1 - alarms[-1], scale)
            if alarm.rise > self.tolerance:
                self.alarm = alarm
        elif self.alarm is not None and self._is_over(self.alarm):
            self.alarm = None

    def _alarmed(self, each: Point, later: int, scale: float) -> Alarm:
        change = self.detector.change
        since, labels = each.start, (change.since if change else 0) + later
        left = labels * scale
        for start, n, _wrong in reversed(self.spans):
            since = start
            left -= n
            if left <= 0:
                break
        n, wrong = self._since(since)
        before = change.before if change else self._before(since)
        return Alarm(each.stop, since, before, wrong / n if n else 0.0)

    def _before(self, since: int) -> float | None:
        """Of a detector that cannot say what was usual."""
        some = [each for each in self.spans if each[0] < since]
        n = sum(each[1] for each in some)
        return sum(each[2] for each in some) / n if n else None

    def _since(self, start: int) -> tuple[int, float]:
        some = [each for each in self.spans if each[0] >= start]
        return sum(each[1] for each in some), sum(each[2] for each in some)

    @property
    def recent(self) -> tuple[int, float]:
        """The last labels, of the alarm at the most."""
        n, wrong = 0, 0.0
        first = self.alarm.since if self.alarm else 0
        for start, count, errors in reversed(self.spans):
            if start < first or n >= _RECENT:
                break
            n, wrong = n + count, wrong + errors
        return n, wrong

    def _is_over(self, alarm: Alarm) -> bool:
        n, wrong = 0, 0.0
        for start, count, errors in reversed(self.spans):
            if start < alarm.opened or n >= _RECENT:
                break
            n, wrong = n + count, wrong + errors
        if n < _FEWEST or alarm.before is None:
            return False
        return wilson(wrong / n, n)[1] < (alarm.before + alarm.after) / 2

    def into(self, memory: Memory) -> None:
        head = {
            "about": self.about,
            "upto": self.upto,
            "usual": asdict(self.usual) if self.usual else None,
            "tolerance": self.tolerance,
            "size": self.size,
            "alarm": asdict(self.alarm) if self.alarm else None,
            "spans": self.spans,
        }
        memory.state = json.dumps(head).encode() + b"\n" + self.detector.encode()

    @classmethod
    def of(cls, memory: Memory, about: str) -> Self | None:
        """None where there is nothing, or nothing of this."""
        if memory.state is None:
            return None
        head, _, body = memory.state.partition(b"\n")
        try:
            told = json.loads(head)
            if told["about"] != about:
                return None
            return cls(
                about,
                told["upto"],
                StreamDetector.decode(body),
                told["tolerance"],
                Usual(**told["usual"]) if told["usual"] else None,
                told["size"],
                Alarm(**told["alarm"]) if told["alarm"] else None,
                [(start, n, wrong) for start, n, wrong in told["spans"]],
            )
        except (UnreadableError, KeyError, TypeError, ValueError):
            return None
