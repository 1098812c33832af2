"""What every drawing needs: an axis with readable marks, and outlines in few characters.

The drawings are geometry only; the templates under `page/` turn them into SVG, so that all text
in them passes through the one place that escapes.  Shapes live in units of their own and are
stretched to the page; text is placed by percentages beside them and is not, so it stays
readable from a phone to a sheet of paper.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tidegauge.report.words import day

HEIGHT = 400
"""Units from the foot of a drawing to its top: finer than any screen that shows it."""

BIN = 10
"""Units across one bin."""


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis, in percent of its length."""

    at: float
    label: str


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) between two ends, at most so many.

    >>> ticks(0, 97, 6)
    [0.0, 20.0, 40.0, 60.0, 80.0]
    """
    # A step that is lost beside the numbers themselves, or that floats cannot hold, is none.
    span = high - low
    if not max(abs(low) * 1e-12, abs(high) * 1e-12, 1e-300) < span < 1e300:
        return [low]
    size = 10.0 ** math.floor(math.log10(span / most))
    step = next(size * n for n in (1, 2, 5, 10, 20) if span / (size * n) <= most - 1)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Three times 0.1 is 0.30000000000000004.
    return [float(f"{n * step:.15g}") for n in range(first, last + 1)] or [low]


def labels(places: Sequence[float]) -> list[str]:
    """The marks of an axis, with as many decimals as tell them apart and one unit for all.

    >>> labels([0, 50_000, 100_000]), labels([0.0, 0.05, 0.1])
    (['0', '50k', '100k'], ['0', '0.05', '0.1'])
    """
    top = max(map(abs, places), default=0.0)
    step = min((b - a for a, b in pairwise(places)), default=top or 1.0)
    if 0 < top < 1e-3 or top >= 1e15:
        digits = max(0, math.ceil(math.log10(top / step) - 1e-9))
        return ["0" if place == 0 else _short(f"{place:.{digits}e}") for place in places]
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"), (1.0, "")):
        decimals = max(0, math.ceil(-math.log10(step / size) - 1e-9))
        # "2.5k" and "1.234567M" are harder to read than the plain numbers.
        if unit == "" or (top >= (10 * size if unit == "k" else size) and decimals <= 1):
            return [_trim(f"{place / size:,.{decimals}f}") + unit * bool(place) for place in places]
    raise AssertionError("the last unit takes every axis")


def axis(low: float, high: float, most: int = 6) -> list[Tick]:
    """The marks of an axis from one end to the other."""
    places = ticks(low, high, most)
    texts = labels(places)
    # Large numbers close together need many digits: then there is room for the ends only.
    if max(map(len, texts)) > 9:
        places, texts = [places[0], places[-1]], [texts[0], texts[-1]]
    return _placed(low, high, places, texts)


def days_axis(low: float, high: float) -> list[Tick]:
    """The marks of an axis of days since 1970, as dates."""
    places = ticks(low, high, 4)
    return _placed(low, high, places, [day(place) for place in places])


def _placed(low: float, high: float, places: Sequence[float], texts: Sequence[str]) -> list[Tick]:
    span = (high - low) or 1.0
    placed = [
        Tick(round((place - low) / span * 100, 2), text)
        for place, text in zip(places, texts, strict=True)
    ]
    return placed[:1] if len({tick.label for tick in placed}) < len(placed) else placed


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


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _short(text: str) -> str:
    mantissa, _, exponent = text.partition("e")
    return f"{_trim(mantissa)}e{int(exponent)}"
