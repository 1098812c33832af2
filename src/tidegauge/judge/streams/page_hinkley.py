"""Page and Hinkley's test (Page, 1954): what exceeds the mean of all labels, summed as it fades.

It is the classic of process control: good for a change that stays, at the price of two numbers
that want choosing.  `tolerance` is the rise to live with, `threshold` how much of it may add up.
"""

from dataclasses import dataclass
from math import inf
from typing import ClassVar, Literal

from tidegauge.judge.streams.settings import Direction, need_at_least
from tidegauge.judge.streams.sided import sided
from tidegauge.judge.streams.state import Change, Level, State


@dataclass(frozen=True, kw_only=True)
class PageHinkley:
    kind: Literal["page_hinkley"] = "page_hinkley"
    warm_up: int = 30
    """Labels before it says anything."""
    tolerance: float = 0.005
    threshold: float = 50.0
    keeps: float = 0.9999
    """Of the sum, from one label to the next."""
    direction: Direction = "up"
    title: ClassVar[str] = "Page and Hinkley's test"
    warns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        need_at_least(self, 1, "warm_up")
        need_at_least(self, 0, "tolerance", "threshold", "keeps")

    def start(self) -> State:
        return sided(self.direction, lambda: _Sum(self))


@dataclass(slots=True)
class _Sum(State):
    settings: PageHinkley
    n: int = 0
    mean: float = 0.0
    sum: float = 0.0
    lowest: float = inf
    low_n: int = 0
    low_mean: float = 0.0

    def update(self, x: float) -> Level:
        settings = self.settings
        self.n += 1
        self.mean += 1.0 / self.n * (x - self.mean)
        self.sum = settings.keeps * self.sum + (x - self.mean) - settings.tolerance
        if self.sum < self.lowest:
            self.lowest, self.low_n, self.low_mean = self.sum, self.n, self.mean
        is_far = self.sum - self.lowest > settings.threshold
        return Level.DRIFT if is_far and self.n >= settings.warm_up else Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        since = max(self.n - self.low_n, 1)
        after = (self.mean * self.n - self.low_mean * self.low_n) / since
        return type(self)(self.settings), Change(self.low_mean, min(max(after, 0.0), 1.0), since)
