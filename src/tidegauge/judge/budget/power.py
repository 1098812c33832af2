"""The smallest change that the rule would find: what it can and cannot see, in advance."""

from dataclasses import dataclass

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.judge.budget.blocks import block_noise
from tidegauge.judge.budget.hour import Hour, block_cost
from tidegauge.judge.budget.rule import Rule
from tidegauge.judge.budget.settings import STAGGER

_FARTHEST = 5.0
_HALVINGS = 30
_NINE_IN_TEN = 1.2815515655446004


@dataclass(frozen=True)
class Detectable:
    """Of one feature; None where nothing is found in that time, or there is no order."""

    distance: float | None
    """The square root of a PSI."""
    deviations: float | None
    """The same as a shift of location, in standard deviations."""


def detectable(rule: Rule, rows: float, checks: int, hour_of_week: int = 12) -> list[Detectable]:
    """Of each feature, what is found nine times in ten within so many checks of so many rows.

    A feature with an order is moved along its location, one without by its most usual cell.
    """
    season = rule.season(hour_of_week)
    hour = Hour.of(rule, season)
    features = len(rule.cells.judged)
    low, high = np.zeros(features), np.full(features, _FARTHEST)
    found = _excess(rule, hour, season, _moved(rule, hour, high), rows, checks) >= 0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        seen = _excess(rule, hour, season, _moved(rule, hour, middle), rows, checks) >= 0
        low, high = np.where(seen, low, middle), np.where(seen, middle, high)
    q = _moved(rule, hour, high)
    distance = np.sqrt(rule.cells.total((q - hour.law) * np.log(q / hour.law)))
    has_order = rule.dictionary.has_order
    result = [Detectable(None, None)] * rule.cells.features
    for place, feature in enumerate(rule.cells.judged.tolist()):
        if found[place]:
            shift = float(high[place]) if has_order[place] else None
            result[feature] = Detectable(float(distance[place]), shift)
    return result


def _moved(rule: Rule, hour: Hour, by: Floats) -> Floats:
    """The law with each judged feature moved."""
    cells, words = rule.cells, rule.dictionary
    most = hour.law >= cells.most(hour.law)[cells.feature]
    usual = (most - hour.law) / np.sqrt(np.maximum(hour.law * (1 - hour.law), 1e-300))
    usual = np.where(most & (hour.law > 0.5), -usual, np.where(most, usual, 0.0))
    has_order = words.has_order[cells.feature]
    moved = hour.law * np.exp(by[cells.feature] * np.where(has_order, words.location, usual))
    return moved / cells.total(moved)[cells.feature]


def _excess(rule: Rule, hour: Hour, season: int, law: Floats, rows: float, checks: int) -> Floats:
    """Nats beyond what an alarm takes, of each judged feature's best arm."""
    words = rule.dictionary
    gain = words.scored(law)[words.base] * words.theta
    tilts = np.ones(2 * len(rule.cells.judged))
    each = np.concatenate([tilts, np.sqrt(law * (1 - law))])[words.base] * np.abs(words.theta)
    most = np.full(len(rule.cells.judged), -np.inf)

    def offer(n: float, nats: Floats, noise: Floats, divisor: Floats, weight: Floats) -> None:
        unlucky = _NINE_IN_TEN * each * np.sqrt(n * noise)
        np.maximum.at(most, words.feature, (n * nats - unlucky) / divisor + np.log(weight))

    clusters = rule.arm_clusters[: len(words)]
    n = rows * checks
    noise = clusters + n / rule.rows.astype(np.float64)[words.feature]
    offer(n, gain - hour.cost, noise, clusters, rule.fast_weight[: len(words)])
    left = gain - block_cost(rule, hour)
    for place, length in enumerate(rule.lengths):
        if length <= checks:
            n = rows * length
            every = np.full(len(most), n)
            error = (every * rule.inverse_days(season), every * rule.inverse_rows(season))
            noise = block_noise(rule, place, every, *error)[words.base]
            blocks = 1 + (checks - length) // (length // STAGGER)
            offer(n, left, noise, noise, rule.slow_weight(place) * blocks)
    return most + np.log(rule.feature_weight) - rule.settings.limit
