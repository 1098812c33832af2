"""The labels of a model as one stream that a sequential detector takes, slot after slot."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import Final, Self

from tidegauge.catalog.outcomes import Outcome
from tidegauge.errors import UnreadableError
from tidegauge.judge.streams import Change, StreamDetector
from tidegauge.monitor.reading import Memory
from tidegauge.monitor.view import View
from tidegauge.outcome.wrong import Usual, Wrong, wrong_of
from tidegauge.performance.figure import wilson
from tidegauge.series.outcome import Point, point
from tidegauge.window import FIVE_MINUTES, HOUR, SECOND, ceil, floor

_RECENT: Final = 2_000
"""Labels by which it is judged whether an alarm is over."""
_FEWEST: Final = 100
_LEVEL: Final = 500
"""Labels that tell what errors have become."""
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
    moved: int = 0
    """Since when they are what they are now: later than `since` where they moved again."""

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
    alarm: Alarm | None = None
    spans: list[tuple[int, int, float]] = field(default_factory=list[tuple[int, int, float]])
    """The last ones that held labels: their start, the labels, the errors."""

    def go(self, view: View, upto: int) -> None:
        """Feed what is ripe by now."""
        # An hour that was not told apart is fed when it is over.
        fed = floor(upto, HOUR)
        for each in _spans(view, self.upto, floor(upto, FIVE_MINUTES)):
            fed = max(fed, each.stop)
            if self.usual is None:
                self.usual = Usual.of(each.measured)
            wrong = wrong_of(each.measured, self.usual)
            if wrong is not None and wrong.n:
                self._take(each, wrong)
        self.upto = max(self.upto, fed)

    def _take(self, each: Point, wrong: Wrong) -> None:
        self.spans = [*self.spans[-_SPANS + 1 :], (each.start, wrong.n, wrong.wrong)]
        values = wrong.values()
        # Thinned out, a span's labels stand for more than themselves.
        scale = wrong.n / len(values)
        alarms = self.detector.alarms_of(values)
        if alarms:
            place, change = alarms[-1]
            alarm = self._alarmed(each, change, len(values) - 1 - place, scale)
            self.alarm = alarm if alarm.rise > self.tolerance else None
        elif self.alarm is not None:
            self.alarm = None if self._is_over(self.alarm) else self._known_better(self.alarm)

    def _alarmed(self, each: Point, change: Change | None, later: int, scale: float) -> Alarm:
        since, left = each.start, ((change.since if change else 0) + later) * scale
        for start, n, _wrong in reversed(self.spans):
            since = start
            left -= n
            if left <= 0:
                break
        n, wrong = self._since(since)
        after = wrong / n if n else 0.0
        if self.alarm is not None:
            # It goes on: what was usual was so before it began.
            return replace(self.alarm, opened=each.stop, after=after, moved=since)
        before = change.before if change else self._before(since)
        return Alarm(each.stop, since, before, after, since)

    def _known_better(self, alarm: Alarm) -> Alarm:
        """An alarm is raised after few labels; those that follow tell what errors have become."""
        n, wrong = self._since(alarm.moved)
        return replace(alarm, after=wrong / n) if 0 < n <= _LEVEL else alarm

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
                Alarm(**told["alarm"]) if told["alarm"] else None,
                [(start, n, wrong) for start, n, wrong in told["spans"]],
            )
        except (UnreadableError, KeyError, TypeError, ValueError):
            return None


def _spans(view: View, start: int, stop: int) -> list[Point]:
    """In five minutes, and by the hour where these are not told apart any more."""
    fine = _points(view, FIVE_MINUTES, start, stop)
    told = {floor(each.start, HOUR) for each in fine}
    coarse = _points(view, HOUR, ceil(start, HOUR), floor(stop, HOUR))
    return sorted([*fine, *(each for each in coarse if each.start not in told)], key=_begun)


def _points(view: View, size: int, start: int, stop: int) -> list[Point]:
    held: dict[int, list[Outcome]] = {}
    for each in view.outcomes(size, start, stop):
        held.setdefault(each.start, []).append(each)
    return [point(at, at + size * SECOND, 0, some, None) for at, some in held.items()]


def _begun(each: Point) -> int:
    return each.start
