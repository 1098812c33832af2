"""Maximum mean discrepancy with a Gaussian kernel (Gretton et al., 2012).

The value is the unbiased estimate of the squared discrepancy: about 0 (a little below at times) if
all columns together are distributed as before, up to 2 if nothing is alike.  It sees any change of
the joint distribution, best one of many columns at once; one that a single column shows is found
sooner there.  Choose it for embeddings and for moderate numbers of numeric columns.

The kernel is exp(-d**2 / median of d**2).  Up to 1,000 rows a side it is computed from all pairs;
above that from 256 random Fourier features (Rahimi & Recht, 2007), whose cost grows with the rows
and not with their pairs.  The p-value is by permutation of rows, or of blocks of rows in the
second case; its least is 1 in 201.  All randomness comes from `seed`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.method import RowScore, Sample
from tidegauge.drift.rows.table import Table

_EXACT = 1_000
_FREQUENCIES = 128
"""Each gives a cosine and a sine."""
_BLOCKS = 400
_PERMUTATIONS = 200


@dataclass(frozen=True, kw_only=True)
class MMD:
    kind: Literal["mmd"] = "mmd"
    standardised: bool = True
    """Bring each column to deviation 1 first, over both sides; an embedding may do without."""
    seed: int = 0
    title: ClassVar[str] = "Maximum mean discrepancy"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.01
    range: ClassVar[str] = "about 0 to 2"
    is_symmetric: ClassVar[bool] = True

    def score(self, reference: Sample, current: Sample) -> RowScore | None:
        make = Table.together if self.standardised else Table.plain
        table = make(reference, current)
        if table is None or min(len(table.reference), len(table.current)) < 2:
            return None
        random = np.random.default_rng(self.seed)
        before = table.reference[random.permutation(len(table.reference))]
        after = table.current[random.permutation(len(table.current))]
        centre = before.mean(axis=0)
        before, after = before - centre, after - centre
        exact = max(len(before), len(after)) <= _EXACT
        some = _EXACT if exact else _EXACT // 2
        typical = _typical(np.concatenate([before[:some], after[:some]]))
        if typical == 0:
            # All rows are one point.
            return RowScore(value=0.0, p_value=1.0, detail={"gamma": 0.0})
        estimate = _by_pairs if exact else _by_features
        value, by_chance = estimate(before, after, 1 / typical, random)
        # The sample itself is one of the arrangements.
        p_value = (1 + int((by_chance[1:] >= by_chance[0] - 1e-12).sum())) / len(by_chance)
        return RowScore(value=value, p_value=p_value, detail={"gamma": 1 / typical})


def _typical(rows: Floats) -> float:
    """The median squared distance between rows; if that is zero, the mean."""
    distances = _squared_distances(rows)[np.triu_indices(len(rows), 1)]
    return float(np.median(distances)) or float(distances.mean())


def _squared_distances(rows: Floats) -> Floats:
    lengths = (rows**2).sum(axis=1)
    distances = lengths[:, None] + lengths - 2 * rows @ rows.T
    # Equal rows are at no distance, but for rounding.
    return np.where(distances > 1e-12 * (lengths[:, None] + lengths), distances, 0.0)


def _by_pairs(
    before: Floats, after: Floats, gamma: float, random: np.random.Generator
) -> tuple[float, Floats]:
    """The value, then the statistic of the true arrangement followed by that of shuffled ones."""
    kernel = np.exp(-gamma * _squared_distances(np.concatenate([before, after])))
    np.fill_diagonal(kernel, 0.0)
    n, m = len(before), len(after)
    chosen = _arrangements(n + m, n, random)
    own = (chosen * (chosen @ kernel)).sum(axis=1)
    crossed = chosen @ kernel.sum(axis=1) - own
    other = kernel.sum() - own - 2 * crossed
    statistics = _unbiased(own, other, crossed, n, m)
    return float(statistics[0]), statistics


def _by_features(
    before: Floats, after: Floats, gamma: float, random: np.random.Generator
) -> tuple[float, Floats]:
    frequencies = random.normal(0.0, np.sqrt(2 * gamma), (before.shape[1], _FREQUENCIES))
    size = max(1, min((len(before) + len(after)) // _BLOCKS, len(before) // 2, len(after) // 2))
    ours, theirs = _block_sums(before, frequencies, size), _block_sums(after, frequencies, size)
    first, last = ours.sum(axis=0), theirs.sum(axis=0)
    n, m = len(before), len(after)
    value = _unbiased(first @ first - n, last @ last - m, first @ last, n, m)
    # Only whole blocks can change places.
    whole = [sums[: rows // size] for sums, rows in ((ours, n), (theirs, m))]
    blocks = np.concatenate(whole)
    chosen = _arrangements(len(blocks), len(whole[0]), random)
    left = chosen @ blocks
    right = blocks.sum(axis=0) - left
    n, m = size * len(whole[0]), size * len(whole[1])
    own, other = (left**2).sum(axis=1) - n, (right**2).sum(axis=1) - m
    return float(value), np.asarray(_unbiased(own, other, (left * right).sum(axis=1), n, m))


def _block_sums(rows: Floats, frequencies: Floats, size: int) -> Floats:
    sums: list[Floats] = []
    for start in range(0, len(rows), size):
        phases = rows[start : start + size] @ frequencies
        sums.append(np.concatenate([np.cos(phases).sum(axis=0), np.sin(phases).sum(axis=0)]))
    return np.array(sums) / np.sqrt(_FREQUENCIES)


def _arrangements(size: int, chosen: int, random: np.random.Generator) -> Floats:
    """Which are taken for the reference: the true ones first, then at random."""
    taken = np.zeros((_PERMUTATIONS + 1, size))
    taken[0, :chosen] = 1.0
    taken[1:] = random.permuted(np.tile(taken[0], (_PERMUTATIONS, 1)), axis=1)
    return taken


def _unbiased(own: Floats, other: Floats, crossed: Floats, n: int, m: int) -> Floats:
    return own / (n * (n - 1)) + other / (m * (m - 1)) - 2 * crossed / (n * m)
