"""How far each column was from the reference, span by span of time, and since when it has moved.

Read from a sample of rows; only where a column says when a row happened.
"""

import math
from dataclasses import dataclass

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.profile.bins import ABOVE, BELOW, BINS, FIRST, LAST
from tidegauge.profile.categories import MISSING, NAMED, OTHER, UNSEEN
from tidegauge.profile.layout import Facet, Layout, derive, is_counted_by_name, read_columns
from tidegauge.profile.table import Profile
from tidegauge.quality.times import instant
from tidegauge.report.result import Strip
from tidegauge.rows.frame import Frame
from tidegauge.rows.values import codes, days_of_rows, is_there
from tidegauge.schema import Column

SAMPLE = 50_000
"""Rows of either side that a strip is drawn from."""
_SPANS = 40
_NAMED = 40
_FEWEST = 20
_CAP = 9.99
_MARK = 0.1
"""The PSI that is drawn as 1: the warning mark."""
_NICE = [
    minutes / 1440
    for minutes in (1, 5, 15, 30, 60, 180, 360, 720, 1440, 2880, 10080, 20160, 43200, 129600)
]


@dataclass(frozen=True, eq=False)
class Spans:
    """Stretches of time of equal length over both samples."""

    starts: Floats
    current_from: int
    reference: Counts
    """The span of each sampled row; -1 for a row without a time."""
    current: Counts


