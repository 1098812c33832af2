"""Both mixes of a category column, side by side."""

from dataclasses import dataclass

from tidegauge.report.result import Bars
from tidegauge.report.svg import BIN, HEIGHT
from tidegauge.report.words import plain, share

_MOST = 16
"""Values in a table; the others are one row, for nobody reads forty."""

_SMALL = 14
"""Values in a row of the list."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One value, or one group of values, with its share of each data set's rows."""

    label: str
    reference: float
    current: float
    is_group: bool


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The geometry of a mix."""

    lines: list[Line]
    top: float
    width: int
    reference: str
    current: str
    first: str
    last: str
    """The labels at both ends of the small drawing."""
    says: str


def chart(bars: Bars) -> Chart:
    values, groups = _lines(bars)
    lines = _largest(values, _MOST) + groups
    top = max((max(line.reference, line.current) for line in lines), default=0.0) or 1.0
    small = _largest(values, _SMALL) + [
        line for line in groups if max(line.reference, line.current) >= 0.005
    ]
    return Chart(
        lines=lines,
        top=top,
        width=BIN * max(len(small), 1),
        reference=_columns([line.reference for line in small], top, 0, 8),
        current=_columns([line.current for line in small], top, 2, 4),
        first=small[0].label if small else "",
        last=small[-1].label if len(small) > 1 else "",
        says="; ".join(
            f"{plain(line.label, 40)}: {share(line.reference)} to {share(line.current)}"
            for line in lines[:6]
        ),
    )


def _lines(bars: Bars) -> tuple[list[Line], list[Line]]:
    values = len(bars.labels) - bars.special
    lines = [
        Line(label=label, reference=reference, current=current, is_group=n >= values)
        for n, (label, reference, current) in enumerate(
            zip(bars.labels, bars.reference, bars.current, strict=True)
        )
    ]
    empty = [line for line in lines[values:] if line.reference == line.current == 0]
    return lines[:values], [line for line in lines[values:] if line not in empty]


def _largest(lines: list[Line], most: int) -> list[Line]:
    """The values with the most rows on either side, in their order, and the rest as one."""
    if len(lines) <= most:
        return lines
    ranked = sorted(range(len(lines)), key=lambda n: -max(lines[n].reference, lines[n].current))
    kept = set(ranked[: most - 1])
    rest = [line for n, line in enumerate(lines) if n not in kept]
    folded = Line(
        label=f"{len(rest)} more values",
        reference=sum(line.reference for line in rest),
        current=sum(line.current for line in rest),
        is_group=True,
    )
    return [line for n, line in enumerate(lines) if n in kept] + [folded]


def _columns(shares: list[float], top: float, inset: int, width: int) -> str:
    return "".join(
        f"M{n * BIN + inset} {HEIGHT}v-{round(HEIGHT * min(one / top, 1))}h{width}V{HEIGHT}z"
        for n, one in enumerate(shares)
        if one > 0
    )
