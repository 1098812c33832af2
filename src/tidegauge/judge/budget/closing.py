"""When a change is over: six hours without it, and what is left of it less than half a mark."""

from collections.abc import Sequence

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.judge.budget.cells import Held, Places
from tidegauge.judge.budget.change import pooled
from tidegauge.judge.budget.dictionary import Arm
from tidegauge.judge.budget.hour import Hour, block_cost
from tidegauge.judge.budget.rule import Rule
from tidegauge.judge.budget.severity import agreed, effects
from tidegauge.judge.budget.update import Named

HOURS = 6
_HALF = 0.5
_ENORMOUS = 69.0


def is_over(
    rule: Rule, named: Sequence[Named], counts: Held, hours_of_week: Places, gone: Flags
) -> bool:
    """Of the features that an alarm named; `counts` [checks, features, cells] are the last ones.

    Each of the six hours must speak against the arm that was named, or all together where it
    took a block to see it, and have rows of every feature named; so silence closes nothing.
    """
    hour = max(1, round(rule.settings.checks_a_day / 24))
    if len(counts) < HOURS * hour:
        return False
    counts, hours_of_week = counts[-HOURS * hour :], hours_of_week[-HOURS * hour :]
    seasons = [rule.season(int(at)) for at in hours_of_week]
    each = {season: Hour.of(rule, season) for season in set(seasons)}
    fast = _gains(rule, counts, [each[one].cost for one in seasons]).reshape(HOURS, hour, -1)
    slow = _gains(rule, counts, [block_cost(rule, each[one]) for one in seasons])
    rows = np.array([rule.cells.total(rule.cells.flat(one)) for one in counts])
    by_hour = rows.reshape(HOURS, hour, -1).sum(axis=1)
    left = agreed(effects(rule, pooled(rule, counts, hours_of_week), gone), "warning", "value")
    for one in named:
        place = int(np.flatnonzero(rule.cells.judged == one.feature)[0])
        gains = fast.sum(axis=1) if one.block == 1 else slow.sum(axis=0, keepdims=True)
        has_rows = bool((by_hour[:, place] > 0).all())
        if not (has_rows and left[place] < _HALF and _is_quiet(rule, gains, place, one.arm)):
            return False
    return True


def _gains(rule: Rule, counts: Held, costs: list[Floats]) -> Floats:
    """[checks, arms]: what each check says for each arm of the dictionary."""
    words = rule.dictionary
    result = np.empty((len(counts), len(words)))
    for at, (one, cost) in enumerate(zip(counts, costs, strict=True)):
        flat = rule.cells.flat(one)
        rows = rule.cells.total(flat)[words.feature]
        result[at] = words.scored(flat)[words.base] * words.theta - rows * cost
    return result


def _is_quiet(rule: Rule, gains: Floats, place: int, arm: Arm) -> bool:
    """Does each row of gains speak against the arm; or, of a shape that is gone by now, do all
    together against the whole dictionary?"""
    words = rule.dictionary
    own = np.flatnonzero(words.feature == place)
    same = [at for at in own.tolist() if words.arm(at) == arm]
    if same:
        return bool((gains[:, same] < 0).all())
    together = gains[:, own].sum(axis=0) / rule.arm_clusters[own]
    return float(words.weight[own] @ np.exp(np.minimum(together, _ENORMOUS))) < 1
