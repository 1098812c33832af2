"""What the dashboard's pictures are drawn of, as a page holds it: few digits, printable names."""

from collections.abc import Sequence
from typing import Any

from tidegauge.report.bars import lines
from tidegauge.report.result import Bars, Feature, Histogram
from tidegauge.report.words import moment, plain

SIDES = ("reference", "current")

ROWS = 25
"""Columns in a picture of many; a reader looks at the first."""

_NAME = 80


def distributions(picture: Histogram | Bars, *, days: bool = False) -> list[Any]:
    """Both sides of a column; with `days` its axis counts days since 1970."""
    drawn = _bars(picture) if isinstance(picture, Bars) else _histogram(picture)
    # The page says itself what the picture is of.
    return [{"name": "", "facet": "day" if days else "", "picture": drawn}, SIDES]


def moved(features: Sequence[Feature]) -> list[Any]:
    """How far columns were from the reference, span by span, in order; all have the same spans."""
    there = [(one.name, one.strip) for one in features if one.strip][:ROWS]
    if not there:
        return []
    spans = there[0][1]
    return [
        {
            "starts": [moment(start) for start in spans.starts],
            "current_from": spans.current_from,
            "columns": [[plain(name, _NAME), strip.levels] for name, strip in there],
        }
    ]


def _histogram(histogram: Histogram) -> dict[str, Any]:
    return {
        "edges": histogram.edges,
        "reference": _shares(histogram.reference),
        "current": _shares(histogram.current),
        "below": _shares(histogram.below),
        "above": _shares(histogram.above),
        "missing": _shares(histogram.missing),
    }


def _bars(bars: Bars) -> dict[str, Any]:
    told = lines(bars)
    return {
        "labels": [plain(line.label, _NAME) for line in told],
        "reference": _shares([line.reference for line in told]),
        "current": _shares([line.current for line in told]),
        "special": sum(line.is_group for line in told),
    }


def _shares(shares: Sequence[float]) -> list[float]:
    """To three digits: finer than any screen that shows them."""
    return [float(f"{share:.3g}") for share in shares]
