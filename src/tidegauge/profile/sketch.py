"""A fair sample of the different values of a column, that adds up exactly.

The values with the smallest hashes are kept, with how often each came.  A value that is among
the smallest of the whole is among the smallest of every part that holds it, so its count is
complete: merging parts in any order gives what the whole would have given.  Up to the limit the
sample is everything, and its counts and the number of different values are exact.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tidegauge.arrays import Counts, Hashes


@dataclass(frozen=True, eq=False)
class Sketch:
    limit: int
    hashes: Hashes
    counts: Counts
    labels: tuple[str, ...] | None = None
    """What the hashes stand for, where that is kept."""

    @classmethod
    def empty(cls, limit: int, *, labelled: bool = False) -> Self:
        none = np.empty(0, dtype=np.uint64)
        return cls(limit, none, none.astype(np.int64), () if labelled else None)

    @classmethod
    def of(cls, limit: int, hashes: Hashes, counts: Counts | None = None) -> Self:
        """Hashes may repeat; without counts each stands for one."""
        if counts is None:
            counts = np.ones(len(hashes), dtype=np.int64)
        if len(hashes) > 4 * limit:
            # Nearly all will be thrown away: do it before the sort.
            hashes, counts = _low(hashes, counts, limit)
        return cls(limit, *_gathered(hashes, counts, limit))

    @classmethod
    def labelled(cls, limit: int, hashes: Hashes, counts: Counts, labels: list[str]) -> Self:
        """Of different values, each with its name."""
        order = np.argsort(hashes, kind="stable")[:limit]
        kept = tuple(labels[i] for i in order.tolist())
        return cls(limit, hashes[order], counts[order], kept)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sketch)
            and self.limit == other.limit
            and np.array_equal(self.hashes, other.hashes)
            and np.array_equal(self.counts, other.counts)
            and self.labels == other.labels
        )

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.hashes)

    def merge(self, other: Self) -> Self:
        if not len(other):
            return self
        if not len(self):
            return other
        hashes, first, position = np.unique(
            np.concatenate([self.hashes, other.hashes]), return_index=True, return_inverse=True
        )
        weights = np.concatenate([self.counts, other.counts])
        counts = np.bincount(position, weights=weights, minlength=len(hashes)).astype(np.int64)
        labels = None
        if self.labels is not None and other.labels is not None:
            both = self.labels + other.labels
            labels = tuple(both[i] for i in first[: self.limit].tolist())
        return type(self)(self.limit, hashes[: self.limit], counts[: self.limit], labels)

    def times(self, weight: int) -> Self:
        """As if each had come so often."""
        return replace(self, counts=self.counts * weight)

    @property
    def is_complete(self) -> bool:
        return len(self) < self.limit

    @property
    def distinct(self) -> float:
        """How many different values there are: exact up to the limit, then within 1/sqrt(limit)."""
        if self.is_complete:
            return float(len(self))
        return (self.limit - 1) / (float(self.hashes[-1]) / 2.0**64)

    @property
    def repeated_share(self) -> float:
        """The share of rows that repeat another."""
        rows = int(self.counts.sum())
        return (rows - len(self)) / rows if rows else 0.0


def _gathered(hashes: Hashes, counts: Counts, limit: int) -> tuple[Hashes, Counts]:
    """The smallest different hashes, in order, with the sums of their counts."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    totals = np.add.reduceat(counts[order], starts) if len(starts) else counts
    return ordered[starts[:limit]], totals[:limit]


def _low(hashes: Hashes, counts: Counts, limit: int) -> tuple[Hashes, Counts]:
    """The hashes below a mark under which more than `limit` different ones lie, if there is one."""
    mark = np.uint64(int(2.0 * limit / len(hashes) * 2.0**64) - 1)
    below = hashes <= mark
    chosen = np.sort(hashes[below])
    if np.count_nonzero(chosen[1:] != chosen[:-1]) < limit:
        return hashes, counts
    return hashes[below], counts[below]
