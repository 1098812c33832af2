"""Wasserstein distance: how far values have moved, averaged over rows (Vallender, 1974).

0 is the same distribution; it has no upper end.  It is the area between the two distribution
functions, the least work that turns one into the other.  Choose it where it matters how far values
went, which KS does not know: a few rows at a million show.

`wasserstein` is in the column's own unit: its default threshold means nothing until you set it.
`wasserstein_normalised` divides by the reference's standard deviation (`spread` says what else
where that is zero), so one threshold suits all columns; wild values in the reference make it small.

Infinities are left out; NaN where a side has no finite value.  `bound` is how much the shape
inside bins could add or take: tails add nothing to it where the gap keeps its sign.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.drift.line import Line
from tidegauge.drift.method import Scores
from tidegauge.drift.pair import Ordered
from tidegauge.drift.spread import spread

_LARGEST = np.finfo(np.float64).max


@dataclass(frozen=True, kw_only=True)
class Wasserstein:
    kind: Literal["wasserstein"] = "wasserstein"
    title: ClassVar[str] = "Wasserstein distance"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 and up, in the column's unit"
    is_symmetric: ClassVar[bool] = True

    def score(self, pair: Ordered) -> Scores:
        line = Line.of(pair)
        unit = pair.reference.bins.unit
        with np.errstate(over="ignore"):
            return Scores(
                np.minimum(area(line) * unit, _LARGEST),
                bound=np.minimum(_hidden(line) * unit, _LARGEST),
            )


@dataclass(frozen=True, kw_only=True)
class WassersteinNormalised:
    kind: Literal["wasserstein_normalised"] = "wasserstein_normalised"
    title: ClassVar[str] = "Wasserstein distance in standard deviations"
    unmoved: ClassVar[float] = 0.0
    default_threshold: ClassVar[float] = 0.1
    range: ClassVar[str] = "0 and up, in the reference's standard deviations"
    is_symmetric: ClassVar[bool] = False

    def score(self, pair: Ordered) -> Scores:
        line = Line.of(pair)
        scale = spread(pair) / pair.reference.bins.unit
        # All values equal: nothing has moved, whatever it is divided by.
        scale = np.where(scale == 0, 1.0, scale)
        with np.errstate(over="ignore"):
            return Scores(
                np.minimum(area(line) / scale, _LARGEST),
                bound=np.minimum(_hidden(line) / scale, _LARGEST),
            )


def area(line: Line) -> Floats:
    left, right = np.abs(line.left), np.abs(line.right)
    height = left + right
    # Where the gap changes its sign inside a bin, there are two triangles.
    crosses = line.left * line.right < 0
    triangles = (left**2 + right**2) / np.where(crosses, height, 1.0)
    inside = (line.widths * np.where(crosses, triangles, height)).sum(axis=1) / 2
    tails = np.abs(line.tails.above - line.tails.below).sum(axis=1)
    return inside + tails


def _hidden(line: Line) -> Floats:
    """A rising function encloses at most half its rise times its width with its chord."""
    inside = (line.widths * (line.p + line.q)).sum(axis=1) / 2
    tails = 2 * np.minimum(line.tails.above, line.tails.below).sum(axis=1)
    return inside + tails
