"""One monitor on the past of one part of a model's rows."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tidegauge.monitor.alarms import Alarm, alarms_of
from tidegauge.monitor.backtest.history import History
from tidegauge.monitor.backtest.power import Power, Trial, views_at
from tidegauge.monitor.backtest.quieter import Quieter, Readings, Search
from tidegauge.monitor.backtest.suited import suited
from tidegauge.monitor.reading import Status
from tidegauge.monitor.trend import Trend
from tidegauge.monitor.union import Monitor
from tidegauge.monitor.view import View
from tidegauge.window import DAY, SECOND, ceil

_WEEK = 7 * DAY * SECOND


class Wanted(NamedTuple):
    start: int
    stop: int
    draws: int = 10
    """Moments at which each change is planted; 0 for no trial."""
    a_week: float | None = None
    """Alarms of one monitor beyond which a quieter one is looked for."""
    unwelcome: Sequence[str] = ()
    """Monitors that told people for nothing: one is looked for that alarms half as often."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    monitor: Monitor
    version: str = ""
    segment: str = ""
    statuses: Mapping[Status, int] = field(default_factory=dict[Status, int])
    alarms: Sequence[Alarm] = ()
    a_week: float = 0.0
    short: int = 0
    """Alarms that the next reading took back."""
    seconds_open: int = 0
    powers: Sequence[Power] = ()
    quieter: Quieter | None = None
    quieter_powers: Sequence[Power] = ()
    note: str = ""
    """Why there is nothing."""


@dataclass(frozen=True)
class Part:
    view: View
    """Of the end."""
    past: History
    wanted: Wanted

    def outcome(self, monitor: Monitor) -> Outcome:
        trial = self._trial(asked_by(monitor, self.past.resolution))
        found = self._quieter(monitor, trial)
        weeks = (self.wanted.stop - self.wanted.start) / _WEEK
        stop = self.wanted.stop
        return Outcome(
            monitor=monitor,
            version=self.view.version or "",
            segment=self.view.segment,
            statuses=Counter(each.status for _at, each in trial.readings),
            alarms=trial.alarms,
            a_week=len(trial.alarms) / weeks,
            short=sum(
                each.until is not None and each.until - each.at <= trial.step * SECOND
                for each in trial.alarms
            ),
            seconds_open=sum((each.until or stop) - each.at for each in trial.alarms) // SECOND,
            powers=self._powers(trial),
            quieter=found,
            quieter_powers=self._quieter_powers(found),
            note=_note(trial),
        )

    def _trial(self, asked: Monitor) -> Trial:
        every = asked.every
        slots = range(ceil(self.wanted.start + 1, every), self.wanted.stop + 1, every * SECOND)
        begin = asked.replay(self.view)
        found = begin.fork().read(views_at(self.view, asked, slots))
        readings = list(zip(slots, found, strict=True))
        alarms = alarms_of(readings, asked.for_count)
        return Trial(asked, self.view, self.past, readings, alarms, begin)

    def _powers(self, trial: Trial) -> Sequence[Power]:
        if not self.wanted.draws:
            return ()
        return trial.powers(suited(trial.monitor, self.view.subject), self.wanted.draws)

    def _quieter(self, monitor: Monitor, trial: Trial) -> Quieter | None:
        if self.wanted.a_week is None:
            return None
        most = int(self.wanted.a_week * (self.wanted.stop - self.wanted.start) / _WEEK)
        if monitor.name in self.wanted.unwelcome:
            most = min(most, len(trial.alarms) // 2)
        if len(trial.alarms) <= most:
            return None

        def replay(asked: Monitor) -> Readings:
            return self._trial(asked).readings

        return Search(monitor, trial.monitor, trial.readings, replay).found(most)

    def _quieter_powers(self, found: Quieter | None) -> Sequence[Power]:
        if found is None:
            return ()
        return self._powers(self._trial(asked_by(found.monitor, self.past.resolution)))


def asked_by(monitor: Monitor, step: int) -> Monitor:
    """The same, for windows no finer than a step."""
    every, window = _up(monitor.every, step), _up(monitor.window, step)
    changed = {
        "every": every,
        "window": window,
        "delay": _up(monitor.delay, step),
        "for_count": math.ceil(monitor.for_count * monitor.every / every),
    }
    if isinstance(monitor, Trend):
        changed["over"] = _up(monitor.over, window)
    return monitor.model_copy(update=changed)


def _note(trial: Trial) -> str:
    said = Counter(
        each.reason for _at, each in trial.readings if each.status not in ("ok", "breach")
    )
    if said and sum(said.values()) == len(trial.readings):
        return f"never read: {said.most_common(1)[0][0]}"
    return ""


def _up(seconds: int, step: int) -> int:
    return -(-seconds // step) * step
