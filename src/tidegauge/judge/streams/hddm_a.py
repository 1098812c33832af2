"""Hoeffding's bound on means (Frias-Blanco and others, 2015): HDDM_A.

The mean of all labels is held against the mean up to the moment where it was lowest, by a bound
that holds for any law of losses from 0 to 1.  Choose it for sudden changes, where the guarantee
matters more than the delay.
"""

from dataclasses import dataclass
from math import log, sqrt
from typing import ClassVar, Literal

from tidegauge.judge.streams.settings import Direction, need_order, need_shares
from tidegauge.judge.streams.sided import sided
from tidegauge.judge.streams.state import Change, Level, State


@dataclass(frozen=True, kw_only=True)
class HDDMA:
    kind: Literal["hddm_a"] = "hddm_a"
    drift: float = 0.001
    """The chance of a false alarm at one look."""
    warning: float = 0.005
    direction: Direction = "up"
    title: ClassVar[str] = "Hoeffding's bound on means"
    warns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        need_shares(self, "drift", "warning")
        need_order(self, "drift", "warning")

    def start(self) -> State:
        return sided(self.direction, lambda: _Means(self))


@dataclass(slots=True)
class _Means(State):
    settings: HDDMA
    n: int = 0
    mean: float = 0.0
    low_n: int = 0
    low_mean: float = 0.0

    def update(self, x: float) -> Level:
        settings = self.settings
        self.n += 1
        self.mean += 1.0 / self.n * (x - self.mean)
        nats = -log(settings.drift)
        if not self.low_n or self.mean + sqrt(nats / (2 * self.n)) <= self.low_mean + sqrt(
            nats / (2 * self.low_n)
        ):
            self.low_n, self.low_mean = self.n, self.mean
            return Level.QUIET
        rise = self.mean - self.low_mean
        share = (self.n - self.low_n) / self.low_n * (1.0 / self.n)
        if rise >= sqrt(share / 2 * log(2.0 / settings.drift)):
            return Level.DRIFT
        if rise >= sqrt(share / 2 * log(2.0 / settings.warning)):
            return Level.WARNING
        return Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        since = max(self.n - self.low_n, 1)
        after = (self.mean * self.n - self.low_mean * self.low_n) / since
        return type(self)(self.settings), Change(self.low_mean, min(max(after, 0.0), 1.0), since)
