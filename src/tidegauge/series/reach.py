"""Which windows answer a question: how far they are made, and how far back they are kept.

>>> kept = {MINUTE: 10**10, FIVE_MINUTES: 10**11, HOUR: 10**13, DAY: 10**14}
>>> reach = Reach(at=10**15, rolled={}, kept=kept)
>>> reach.finest(10**15), reach.finest(10**15 - 10**12)
(60, 3600)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection

from tidegauge.catalog import progress
from tidegauge.errors import InputError
from tidegauge.window import (
    DAY,
    FIVE_MINUTES,
    HOUR,
    MADE_OF,
    MINUTE,
    RESOLUTIONS,
    SECOND,
    Span,
    ceil,
    floor,
    spans,
)

MOST_STEPS: Final = 3_000
_COARSER: Final = {finer: coarser for coarser, finer in MADE_OF.items()}
_STEP_UPTO: Final = (
    (MINUTE, 3 * HOUR * SECOND),
    (FIVE_MINUTES, DAY * SECOND),
    (HOUR, 14 * DAY * SECOND),
)
"""Steps that give tens to hundreds of points, and the longest span that each is taken for."""


class Steps(NamedTuple):
    """A span as it can be answered: whole steps."""

    start: int
    stop: int
    step: int
    """Seconds."""

    def __iter__(self) -> Iterator[int]:
        """The start of each step."""
        return iter(range(self.start, self.stop, self.step * SECOND))


@dataclass(frozen=True)
class Reach:
    at: int
    """The receipt time of the last batch counted; 0 before the first."""
    rolled: Mapping[int, int]
    """By coarser resolution: windows before this are made."""
    kept: Mapping[int, int]
    """By resolution: for how long."""

    @classmethod
    def read(cls, connection: Connection, kept: Mapping[int, int]) -> "Reach":
        begun = progress.get(connection, "worker")
        if begun is None:
            return cls(0, {}, kept)
        told = begun.detail.get("rolled")
        rolled = {int(k): int(v) for k, v in told.items()} if isinstance(told, dict) else {}
        return cls(begun.at, rolled, kept)

    def finest(self, moment: int) -> int:
        """The finest windows that are still there for a moment."""
        for each in RESOLUTIONS:
            oldest = floor(self.at - self.kept[each], each)
            if moment >= min(oldest, self.rolled.get(_COARSER.get(each, 0), self.at)):
                return each
        return DAY

    def whole(self, start: int, stop: int) -> tuple[int, int]:
        """A span, widened to the windows that are there."""
        _check(start, stop)
        return floor(start, self.finest(start)), ceil(stop, self.finest(stop))

    def steps(self, start: int, stop: int, step: int | None = None) -> Steps:
        """A span in steps; finer ones than are kept become as fine as there are."""
        _check(start, stop)
        wanted = step or next((s for s, most in _STEP_UPTO if stop - start <= most), DAY)
        if wanted not in RESOLUTIONS:
            known = ", ".join(map(str, RESOLUTIONS))
            raise InputError(f"a step of {wanted} s is not counted: take one of {known}")
        wanted = max(wanted, self.finest(start))
        found = Steps(floor(start, wanted), ceil(stop, wanted), wanted)
        if (found.stop - found.start) // (wanted * SECOND) > MOST_STEPS:
            raise InputError(
                f"more than {MOST_STEPS:,} steps of {wanted} s: ask for less time or a longer step"
            )
        return found

    def spans(self, start: int, stop: int, step: int = DAY) -> list[Span]:
        """The fewest windows, none longer than a step."""
        some = [each for each in RESOLUTIONS if each <= step]
        return list(spans(start, stop, some, self.rolled))


def _check(start: int, stop: int) -> None:
    if start >= stop:
        raise InputError("the end of a span must be after its start")
