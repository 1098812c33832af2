"""Adaptive windowing (Bifet and Gavalda, 2007): a window as long as its mean stays the same.

Every split of the window between two of its stretches is tried; where the means of both sides
differ by more than chance explains, it alarms, and what lies before the split that fits best is
dropped.  (To drop the oldest stretch until no split differs, as the paper has it, leaves some of
the old rate in the window, and one change brings several alarms.)  It alarms when the mean falls,
too.  Choose it to see both, and for losses of any law; `delta` bounds the chance of a false alarm
at one look: smaller is calmer.
"""

from dataclasses import dataclass, field
from math import log
from typing import ClassVar, Literal

import numpy as np

from tidegauge.judge.streams.histogram import Levels, add, forget, sizes_of, sums_of
from tidegauge.judge.streams.settings import need_at_least, need_shares
from tidegauge.judge.streams.state import Change, Level, State


@dataclass(frozen=True, kw_only=True)
class ADWIN:
    kind: Literal["adwin"] = "adwin"
    delta: float = 0.002
    clock: int = 32
    """Look once in so many labels."""
    same: int = 5
    """Stretches of one length."""
    shortest: int = 5
    """Labels on each side of a split."""
    warm_up: int = 10
    title: ClassVar[str] = "Adaptive windowing"
    warns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        need_shares(self, "delta")
        need_at_least(self, 1, "clock", "shortest")
        need_at_least(self, 2, "same")
        need_at_least(self, 2 * self.shortest, "warm_up")

    def start(self) -> State:
        return _Window(self)


@dataclass(slots=True)
class _Window(State):
    settings: ADWIN
    tick: int = 0
    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    levels: Levels = field(default_factory=lambda: [[]])
    square_levels: Levels = field(default_factory=lambda: [[]])

    def update(self, x: float) -> Level:
        add(self.levels, x, self.settings.same)
        add(self.square_levels, x * x, self.settings.same)
        self.n += 1
        self.total += x
        self.squares += x * x
        self.tick += 1
        if self.tick % self.settings.clock or self.n <= self.settings.warm_up:
            return Level.QUIET
        return Level.QUIET if self._split() is None else Level.DRIFT

    def rearmed(self) -> tuple[State, Change | None]:
        n, total = self.n, self.total
        while (split := self._split()) is not None:
            forget(self.levels, split)
            forget(self.square_levels, split)
            self.n = int(sizes_of(self.levels).sum())
            self.total = float(sums_of(self.levels).sum())
            self.squares = float(sums_of(self.square_levels).sum())
        gone = max(n - self.n, 1)
        return self, Change((total - self.total) / gone, self.total / self.n, self.n)

    def _split(self) -> int | None:
        """How many stretches come before the best split, if any side differs from the other."""
        settings = self.settings
        sizes, sums = sizes_of(self.levels), sums_of(self.levels)
        old, old_total = np.cumsum(sizes), np.cumsum(sums)
        wide = (old >= settings.shortest) & (self.n - old >= settings.shortest)
        first = int(wide.argmax())
        old, old_total = old[wide], old_total[wide]
        new, new_total = self.n - old, self.total - old_total
        spread = max(self.squares / self.n - (self.total / self.n) ** 2, 0.0)
        chance = log(2.0 * log(self.n) / settings.delta)
        rows = 1 / (old - settings.shortest + 1) + 1 / (new - settings.shortest + 1)
        usual = np.sqrt(2 * rows * spread * chance) + 2 / 3 * chance * rows
        apart = np.abs(old_total / old - new_total / new)
        if not (apart > usual).any():
            return None
        # The test asks most of a short side; where the change was, another split may say better.
        return first + int((old * new * apart * apart).argmax()) + 1
