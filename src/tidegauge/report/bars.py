"""The values of a category column, as many as anyone reads."""

from dataclasses import dataclass

from tidegauge.report.result import Bars

_MOST = 16
"""Values in a picture or a table; the others are one row, for nobody reads forty."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One value, or one group of values, with its share of each data set's rows."""

    label: str
    reference: float
    current: float
    is_group: bool = False


def lines(bars: Bars, most: int = _MOST) -> list[Line]:
    """Those with the most rows on either side in their order, the rest as one, then the groups."""
    values = len(bars.labels) - bars.special
    found = [
        Line(label=label, reference=reference, current=current, is_group=n >= values)
        for n, (label, reference, current) in enumerate(
            zip(bars.labels, bars.reference, bars.current, strict=True)
        )
    ]
    groups = [line for line in found[values:] if line.reference or line.current]
    return _largest(found[:values], most) + groups


def _largest(found: list[Line], most: int) -> list[Line]:
    if len(found) <= most:
        return found
    ranked = sorted(range(len(found)), key=lambda n: -max(found[n].reference, found[n].current))
    kept = set(ranked[: most - 1])
    rest = [line for n, line in enumerate(found) if n not in kept]
    folded = Line(
        label=f"{len(rest)} more values",
        reference=sum(line.reference for line in rest),
        current=sum(line.current for line in rest),
        is_group=True,
    )
    return [line for n, line in enumerate(found) if n in kept] + [folded]
