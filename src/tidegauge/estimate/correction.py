"""Whether trees know better than a first guess, and then the trees: asked of rows left out.

The reference is left out block by block, in its order: what holds only of rows that stand together
in time is not learned.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.estimate.features import Places
from tidegauge.estimate.trees import Link, Trees, grown

FOLDS: Final = 4
_TREES: Final = 80
_SPANS: Final = 40
"""Rows of one span are not independent: they stand together in time."""
_SURE: Final = 2.0
"""By how many standard errors the loss must be less."""


class Cross(NamedTuple):
    """What is said of each row by what was learned from the other blocks."""

    start: Floats
    said: Floats
    trees: Trees | None
    """Of all rows."""


def blocks(count: int, of: int = FOLDS) -> Counts:
    """Each row's block, in their order."""
    return np.arange(count) * of // max(count, 1)


def crossed(
    places: Places | None,
    true: Floats,
    weights: Floats,
    guess: Callable[[Flags], Floats],
    link: Link,
) -> Cross:
    """`guess` learns from some rows, and says its guess of all."""
    fold = blocks(len(true))
    forests: list[Trees] = []
    start = np.zeros(len(true))
    losses = np.zeros((len(true), _TREES if places is not None else 0))
    for k in range(FOLDS):
        out = fold == k
        of_all = guess(~out)
        start[out] = of_all[out]
        if places is None:
            continue
        trees = grown(
            places[:, ~out], true[~out], of_all[~out], weights[~out], link, count=_TREES, seed=k
        )
        forests.append(trees)
        for at, by in enumerate(trees.stages(places[:, out])):
            losses[out, at] = link.loss(true[out], link.corrected(start[out], by))
    if places is None:
        return Cross(start, start, None)
    before = link.loss(true, start)
    count = int(np.average(losses, axis=0, weights=weights).argmin()) + 1
    less = np.bincount(blocks(len(true), _SPANS), weights * (before - losses[:, count - 1]))
    if less.sum() <= _SURE * np.sqrt(((less - less.mean()) ** 2).sum()):
        return Cross(start, start, None)
    said = start.copy()
    for k, trees in enumerate(forests):
        out = fold == k
        said[out] = link.corrected(start[out], trees.first(count).total(places[:, out]))
    every = np.ones(len(true), dtype=np.bool_)
    return Cross(start, said, grown(places, true, guess(every), weights, link, count=count))
