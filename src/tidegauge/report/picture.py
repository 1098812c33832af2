"""Both distributions of a column, as the numbers that a chart draws."""

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.profile.bins import ABOVE, BELOW, FIRST, LAST
from tidegauge.profile.categories import MISSING, NAMED, OTHER, UNSEEN
from tidegauge.profile.numeric import Numeric
from tidegauge.profile.table import Profile
from tidegauge.report.quantiles import steps
from tidegauge.report.result import Bars, Histogram

_STEPS = 40
_MOST_BARS = 12
_FURTHEST = 1e307
"""Places that an axis reaches to: differences of larger ones are beyond the doubles."""
_FEW = 31
"""Different numbers up to which a column is drawn value by value."""


def numeric_picture(reference: Profile, current: Profile, column: int) -> Histogram | Bars | None:
    before, after = reference.numeric, current.numeric
    if not before.finite[column]:
        return None
    few = _values(before, after, column)
    if few is not None:
        return _bars_of_values(reference, current, column, few)
    low, high = _axis(before, column)
    edges = np.linspace(low, high, _STEPS + 1)
    drawn = [
        _shares(numeric, column, edges, profile.rows)
        for numeric, profile in ((before, reference), (after, current))
    ]
    return Histogram(
        edges=_places(edges),
        reference=_rounded(drawn[0][0]),
        current=_rounded(drawn[1][0]),
        below=(drawn[0][1], drawn[1][1]),
        above=(drawn[0][2], drawn[1][2]),
        missing=(
            int(before.absent[column]) / max(reference.rows, 1),
            int(after.absent[column]) / max(current.rows, 1),
        ),
    )


def _axis(numeric: Numeric, column: int) -> tuple[float, float]:
    """The reference's range, without its tails where they would squeeze the rest.

    What lies beyond is known by its share alone, and is drawn as that.
    """
    edges = np.clip(numeric.bins.edges[column], -_FURTHEST, _FURTHEST)
    low, high = float(edges[1]), float(edges[-2])
    reach = (high / 2 - low / 2) / 2
    if float(edges[-1]) - high <= reach:
        high = float(edges[-1])
    if low - float(edges[0]) <= reach:
        low = float(edges[0])
    if low >= high:
        width = max(abs(low) * 0.05, 0.5)
        low, high = low - width, high + width
    return low, high


def _shares(numeric: Numeric, column: int, edges: Floats, rows: int) -> tuple[Floats, float, float]:
    n = int(numeric.n[column])
    if not n or not rows:
        return np.zeros(len(edges) - 1), 0.0, 0.0
    places, cumulated = steps(numeric, column)
    # Left of the first edge, and up to each: a value on an edge belongs to the left.
    places = np.maximum.accumulate(places)
    inside = np.interp(edges, places, cumulated, left=0.0, right=1.0)
    # Between numbers smaller than the normal ones the slope is infinite.
    inside = np.maximum.accumulate(np.clip(np.nan_to_num(inside), 0.0, 1.0)) * (n / rows)
    return np.diff(inside), round(float(inside[0]), 6), round(float(n / rows - inside[-1]), 6)


def _values(before: Numeric, after: Numeric, column: int) -> Counts | None:
    """The bins that hold one value each, if nearly all numbers are in a few of them."""
    edges = before.bins.edges[column]
    width = np.diff(edges)
    single = np.concatenate([[False], width <= np.abs(edges[1:]) * 1e-12, [False]])
    if edges[0] == edges[1]:
        single[FIRST] = True
    single &= before.counts[column] > 0
    held = np.flatnonzero(single)
    n = int(before.n[column])
    if not len(held) or len(held) > _FEW or before.counts[column][held].sum() < 0.98 * n:
        return None
    inside = after.counts[column][FIRST : LAST + 1].sum()
    return held if after.counts[column][held].sum() >= 0.5 * inside else None


def _bars_of_values(reference: Profile, current: Profile, column: int, held: Counts) -> Bars:
    edges = reference.layout.numeric.edges[column]
    labels = [f"{edges[cell]:.6g}" for cell in held.tolist()]
    sides: list[list[float]] = []
    for profile in (reference, current):
        counts = profile.numeric.counts[column]
        outside = int(counts[BELOW] + counts[ABOVE])
        named = int(counts[held].sum())
        rest = int(counts.sum()) - named - outside
        absent = int(profile.numeric.absent[column])
        shares = [*counts[held].tolist(), rest, outside, absent]
        sides.append([share / max(profile.rows, 1) for share in shares])
    return _bars([*labels, "other", "out of range", "missing"], *sides, special=3)


def category_picture(reference: Profile, current: Profile, column: int) -> Bars:
    values = reference.layout.categories[column].values
    sides = [
        profile.categories.counts[column] / max(profile.rows, 1) for profile in (reference, current)
    ]
    named = [side[NAMED : NAMED + len(values)] for side in sides]
    shown = np.argsort(-np.maximum(*named), kind="stable")[:_MOST_BARS]
    drawn = [
        [
            *part[shown].tolist(),
            float(side[OTHER] + part.sum() - part[shown].sum()),
            float(side[UNSEEN]),
            float(side[MISSING]),
        ]
        for side, part in zip(sides, named, strict=True)
    ]
    labels = [values[i] for i in shown.tolist()]
    return _bars([*labels, "other", "unseen", "missing"], *drawn, special=3)


def _bars(labels: list[str], before: list[float], after: list[float], special: int) -> Bars:
    """Without the groups that are empty on both sides."""
    last = len(labels) - special
    kept = [i for i in range(len(labels)) if i < last or before[i] > 1e-9 or after[i] > 1e-9]
    return Bars(
        labels=[labels[i] for i in kept],
        reference=[round(before[i], 6) for i in kept],
        current=[round(after[i], 6) for i in kept],
        special=sum(1 for i in kept if i >= last),
    )


def _places(edges: Floats) -> list[float]:
    """With as many digits as tell neighbours apart: a narrow range may lie far from 0."""
    step = edges[1] - edges[0]
    far = np.abs(edges).max() / step if step > 0 else 1.0
    digits = int(np.clip(np.ceil(np.log10(max(far, 1.0))) + 3, 6, 17))
    return [float(f"{edge:.{digits}g}") for edge in edges.tolist()]


def _rounded(values: Floats) -> list[float]:
    return [float(f"{value:.6g}") for value in values.tolist()]
