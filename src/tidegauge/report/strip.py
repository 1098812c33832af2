"""How far a column was from the reference, span by span."""

from dataclasses import dataclass

from tidegauge.report.result import Strip
from tidegauge.report.svg import BIN, HEIGHT, Tick
from tidegauge.report.words import moment, number

_TOP = 2.0
"""The level at the upper end: the warning mark is half way up."""

_LEVELS = ((0.5, "calm"), (1.0, "near"), (2.0, "over"), (float("inf"), "far"))

# A label is about this part of a narrow screen: a neighbour nearer than that would overprint.
_LABEL = 30


@dataclass(frozen=True, kw_only=True)
class Heat:
    """The geometry of a strip: cells and the bars in them, as one path for each level."""

    width: int
    cells: dict[str, str]
    bars: dict[str, str]
    gaps: str
    """Spans without rows."""
    border: float
    """Where the current data begins, in percent."""
    labels: list[Tick]
    says: str


def heat(strip: Strip) -> Heat:
    cells: dict[str, str] = {}
    bars: dict[str, str] = {}
    gaps = ""
    for n, level in enumerate(strip.levels):
        if level is None:
            gaps += _line(n, HEIGHT)
            continue
        name = next(name for below, name in _LEVELS if level < below)
        cells[name] = cells.get(name, "") + _line(n, HEIGHT)
        bars[name] = bars.get(name, "") + _line(n, max(8, round(HEIGHT * min(level / _TOP, 1))))
    border = round(100 * strip.current_from / max(len(strip.levels), 1), 2)
    return Heat(
        width=BIN * len(strip.levels),
        cells=cells,
        bars=bars,
        gaps=gaps,
        border=border,
        labels=_labels(strip, border),
        says=_says(strip),
    )


def _line(n: int, height: int) -> str:
    """A span's upright line, which the style draws as wide as the span: half of a rectangle."""
    return f"M{n * BIN + BIN // 2} {HEIGHT}v-{height}"


def _labels(strip: Strip, border: float) -> list[Tick]:
    first, last = Tick(0, moment(strip.starts[0])), Tick(100, moment(strip.starts[-1]))
    between = Tick(border, moment(strip.starts[strip.current_from]))
    if border <= 0 or border >= 100:
        return [first, last]
    return [first] * (border >= _LABEL) + [between] + [last] * (border <= 100 - _LABEL)


def _says(strip: Strip) -> str:
    current = [level for level in strip.levels[strip.current_from :] if level is not None]
    over = [
        moment(strip.starts[n])
        for n, level in enumerate(strip.levels)
        if n >= strip.current_from and level is not None and level >= 1
    ]
    if not current:
        return f"no rows since {moment(strip.starts[strip.current_from])}"
    return (
        f"{len(strip.levels)} spans from {moment(strip.starts[0])} to {moment(strip.starts[-1])}; "
        f"{len(over)} of {len(current)} current spans at or past the warning mark"
        + (f", first {over[0]}" if over else "")
        + f"; the highest is {number(max(current), 2)} times the mark"
    )
