"""Early drift detection method (Baena-Garcia and others, 2006).

How many labels lie between two errors is held against the most that it has been.  It was made for
changes that come slowly, and cries wolf about once in a thousand labels: it is here for those who
compare.  A loss of one half or more counts as an error.
"""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Literal

from tidegauge.judge.streams.settings import need_at_least, need_order, need_shares
from tidegauge.judge.streams.state import Change, Level, State


@dataclass(frozen=True, kw_only=True)
class EDDM:
    kind: Literal["eddm"] = "eddm"
    warm_up: int = 30
    """Errors before it says anything."""
    warning: float = 0.95
    """Of the most that it has been."""
    drift: float = 0.9
    title: ClassVar[str] = "Early drift detection method"
    warns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        need_at_least(self, 1, "warm_up")
        need_shares(self, "warning", "drift")
        need_order(self, "drift", "warning")

    def start(self) -> State:
        return _Gaps(self)


@dataclass(slots=True)
class _Gaps(State):
    settings: EDDM
    n: int = 0
    last: int = 0
    """The label of the last error."""
    errors: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """Of the gaps' distances from their mean, summed."""
    widest: float = -1.0
    is_warned: bool = False

    def update(self, x: float) -> Level:
        self.n += 1
        if x < 0.5:
            return Level.WARNING if self.is_warned else Level.QUIET
        self.errors += 1
        gap, self.last = self.n - self.last, self.n
        before = self.mean
        self.mean += 1.0 / self.errors * (gap - before)
        self.squares += (gap - before) * (gap - self.mean)
        if self.n > self.settings.warm_up:
            spread = sqrt(self.squares / (self.errors - 1)) if self.errors > 1 else 0.0
            reach = self.mean + 2.0 * spread
            if reach > self.widest:
                self.widest = reach
            elif self.errors > self.settings.warm_up:
                if reach / self.widest < self.settings.drift:
                    return Level.DRIFT
                self.is_warned = reach / self.widest < self.settings.warning
        return Level.WARNING if self.is_warned else Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        """What the rate was before, distances between errors do not say."""
        return self.settings.start(), None
