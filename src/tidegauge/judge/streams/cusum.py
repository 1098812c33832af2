"""Cumulative sum (Page, 1954): what exceeds the mean of all labels, summed, never below zero.

As Page and Hinkley's test without the fading.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from tidegauge.judge.streams.settings import Direction, need_at_least
from tidegauge.judge.streams.sided import sided
from tidegauge.judge.streams.state import Change, Level, State


@dataclass(frozen=True, kw_only=True)
class CUSUM:
    kind: Literal["cusum"] = "cusum"
    warm_up: int = 30
    """Labels before it says anything."""
    tolerance: float = 0.005
    """The rise to live with."""
    threshold: float = 50.0
    """How much beyond it may add up."""
    direction: Direction = "up"
    title: ClassVar[str] = "Cumulative sum"
    warns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        need_at_least(self, 1, "warm_up")
        need_at_least(self, 0, "tolerance", "threshold")

    def start(self) -> State:
        return sided(self.direction, lambda: _Sum(self))


@dataclass(slots=True)
class _Sum(State):
    settings: CUSUM
    n: int = 0
    mean: float = 0.0
    sum: float = 0.0
    low_n: int = 0
    """When the sum was last zero."""
    low_mean: float = 0.0

    def update(self, x: float) -> Level:
        settings = self.settings
        self.n += 1
        self.mean += 1.0 / self.n * (x - self.mean)
        self.sum += x - self.mean - settings.tolerance
        if self.sum <= 0.0:
            self.sum, self.low_n, self.low_mean = 0.0, self.n, self.mean
        is_far = self.sum > settings.threshold
        return Level.DRIFT if is_far and self.n >= settings.warm_up else Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        since = max(self.n - self.low_n, 1)
        after = (self.mean * self.n - self.low_mean * self.low_n) / since
        return type(self)(self.settings), Change(self.low_mean, min(max(after, 0.0), 1.0), since)
