"""An estimate of a window: what would be measured, and how much of it is doubtful.

Estimates add up.  A figure's interval says where the realised one will lie: the window's own
chance, what the reference's chance did to what was learned (which is common to all windows, so it
does not shrink as they add up), and by how much estimates missed on the reference beyond both.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from tidegauge.performance import Classes, Errors, Figure
from tidegauge.performance.figure import Z

MOST_DOUBT = 0.5
"""The share of a window's rows of which nothing is said any more."""


@dataclass(frozen=True, eq=False)
class Estimate:
    measured: Classes | Errors
    rows: float = 0.0
    """Their weights."""
    doubts: Mapping[str, float] = field(default_factory=dict[str, float])
    """By reason, how many rows it holds of."""

    def merge(self, other: Self) -> Self:
        doubts = {
            reason: self.doubts.get(reason, 0.0) + other.doubts.get(reason, 0.0)
            for reason in {**self.doubts, **other.doubts}
        }
        return type(self)(
            self.measured.merge(other.measured),  # pyright: ignore[reportArgumentType]
            self.rows + other.rows,
            doubts,
        )

    @property
    def reasons(self) -> list[str]:
        """Why it is not to be trusted."""
        return [reason for reason, rows in self.doubts.items() if rows > MOST_DOUBT * self.rows]

    @property
    def is_supported(self) -> bool:
        return self.rows > 0 and not self.reasons

    def figures(self, positive: str | None = None) -> dict[str, Figure]:
        """With intervals of the window's own chance alone."""
        if isinstance(self.measured, Classes):
            return self.measured.figures(positive)
        return self.measured.figures()


def widened(figure: Figure, share: float, missed: float) -> Figure:
    """`share` is the variance of what was learned, in parts of the window's own; `missed` a
    standard error that is added."""
    if figure.low is None or figure.high is None:
        return figure
    extra = (Z * missed) ** 2
    down = math.sqrt((figure.value - figure.low) ** 2 * (1 + share) + extra)
    up = math.sqrt((figure.high - figure.value) ** 2 * (1 + share) + extra)
    return replace(figure, low=figure.value - down, high=figure.value + up)
