"""Two windows of attributions against each other: do the same features count, as much, the same
way, with the same spread of values?

A change is told only where its interval, widened for all the features that are looked at, lies
wholly beyond the limit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.special import ndtri

from tidegauge.arrays import Floats
from tidegauge.explain.attributions import Attributions, Estimates
from tidegauge.explain.mix import distances
from tidegauge.explain.order import by_chance, ndcg, rank_correlation, ranks
from tidegauge.performance.figure import Figure, around

Finding = Literal["importance", "sign", "magnitude", "distribution", "new", "gone"]
_KINDS: Final = 4
"""Of changes that are looked for in each feature."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    importance: float = 0.02
    """A change of a feature's part of all that is added."""
    magnitude: float = 1.25
    """A mean size that is so many times as large, or as small."""
    distance: float = 0.1
    """Jensen and Shannon's, of the values of a feature."""
    ndcg: float = 0.9
    """SageMaker Clarify's."""
    fewest: int = 50
    """Rows that a feature has to be of, in both windows."""
    level: float = 0.01
    """The chance of any finding where nothing has changed: half of it is the order's."""


@dataclass(frozen=True, kw_only=True)
class FeatureShift:
    feature: str
    findings: tuple[Finding, ...] = ()
    importance_before: Figure | None = None
    importance_now: Figure | None = None
    importance_change: Figure | None = None
    """This interval and that of `magnitude` are widened for the number of features."""
    rank_before: int | None = None
    rank_now: int | None = None
    mean_before: Figure | None = None
    mean_now: Figure | None = None
    magnitude: Figure | None = None
    """The mean size now by that of before."""
    distance: float | None = None
    p_value: float | None = None
    """Of the distance: how often chance alone would bring one as large."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    moved: bool | None
    """None: too few rows to tell."""
    n_before: float
    n_now: float
    features: Sequence[FeatureShift]
    """Those with findings first, then by the larger of both importances."""
    ndcg: float | None = None
    ndcg_by_chance: float | None = None
    """Without a change it would be lower once in twenty times."""
    ndcg_p_value: float | None = None
    order_moved: bool = False
    rank_correlation: float | None = None


def compare(
    before: Attributions, now: Attributions, limits: Limits | None = None, *, seed: int = 0
) -> Shift:
    """`seed` is for the chance of the order, which is drawn."""
    limits = limits or Limits()
    features = tuple(sorted({*before.features, *now.features}))
    told = _Told(_spread_over(features, before), _spread_over(features, now), limits)
    shifts = [told.feature(at) for at in range(len(features))]
    importances = told.importances
    largest = np.maximum(importances[0].value, importances[1].value)
    places = sorted(range(len(features)), key=lambda at: (not shifts[at].findings, -largest[at]))
    is_enough = min(before.worth, now.worth) >= limits.fewest
    order = ndcg(importances[0].value, importances[1].value)
    chance = by_chance(order, *importances, seed) if order is not None and is_enough else None
    order_moved = (
        order is not None
        and chance is not None
        and order < limits.ndcg
        and chance.p_value <= limits.level / 2
    )
    return Shift(
        moved=order_moved or any(each.findings for each in shifts) if is_enough else None,
        n_before=before.whole.n,
        n_now=now.whole.n,
        features=[shifts[at] for at in places],
        ndcg=order,
        ndcg_by_chance=chance and chance.usual,
        ndcg_p_value=chance and chance.p_value,
        order_moved=order_moved,
        rank_correlation=rank_correlation(importances[0].value, importances[1].value),
    )


class _Told:
    """All numbers of all features at once, and what they say of one."""

    def __init__(self, before: Attributions, now: Attributions, limits: Limits) -> None:
        self.sides = before, now
        self.limits = limits
        self.importances = before.importances(), now.importances()
        self.ranks = ranks(self.importances[0].value), ranks(self.importances[1].value)
        self.means = before.means(), now.means()
        self.magnitudes = before.magnitudes(), now.magnitudes()
        self.distances = distances(before, now)
        self.level = limits.level / 2 / (_KINDS * max(len(before.features), 1))
        self.wide = float(-ndtri(self.level / 2))
        self.is_enough = min(before.worth, now.worth) >= limits.fewest
        self.held = before.worths, now.worths

    def feature(self, at: int) -> FeatureShift:
        before, now = (bool(held[at] > 0) for held in self.held)
        both = min(self.held[0][at], self.held[1][at])
        change = self._change(at) if self.is_enough else None
        magnitude = self._magnitude(at) if both >= self.limits.fewest else None
        distance = float(self.distances.value[at]) if before and now else None
        p_values = self.distances.p_value
        p_value = float(p_values[at]) if p_values is not None and distance is not None else None
        findings: list[Finding] = []
        if self.is_enough and before != now:
            findings.append("new" if now else "gone")
        if change and _is_beyond(change, -self.limits.importance, self.limits.importance):
            findings.append("importance")
        if both >= self.limits.fewest:
            if self._turned(at):
                findings.append("sign")
            ratio = self.limits.magnitude
            if magnitude and _is_beyond(magnitude, 1 / ratio, ratio):
                findings.append("magnitude")
            is_far = distance is not None and distance >= self.limits.distance
            if is_far and p_value is not None and p_value <= self.level:
                findings.append("distribution")
        return FeatureShift(
            feature=self.sides[0].features[at],
            findings=tuple(findings),
            importance_before=self._figure(self.importances, 0, at) if before else None,
            importance_now=self._figure(self.importances, 1, at) if now else None,
            importance_change=change,
            rank_before=int(self.ranks[0][at]) if before else None,
            rank_now=int(self.ranks[1][at]) if now else None,
            mean_before=self._figure(self.means, 0, at) if before else None,
            mean_now=self._figure(self.means, 1, at) if now else None,
            magnitude=magnitude,
            distance=distance,
            p_value=p_value,
        )

    def _figure(self, of: tuple[Estimates, Estimates], side: int, at: int) -> Figure:
        is_sure = self.held[side][at] >= self.limits.fewest
        variance = float(of[side].variance[at]) if is_sure else math.inf
        return around(float(of[side].value[at]), variance, float(self.sides[side].sums.n[at]))

    def _change(self, at: int) -> Figure:
        before, now = self.importances
        value = float(now.value[at] - before.value[at])
        half = self.wide * math.sqrt(now.variance[at] + before.variance[at])
        return Figure(value, value - half, value + half, self._fewer(at))

    def _magnitude(self, at: int) -> Figure | None:
        before, now = self.magnitudes
        if before.value[at] <= 0 or now.value[at] <= 0:
            return None
        ratio = float(now.value[at] / before.value[at])
        # Normal in its logarithm; each variance is relative to its mean.
        relative = (
            now.variance[at] / now.value[at] ** 2 + before.variance[at] / before.value[at] ** 2
        )
        stretch = math.exp(min(self.wide * math.sqrt(relative), 100.0))
        return Figure(ratio, ratio / stretch, ratio * stretch, self._fewer(at))

    def _turned(self, at: int) -> bool:
        """Both means are clear of zero, on different sides."""
        ends = [
            math.copysign(abs(value) > self.wide * math.sqrt(variance), value)
            for value, variance in (
                (float(each.value[at]), float(each.variance[at])) for each in self.means
            )
        ]
        return ends[0] * ends[1] < 0

    def _fewer(self, at: int) -> float:
        return float(min(each.sums.n[at] for each in self.sides))


def _is_beyond(figure: Figure, low: float, high: float) -> bool:
    if figure.low is None or figure.high is None:
        return False
    return figure.low > high or figure.high < low


def _spread_over(features: tuple[str, ...], of: Attributions) -> Attributions:
    """The same with more features, which no row of it holds."""
    return of.merge(_nothing(features))


def _nothing(features: tuple[str, ...]) -> Attributions:
    empty: Floats = np.zeros((0, len(features)))
    return Attributions.of(features, empty)
