"""Label shift: whether the mix of true classes is another than before.

Each class's share has its interval, widened for all the classes that are looked at; the mix has
moved where one share has, for sure, by more than two points.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import ndtri
from sqlalchemy import Connection

from tidegauge.performance import Classes
from tidegauge.performance.figure import wilson
from tidegauge.series import outcome
from tidegauge.series.outcome import Point
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Subject

_LEVEL: Final = 0.01
"""The chance of a shift where there is none."""
_SMALL: Final = 0.02
_FEWEST: Final = 50


@dataclass(frozen=True, kw_only=True)
class Share:
    """Of a true class."""

    name: str
    before: float
    now: float
    low: float
    """With `high`: where the change lies."""
    high: float

    @property
    def has_moved(self) -> bool:
        return self.low > _SMALL or self.high < -_SMALL


@dataclass(frozen=True, kw_only=True)
class Shift:
    moved: bool | None
    """None: too few labels to tell."""
    n_before: float
    n_now: float
    shares: Sequence[Share]
    """The one that changed most first."""


def look(connection: Connection, reach: Reach, subject: Subject, start: int, stop: int) -> Shift:
    """A span against the time of the reference where that is labelled and over, else against the
    span of the same length just before."""
    numbers = subject.numbers()
    now = outcome.of_span(connection, reach, numbers, start, stop)
    before = outcome.of_baseline(connection, reach, numbers, subject.baseline)
    if before is not None and before.labelled and before.stop <= now.start:
        return shift(_classes(before), _classes(now))
    size = now.stop - now.start
    earlier = outcome.of_span(connection, reach, numbers, now.start - size, now.start)
    return shift(_classes(earlier), _classes(now))


def shift(before: Classes, now: Classes) -> Shift:
    if min(before.n, now.n) < _FEWEST:
        return Shift(moved=None, n_before=before.n, n_now=now.n, shares=())
    names = sorted({*before.names, *now.names})
    # Both ends of every class.
    wide = float(-ndtri(_LEVEL / 2 / len(names)))
    shares = [_share(name, before, now, wide) for name in names]
    # Two classes change by as much, but for rounding.
    shares.sort(key=lambda each: -round(abs(each.now - each.before), 9))
    moved = any(each.has_moved for each in shares)
    return Shift(moved=moved, n_before=before.n, n_now=now.n, shares=shares)


def _classes(point: Point) -> Classes:
    found = point.measured.get("")
    return found if isinstance(found, Classes) else Classes()


def _share(name: str, before: Classes, now: Classes, wide: float) -> Share:
    """Newcombe's limits of a difference, from Wilson's of both shares."""
    p, q = (
        float(each.counts[each.names.index(name)].sum()) / each.n if name in each.names else 0.0
        for each in (before, now)
    )
    # Rows of unlike weight are worth fewer rows of one weight.
    (p_low, p_high), (q_low, q_high) = (
        wilson(share, each.n**2 / each.squares, wide) for share, each in ((p, before), (q, now))
    )
    return Share(
        name=name,
        before=p,
        now=q,
        low=q - p - math.hypot(q - q_low, p_high - p),
        high=q - p + math.hypot(q_high - q, p - p_low),
    )
