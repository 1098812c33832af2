"""Where a loss is: the parts of the traffic that explain most of it.

The error rate of all moves by what changed within each part, and by which parts there are more of
(Kitagawa, 1955).  Parts are ranked by how much of the change is theirs.  One is certain where its
own rate has moved, and has moved otherwise than that of all others together: where everything got
worse alike, no part of it is the place to look at.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from scipy.special import xlogy
from scipy.stats import chi2

from tidegauge.outcome.wrong import Wrong

_FEWEST: Final = 30
"""Labels of a part, then and now."""


class Both(NamedTuple):
    before: Wrong
    now: Wrong


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One part's share of a change."""

    name: str
    n_before: int
    n_now: int
    rate_before: float
    rate_now: float
    within: float
    """What its own rate adds to the change of all."""
    mix: float
    """What its being more or less of the traffic adds."""
    share: float | None
    """Of the change of all; None where that is none."""
    p_value: float
    """Of a part whose own rate has not moved, or has moved as that of the others."""
    is_certain: bool
    """After all parts of a kind were looked at (Holm, 1979)."""


@dataclass(frozen=True, kw_only=True)
class Split:
    rate_before: float
    rate_now: float
    pieces: Sequence[Piece]
    """What adds most first."""
    left_out: Sequence[str]
    """Parts of too few labels."""

    @property
    def change(self) -> float:
        return self.rate_now - self.rate_before


def split(parts: Mapping[str, Both], level: float = 0.05) -> Split | None:
    """Of parts that are all rows together; None where there are no labels, then or now."""
    before, now = (_all(each[at] for each in parts.values()) for at in range(2))
    if not before.n or not now.n:
        return None
    rate_before, rate_now = before.wrong / before.n, now.wrong / now.n
    change = rate_now - rate_before
    pieces: list[Piece] = []
    left_out: list[str] = []
    for name, each in parts.items():
        if min(each.before.n, each.now.n) < _FEWEST:
            left_out.append(name)
            continue
        was, is_ = each.before.wrong / each.before.n, each.now.wrong / each.now.n
        share_was, share_is = each.before.n / before.n, each.now.n / now.n
        within, mix = share_is * (is_ - was), (share_is - share_was) * (was - rate_before)
        pieces.append(
            Piece(
                name=name,
                n_before=each.before.n,
                n_now=each.now.n,
                rate_before=was,
                rate_now=is_,
                within=within,
                mix=mix,
                share=(within + mix) / change if change else None,
                p_value=max(_chance(each), _alike(each, _others(each, (before, now)))),
                is_certain=False,
            )
        )
    return Split(
        rate_before=rate_before,
        rate_now=rate_now,
        pieces=_told(pieces, level, math.copysign(1.0, change)),
        left_out=sorted(left_out),
    )


def _told(pieces: Sequence[Piece], level: float, side: float) -> list[Piece]:
    """Those that pull to the side of the change first, the most first."""
    found: dict[str, bool] = {}
    is_certain = True
    for place, each in enumerate(sorted(pieces, key=lambda piece: piece.p_value)):
        is_certain = is_certain and each.p_value <= level / (len(pieces) - place)
        found[each.name] = is_certain
    told = [replace(each, is_certain=found[each.name]) for each in pieces]
    return sorted(told, key=lambda each: -side * (each.within + each.mix))


def _chance(part: Both) -> float:
    """Of two rates that are one."""
    (n, k), (m, j) = part.before, part.now
    one = (k + j) / (n + m)
    evidence = _fit(n, k, k / n) + _fit(m, j, j / m) - _fit(n + m, k + j, one)
    return float(chi2.sf(2 * max(evidence, 0.0), 1))


def _all(some: Iterable[Wrong]) -> Wrong:
    told = list(some)
    return Wrong(sum(each.n for each in told), sum(each.wrong for each in told))


def _others(part: Both, every: tuple[Wrong, Wrong]) -> Both:
    left = (Wrong(b.n - a.n, b.wrong - a.wrong) for a, b in zip(part, every, strict=True))
    return Both(*left)


def _alike(part: Both, others: Both) -> float:
    """Of two changes that are one."""
    if min(others.before.n, others.now.n) < _FEWEST:
        return 1.0
    moved, variance = 0.0, 0.0
    for side, (before, now) in ((1, part), (-1, others)):
        for sign, each in ((1, now), (-1, before)):
            rate = (each.wrong + 0.5) / (each.n + 1)
            moved += side * sign * rate
            variance += rate * (1 - rate) / each.n
    return float(chi2.sf(moved**2 / variance, 1))


def _fit(n: int, wrong: float, rate: float) -> float:
    return float(xlogy(wrong, rate) + xlogy(n - wrong, 1 - rate))
