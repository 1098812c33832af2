"""The same measures of many groups of rows, from one pass over all of them.

A day is measured in hundreds of windows, most of a few rows: to count them one by one costs more
than to read them.  Groups lie one after another, between cuts: group k is rows `cuts[k]` to
`cuts[k + 1]`.  Counts are those of `Classes.of` and `Delays.of`, and sums of floats are added row
after row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.performance.bins import bins_of
from tidegauge.performance.classes import PROBABILITY, Classes, Coded, moved
from tidegauge.performance.delay import Delays, octaves_of
from tidegauge.performance.moments import weighed
from tidegauge.performance.scores import BANDS, Scores, bands_of, terms_of

_CELLS: Final = 1 << 22
"""Counts that are held at once: of more classes than that allows, groups are counted one by one."""


def slices(cuts: Counts) -> Iterator[slice]:
    return (slice(first, last) for first, last in pairwise(cuts.tolist()))


def delays_of(seconds: Floats, cuts: Counts) -> list[Delays]:
    groups = len(cuts) - 1
    group = np.repeat(np.arange(groups), np.diff(cuts))
    found = _distinct(octaves_of(seconds), group, groups)
    counts = np.bincount(found.where, minlength=len(found.values)).astype(np.int64)
    early = np.bincount(group[seconds < 0], minlength=groups).tolist()
    return [
        Delays(found.values[own], counts[own], early[at])
        for at, own in enumerate(slices(found.cuts))
    ]


def classes_of(
    true: Coded,
    chosen: Coded,
    scores: Mapping[str, Floats],
    weights: Floats | None,
    cuts: Counts,
) -> list[Classes]:
    names = tuple(sorted({*true.names, *chosen.names}))
    groups, width = len(cuts) - 1, len(names)
    if groups * width * max(width, BANDS) > _CELLS:
        return [
            Classes.of(
                Coded(true.codes[own], true.names),
                Coded(chosen.codes[own], chosen.names),
                {column: values[own] for column, values in scores.items()},
                None if weights is None else weights[own],
            )
            for own in slices(cuts)
        ]
    w = np.ones(len(true.codes)) if weights is None else weights
    group = np.repeat(np.arange(groups), np.diff(cuts))
    actual, choice = moved(true, names), moved(chosen, names)
    used = _used(groups, names, [(group, actual), (group, choice)])
    both = np.flatnonzero((actual >= 0) & (choice >= 0))
    cells = (group[both] * width + actual[both]) * width + choice[both]
    counts = weighed(cells, w[both], groups * width * width).reshape(-1, width, width)
    squares = weighed(group[both], w[both] ** 2, groups).tolist()
    told = {
        column: _scores(
            values[there],
            w[there],
            group[there],
            _against(column, actual[there], names, used),
        )
        for column, values in scores.items()
        for there in [np.flatnonzero((actual >= 0) & np.isfinite(values))]
    }
    return [
        Classes(
            each.names,
            each.of(each.of(counts[at]).T).T,
            squares[at],
            {column: one for column, every in told.items() if (one := every[at]) is not None},
        )
        for at, each in enumerate(used)
    ]


class _Names(NamedTuple):
    """The classes of a group."""

    names: tuple[str, ...]
    places: Counts | None
    """Among those of all groups; None where it has all of them."""

    def of(self, counts: Floats) -> Floats:
        return counts if self.places is None else counts[self.places]


def _used(
    groups: int, names: tuple[str, ...], coded: Iterable[tuple[Counts, Counts]]
) -> list[_Names]:
    used = np.zeros((groups, len(names)), dtype=np.bool_)
    for group, codes in coded:
        there = np.flatnonzero(codes >= 0)
        used[group[there], codes[there]] = True
    return [
        _Names(names, None)
        if own.all()
        else _Names(tuple(np.array(names, dtype=object)[own]), np.flatnonzero(own))
        for own in used
    ]


class _Truth(NamedTuple):
    codes: Counts
    width: int
    used: Sequence[_Names]
    """By group."""


def _against(column: str, actual: Counts, names: Sequence[str], used: Sequence[_Names]) -> _Truth:
    """What each row is held against: its class, or whether it is of the class whose probability it
    is."""
    if not column.startswith(PROBABILITY):
        return _Truth(actual, len(names), used)
    name = column.removeprefix(PROBABILITY)
    at = names.index(name) if name in names else -1
    sides = ("", name)
    return _Truth((actual == at).astype(np.int64), len(sides), [_Names(sides, None)] * len(used))


def _scores(scores: Floats, w: Floats, group: Counts, truth: _Truth) -> list[Scores | None]:
    groups, width = len(truth.used), truth.width
    found = _distinct(bins_of(scores), group, groups)
    size = len(found.values) * width
    counts = weighed(found.where * width + truth.codes, w, size).reshape(-1, width)
    cells = (group * BANDS + bands_of(scores)) * width + truth.codes
    size = groups * BANDS * width
    bands = np.stack([weighed(cells, each, size) for each in (w, w * scores)], axis=-1)
    bands = bands.reshape(groups, BANDS, width, 2)
    cells, size = group * width + truth.codes, groups * width
    sums = np.stack([weighed(cells, w * each, size) for each in terms_of(scores, w)], axis=-1)
    sums = sums.reshape(groups, width, -1)
    return [
        Scores(
            each.names,
            found.values[here],
            each.of(counts[here].T).T,
            each.of(bands[at].swapaxes(0, 1)).swapaxes(0, 1),
            each.of(sums[at]),
        )
        if here.stop > here.start
        else None
        for at, (each, here) in enumerate(zip(truth.used, slices(found.cuts), strict=True))
    ]


class _Distinct(NamedTuple):
    """The values of each group, in order."""

    values: Counts
    where: Counts
    """Of each row."""
    cuts: Counts


def _distinct(values: Counts, group: Counts, groups: int) -> _Distinct:
    least = int(values.min(initial=0))
    span = int(values.max(initial=0)) - least + 1
    keys, where = np.unique(group * span + (values - least), return_inverse=True)
    owner = keys // span
    cuts = np.searchsorted(owner, np.arange(groups + 1))
    return _Distinct(keys - owner * span + least, where, cuts)
