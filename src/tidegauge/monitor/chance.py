"""How far chance alone takes a number, and how much farther where rows come together.

The items of one list, the rows of one batch and the retries of one caller share what happens to
them: a rate of a thousand such rows swings as one of a hundred does.  How much wider than that of
independent rows its variance is (Kish's design effect) is told by the number's own past: by the
second differences of its windows, in which the turns of the day and a level that lasts cancel out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

from scipy.special import betainc, gammainc, gammaincc, stdtr

_RARE: Final = 0.00135
"""As seldom as three standard errors to one side."""
_FEWEST: Final = 6
"""Triples of windows below which a past tells nothing: two that differ from their neighbours."""
_SURE: Final = 3.0
_WEIGHTS: Final = (1.0, -2.0, 1.0)


@dataclass(frozen=True)
class Share:
    """Of rows, those of which something holds."""

    rows: float
    """How many independent rows a number is worth, if they come one by one."""

    def variance(self, true: float) -> float:
        """Of one row, if the true value is so."""
        inside = min(max(true, 0.0), 1.0)
        return inside * (1 - inside)

    def explains(self, value: float, true: float) -> bool:
        """May a value be measured where the true one is so?"""
        n, p = self.rows, min(max(true, 0.0), 1.0)
        if n <= 0:
            return True
        count = min(max(value, 0.0), 1.0) * n
        # Clopper and Pearson's, for numbers of rows that are not whole too.
        if value > true:
            return float(betainc(count, n - count + 1, p)) >= _RARE
        return float(betainc(n - count, count + 1, 1 - p)) >= _RARE

    def wider(self, past: "Together") -> Self:
        """With what the past says."""
        return replace(self, rows=self.rows / past.effect)


@dataclass(frozen=True)
class Count:
    """Of calls that come by themselves; of one, the number is `1 / rows`."""

    rows: float

    def variance(self, true: float) -> float:
        return max(true, 0.0)

    def explains(self, value: float, true: float) -> bool:
        count, expected = max(value, 0.0) * self.rows, max(true, 0.0) * self.rows
        if value > true:
            return float(gammainc(count, expected)) >= _RARE
        return float(gammaincc(count + 1, expected)) >= _RARE

    def wider(self, past: "Together") -> Self:
        return replace(self, rows=self.rows / past.effect)


@dataclass(frozen=True)
class Mean:
    rows: float
    deviation: float
    """Of these rows about their mean."""

    def variance(self, _true: float) -> float:
        return self.deviation**2

    def explains(self, value: float, true: float) -> bool:
        if self.rows <= 1:
            # Nobody knows how far one row may be from another.
            return True
        error = self.deviation / math.sqrt(self.rows)
        return error > 0 and float(stdtr(self.rows - 1, -abs(value - true) / error)) >= _RARE

    def wider(self, past: "Together") -> Self:
        # Rows of one batch are alike, and say nothing of how far batches are apart.
        deviation = max(self.deviation, math.sqrt(past.variance))
        return replace(self, rows=self.rows / past.effect, deviation=deviation)


Chance = Share | Count | Mean


class Together(NamedTuple):
    """What the windows of a past say of a number."""

    effect: float = 1.0
    """How many times wider its variance is than that of independent rows."""
    variance: float = 0.0
    """Of one row."""
    told: int = 0
    """Triples of windows that say so."""

    @property
    def is_known(self) -> bool:
        return self.told >= _FEWEST

    @classmethod
    def of(cls, past: Sequence[tuple[float, Chance | None] | None]) -> Self:
        """Of windows one after another, each its value; None of one that does not tell it.

        A window without calls does not tell what one of them stands for: its neighbours do.
        """
        squares, variances = list[float](), list[float]()
        for triple in zip(past, past[1:], past[2:], strict=False):
            told = _whole([each for each in triple if each is not None])
            variance = _variance(told) if len(told) == len(_WEIGHTS) else 0.0
            if variance > 0:
                squares.append(_second_difference(told) / variance)
                variances.append(variance)
        if len(squares) < _FEWEST:
            return cls(told=len(squares))
        effect = sum(squares) / len(squares)
        # As of the drift rule: rows come one by one, unless it is clear that they do not.  The
        # triples share windows: they are worth half of as many.
        is_clear = effect > 1 + _SURE * math.sqrt(4 / len(squares))
        variance = sum(variances) / len(variances)
        return cls(effect if is_clear else 1.0, variance, len(squares))


def _whole(told: Sequence[tuple[float, Chance | None]]) -> list[tuple[float, Chance]]:
    known = [chance for _value, chance in told if chance is not None]
    return [(value, chance or known[0]) for value, chance in told] if known else []


def _variance(told: Sequence[tuple[float, Chance]]) -> float:
    """Of one row, in neighbouring windows together."""
    rows = sum(chance.rows for _value, chance in told)
    if not rows:
        return 0.0
    mean = sum(value * chance.rows for value, chance in told) / rows
    if not isinstance(told[0][1], Mean):
        return told[0][1].variance(mean)
    inside = sum(chance.rows * chance.variance(value) for value, chance in told)
    between = sum(chance.rows * (value - mean) ** 2 for value, chance in told)
    return (inside + between) / rows


def _second_difference(told: Sequence[tuple[float, Chance]]) -> float:
    """Its square, as a share of what it is of independent rows with a variance of one."""
    pairs = list(zip(_WEIGHTS, told, strict=True))
    moved = sum(weight * value for weight, (value, _chance) in pairs)
    return moved**2 / sum(weight**2 / chance.rows for weight, (_value, chance) in pairs)
