"""McDiarmid's bound on fading means (Frias-Blanco and others, 2015): HDDM_W.

As HDDM_A, but old labels fade, so a slow change shows sooner, and chance too.
"""

from dataclasses import dataclass
from math import inf, log, sqrt
from typing import ClassVar, Literal

from tidegauge.judge.streams.settings import Direction, need_order, need_shares
from tidegauge.judge.streams.sided import sided
from tidegauge.judge.streams.state import Change, Level, State


@dataclass(frozen=True, kw_only=True)
class HDDMW:
    kind: Literal["hddm_w"] = "hddm_w"
    drift: float = 0.001
    """The chance of a false alarm at one look."""
    warning: float = 0.005
    weight: float = 0.05
    """Of the newest label: smaller, and they fade slower."""
    direction: Direction = "up"
    title: ClassVar[str] = "McDiarmid's bound on fading means"
    warns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        need_shares(self, "drift", "warning", "weight")
        need_order(self, "drift", "warning")

    def start(self) -> State:
        return sided(self.direction, lambda: _Fading(self))


@dataclass(slots=True)
class _Fading(State):
    """Each mean comes with the sum of its weights' squares, which its chance depends on."""

    settings: HDDMW
    n: int = 0
    mean: float = 0.0
    squares: float = 1.0
    lowest: float = inf
    low_mean: float = 0.0
    low_squares: float = 1.0
    since: int = 0
    """Labels since the lowest."""
    since_mean: float = 0.0
    since_squares: float = 1.0

    def update(self, x: float) -> Level:
        settings = self.settings
        weight = settings.weight
        keeps = (1.0 - weight) ** 2
        self.mean = weight * x + (1.0 - weight) * self.mean if self.n else x
        self.squares = weight * weight + keeps * self.squares
        self.n += 1
        reach = self.mean + sqrt(self.squares * log(1 / settings.drift) / 2)
        if reach < self.lowest:
            self.lowest, self.low_mean, self.low_squares = reach, self.mean, self.squares
            self.since, self.since_squares = 0, 1.0
            return Level.QUIET
        self.since_mean = weight * x + (1.0 - weight) * self.since_mean if self.since else x
        self.since_squares = weight * weight + keeps * self.since_squares
        self.since += 1
        rise = self.since_mean - self.low_mean
        both = self.low_squares + self.since_squares
        if rise > sqrt(both * log(1 / settings.drift) / 2):
            return Level.DRIFT
        if rise > sqrt(both * log(1 / settings.warning) / 2):
            return Level.WARNING
        return Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        # The lowest may be long ago; the fading mean is of about so many labels.
        recent = min(self.since, round(2 / self.settings.weight) - 1)
        return type(self)(self.settings), Change(self.low_mean, self.since_mean, recent)
