"""Test of equal proportions (Nishida and Yamauchi, 2007): the newest labels against all before.

It is quick to see a large change, and looks at every label with a limit for one look, so it cries
wolf about once in two thousand labels.
"""

from dataclasses import dataclass, field
from math import erfc, sqrt
from typing import ClassVar, Literal

from tidegauge.judge.streams.settings import Direction, need_at_least, need_order, need_shares
from tidegauge.judge.streams.sided import sided
from tidegauge.judge.streams.state import Change, Level, State


@dataclass(frozen=True, kw_only=True)
class STEPD:
    kind: Literal["stepd"] = "stepd"
    window: int = 30
    """The newest labels."""
    drift: float = 0.003
    """The chance of a false alarm at one look."""
    warning: float = 0.05
    direction: Direction = "up"
    title: ClassVar[str] = "Test of equal proportions"
    warns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        need_at_least(self, 1, "window")
        need_shares(self, "drift", "warning")
        need_order(self, "drift", "warning")

    def start(self) -> State:
        return sided(self.direction, lambda: _Recent(self))


@dataclass(slots=True)
class _Recent(State):
    settings: STEPD
    window: list[float] = field(default_factory=list[float])
    recent: float = 0.0
    """Errors in the window."""
    old: int = 0
    """Labels that have left it."""
    old_total: float = 0.0

    def update(self, x: float) -> Level:
        size = self.settings.window
        self.window.append(x)
        self.recent += x
        if len(self.window) > size:
            gone = self.window.pop(0)
            self.recent -= gone
            self.old_total += gone
            self.old += 1
        if self.old < size:
            return Level.QUIET
        mean = (self.old_total + self.recent) / (self.old + size)
        rows = 1 / self.old + 1 / size
        rise = self.recent / size - self.old_total / self.old - rows / 2
        spread = mean * (1.0 - mean) * rows
        if rise <= 0.0 or spread <= 0.0:
            return Level.QUIET
        chance = erfc(rise / sqrt(2.0 * spread)) / 2
        if chance < self.settings.drift:
            return Level.DRIFT
        return Level.WARNING if chance < self.settings.warning else Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        size = self.settings.window
        return type(self)(self.settings), Change(
            self.old_total / self.old, self.recent / size, size
        )
