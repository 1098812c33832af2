"""Predicted numbers against true ones: how far off, to which side, and how much is explained."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.performance.figure import Figure, around, over, share
from tidegauge.performance.moments import Moments
from tidegauge.performance.spread import Spread

LEVEL: Final = re.compile(r"[pq]_?(\d{1,2}(?:\.\d+)?|0?\.\d+)")
"""Outputs that are named as a quantile: p10, q90, q0.5."""
ENDS: Final = (("lower", "upper"), ("low", "high"))
"""Outputs that are named as the ends of an interval."""
_WHOLE: Final = 100.0
_NOTHING_KNOWN: Final = 50.0
"""The logarithm of what is left that tells nothing, and of which soon there is no number."""


def level_of(name: str) -> float | None:
    """Which quantile an output is, by its name."""
    found = LEVEL.fullmatch(name.lower())
    if found is None:
        return None
    told = float(found[1])
    level = told if "." in found[1] and told < 1 else told / _WHOLE
    return level if 0 < level < 1 else None


@dataclass(frozen=True, eq=False)
class Errors:
    true: Moments = field(default_factory=Moments)
    error: Moments = field(default_factory=Moments)
    """Predicted minus true."""
    off: Moments = field(default_factory=Moments)
    """However it is signed."""
    relative: Moments = field(default_factory=Moments)
    """As a share of the true value, where that is not 0."""
    symmetric: Moments = field(default_factory=Moments)
    zeros: float = 0.0
    """True values of 0, of which no share can be told."""
    spread: Spread = field(default_factory=Spread)
    """Of the errors."""
    quantiles: Mapping[str, Moments] = field(default_factory=dict[str, Moments])
    """The loss of each output that is a quantile."""
    within: Moments = field(default_factory=Moments)
    """Whether the true value lay in the interval that was told: 1 or 0."""
    width: Moments = field(default_factory=Moments)

    @classmethod
    def of(
        cls,
        true: Floats,
        predicted: Floats,
        outputs: Mapping[str, Floats] | None = None,
        weights: Floats | None = None,
        *,
        is_exact: bool = False,
    ) -> Self:
        """Rows without a finite true and predicted value are left out."""
        there = np.isfinite(true) & np.isfinite(predicted)
        y, p = true[there], predicted[there]
        w = np.ones(len(y)) if weights is None else weights[there]
        told = {name: values[there] for name, values in (outputs or {}).items()}
        error = p - y
        off = np.abs(error)
        some = y != 0
        size = np.abs(y) + np.abs(p)
        within, width = _interval(y, told, w)
        return cls(
            true=Moments.of(y, w),
            error=Moments.of(error, w),
            off=Moments.of(off, w),
            relative=Moments.of(off[some] / np.abs(y[some]), w[some]),
            symmetric=Moments.of(2 * off / np.where(size == 0, 1.0, size), w),
            zeros=float(w[~some].sum()),
            spread=Spread.of(error, w, is_exact=is_exact),
            quantiles={
                name: Moments.of(_pinball(y, values, level)[fine], w[fine])
                for name, values in told.items()
                if (level := level_of(name)) is not None and (fine := np.isfinite(values)).any()
            },
            within=within,
            width=width,
        )

    def merge(self, other: Self) -> Self:
        names = {**self.quantiles, **other.quantiles}
        none = Moments()
        return type(self)(
            true=self.true.merge(other.true),
            error=self.error.merge(other.error),
            off=self.off.merge(other.off),
            relative=self.relative.merge(other.relative),
            symmetric=self.symmetric.merge(other.symmetric),
            zeros=self.zeros + other.zeros,
            spread=self.spread.merge(other.spread),
            quantiles={
                name: self.quantiles.get(name, none).merge(other.quantiles.get(name, none))
                for name in names
            },
            within=self.within.merge(other.within),
            width=self.width.merge(other.width),
        )

    @property
    def n(self) -> float:
        return self.error.n

    def figures(self) -> dict[str, Figure]:
        if not self.n:
            return {}
        found = {
            "mae": self.off.figure(lowest=0.0),
            "rmse": self._rmse(),
            "bias": self.error.figure(),
            "r2": self._explained(),
            "mape": self.relative.figure(lowest=0.0),
            "smape": self.symmetric.figure(lowest=0.0, highest=2.0),
            "coverage": self._covered(),
            "interval_width": self.width.figure(lowest=0.0),
        }
        found |= {
            f"quantile_loss of {name}": loss.figure(lowest=0.0)
            for name, loss in self.quantiles.items()
        }
        return {name: figure for name, figure in found.items() if figure is not None}

    def _rmse(self) -> Figure:
        mean = self.error.power(2)
        value = math.sqrt(mean)
        if not value:
            return Figure(0.0, n=self.n)
        variance = max(self.error.power(4) - mean * mean, 0.0) / self.error.worth
        return around(value, variance / (4 * mean), self.n, lowest=0.0)

    def _explained(self) -> Figure | None:
        """1 - squared errors by squared deviations; the logarithm of what is left is about normal,
        and its parts are taken as independent, which errs to the wide side."""
        spread = self.true.m2 / self.true.n
        if spread <= 0 or not math.isfinite(spread):
            return None
        mean = self.error.power(2)
        left = mean / spread
        if not left:
            return Figure(1.0, n=self.n)
        of_error = max(over(self.error.power(4), mean, mean) - 1, 0.0)
        of_true = max(over(self.true.m4 / self.true.n, spread, spread) - 1, 0.0)
        inside = around(math.log(left), (of_error + of_true) / self.true.worth, self.n)
        if inside.low is None or inside.high is None or inside.high > _NOTHING_KNOWN:
            return Figure(1 - left, n=self.n)
        return Figure(1 - left, 1 - math.exp(inside.high), 1 - math.exp(inside.low), self.n)

    def _covered(self) -> Figure | None:
        return share(self.within.mean * self.within.n, self.within.n, self.within.worth or None)


def _pinball(true: Floats, told: Floats, level: float) -> Floats:
    under = true - told
    return np.maximum(level * under, (level - 1) * under)


def _interval(true: Floats, told: Mapping[str, Floats], w: Floats) -> tuple[Moments, Moments]:
    """By outputs that say they are its ends, or else the two outermost quantiles."""
    levels = sorted((level, name) for name in told if (level := level_of(name)) is not None)
    for low, high in (*ENDS, (levels[0][1], levels[-1][1]) if len(levels) > 1 else ("", "")):
        if low in told and high in told:
            fine = np.isfinite(told[low]) & np.isfinite(told[high])
            y, down, up = true[fine], told[low][fine], told[high][fine]
            inside = ((down <= y) & (y <= up)).astype(np.float64)
            return Moments.of(inside, w[fine]), Moments.of(up - down, w[fine])
    return Moments(), Moments()
