"""Both distributions of a column as a mark: a drawing as small as a word.

It needs no script, so it stands in each row of a page's list, in a notebook, and wherever a
picture is not drawn.  It has no axis: pictures have one, and are drawn by the dashboard's script.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tidegauge.report.bars import Line, lines
from tidegauge.report.result import Bars, Histogram
from tidegauge.report.words import day, number, plain, share

HEIGHT = 400
"""Units from the foot of a mark to its top: finer than any screen that shows it."""

BIN = 10
"""Units across one bin."""

_SEEN = 0.005
"""Fewer rows than this would be a bar too low to see."""

_VALUES = 14


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Paths in a box of its own, which a page stretches; text stands beside it."""

    left: int
    """Where the box begins; below 0 when there is a bar left of the axis."""
    width: int
    reference: str
    current: str
    first: str
    """What stands at its ends."""
    last: str
    outside: list[Line]
    """Rows that the axis does not reach, or that hold no value."""
    says: str
    """The mark in words, for those who cannot see it."""


def mark(picture: Histogram | Bars, *, days: bool = False) -> Mark:
    """With `days` the axis counts days since 1970, and its ends are dates."""
    if isinstance(picture, Bars):
        return _of_bars(picture)
    return _of_histogram(picture, day if days else number)


def outline(heights: Sequence[float], top: float) -> str:
    """The path of a histogram: steps from foot to foot, neighbours of one height joined."""
    levels = [round(HEIGHT * min(height / top, 1.0)) if top > 0 else 0 for height in heights]
    parts = [f"M0 {HEIGHT}"]
    at, run = 0, 0
    for level in levels:
        if level != at:
            parts.append((f"h{run * BIN}" if run else "") + f"v{at - level}")
            at, run = level, 0
        run += 1
    return "".join(parts) + f"h{run * BIN}V{HEIGHT}"


def _of_bars(bars: Bars) -> Mark:
    told = lines(bars)
    small = [
        line
        for line in lines(bars, _VALUES)
        if not line.is_group or max(line.reference, line.current) >= _SEEN
    ]
    top = max((max(line.reference, line.current) for line in told), default=0.0) or 1.0
    return Mark(
        left=0,
        width=BIN * max(len(small), 1),
        reference=_columns([line.reference for line in small], top, 0, 8),
        current=_columns([line.current for line in small], top, 2, 4),
        first=plain(small[0].label, 40) if small else "",
        last=plain(small[-1].label, 40) if len(small) > 1 else "",
        outside=[],
        says="; ".join(
            f"{plain(line.label, 40)}: {share(line.reference)} to {share(line.current)}"
            for line in told[:6]
        ),
    )


def _columns(shares: Sequence[float], top: float, inset: int, width: int) -> str:
    return "".join(
        _bar(n * BIN + inset, width, one, top) for n, one in enumerate(shares) if one > 0
    )


def _bar(at: int, width: int, height: float, top: float) -> str:
    return f"M{at} {HEIGHT}v-{round(HEIGHT * min(height / top, 1))}h{width}V{HEIGHT}z"


def _of_histogram(histogram: Histogram, place: Callable[[float], str]) -> Mark:
    low, high = histogram.edges[0], histogram.edges[-1]
    bins = len(histogram.reference)
    top = max([*histogram.reference, *histogram.current, 1e-9])
    left = max(histogram.below) >= _SEEN
    right = [pair for pair in (histogram.above, histogram.missing) if max(pair) >= _SEEN]
    # Bars two bins wide, a bin away from the axis; cut at the top, as it is the bins' own.
    beside = [(-3 * BIN, histogram.below)] * left
    beside += [(BIN * (bins + 1 + 3 * n), pair) for n, pair in enumerate(right)]

    def drawn(inside: Sequence[float], side: int) -> str:
        bars = [_bar(at, 2 * BIN, pair[side], top) for at, pair in beside if pair[side] > 0]
        return outline(inside, top) + "".join(bars)

    return Mark(
        left=-3 * BIN if left else 0,
        width=BIN * (bins + 3 * left + 3 * len(right)),
        reference=drawn(histogram.reference, 0),
        current=drawn(histogram.current, 1),
        first=place(low),
        last=place(high),
        outside=[
            Line(label=label, reference=pair[0], current=pair[1])
            for label, pair in (
                (f"below {place(low)}", histogram.below),
                (f"above {place(high)}", histogram.above),
                ("missing", histogram.missing),
            )
            if max(pair) > 0
        ],
        says=_says(histogram, place),
    )


def _says(histogram: Histogram, place: Callable[[float], str]) -> str:
    sides = [
        f"{side}: {_middle(histogram.edges, shares, place)}"
        for side, shares in (("reference", histogram.reference), ("current", histogram.current))
    ]
    outside = [
        f"{label}: {share(pair[0])} of the reference, {share(pair[1])} of the current rows"
        for label, pair in (
            ("below the axis", histogram.below),
            ("above the axis", histogram.above),
            ("missing", histogram.missing),
        )
        if max(pair) > 0
    ]
    return "; ".join(sides + outside)


def _middle(edges: Sequence[float], shares: Sequence[float], place: Callable[[float], str]) -> str:
    """Where the middle half of the drawn rows lies, to a bin."""
    total = sum(shares)
    if total <= 0:
        return "no rows on the axis"
    low = high = edges[-1]
    passed = 0.0
    for n, height in enumerate(shares):
        before, passed = passed, passed + height / total
        if before < 0.25 <= passed:
            low = edges[n]
        if before < 0.75 <= passed:
            high = edges[n + 1]
            break
    return f"middle half of the rows from {place(low)} to {place(high)}"
