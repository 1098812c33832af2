"""What hours teach holds for checks of minutes: how far a law wanders is not lost on the way."""

import numpy as np
import pytest

from tidegauge.judge.budget import Cells, Settings, State, asked_more_often, fit, update
from tidegauge.monitor.past import DAYS

HOURS = DAYS * 24
ROWS = 600
"""An hour."""
WANDER, LASTS = 0.15, 6.0
"""In standard deviations of a row, and in hours."""


def cells():
    real = np.ones((2, 10), dtype=bool)
    return Cells(real, real.copy())


def wandering(random, count, an_hour):
    """Counts of two numbers whose mean strays and comes back."""
    keeps = np.exp(-1 / (LASTS * an_hour))
    stray, found = random.normal(size=2), []
    for _ in range(count):
        stray = keeps * stray + np.sqrt(1 - keeps**2) * random.normal(size=2)
        rows = WANDER * stray + random.normal(size=(ROWS // an_hour, 2))
        places = np.digitize(rows, [-1.28, -0.84, -0.52, -0.25, 0, 0.25, 0.52, 0.84, 1.28])
        found.append([np.bincount(column, minlength=10) for column in places.T])
    return np.array(found)


def taught(an_hour, seed=0):
    random = np.random.default_rng(seed)
    past = wandering(random, HOURS, 1)
    slow = fit(past, np.arange(HOURS) % 168, cells(), Settings(checks_a_month=30 * 24))
    return past, asked_more_often(slow, Settings(checks_a_month=30 * 24 * an_hour)), random


@pytest.mark.parametrize("an_hour", [2, 4, 12, 60])
def test_a_block_is_no_less_noisy_than_the_hours_were(an_hour):
    past, rule, _ = taught(an_hour)
    means = past @ np.arange(10.0) / ROWS
    spread = np.sqrt(rule.law[:10] @ (np.arange(10) - rule.law[:10] @ np.arange(10)) ** 2)
    noise = means[:, 0].var() * ROWS / spread**2
    assert noise > 5
    for length, found in zip(rule.lengths, rule.variation.blocks[:, 0], strict=True):
        assert found > noise, length


def test_every_block_of_an_hour_or_more_is_kept():
    for an_hour in (2, 4, 12, 60):
        _, rule, _ = taught(an_hour)
        assert rule.lengths == rule.settings.blocks


def test_what_wandered_before_is_no_news_however_often_it_is_asked():
    for seed in range(3):
        _, rule, random = taught(12, seed)
        state = State.start(rule)
        for at, counts in enumerate(wandering(random, 10 * 24 * 12, 12)):
            state, look = update(rule, state, counts, at // 12 % 168)
            assert not look.is_alarm
