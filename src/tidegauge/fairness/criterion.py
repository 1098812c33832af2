"""One number over groups, two at a time: how far apart they are, and whether that is allowed.

The limits of a difference come from those of its two numbers (Newcombe, 1998), those of a ratio
from those of their logarithms (Zou and Donner, 2008); both take the numbers' own intervals, at a
level that is shared among all pairs (Bonferroni), as the worst pair was looked for.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

from scipy.special import ndtri

from tidegauge.fairness.amount import Amount
from tidegauge.fairness.group import UNKNOWN, Group

Verdict = Literal["fair", "unfair", "inconclusive", "not computable"]
AmountOf = Callable[[Group], Amount | None]
_LEVEL: Final = 0.05
_TWO: Final = 2


@dataclass(frozen=True, kw_only=True)
class Limits:
    ratio: float = 0.8
    """The least that the rate of one group may be of another's: the rule of four fifths."""
    difference: float = 0.1
    """The most that rates may differ by; of errors of numbers, in parts of the spread of what was
    true."""
    fewest: int = 50
    """Rows that a rate of a group has to be of."""
    is_watched: bool = False
    """It is asked again and again: intervals then hold at all times together, and are wider."""


@dataclass(frozen=True, kw_only=True)
class Criterion:
    name: str
    verdict: Verdict
    threshold: float
    value: float | None = None
    """Of the two groups that are furthest apart."""
    low: float | None = None
    high: float | None = None
    groups: tuple[str, str] | None = None
    """Those two: the lower number first."""
    left_out: tuple[str, ...] = ()
    """Groups of too few rows for it."""


def difference(
    name: str,
    amounts: Sequence[AmountOf],
    groups: Sequence[Group],
    limits: Limits,
    unit: float = 1.0,
) -> Criterion:
    """The largest of all pairs and amounts, in which `unit` is what limits are parts of."""
    met = [_pairs(amount, groups, limits) for amount in amounts]
    pairs = [pair for found, _left in met for pair in found]
    left_out = tuple(sorted({name for _found, left in met for name in left}))
    threshold = limits.difference * unit
    if not all(found for found, _left in met):
        return Criterion(
            name=name, verdict="not computable", threshold=threshold, left_out=left_out
        )
    z = _Width(len(pairs), limits)
    spans = [_apart(pair, z) for pair in pairs]
    worst = max(pairs, key=_gap)
    low, high = max(low for low, _high in spans), max(high for _low, high in spans)
    verdict: Verdict = (
        "unfair" if low > threshold else "fair" if high <= threshold else "inconclusive"
    )
    return Criterion(
        name=name,
        verdict=verdict,
        threshold=threshold,
        value=_gap(worst),
        low=max(low, 0.0) if math.isfinite(low) else None,
        high=high if math.isfinite(high) else None,
        groups=worst.names,
        left_out=left_out,
    )


def ratio(name: str, rate: AmountOf, groups: Sequence[Group], limits: Limits) -> Criterion:
    """The smallest of all pairs."""
    pairs, left_out = _pairs(rate, groups, limits)
    pairs = [pair for pair in pairs if pair.high[1].value > 0]
    if not pairs:
        return Criterion(
            name=name,
            verdict="not computable",
            threshold=limits.ratio,
            left_out=tuple(left_out),
        )
    z = _Width(len(pairs), limits)
    spans = [_parts(pair, z) for pair in pairs]
    worst = min(pairs, key=_part)
    low, high = min(low for low, _high in spans), min(high for _low, high in spans)
    verdict: Verdict = (
        "unfair" if high < limits.ratio else "fair" if low >= limits.ratio else "inconclusive"
    )
    return Criterion(
        name=name,
        verdict=verdict,
        threshold=limits.ratio,
        value=_part(worst),
        low=low,
        high=high,
        groups=worst.names,
        left_out=tuple(left_out),
    )


@dataclass(frozen=True)
class _Pair:
    low: tuple[str, Amount]
    high: tuple[str, Amount]

    @property
    def names(self) -> tuple[str, str]:
        return self.low[0], self.high[0]

    def ends(self, width: "_Width") -> tuple[tuple[float, float], tuple[float, float]]:
        a, b = self.low[1], self.high[1]
        return a.limits(width.of(a.worth)), b.limits(width.of(b.worth))


@dataclass(frozen=True)
class _Width:
    """Standard errors that an interval reaches."""

    pairs: int
    limits: Limits

    def of(self, n: float) -> float:
        level = _LEVEL / max(self.pairs, 1)
        if not self.limits.is_watched:
            return float(-ndtri(level / 2))
        # The normal mixture of Robbins (1970): valid for whatever number of rows it is read at.
        size = n / self.limits.fewest
        return math.sqrt((1 + 1 / size) * math.log((1 + size) / level**2))


def _pairs(
    amount: AmountOf, groups: Sequence[Group], limits: Limits
) -> tuple[list[_Pair], list[str]]:
    found: list[tuple[str, Amount]] = []
    left_out: list[str] = []
    for group in groups:
        if group.name == UNKNOWN:
            continue
        own = amount(group)
        if own is None or own.n < limits.fewest:
            left_out.append(group.name)
        else:
            found.append((group.name, own))
    ordered = sorted(found, key=lambda each: each[1].value)
    return [_Pair(a, b) for a, b in combinations(ordered, _TWO)], left_out


def _gap(pair: _Pair) -> float:
    return pair.high[1].value - pair.low[1].value


def _part(pair: _Pair) -> float:
    return pair.low[1].value / pair.high[1].value


def _apart(pair: _Pair, width: _Width) -> tuple[float, float]:
    """The limits of the difference of two numbers."""
    (a_low, a_high), (b_low, b_high) = pair.ends(width)
    a, b, gap = pair.low[1].value, pair.high[1].value, _gap(pair)
    return (
        gap - math.hypot(b - b_low, a_high - a),
        gap + math.hypot(b_high - b, a - a_low),
    )


def _parts(pair: _Pair, width: _Width) -> tuple[float, float]:
    """The limits of the ratio of two rates."""
    (a_low, a_high), (b_low, b_high) = pair.ends(width)
    a, b = pair.low[1].value, pair.high[1].value
    if a <= 0:
        return 0.0, min(a_high / b_low, 1.0) if b_low > 0 else 1.0
    ratio = math.log(a / b)
    down = math.hypot(math.log(a / a_low), math.log(b_high / b))
    up = math.hypot(math.log(a_high / a), math.log(b / b_low))
    return math.exp(ratio - down), min(math.exp(ratio + up), 1.0)
