"""Kolmogorov-Smirnov windowing (Raab, Heusinger and Schleif, 2020).

The newest values of a short window are held against as many drawn from the rest of it.  It sees
any change of the law of a loss, not of the mean alone, and alarms when losses fall, too; of errors,
which are 0 or 1, it finds large and sudden changes only.
"""

from dataclasses import dataclass, field
from functools import cache
from math import comb
from random import Random
from typing import ClassVar, Literal, Self

from tidegauge.errors import InputError
from tidegauge.judge.streams.settings import need_at_least, need_shares
from tidegauge.judge.streams.state import Change, Level, Packed, State

_LEAST = 0.1
"""A distance that is not worth an alarm, however sure it is."""


@dataclass(frozen=True, kw_only=True)
class KSWIN:
    kind: Literal["kswin"] = "kswin"
    alpha: float = 0.005
    """The chance of a false alarm at one look."""
    window: int = 100
    recent: int = 30
    """Of the window, the newest."""
    seed: int = 1
    title: ClassVar[str] = "Kolmogorov-Smirnov windowing"
    warns: ClassVar[bool] = False

    def __post_init__(self) -> None:
        need_shares(self, "alpha")
        need_at_least(self, 2, "recent")
        if 2 * self.recent > self.window:
            raise InputError(
                f"{self.kind}: recent is {self.recent}; as many are drawn from the rest of the "
                f"window, so it must not exceed half of it, {self.window // 2}"
            )

    def start(self) -> State:
        return _Window(self, Random(self.seed))  # noqa: S311 - chance that can be repeated


@dataclass(slots=True)
class _Window(State):
    settings: KSWIN
    random: Random
    window: list[float] = field(default_factory=list[float])

    def update(self, x: float) -> Level:
        size, count = self.settings.window, self.settings.recent
        self.window.append(x)
        if len(self.window) > size:
            del self.window[0]
        if len(self.window) < size:
            return Level.QUIET
        drawn = sorted(self.window[at] for at in self.random.sample(range(size - count), count))
        newest = sorted(self.window[-count:])
        is_far = _gap(drawn, newest) >= _least_gap(self.settings.alpha, count)
        return Level.DRIFT if is_far else Level.QUIET

    def rearmed(self) -> tuple[State, Change | None]:
        count = self.settings.recent
        old, new = self.window[:-count], self.window[-count:]
        return self.settings.start(), Change(sum(old) / len(old), sum(new) / count, count)

    def packed(self) -> Packed:
        version, words, spare = self.random.getstate()
        return {"window": self.window, "random": [version, list(words), spare]}

    def restored(self, values: Packed) -> Self:
        version, words, spare = values["random"]
        self.random.setstate((version, tuple(words), spare))
        self.window = values["window"]
        return self


def _gap(one: list[float], other: list[float]) -> int:
    """By how many values two sorted lists of one length are apart, where they are most so."""
    most = left = right = 0
    count = len(one)
    while left < count and right < count:
        x = min(one[left], other[right])
        while left < count and one[left] <= x:
            left += 1
        while right < count and other[right] <= x:
            right += 1
        most = max(most, abs(left - right))
    return most


@cache
def _least_gap(alpha: float, count: int) -> int:
    """From which gap chance is no explanation: exact for two samples of one size (Gnedenko and
    Korolyuk, 1951)."""
    for gap in range(1, count + 1):
        paths = sum(
            (-1) ** (turn + 1) * comb(2 * count, count - turn * gap)
            for turn in range(1, count // gap + 1)
        )
        if 2 * paths / comb(2 * count, count) <= alpha and gap > _LEAST * count:
            return gap
    return count + 1
