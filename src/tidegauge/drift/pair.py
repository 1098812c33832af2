"""Two profiles side by side, as the methods read them.

`Ordered` holds numeric columns bin by bin along their axis; `Mix` holds the counts of any cells
whose order does not matter: categories, or bins taken as such.  Both hold many columns at once,
a row of each array for a column, and share what several methods need.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from tidegauge.arrays import Counts, Flags, Floats
from tidegauge.profile.bins import ABOVE, BELOW, BINS, FIRST, LAST
from tidegauge.profile.categories import Categories
from tidegauge.profile.numeric import Numeric


def ratio(top: Floats | Counts | float, bottom: Floats | Counts) -> Floats:
    """The quotient, NaN where there is nothing to divide by."""
    result = np.full(np.broadcast_shapes(np.shape(top), np.shape(bottom)), np.nan)
    return np.divide(top, bottom, out=result, where=np.asarray(bottom) != 0)


def shares(counts: Floats | Counts, n: Floats) -> Floats:
    """Each row divided by its size; a row of NaN where that is zero."""
    return counts / np.where(n > 0, n, np.nan)[:, None]


@dataclass(frozen=True, eq=False)
class Ordered:
    """The numeric columns of two profiles that share their bins."""

    reference: Numeric
    current: Numeric

    def __len__(self) -> int:
        return len(self.reference)

    @property
    def edges(self) -> Floats:
        """[columns, 201]: the reference's minimum, 199 quantiles, its maximum."""
        return self.reference.bins.edges

    @cached_property
    def reference_n(self) -> Floats:
        return self.reference.n.astype(np.float64)

    @cached_property
    def current_n(self) -> Floats:
        return self.current.n.astype(np.float64)

    @cached_property
    def effective_n(self) -> Floats:
        """The size at which one sample is as noisy as the two together."""
        return ratio(self.reference_n * self.current_n, self.reference_n + self.current_n)

    @cached_property
    def reference_shares(self) -> Floats:
        """[columns, 202]; a row of NaN where there are no values."""
        return shares(self.reference.counts, self.reference_n)

    @cached_property
    def current_shares(self) -> Floats:
        return shares(self.current.counts, self.current_n)

    @cached_property
    def reference_cdf(self) -> Floats:
        """[columns, 202]: the share at or left of each cell's right end; the last is 1."""
        # Whole numbers add up exactly, and faster.
        return shares(np.cumsum(self.reference.counts, axis=1), self.reference_n)

    @cached_property
    def current_cdf(self) -> Floats:
        return shares(np.cumsum(self.current.counts, axis=1), self.current_n)

    @cached_property
    def gap(self) -> Floats:
        """[columns, 201]: how far the current distribution function is above, at each edge."""
        return self.current_cdf[:, :-1] - self.reference_cdf[:, :-1]


@dataclass(frozen=True, eq=False)
class Mix:
    """Two rows of counts over the same cells, for some columns."""

    reference: Floats
    current: Floats
    real: Flags
    """False for padding, and for bins of no width: no cell at all."""

    @classmethod
    def of_bins(cls, pair: Ordered, bins: int) -> Self:
        """Equal-frequency bins of the reference, the outer two open: 10, 20, 50, 100 or 200."""
        real = pair.reference.bins.real(bins)
        return cls(
            _open_bins(pair.reference.counts, bins), _open_bins(pair.current.counts, bins), real
        )

    @classmethod
    def of_categories(cls, reference: Categories, current: Categories) -> Self:
        """The reference's values, its rarer ones together, and what it never held."""
        before, after = reference.mix.astype(np.float64), current.mix.astype(np.float64)
        return cls(before, after, (before > 0) | (after > 0))

    def __len__(self) -> int:
        return len(self.reference)

    @cached_property
    def cells(self) -> Floats:
        """How many cells each column really has."""
        return self.real.sum(axis=1).astype(np.float64)

    @cached_property
    def reference_n(self) -> Floats:
        return self.reference.sum(axis=1)

    @cached_property
    def current_n(self) -> Floats:
        return self.current.sum(axis=1)

    @cached_property
    def effective_n(self) -> Floats:
        """The size at which one sample is as noisy as the two together."""
        return ratio(self.reference_n * self.current_n, self.reference_n + self.current_n)

    @cached_property
    def occupied(self) -> Flags:
        """The cells that hold rows on either side."""
        return (self.reference + self.current) > 0

    @cached_property
    def p(self) -> Floats:
        """The reference's plain shares; NaN rows where there is nothing."""
        return shares(self.reference, self.reference_n)

    @cached_property
    def q(self) -> Floats:
        """The current plain shares."""
        return shares(self.current, self.current_n)

    @cached_property
    def smooth_p(self) -> Floats:
        """The reference's shares with half a row added to each cell; 1 in cells that are none."""
        return self._smooth(self.reference, self.reference_n)

    @cached_property
    def smooth_q(self) -> Floats:
        return self._smooth(self.current, self.current_n)

    def _smooth(self, counts: Floats, n: Floats) -> Floats:
        # One in both rows, a cell that is none adds nothing to any sum of q ln(q/p).
        smooth = (counts + 0.5) / np.where(n > 0, n + 0.5 * self.cells, np.nan)[:, None]
        np.copyto(smooth, 1.0, where=~self.real & (n > 0)[:, None])
        return smooth


def _open_bins(counts: Counts, bins: int) -> Floats:
    fine = counts[:, FIRST : LAST + 1].reshape(-1, bins, BINS // bins)
    # Several times as fast as a sum over the short axis.
    inner = np.einsum("ijk->ij", fine).astype(np.float64)
    inner[:, 0] += counts[:, BELOW]
    inner[:, -1] += counts[:, ABOVE]
    return inner
