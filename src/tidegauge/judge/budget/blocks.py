"""The slow arms: one e-value for each block of an hour, six, a day, three, a week.

A check's evidence is held against all the wander there is; the mean of a long block wanders less.
A block's evidence is linear in its counts, so counts are what is kept of it: those seen and,
where a feature has a season, those expected and what the tilts cost.  An event's cost is taken
at the block's mean law, which is a little more than the sum of its checks' costs, and so errs
towards silence.
"""

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.judge.budget.cells import Singles
from tidegauge.judge.budget.hour import Hour
from tidegauge.judge.budget.rule import Rule
from tidegauge.judge.budget.settings import STAGGER


def tallies(rule: Rule) -> int:
    """How many numbers a tally is."""
    return sum(_sizes(rule))


def _sizes(rule: Rule) -> tuple[int, int, int, int, int, int]:
    seasonal = int(rule.turns.seasonal.sum())
    cells, tilts = int(_seasonal_cells(rule).sum()), int(_seasonal_tilts(rule).sum())
    return len(rule.law), cells, tilts, len(rule.rows), seasonal, seasonal


def _seasonal_cells(rule: Rule) -> Flags:
    return rule.turns.seasonal[rule.cells.feature]


def _seasonal_tilts(rule: Rule) -> Flags:
    words = rule.dictionary
    return rule.turns.seasonal[words.feature[: words.tilts]]


def tally(rule: Rule, hour: Hour, season: int, counts: Floats, rows: Floats) -> Singles:
    """A check, as it is added to the blocks."""
    words, seasonal = rule.dictionary, rule.turns.seasonal
    expected = rows[rule.cells.feature] * hour.law
    costs = rows[words.feature[: words.tilts]] * hour.tilt_cost
    return np.concatenate(
        [
            counts,
            expected[_seasonal_cells(rule)],
            costs[_seasonal_tilts(rule)],
            rows,
            (rows * rule.inverse_days(season))[seasonal],
            (rows * rule.inverse_rows(season))[seasonal],
        ]
    ).astype(np.float32)


def added(rule: Rule, blocks: Singles, checks: int, one: Singles) -> Singles:
    """The thirds with one more check in them: the checks-th, from 0."""
    result = blocks.copy()
    for place, length in enumerate(rule.lengths):
        step = length // STAGGER
        third = result[place, checks // step % STAGGER]
        if checks % step:
            third += one
        else:
            third[:] = one
    return result


def is_whole(length: int, checks: int) -> bool:
    """Does a block end with the checks-th check, from 1?"""
    return checks >= length and checks % (length // STAGGER) == 0


def evidence(rule: Rule, hour: Hour, place: int, thirds: Singles) -> tuple[Floats, Floats]:
    """The log e-value of each arm in a block, and the rows of each judged feature."""
    words, seasonal = rule.dictionary, rule.turns.seasonal
    whole = thirds.sum(axis=0, dtype=np.float64)
    parts = np.split(whole, np.cumsum(_sizes(rule))[:-1])
    seen, rows = parts[0], parts[3]
    # Features without a season cost the same at any hour.
    expected = rows[rule.cells.feature] * hour.law
    expected[_seasonal_cells(rule)] = parts[1]
    tilt_costs = rows[words.feature[: words.tilts]] * hour.tilt_cost
    tilt_costs[_seasonal_tilts(rule)] = parts[2]
    by_day = rows * rule.inverse_days(0)
    by_day[seasonal] = parts[4]
    by_hour = np.zeros(len(rows))
    by_hour[seasonal] = parts[5]
    mean, sd = words.event_moments(expected / np.maximum(rows, 1e-300)[rule.cells.feature])
    cost = np.log(mean + rule.slow_tolerance[words.tilts :] * sd)
    costs = np.concatenate([tilt_costs, rows[words.feature[words.tilts :]] * cost])
    gain = words.scored(seen)[words.base] * words.theta - costs
    return gain / block_noise(rule, place, rows, by_day, by_hour)[words.base], rows


def block_noise(rule: Rule, place: int, rows: Floats, by_day: Floats, by_hour: Floats) -> Floats:
    """Of each base score: the blocks' design effect, and the reference's error besides."""
    owner = rule.dictionary.base_feature
    error = np.maximum(
        rule.variation.daily * by_day[owner], (rows / rule.rows.astype(np.float64))[owner]
    )
    # The error of an hour's profile averages out over a day.
    if rule.lengths[place] < rule.settings.checks_a_day - 2:
        error = error + np.maximum(rule.variation.hourly * by_day[owner], by_hour[owner])
    return rule.variation.blocks[place] + error
