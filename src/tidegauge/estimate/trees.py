"""Boosted trees that correct a first guess by what features tell (Friedman, 2001).

All nodes of a level share one cut (as CatBoost's do: Prokhorenkova et al., 2018).  So a row's leaf
is a number of three bits, a forest is a few short arrays, and asking it takes no walk.  A `Link`
says how a correction changes a guess: the odds of a share, the size of a positive number, or a
plain sum.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.estimate.features import BINS, Places

DEPTH: Final = 3
_RATE: Final = 0.2
_HELD: Final = 30.0
"""How many rows of the middle guess speak against each leaf's correction."""
_FEWEST: Final = 30
"""Rows on each side of a cut."""
_ASKED: Final = 16
"""Columns that are looked at for each tree, drawn by chance."""
_WIDTH: Final = BINS + 1
_BLOCK: Final = 20_000
_FARTHEST: Final = 8.0
"""That a correction goes, in logarithms."""


class Link(NamedTuple):
    corrected: Callable[[Floats, Floats], Floats]
    """The guess, and the sum of its corrections."""
    slope: Callable[[Floats], Floats]
    """How fast a corrected guess moves."""
    loss: Callable[[Floats, Floats], Floats]
    """Of each row: what was true, and the corrected guess."""


def _tilted(start: Floats, by: Floats) -> Floats:
    odds = np.exp(np.clip(by, -_FARTHEST, _FARTHEST))
    return start * odds / (1 - start + start * odds)


def _steepness(share: Floats) -> Floats:
    return share * (1 - share)


def _log_loss(true: Floats, share: Floats) -> Floats:
    safe = np.clip(share, 1e-6, 1 - 1e-6)
    return -(true * np.log(safe) + (1 - true) * np.log1p(-safe))


def _scaled(start: Floats, by: Floats) -> Floats:
    return start * np.exp(np.clip(by, -_FARTHEST, _FARTHEST))


def _itself(size: Floats) -> Floats:
    return size


def _size_loss(true: Floats, size: Floats) -> Floats:
    """Of Poisson: least where the size is the mean, and kind to what is far off."""
    return size - true * np.log(np.maximum(size, 1e-12))


def _added(start: Floats, by: Floats) -> Floats:
    return start + by


def _ones(guess: Floats) -> Floats:
    return np.ones_like(guess)


def _square_loss(true: Floats, guess: Floats) -> Floats:
    return (true - guess) ** 2


ODDS: Final = Link(_tilted, _steepness, _log_loss)
SIZE: Final = Link(_scaled, _itself, _size_loss)
SUM: Final = Link(_added, _ones, _square_loss)


@dataclass(frozen=True, eq=False)
class Trees:
    columns: Counts
    """[trees, levels]"""
    cuts: Counts
    """[trees, levels]: a place above it sets the level's bit."""
    values: Floats
    """[trees, leaves]"""

    def __len__(self) -> int:
        return len(self.values)

    def first(self, count: int) -> "Trees":
        return Trees(self.columns[:count], self.cuts[:count], self.values[:count])

    def stages(self, places: Places) -> Iterator[Floats]:
        """The sum after each tree."""
        total = np.zeros(places.shape[1])
        for columns, cuts, values in zip(self.columns, self.cuts, self.values, strict=True):
            total = total + values[_leaves(places, columns, cuts)]
            yield total

    def total(self, places: Places) -> Floats:
        found = np.zeros(places.shape[1])
        # Pieces that stay in the processor's cache.
        for begin in range(0, len(found), _BLOCK):
            own = places[:, begin : begin + _BLOCK]
            for columns, cuts, values in zip(self.columns, self.cuts, self.values, strict=True):
                found[begin : begin + _BLOCK] += values[_leaves(own, columns, cuts)]
        return found


def _leaves(places: Places, columns: Counts, cuts: Counts) -> Places:
    leaf = np.zeros(places.shape[1], dtype=np.uint8)
    for level, (column, cut) in enumerate(zip(columns.tolist(), cuts.tolist(), strict=True)):
        leaf |= (places[column] > cut).astype(np.uint8) << np.uint8(level)
    return leaf


def grown(
    places: Places,
    true: Floats,
    start: Floats,
    weights: Floats,
    link: Link,
    *,
    count: int,
    seed: int = 0,
) -> Trees:
    random = np.random.default_rng(seed)
    width = len(places)
    by = np.zeros(len(true))
    columns = np.zeros((count, DEPTH), dtype=np.int64)
    cuts = np.zeros((count, DEPTH), dtype=np.int64)
    values = np.zeros((count, 1 << DEPTH))
    # Where nothing can be corrected, nothing is.
    held = max(_HELD * float(np.average(link.slope(start), weights=weights)), 1e-12)
    for tree in range(count):
        own = np.sort(random.permutation(width)[:_ASKED])
        guess = link.corrected(start, by)
        pull, slope = weights * (true - guess), weights * link.slope(guess)
        leaf = np.zeros(len(true), dtype=np.int64)
        for level in range(DEPTH):
            column, cut = _best(places[own], leaf, 1 << level, (pull, slope, weights), held)
            columns[tree, level], cuts[tree, level] = own[column], cut
            leaf |= (places[own[column]] > cut).astype(np.int64) << level
        total = np.bincount(leaf, pull, 1 << DEPTH)
        values[tree] = _RATE * total / (np.bincount(leaf, slope, 1 << DEPTH) + held)
        by += values[tree][leaf]
    return Trees(columns, cuts, values)


def _best(
    places: Places, leaf: Counts, leaves: int, of: tuple[Floats, Floats, Floats], held: float
) -> tuple[int, int]:
    """The column and the cut by which all leaves together gain most; a cut above all places is
    none."""
    gains = np.zeros((len(places), _WIDTH))
    base = leaf * _WIDTH
    for column, own in enumerate(places):
        at = base + own
        pull, slope, weight = (
            np.bincount(at, each, leaves * _WIDTH).reshape(leaves, _WIDTH).cumsum(axis=1)
            for each in of
        )
        left = pull**2 / (slope + held)
        rest = (pull[:, -1:] - pull) ** 2 / (slope[:, -1:] - slope + held)
        whole = pull[:, -1:] ** 2 / (slope[:, -1:] + held)
        fair = (weight >= _FEWEST) & (weight[:, -1:] - weight >= _FEWEST)
        gains[column] = np.where(fair, left + rest - whole, 0.0).sum(axis=0)
    column, cut = divmod(int(gains.argmax()), _WIDTH)
    return (column, cut) if gains[column, cut] > 0 else (0, BINS)
