"""All models at once: how far each feature of each of them is from its reference.

The columns of some hundred models are put one under the other, so that each method runs a few
times, not a thousand.  What a reference is needed for is kept by the caller between two sweeps.
Methods that need counts only can be asked for: PSI, KS, KL and the like.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection

from tidegauge.arrays import Counts, Floats
from tidegauge.catalog import baselines, layouts, series, windows
from tidegauge.catalog.windows import Window
from tidegauge.drift import MIX, MixMethods, OrderedMethods
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Mix, Ordered
from tidegauge.profile.bins import NumericBins
from tidegauge.profile.categories import UNSEEN
from tidegauge.profile.codec import decode, decode_tallies
from tidegauge.profile.layout import Facet
from tidegauge.profile.numeric import SUMS, Numeric
from tidegauge.profile.table import Profile
from tidegauge.series.drift import bins_of
from tidegauge.series.memory import Memory
from tidegauge.series.reach import Reach

_AT_ONCE: Final = 50
"""Models whose columns are measured together: they fit into the processor's cache."""


@dataclass(frozen=True)
class Kept:
    """Of a reference, in as few bytes as a sweep needs."""

    layout: int
    facets: Sequence[Facet]
    names: Sequence[str]
    edges: Floats
    counts: Counts
    gone: Counts
    mixes: Counts


@dataclass(frozen=True)
class References:
    """What sweeps have met; for as many models as there may be."""

    known: Memory[int, Kept] = field(default_factory=lambda: Memory(20_000))


class Swept(NamedTuple):
    """One method over some columns of one model."""

    model: int
    method: str
    facets: Sequence[Facet]
    values: Floats
    """NaN where it cannot be computed."""
    p_values: Floats | None
    n: Counts


@dataclass
class _Sum:
    """The windows of one model, added."""

    model: int
    kept: Kept
    counts: Counts
    gone: Counts
    mixes: Counts


def sweep(
    connection: Connection,
    reach: Reach,
    references: References,
    models: Sequence[int],
    span: tuple[int, int],
    methods: Sequence[OrderedMethods | MixMethods],
) -> Iterator[Swept]:
    """Models without a reference, or without rows in the span, are left out."""
    numbers = baselines.ids(connection, models)
    missing = [m for m, number in numbers.items() if not references.known.has(number)]
    fresh = baselines.latest(connection, missing)
    kept = {
        model: references.known.get(number, lambda model=model: _kept(connection, fresh[model]))
        for model, number in numbers.items()
    }
    owner = series.whole(connection, kept)
    found: dict[int, list[Window]] = {}
    for each in reach.spans(*reach.whole(*span)):
        for window in windows.between(connection, owner, *each):
            found.setdefault(owner[window.series], []).append(window)
    sums = [
        made
        for model, own in found.items()
        if (made := _summed(model, kept[model], own)) is not None
    ]
    for start in range(0, len(sums), _AT_ONCE):
        some = sums[start : start + _AT_ONCE]
        yield from _numeric(some, methods)
        yield from _named(some, methods)


def _kept(connection: Connection, baseline: baselines.Baseline) -> Kept:
    body = layouts.get(connection, [baseline.layout])[baseline.layout].body
    profile: Profile = decode(baseline.profile, decode(body).layout)
    layout = profile.layout
    return Kept(
        layout=baseline.layout,
        facets=layout.facets,
        names=layout.names,
        edges=layout.numeric.edges,
        counts=_small(profile.numeric.counts),
        gone=_small(profile.numeric.gone),
        mixes=_small(profile.categories.counts),
    )


def _small(counts: Counts) -> Counts:
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))


def _summed(model: int, kept: Kept, found: Sequence[Window]) -> _Sum | None:
    total: _Sum | None = None
    for window in found:
        if window.profile is None or window.layout != kept.layout:
            continue
        tallies = decode_tallies(window.profile)
        own = _Sum(model, kept, tallies.counts, tallies.gone, tallies.mixes)
        if total is None:
            total = own
            continue
        total = _Sum(
            model,
            kept,
            total.counts.astype(np.int64) + own.counts,
            total.gone.astype(np.int64) + own.gone,
            total.mixes.astype(np.int64) + own.mixes,
        )
    return total


def _numeric(
    some: Sequence[_Sum], methods: Sequence[OrderedMethods | MixMethods]
) -> Iterator[Swept]:
    pair = _pair(some)
    facets = [each.kept.facets for each in some]
    mixes = {bins: Mix.of_bins(pair, bins) for bins in bins_of(methods)}
    for method in methods:
        scores = method.score(mixes[method.bins] if isinstance(method, MIX) else pair)  # pyright: ignore[reportArgumentType]
        yield from _cut(some, method.kind, scores, facets, pair.current.n)


def _pair(some: Sequence[_Sum]) -> Ordered:
    edges = np.concatenate([each.kept.edges for each in some])
    # Centre and unit are for moments, which nobody asks for here.
    plain = np.ones(len(edges))
    bins = NumericBins(edges=edges, centre=plain, unit=plain)
    return Ordered(
        _side(bins, [(each.kept.counts, each.kept.gone) for each in some]),
        _side(bins, [(each.counts, each.gone) for each in some]),
    )


def _side(bins: NumericBins, parts: Sequence[tuple[Counts, Counts]]) -> Numeric:
    size = len(bins)
    return Numeric(
        bins=bins,
        counts=np.concatenate([counts for counts, _gone in parts]).astype(np.int64),
        gone=np.concatenate([gone for _counts, gone in parts]).astype(np.int64),
        lowest=np.zeros(size),
        highest=np.zeros(size),
        sums=np.broadcast_to(np.zeros((1, SUMS), dtype=object), (size, SUMS)),
    )


def _named(some: Sequence[_Sum], methods: Sequence[OrderedMethods | MixMethods]) -> Iterator[Swept]:
    width = max(each.kept.mixes.shape[1] for each in some)
    before = _wide([each.kept.mixes for each in some], width)
    after = _wide([each.mixes for each in some], width)
    mix = Mix(before, after, (before > 0) | (after > 0))
    n = after.sum(axis=1).astype(np.int64)
    facets = [[Facet(name, "") for name in each.kept.names] for each in some]
    for method in methods:
        if isinstance(method, MIX):
            yield from _cut(some, method.kind, method.score(mix), facets, n)


def _wide(parts: Sequence[Counts], width: int) -> Floats:
    """One under the other; those with fewer values are filled up with cells that hold nothing."""
    rows = [np.pad(each[:, UNSEEN:], ((0, 0), (0, width - each.shape[1]))) for each in parts]
    return np.concatenate(rows).astype(np.float64)


def _cut(
    some: Sequence[_Sum],
    method: str,
    scores: Scores,
    facets: Sequence[Sequence[Facet]],
    n: Counts,
) -> Iterator[Swept]:
    at = 0
    for each, own in zip(some, facets, strict=True):
        part = slice(at, at + len(own))
        p_values = None if scores.p_value is None else scores.p_value[part]
        yield Swept(each.model, method, own, scores.value[part], p_values, n[part])
        at += len(own)
