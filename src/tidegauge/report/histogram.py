"""Both distributions of a numeric column, one over the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tidegauge.report.result import Histogram
from tidegauge.report.svg import BIN, HEIGHT, Tick, axis, days_axis, outline
from tidegauge.report.words import PERCENT, day, number, share

# Fewer rows than this outside the axis would be a bar too low to see in a row of the list.
_SEEN = 0.005


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Rows that the axis does not reach, or that hold no value."""

    label: str
    reference: float
    current: float


@dataclass(frozen=True, kw_only=True)
class Plot:
    """The geometry of a histogram."""

    left: int
    """Where the drawing begins; below 0 when there is a bar left of the axis."""
    width: int
    reference: str
    current: str
    reference_outside: str
    """Bars beside the axis, for the small drawing; the large one has a table instead."""
    current_outside: str
    x: list[Tick]
    y: list[Tick]
    outside: list[Outside]
    outside_top: float
    """The share that fills the width of a bar; a row in a thousand is no long bar."""
    says: str
    """The drawing in words, for those who cannot see it."""
    low: float
    step: float
    reference_percents: str
    current_percents: str


def plot(histogram: Histogram, *, days: bool = False) -> Plot:
    """How to draw a histogram; with `days` its axis counts days since 1970, and shows dates."""
    place = day if days else number
    low, high = histogram.edges[0], histogram.edges[-1]
    bins = len(histogram.reference)
    top = max([*histogram.reference, *histogram.current, 1e-9])
    left = _seen(histogram.below)
    right = [pair for pair in (histogram.above, histogram.missing) if _seen(pair)]
    return Plot(
        left=-3 * BIN if left else 0,
        width=BIN * (bins + (3 if left else 0) + 3 * len(right)),
        reference=outline(histogram.reference, top),
        current=outline(histogram.current, top),
        reference_outside=_bars(bins, top, histogram.below[0], [pair[0] for pair in right]),
        current_outside=_bars(bins, top, histogram.below[1], [pair[1] for pair in right]),
        x=days_axis(low, high) if days else axis(low, high),
        y=[Tick(tick.at, tick.label + PERCENT) for tick in axis(0, top * 100, 4)],
        outside=[
            Outside(label=label, reference=pair[0], current=pair[1])
            for label, pair in (
                (f"below {place(low)}", histogram.below),
                (f"above {place(high)}", histogram.above),
                ("missing", histogram.missing),
            )
            if max(pair) > 0
        ],
        outside_top=max(*histogram.below, *histogram.above, *histogram.missing, 0.1),
        says=_says(histogram, place),
        low=low,
        step=high / bins - low / bins,
        reference_percents=_percents(histogram.reference),
        current_percents=_percents(histogram.current),
    )


def _seen(pair: tuple[float, float]) -> bool:
    return max(pair) >= _SEEN


def _bars(bins: int, top: float, below: float, right: Sequence[float]) -> str:
    """Bars two bins wide, a bin away from the axis; cut at the top, as it is the bins' own."""
    places = [(-3 * BIN, below if below >= _SEEN else 0.0)]
    places += [(BIN * (bins + 1 + 3 * n), height) for n, height in enumerate(right)]
    return "".join(
        f"M{x} {HEIGHT}v-{round(HEIGHT * min(height / top, 1))}h{2 * BIN}V{HEIGHT}z"
        for x, height in places
        if height > 0
    )


def _percents(shares: Sequence[float]) -> str:
    return " ".join(f"{100 * one:.3g}" for one in shares)


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
