"""Fast Hoeffding drift detection (Pesaranghader and Viktor, 2016).

What is right among the last labels is held against the most that ever was, by Hoeffding's bound.
It costs next to nothing and seldom cries wolf; small changes it never finds.
"""

from dataclasses import dataclass, field
from math import inf, log, sqrt
from typing import ClassVar, Literal

from tidegauge.judge.streams.settings import Direction, need_at_least, need_shares
from tidegauge.judge.streams.sided import sided
from tidegauge.judge.streams.state import Change, Level, State


@dataclass(frozen=True, kw_only=True)
class FHDDM:
    kind: Literal["fhddm"] = "fhddm"
    window: int = 100
    delta: float = 1e-7
    """The chance of a false alarm at one look."""
    direction: Direction = "up"
    title: ClassVar[str] = "Fast Hoeffding drift detection"
    warns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        need_at_least(self, 1, "window")
        need_shares(self, "delta")

    def start(self) -> State:
        return sided(self.direction, lambda: _Recent(self))


@dataclass(slots=True)
class _Recent(State):
    settings: FHDDM
    window: list[float] = field(default_factory=list[float])
    total: float = 0.0
    lowest: float = inf
    """Share of errors in a window."""
    age: int = 0
    """Labels since the lowest."""

    def update(self, x: float) -> Level:
        size = self.settings.window
        self.window.append(x)
        self.total += x
        if len(self.window) > size:
            self.total -= self.window.pop(0)
        if len(self.window) < size:
            return Level.QUIET
        share = self.total / size
        self.age += 1
        if share <= self.lowest:
            self.lowest, self.age = share, 0
        usual = sqrt(log(1 / self.settings.delta) / (2 * size))
        return Level.DRIFT if share - self.lowest > usual else Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        share = self.total / self.settings.window
        since = max(min(self.age, self.settings.window), 1)
        return type(self)(self.settings), Change(self.lowest, share, since)
