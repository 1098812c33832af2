"""Energy distance (Székely & Rizzo, 2004), as a square root like scipy's.

0 is the same distribution; it has no upper end.  It is the square root of twice the integral of
the squared gap between the distribution functions: it lies between KS, which only sees how many
rows moved, and Wasserstein, which also counts how far.  It is in the square root of the column's
unit, so its default threshold means nothing until you set it.  Choose it where a few far values
must show without drowning the rest.

Infinities are left out; NaN where a side has no finite value.  `bound` is how much the shape
inside bins and tails could add or take.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.line import Line
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Ordered


@dataclass(frozen=True, kw_only=True)
class Energy:
    kind: Literal["energy"] = "energy"
    title: ClassVar[str] = "Energy distance"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 and up, in the square root of the column's unit"
    is_symmetric: ClassVar[bool] = True

    def score(self, pair: Ordered) -> Scores:
        line = Line.of(pair)
        inside = line.widths * (line.left**2 + line.left * line.right + line.right**2) / 3
        squares = inside.sum(axis=1) + line.tails.squares.sum(axis=1)
        root = np.sqrt(2 * pair.reference.bins.unit)
        tails = line.tails
        hidden = _hidden(line.p, line.widths, tails.p, tails.p_area, tails.widths) + _hidden(
            line.q, line.widths, tails.q, tails.q_area, tails.widths
        )
        return Scores(np.sqrt(squares) * root, bound=hidden * root)


def _hidden(
    shares: Floats, widths: Floats, tails: Floats, areas: Floats, tail_widths: Floats
) -> Floats:
    """How far, in the mean square, a side's function may be from the one it is taken for.

    In a tail both have the same area, and rising functions overlap at least as constants would.
    """
    inside = (shares**2 * widths).sum(axis=1) / 3
    most = np.maximum(1 + 1 / (2 - areas) - 2 * areas, 0.0)
    outside = (tails**2 * tail_widths * areas * most).sum(axis=1)
    return np.sqrt(inside + outside)
