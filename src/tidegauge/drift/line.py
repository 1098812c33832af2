"""Two distribution functions along the axis, for the distances that know how far values lie.

Only finite values count here.  Inside the reference's range the gap between the functions is known
at every edge and taken to be straight in between.  Below, above and in the outermost two bins a
straight line would be wrong by any amount, because that is where heavy tails lie; there the exact
mean of the values is known, and the functions are taken to be powers that have it.  So point
masses are exact, and one value at 1e9 is as far away as it is.

Lengths are in the column's own unit, a power of two, so that huge values stay finite.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from tidegauge.arrays import Counts, Floats
from tidegauge.drift.pair import Ordered, shares
from tidegauge.profile.bins import ABOVE, BELOW, FIRST, LAST
from tidegauge.profile.exact import SCALE
from tidegauge.profile.numeric import MINUS_INFINITY, PLUS_INFINITY, Numeric

_TAILS = (BELOW, FIRST, LAST, ABOVE)
_FARTHEST = 1e300


@dataclass(frozen=True, eq=False)
class Line:
    """[columns, segments] each: 198 straight bins and four tails."""

    widths: Floats
    left: Floats
    """The gap at the left end of each straight bin: current minus reference."""
    right: Floats
    p: Floats
    """The reference's share in each straight bin."""
    q: Floats
    tails: "Tails"

    @classmethod
    def of(cls, pair: Ordered) -> Self:
        p, q = (_finite_counts(side) for side in (pair.reference, pair.current))
        n, m = (side.finite.astype(np.float64) for side in (pair.reference, pair.current))
        gap = shares(np.cumsum(q, axis=1), m)[:, :-1] - shares(np.cumsum(p, axis=1), n)[:, :-1]
        p, q = shares(p, n), shares(q, m)
        edges = _positions(pair, pair.edges)
        return cls(
            widths=np.diff(edges[:, 1:-1], axis=1),
            left=gap[:, 1:-2],
            right=gap[:, 2:-1],
            p=p[:, FIRST + 1 : LAST],
            q=q[:, FIRST + 1 : LAST],
            tails=_tails(pair, p, q, edges, gap),
        )


@dataclass(frozen=True, eq=False)
class Tails:
    """[columns, 4]: below, the first bin, the last bin, above.

    Each is read from its far end inwards as a length t from 0 to 1, on which the gap is
    `level + q * t**a - p * t**b`; an area is the integral of such a power, 1 / (a + 1).
    """

    widths: Floats
    level: Floats
    p: Floats
    q: Floats
    p_area: Floats
    q_area: Floats

    @property
    def above(self) -> Floats:
        """The most that the positive part of the gap can come to."""
        return self.widths * (np.maximum(self.level, 0) + self.q * self.q_area)

    @property
    def below(self) -> Floats:
        return self.widths * (np.maximum(-self.level, 0) + self.p * self.p_area)

    @property
    def squares(self) -> Floats:
        """The integral of the gap squared."""
        p, q, r, s, c = self.p, self.q, self.p_area, self.q_area, self.level
        crossed = r + s - r * s
        crossed = np.divide(r * s, crossed, out=np.zeros_like(r), where=crossed > 0)
        whole = (
            c**2
            + 2 * c * (q * s - p * r)
            + q**2 * s / (2 - s)
            + p**2 * r / (2 - r)
            - 2 * p * q * crossed
        )
        return self.widths * np.maximum(whole, 0.0)


def _tails(pair: Ordered, p: Floats, q: Floats, edges: Floats, gap: Floats) -> Tails:
    # Without values the lowest is +inf and the highest -inf: both end up at the range's ends.
    low = np.minimum(pair.reference.lowest, pair.current.lowest)
    high = np.maximum(pair.reference.highest, pair.current.highest)
    low = np.minimum(_positions(pair, low[:, None])[:, 0], edges[:, 0])
    high = np.maximum(_positions(pair, high[:, None])[:, 0], edges[:, -1])
    # Where each tail is as high as it gets, and where it has run out.
    near = edges[:, [0, 1, -2, -1]]
    far = np.stack([low, edges[:, 0], edges[:, -1], high], axis=1)
    widths = np.abs(far - near)
    zero = np.zeros(len(pair))
    # Read from the right, both functions count the rows above: the gap changes its sign.
    level = np.stack([zero, gap[:, 0], -gap[:, -1], zero], axis=1)
    return Tails(
        widths=widths,
        level=level,
        p=p[:, _TAILS],
        q=q[:, _TAILS],
        p_area=_areas(pair.reference, near, widths),
        q_area=_areas(pair.current, near, widths),
    )


def _areas(side: Numeric, near: Floats, widths: Floats) -> Floats:
    """How far from the near end the mean of each tail lies, as a part of its width."""
    counts = np.maximum(_finite_counts(side)[:, _TAILS], 1)
    # Whole numbers of any size, divided as such.
    sums = side.sums[:, -len(_TAILS) :] / (counts.astype(object) * SCALE)
    away = np.abs(near - sums.astype(np.float64))
    return np.clip(np.divide(away, widths, out=np.zeros_like(away), where=widths > 0), 0.0, 1.0)


def _finite_counts(side: Numeric) -> Counts:
    counts = side.counts.copy()
    counts[:, BELOW] -= side.gone[:, MINUS_INFINITY]
    counts[:, ABOVE] -= side.gone[:, PLUS_INFINITY]
    return counts


def _positions(pair: Ordered, values: Floats) -> Floats:
    """From the column's centre, in its unit: as the sums are kept."""
    bins = pair.reference.bins
    with np.errstate(over="ignore"):
        away = (values - bins.centre[:, None]) / bins.unit[:, None]
    return np.clip(away, -_FARTHEST, _FARTHEST)
