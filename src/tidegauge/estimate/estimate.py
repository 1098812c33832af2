"""An estimate of a window: what would be measured, and how much of it is doubtful.

Estimates add up.  A figure's interval says where the realised one will lie: the window's own
chance, what the reference's chance did to what was learned (which is common to all windows, so it
does not shrink as they add up), and by how much estimates missed on the reference beyond both.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from tidegauge.performance import Classes, Errors, Figure
from tidegauge.performance.figure import Z

MOST_DOUBT = 0.5
"""The share of a window's rows of which nothing is said any more."""
_ENDS: Final[Mapping[str, tuple[float, float]]] = {
    "matthews": (-1.0, 1.0),
    "brier": (0.0, 2.0),
    "log_loss": (0.0, math.inf),
    "mae": (0.0, math.inf),
    "rmse": (0.0, math.inf),
    "bias": (-math.inf, math.inf),
    "r2": (-math.inf, 1.0),
}
"""What no figure lies beyond; the others are shares."""


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
    def worth(self) -> float:
        """In rows of one weight (Kish)."""
        if isinstance(self.measured, Errors):
            return self.measured.error.worth
        squares = [each.squares for each in self.measured.scores.values()]
        most = max([self.measured.squares, *squares])
        return self.rows**2 / most if most > 0 else 0.0

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


def widened(
    figures: Mapping[str, Figure], share: float, missed: Callable[[str], float]
) -> dict[str, Figure]:
    """`share` is the variance of what was learned, in parts of the window's own; `missed` a
    standard error that is added, by figure."""
    return {name: _widened(name, each, share, missed(name)) for name, each in figures.items()}


def _widened(name: str, figure: Figure, share: float, missed: float) -> Figure:
    if figure.low is None or figure.high is None:
        return figure
    lowest, highest = _ENDS.get(name.partition(" ")[0], (0.0, 1.0))
    longer = math.sqrt(1 + share)
    down = math.hypot((figure.value - figure.low) * longer, Z * missed)
    up = math.hypot((figure.high - figure.value) * longer, Z * missed)
    return replace(
        figure, low=max(figure.value - down, lowest), high=min(figure.value + up, highest)
    )
