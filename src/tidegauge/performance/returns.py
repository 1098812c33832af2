"""What signals earned: each position with the return that followed it, in the order of time.

A return is a share: 0.01 is one per cent of what was put in.  Nothing is reinvested, so parts of
time add up; the deepest fall from a high is exact within a span and over spans in order.
"""

import math
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.performance.figure import Figure, around, over, share
from tidegauge.performance.moments import Moments

LONG: Final = frozenset({"buy", "long", "up", "1", "true", "+1"})
SHORT: Final = frozenset({"sell", "short", "down", "-1"})


def position_of(label: str) -> float:
    told = label.strip().lower()
    return 1.0 if told in LONG else -1.0 if told in SHORT else 0.0


@dataclass(frozen=True, eq=False)
class Returns:
    earned: Moments = field(default_factory=Moments)
    """By trade."""
    won: float = 0.0
    """Trades that earned something."""
    gains: float = 0.0
    losses: float = 0.0
    """A positive number."""
    high: float = 0.0
    """The highest that the sum stood within the span, from where it began."""
    low: float = 0.0
    fall: float = 0.0
    """The deepest from a high within the span."""

    @classmethod
    def of(cls, positions: Floats, returns: Floats) -> Self:
        """In the order of time; no position, or no finite return, is no trade."""
        there = np.isfinite(returns) & np.isfinite(positions) & (positions != 0)
        earned = positions[there] * returns[there]
        if not len(earned):
            return cls()
        path = np.r_[0.0, np.cumsum(earned)]
        return cls(
            Moments.of(earned),
            float((earned > 0).sum()),
            float(earned[earned > 0].sum()),
            float(-earned[earned < 0].sum()),
            float(path.max()),
            float(path.min()),
            float((np.maximum.accumulate(path) - path).max()),
        )

    def merge(self, later: Self) -> Self:
        """With the span that follows."""
        begun = self.total
        return type(self)(
            self.earned.merge(later.earned),
            self.won + later.won,
            self.gains + later.gains,
            self.losses + later.losses,
            max(self.high, begun + later.high),
            min(self.low, begun + later.low),
            max(self.fall, later.fall, self.high - (begun + later.low)),
        )

    @property
    def n(self) -> float:
        return self.earned.n

    @property
    def total(self) -> float:
        return self.gains - self.losses

    def figures(self, *, years: float | None = None) -> dict[str, Figure]:
        """`years` is how long the span is: a Sharpe ratio is told for a year."""
        if not self.n:
            return {}
        found = {
            "win_rate": share(self.won, self.n),
            "mean_return": self.earned.figure(),
            "total_return": Figure(self.total, n=self.n),
            "max_drawdown": Figure(self.fall, n=self.n),
            "profit_factor": Figure(self.gains / self.losses, n=self.n) if self.losses else None,
            "sharpe_ratio": self._sharpe(years),
        }
        return {name: figure for name, figure in found.items() if figure is not None}

    def _sharpe(self, years: float | None) -> Figure | None:
        """With the error of Mertens (2002), which knows of skew and of fat tails."""
        variance = self.earned.variance
        if not math.isfinite(variance) or variance <= 0:
            return None
        n, spread = self.n, math.sqrt(variance)
        one = self.earned.mean / spread
        skew = over(self.earned.m3 / n, spread, spread, spread)
        tails = over(self.earned.m4 / n, variance, variance)
        error = (1 + one * one / 2 - skew * one + (tails - 3) / 4 * one * one) / n
        scale = math.sqrt(n / years) if years else 1.0
        return around(one * scale, max(error, 0.0) * scale * scale, n)
