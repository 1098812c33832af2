"""Windows: spans of time that rows are counted in.

A minute is counted as rows come; five minutes, an hour and a day are sums of minutes.  Times are
whole microseconds since 1970 UTC.

>>> floor(3_725_000_000, HOUR), floor(-1, MINUTE)
(3600000000, -60000000)
>>> [(of, start // SECOND, stop // SECOND) for of, start, stop in spans(0, 4_000 * SECOND)]
[(3600, 0, 3600), (300, 3600, 3900), (60, 3900, 4020)]
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

SECOND: Final = 1_000_000
MINUTE: Final = 60
FIVE_MINUTES: Final = 300
HOUR: Final = 3_600
DAY: Final = 86_400
RESOLUTIONS: Final = (MINUTE, FIVE_MINUTES, HOUR, DAY)

MADE_OF: Final[Mapping[int, int]] = {FIVE_MINUTES: MINUTE, HOUR: FIVE_MINUTES, DAY: HOUR}
"""What each resolution is the sum of."""


class Span(NamedTuple):
    """Whole windows of one resolution, one after the other."""

    resolution: int
    start: int
    stop: int


def floor(at: int, resolution: int) -> int:
    """The start of the window that holds a moment."""
    return at - at % (resolution * SECOND)


def ceil(at: int, resolution: int) -> int:
    return -floor(-at, resolution)


def spans(
    start: int, stop: int, resolutions: Sequence[int] = RESOLUTIONS, rolled: Mapping[int, int] = {}
) -> Iterator[Span]:
    """The fewest windows that cover a span, widened to whole minutes; coarse ones in its middle.

    `rolled` tells up to where the windows of a coarser resolution are made; the rest comes from
    finer ones.
    """
    start, stop = floor(start, MINUTE), ceil(stop, MINUTE)
    yield from _spans(start, stop, sorted(resolutions), rolled)


def _spans(
    start: int, stop: int, resolutions: Sequence[int], rolled: Mapping[int, int]
) -> Iterator[Span]:
    if start >= stop:
        return
    *finer, coarsest = resolutions
    if not finer:
        yield Span(coarsest, floor(start, coarsest), ceil(stop, coarsest))
        return
    first = ceil(start, coarsest)
    last = floor(min(stop, rolled.get(coarsest, stop)), coarsest)
    if first >= last:
        yield from _spans(start, stop, finer, rolled)
        return
    yield from _spans(start, first, finer, rolled)
    yield Span(coarsest, first, last)
    yield from _spans(last, stop, finer, rolled)
