"""Many windows of one model, one on the other: arrays of [windows, columns, cells].

The drift methods take columns; here each column of each window is one, so that a month of hours
is measured with a handful of array operations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from tidegauge.arrays import Counts, Floats, Ints
from tidegauge.drift.pair import Mix, Ordered
from tidegauge.profile.bins import CELLS, NumericBins
from tidegauge.profile.categories import UNSEEN
from tidegauge.profile.codec import Tallies, decode_tallies
from tidegauge.profile.numeric import GONE, SUMS, Numeric
from tidegauge.profile.table import Profile


@dataclass(frozen=True)
class Stack:
    """The counts of some columns in some steps of time."""

    rows: Counts
    """[steps]"""
    squares: Counts
    counts: Counts
    """[steps, numeric columns, 202]"""
    gone: Counts
    lowest: Floats
    highest: Floats
    sums: Ints
    """[steps, numeric columns, 8]; zeros where they were not asked for."""
    mixes: Counts
    """[steps, category columns, cells]"""

    @classmethod
    def of(
        cls,
        steps: Sequence[Sequence[bytes]],
        numeric: Sequence[int],
        named: Sequence[int],
        width: int,
        unpack: Callable[[bytes], Tallies] = decode_tallies,
        *,
        with_sums: bool = False,
    ) -> Self:
        """Encoded profiles of one layout, those of a step added; `width` is of the mixes."""
        size, columns = len(steps), len(numeric)
        made = cls(
            rows=np.zeros(size, dtype=np.int64),
            squares=np.zeros(size, dtype=np.int64),
            counts=np.zeros((size, columns, CELLS), dtype=np.int64),
            gone=np.zeros((size, columns, GONE), dtype=np.int64),
            lowest=np.full((size, columns), np.inf),
            highest=np.full((size, columns), -np.inf),
            sums=np.zeros((size, columns, SUMS), dtype=object),
            mixes=np.zeros((size, len(named), width), dtype=np.int64),
        )
        picked, chosen = list(numeric), list(named)
        for i, profiles in enumerate(steps):
            for profile in profiles:
                found = unpack(profile)
                made.rows[i] += found.rows
                made.squares[i] += found.squares
                if picked:
                    made.counts[i] += found.counts[picked].astype(np.int64)
                    made.gone[i] += found.gone[picked].astype(np.int64)
                    np.minimum(made.lowest[i], found.lowest[picked], out=made.lowest[i])
                    np.maximum(made.highest[i], found.highest[picked], out=made.highest[i])
                    if with_sums:
                        sums = [[int(text) for text in found.sums[at]] for at in picked]
                        made.sums[i] += np.array(sums, dtype=object)
                if chosen:
                    made.mixes[i] += found.mixes[chosen].astype(np.int64)
        return made

    @property
    def weights(self) -> Floats:
        """[steps]: how many plain rows one row is worth (Kish, 1965); 1 where none is weighted."""
        return np.where(self.squares > 0, self.rows / np.maximum(self.squares, 1), 1.0)

    @cached_property
    def numeric_n(self) -> Counts:
        """[steps, numeric columns]"""
        return self.counts.sum(axis=2)

    @cached_property
    def named_n(self) -> Counts:
        return self.mixes[:, :, UNSEEN:].sum(axis=2)

    def ordered(self, reference: Profile, numeric: Sequence[int], at: Sequence[int]) -> Ordered:
        """Some of the columns of all steps beside the reference's, step by step."""
        steps = len(self.rows)
        picked = [numeric[i] for i in at]
        before = reference.effective.numeric
        bins = before.bins
        tiled = NumericBins(
            edges=np.tile(bins.edges[picked], (steps, 1)),
            centre=np.tile(bins.centre[picked], steps),
            unit=np.tile(bins.unit[picked], steps),
        )
        weights = np.repeat(self.weights, len(picked))
        was = Numeric(
            bins=tiled,
            counts=np.tile(before.counts[picked], (steps, 1)),
            gone=np.tile(before.gone[picked], (steps, 1)),
            lowest=np.tile(before.lowest[picked], steps),
            highest=np.tile(before.highest[picked], steps),
            sums=np.tile(before.sums[picked], (steps, 1)),
        )
        plain = bool((weights == 1.0).all())
        counts = self.counts[:, at].reshape(-1, CELLS)
        gone = self.gone[:, at].reshape(-1, GONE)
        now = Numeric(
            bins=tiled,
            counts=counts if plain else counts * weights[:, None],  # pyright: ignore[reportArgumentType]
            gone=gone if plain else gone * weights[:, None],  # pyright: ignore[reportArgumentType]
            lowest=self.lowest[:, at].reshape(-1),
            highest=self.highest[:, at].reshape(-1),
            sums=self.sums[:, at].reshape(-1, SUMS),
        )
        if not plain:
            # Moments come from whole counts.
            whole = Numeric(tiled, counts, gone, now.lowest, now.highest, now.sums)
            now.__dict__["central"] = whole.central
        return Ordered(was, now)

    def mix(self, reference: Profile, named: Sequence[int], at: Sequence[int]) -> Mix:
        steps = len(self.rows)
        before = reference.effective.categories.mix[[named[i] for i in at]].astype(np.float64)
        before = np.tile(before, (steps, 1))
        after = self.mixes[:, at, UNSEEN:].astype(np.float64)
        after = (after * self.weights[:, None, None]).reshape(before.shape)
        return Mix(before, after, (before > 0) | (after > 0))
