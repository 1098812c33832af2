"""Where rows have moved from and to, between two times: by feature, and by slice.

What a column tells of it is how much more of the rows lie now in those of its levels that grew:
which these are is taken from one half of the rows, and how much it is from the other, so that
many levels do not look like much movement.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.slices.condition import Condition
from tidegauge.slices.levels import Levels
from tidegauge.slices.search import Confirmed, Search


@dataclass(frozen=True, kw_only=True)
class Feature:
    column: str
    distance: float
    """The part of all rows that have moved from one of its levels to another: total variation."""
    share: float
    """Of the distances of all columns together."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Of the half of the rows that it was confirmed on."""

    conditions: tuple[Condition, ...]
    part_before: float
    part_now: float
    share: float | None
    """Of the rows that have moved, as far as one or two columns tell."""
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Moved:
    distance: float
    """The part of all rows that have moved, at least."""
    features: Sequence[Feature]
    """The one that moved most first."""
    slices: Sequence[Shift]
    """What tells most first."""


def moved(
    columns: Sequence[Levels],
    is_now: Flags,
    weights: Floats | None = None,
    *,
    most: int = 5,
    go_on: Callable[[], bool] = lambda: True,
) -> Moved:
    search = Search(columns, is_now, None, weights, is_both=True, go_on=go_on)
    found = search.run(most)
    distances = [_distance(search, each.codes, each.size) for each in columns]
    total = sum(distances)
    features = [
        Feature(column=each.column, distance=one, share=one / total if total else 0.0)
        for each, one in zip(columns, distances, strict=True)
    ]
    named = {each.column: each for each in columns}
    pairs = [
        _distance(search, a.codes * b.size + b.codes, a.size * b.size)
        for each in found
        if len(each.conditions) > 1
        for a, b in [tuple(named[condition.column] for condition in each.conditions)]
    ]
    parts = [_part(each, 1) - _part(each, 0) for each in found]
    of_all = max([*distances, *pairs, *map(abs, parts)], default=0.0)
    return Moved(
        distance=of_all,
        features=sorted(features, key=lambda each: -each.distance),
        slices=[
            Shift(
                conditions=each.conditions,
                part_before=_part(each, 0),
                part_now=_part(each, 1),
                share=abs(part) / of_all if of_all else None,
                p_value=each.p_value,
            )
            for each, part in zip(found, parts, strict=True)
        ],
    )


def _part(each: Confirmed, mark: int) -> float:
    """Of all rows before (0) or now (1)."""
    return float(each.inside[0, mark] / each.every[0, mark])


def _distance(search: Search, cells: Counts, size: int) -> float:
    chosen, asked = (_parts(search, cells, size, rows) for rows in (search.first, ~search.first))
    return max(float(asked[chosen > 0].sum()), 0.0)


def _parts(search: Search, cells: Counts, size: int, rows: Flags) -> Floats:
    """By how much of all rows each cell grew."""
    weight = search.tally(cells, size, rows).weight[:, 0]
    parts = weight / np.maximum(weight.sum(axis=0), 1e-300)
    return parts[:, 1] - parts[:, 0]
