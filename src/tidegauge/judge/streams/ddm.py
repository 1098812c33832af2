"""Drift detection method (Gama, Medas, Castillo and Rodrigues, 2004).

The rate of errors of all labels so far is held against the lowest that it has been: two standard
deviations above are a warning, three an alarm.  It is what many have read about.  But it looks at
every label with a limit for one look, so it cries wolf while labels are few, and after a long calm
it is slow: choose `GLR`, or `ADWIN`, unless you need the same numbers as before.
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import ClassVar, Literal

from tidegauge.judge.streams.settings import need_at_least, need_order
from tidegauge.judge.streams.state import Change, Level, State


@dataclass(frozen=True, kw_only=True)
class DDM:
    kind: Literal["ddm"] = "ddm"
    warm_up: int = 30
    """Labels before it says anything."""
    warning: float = 2.0
    """In standard deviations."""
    drift: float = 3.0
    title: ClassVar[str] = "Drift detection method"
    warns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        need_at_least(self, 1, "warm_up")
        need_at_least(self, 0, "warning")
        need_order(self, "warning", "drift")

    def start(self) -> State:
        return _Running(self)


@dataclass(slots=True)
class _Running(State):
    settings: DDM
    n: int = 0
    mean: float = 0.0
    lowest: float = inf
    """Mean and its standard deviation together."""
    low_n: int = 0
    low_mean: float = 0.0
    low_deviation: float = 0.0

    def update(self, x: float) -> Level:
        settings = self.settings
        self.n += 1
        self.mean += 1.0 / self.n * (x - self.mean)
        if self.n <= settings.warm_up:
            return Level.QUIET
        deviation = sqrt(max(self.mean * (1.0 - self.mean), 0.0) / self.n)
        reach = self.mean + deviation
        if reach <= self.lowest:
            self.lowest, self.low_n = reach, self.n
            self.low_mean, self.low_deviation = self.mean, deviation
        if reach > self.low_mean + settings.drift * self.low_deviation:
            return Level.DRIFT
        if reach > self.low_mean + settings.warning * self.low_deviation:
            return Level.WARNING
        return Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        since = self.n - self.low_n
        after = (self.mean * self.n - self.low_mean * self.low_n) / max(since, 1)
        return self.settings.start(), Change(self.low_mean, min(max(after, 0.0), 1.0), since)

    @property
    def threshold(self) -> float | None:
        return self.low_mean + self.settings.drift * self.low_deviation if self.low_n else None