def spans_of(reference: Frame, current: Frame, time: str) -> Spans | None:
    before, after = days_of_rows(reference[time]), days_of_rows(current[time])
    there = [side[np.isfinite(side)] for side in (before, after)]
    if not len(there[0]) or not len(there[1]):
        return None
    low, high = float(there[1].min()), float(there[1].max())
    if high <= low:
        return None
    wanted = (high - low) / _SPANS
    step = next((nice for nice in _NICE if nice >= wanted), float(math.ceil(wanted)))
    first = math.floor(low / step) * step
    count = math.floor((high - first) / step) + 1
    current_starts = first + step * np.arange(count, dtype=np.float64)
    # The reference's last spans stand before the current ones, in the order of time.
    newest = min(float(there[0].max()), first - 1e-9)
    oldest = float(there[0].min())
    earlier = max(0, min(_SPANS // 2, math.ceil((newest - oldest) / step)))
    end = math.floor(newest / step) * step + step
    reference_starts = end - step * np.arange(earlier, 0, -1, dtype=np.float64)
    starts = np.concatenate([reference_starts, current_starts, [current_starts[-1] + step]])
    return Spans(
        starts,
        earlier,
        _places(before, reference_starts, step, 0),
        _places(after, current_starts, step, earlier),
    )


def _places(days: Floats, starts: Floats, step: float, first: int) -> Counts:
    places = np.full(len(days), -1, dtype=np.int64)
    if len(starts):
        with np.errstate(invalid="ignore"):
            inside = (days >= starts[0]) & (days < starts[-1] + step)
        places[inside] = np.searchsorted(starts, days[inside], side="right") - 1 + first
    return places


def strips(
    reference: Profile, samples: tuple[Frame, Frame], spans: Spans
) -> dict[str, tuple[Strip, str | None]]:
    """A strip for each judged column, and since when the current rows are as they are."""
    expected = _expected(reference)
    return {
        column.name: _strip(column, reference.layout, expected, samples, spans)
        for column in read_columns(reference.layout.schema)
        if column.is_judged
    }


def _strip(
    column: Column,
    layout: Layout,
    expected: dict[Facet, Floats],
    samples: tuple[Frame, Frame],
    spans: Spans,
) -> tuple[Strip, str | None]:
    levels = np.full(len(spans.starts) - 1, np.nan)
    best: tuple[float, int] = (0.0, spans.current_from)
    before, after = (_cells(column, side, layout) for side in samples)
    for facet, cells in before.items():
        shares = expected[facet]
        tables = [
            _table(found, place, len(levels), len(shares))
            for found, place in ((cells, spans.reference), (after[facet], spans.current))
        ]
        counts = tables[0] + tables[1]
        levels = np.fmax(levels, _psi(counts, shares))
        best = max(best, _change(counts[spans.current_from :], shares, spans.current_from))
    strip = Strip(
        starts=[instant(start) for start in spans.starts.tolist()],
        current_from=spans.current_from,
        levels=[
            None if np.isnan(level) else round(float(level) / _MARK, 2) for level in levels.tolist()
        ],
    )
    return strip, strip.starts[best[1]] if best[0] > 0 else None


def _cells(column: Column, side: Frame, layout: Layout) -> dict[Facet, Counts]:
    """The cell of each row, for each facet of a column."""
    if is_counted_by_name(column):
        values = layout.categories[layout.named_place[column.name]].values[:_NAMED]
        return {Facet(column.name, ""): _category_cells(side, column.name, values)}
    there = np.flatnonzero(is_there(side[column.name]))
    time = layout.schema.time
    needed = [column.name, *([time] if time and time != column.name else [])]
    derived = derive(
        column, side.take(there, needed), time, layout.vocabularies, layout.projections
    )
    found: dict[Facet, Counts] = {}
    for name, numbers in derived:
        facet = Facet(column.name, name)
        edges = layout.numeric.edges[layout.place[facet]][:: BINS // 20]
        cells = np.zeros(side.count, dtype=np.int64)
        # Values of another type are left out, and then there is no telling which rows are left.
        if len(numbers.values) == len(there):
            cells[there] = _placed(numbers.values, edges)
        found[facet] = cells
    return found


def _category_cells(side: Frame, name: str, values: tuple[str, ...]) -> Counts:
    cells = {value: i + 2 for i, value in enumerate(values)}
    coded = codes(side[name])
    places = np.array([*(cells.get(value, 1) for value in coded.values), 0])
    return places[coded.codes]


def _placed(values: Floats, edges: Floats) -> Counts:
    places = np.searchsorted(edges[1:], values, side="left") + 2
    places[values < edges[0]] = 1
    places[np.isnan(values)] = 0
    return places


def _expected(profile: Profile) -> dict[Facet, Floats]:
    """The reference's share of rows in each cell: missing, below, twenty bins, above; or missing,
    the rarer values, the named ones."""
    found: dict[Facet, Floats] = {}
    rows = max(profile.rows, 1)
    for i, facet in enumerate(profile.layout.facets):
        counts = profile.numeric.counts[i]
        inner = counts[FIRST : LAST + 1].reshape(20, -1).sum(axis=1)
        absent = profile.numeric.absent[i]
        found[facet] = np.concatenate([[absent, counts[BELOW]], inner, [counts[ABOVE]]]) / rows
    for i, name in enumerate(profile.layout.names):
        counts = profile.categories.counts[i]
        named = counts[NAMED : NAMED + len(profile.layout.categories[i].values)]
        rare = counts[UNSEEN] + counts[OTHER] + named[_NAMED:].sum()
        found[Facet(name, "")] = np.concatenate([[counts[MISSING], rare], named[:_NAMED]]) / rows
    return found


def _table(cells: Counts, places: Counts, spans: int, width: int) -> Floats:
    inside = places >= 0
    flat = places[inside] * width + np.minimum(cells[inside], width - 1)
    return np.bincount(flat, minlength=spans * width).reshape(spans, width).astype(np.float64)


def _psi(counts: Floats, expected: Floats) -> Floats:
    """How far each span is from the reference, chance taken off; NaN where rows are too few."""
    n = counts.sum(axis=1)
    real = expected > 0
    cells = max(int(real.sum()), 2)
    q = (counts + 0.5) / (n + 0.5 * cells)[:, None]
    p = np.where(real, expected, 0.5 / max(n.sum(), 1.0))
    terms = np.where(real | (counts > 0), (q - p) * np.log(q / p), 0.0)
    with np.errstate(divide="ignore"):
        level = terms.sum(axis=1) - (cells - 1) / n
    return np.where(n >= _FEWEST, np.clip(level, 0.0, _CAP * _MARK), np.nan)


def _change(counts: Floats, expected: Floats, first: int) -> tuple[float, int]:
    """The span from which on the rows are least like the reference: the likeliest start.

    The log-likelihood ratio of all rows from a span on, for every span.
    """
    later = np.cumsum(counts[::-1], axis=0)[::-1]
    n = later.sum(axis=1)
    p = np.maximum(expected, 0.5 / max(n.max(initial=1.0), 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(later > 0, np.log(later / (n[:, None] * p)), 0.0)
    ratios = (later * logs).sum(axis=1) - (len(expected) - 1) / 2
    if not len(ratios) or not np.isfinite(ratios).any():
        return 0.0, first
    best = int(np.nanargmax(ratios))
    return float(ratios[best]), first + best
