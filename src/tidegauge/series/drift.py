"""Drift over time: how far each step of a span is from the reference, method by method.

A number comes with its n, its bound (profiles are binned) and what it says by the limits that are
usual for its method.  A limit is passed only where chance does not explain it: a method without a
p-value needs 500 rows.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from tidegauge.arrays import Counts
from tidegauge.catalog.windows import Window
from tidegauge.drift import METHODS, MIX, MixMethods, OrderedMethods
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix
from tidegauge.errors import InputError
from tidegauge.profile.codec import Tallies, decode_tallies
from tidegauge.profile.layout import Facet
from tidegauge.profile.table import Profile
from tidegauge.schema import near
from tidegauge.series.stack import Stack

Status = Literal["normal", "warning", "critical", "insufficient_data"]
USUAL: Final = ("psi", "ks", "kl", "jensen_shannon")
FEWEST: Final = 20
"""Rows below which a number says nothing."""
FEWEST_UNTESTED: Final = 500
_CHANCE: Final = 0.01
MOST: Final = 200_000
"""Numbers in one answer."""
_BLOCK: Final = 8_000
"""Columns of windows that are measured at once: so many fit into the processor's cache."""
_BY_SUMS: Final = frozenset(
    {"wasserstein", "wasserstein_normalised", "energy", "mean_change", "variance_change"}
)


class Limits(NamedTuple):
    warning: float
    critical: float


_LIMITS: Final[Mapping[str, Limits]] = {
    "psi": Limits(0.1, 0.25),
    "ks": Limits(0.15, 0.3),
    "kl": Limits(0.1, 0.5),
    "jensen_shannon": Limits(0.1, 0.2),
}
_NAMES: Final = {method().kind: method for method in METHODS}
_ALIASES: Final = {
    "ks_test": "ks",
    "kl_divergence": "kl",
    "js_distance": "jensen_shannon",
    "js": "jensen_shannon",
    "mw": "mann_whitney",
}


class Point(NamedTuple):
    value: float | None
    status: Status
    n: int
    p_value: float | None
    bound: float | None


@dataclass(frozen=True)
class Line:
    """One method on one column, step by step."""

    feature: str
    facet: str
    """What was derived from the column, or ""."""
    metric: str
    limits: Limits
    points: Sequence[Point]


class Picked(NamedTuple):
    """Columns by their places in a layout."""

    numeric: list[int]
    named: list[int]


def method_of(name: str) -> OrderedMethods | MixMethods:
    made = _NAMES.get(_ALIASES.get(name, name))
    if made is None:
        known = sorted(_NAMES)
        raise InputError(f"no method {name!r}{near(name, known)}; there are {', '.join(known)}")
    return made()


def limits_of(method: str) -> Limits:
    if method in _LIMITS:
        return _LIMITS[method]
    default = _NAMES[method].default_threshold
    return Limits(default, 2 * default)


def status_of(method: str, value: float | None, n: float, p_value: float | None) -> Status:
    if value is None or n < FEWEST:
        return "insufficient_data"
    limits = limits_of(method)
    far = abs(value - _NAMES[method].unmoved)
    is_certain = n >= FEWEST_UNTESTED if p_value is None else p_value < _CHANCE
    if far < limits.warning or not is_certain:
        return "normal"
    return "critical" if far >= limits.critical else "warning"


def pick(reference: Profile, columns: Sequence[str] | None) -> Picked:
    """All judged columns, or those named."""
    layout = reference.layout
    judged = {column.name for column in layout.schema if column.is_judged}
    wanted = judged if columns is None else set(columns)
    return Picked(
        [i for i, facet in enumerate(layout.facets) if facet.column in wanted],
        [i for i, name in enumerate(layout.names) if name in wanted],
    )


def named(reference: Profile, like: str) -> list[str]:
    """Judged columns with that in their names."""
    return [
        column.name
        for column in reference.layout.schema
        if column.is_judged and like.lower() in column.name.lower()
    ]


def furthest(
    reference: Profile,
    windows: Sequence[Window],
    method: OrderedMethods | MixMethods,
    columns: Sequence[str],
    most: int,
    unpack: Callable[[bytes], Tallies] = decode_tallies,
) -> list[str]:
    """Of these columns those that are furthest from the reference, all windows taken together."""
    far = dict.fromkeys(columns, 0.0)
    unmoved = _NAMES[method.kind].unmoved
    for line in lines(reference, [windows], [method], columns, unpack):
        value = line.points[0].value
        if value is not None:
            far[line.feature] = max(far[line.feature], abs(value - unmoved))
    return sorted(far, key=lambda name: far[name], reverse=True)[:most]


def lines(
    reference: Profile,
    steps: Sequence[Sequence[Window]],
    methods: Sequence[OrderedMethods | MixMethods],
    columns: Sequence[str] | None = None,
    unpack: Callable[[bytes], Tallies] = decode_tallies,
) -> list[Line]:
    """`steps` are windows of the reference's layout, those of a step together."""
    picked = pick(reference, columns)
    size = len(steps) * (len(picked.numeric) + len(picked.named)) * len(methods)
    if size > MOST:
        raise InputError(
            f"that is {size:,} numbers: ask for fewer features or methods, or a longer step"
        )
    stack = Stack.of(
        [[each.profile for each in step if each.profile is not None] for step in steps],
        picked.numeric,
        picked.named,
        reference.categories.counts.shape[1],
        unpack,
        with_sums=any(method.kind in _BY_SUMS for method in methods),
    )
    layout = reference.layout
    found: list[Line] = []
    most = max(_BLOCK // max(len(steps), 1), 1)
    for at in _blocks(len(picked.numeric), most):
        facets = [layout.facets[picked.numeric[i]] for i in at]
        pair = stack.ordered(reference, picked.numeric, at)
        n = stack.numeric_n[:, at]
        mixes = {each: Mix.of_bins(pair, each) for each in bins_of(methods)}
        for method in methods:
            scores = method.score(mixes[method.bins] if isinstance(method, MIX) else pair)  # pyright: ignore[reportArgumentType]
            found += _lines(method.kind, facets, scores, n)
    for at in _blocks(len(picked.named), most):
        facets = [Facet(layout.names[picked.named[i]], "") for i in at]
        mix = stack.mix(reference, picked.named, at)
        for method in methods:
            if isinstance(method, MIX):
                found += _lines(method.kind, facets, method.score(mix), stack.named_n[:, at])
    return found


def bins_of(methods: Sequence[OrderedMethods | MixMethods]) -> set[int]:
    return {method.bins for method in methods if isinstance(method, MIX)}


def _blocks(columns: int, most: int) -> Iterator[list[int]]:
    for start in range(0, columns, most):
        yield list(range(start, min(start + most, columns)))


def _lines(method: str, facets: Sequence[Facet], scores: Scores, n: Counts) -> Iterator[Line]:
    """Scores of [steps x columns] as a line for each column."""
    shape = n.shape
    values = scores.value.reshape(shape)
    p_values = None if scores.p_value is None else scores.p_value.reshape(shape)
    bounds = None if scores.bound is None else scores.bound.reshape(shape)
    for i, facet in enumerate(facets):
        yield Line(
            facet.column,
            facet.name,
            method,
            limits_of(method),
            [
                _point(
                    method,
                    float(values[step, i]),
                    int(n[step, i]),
                    None if p_values is None else float(p_values[step, i]),
                    None if bounds is None else float(bounds[step, i]),
                )
                for step in range(shape[0])
            ],
        )


def _point(method: str, value: float, n: int, p_value: float | None, bound: float | None) -> Point:
    known = value if n and math.isfinite(value) else None
    chance = None if known is None or p_value is None else _finite(p_value)
    status = status_of(method, known, n, chance)
    return Point(known, status, n, chance, None if bound is None else _finite(bound))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
