"""What the guarantee rests on: no law within reach makes an arm grow, whatever else it does."""

import numpy as np
import pytest
from budget_worlds import SETTINGS, cells, draw, hours, laws, tide
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.judge.budget import Settings, State, cold, fit, update
from tidegauge.judge.budget.blocks import added, evidence, tally
from tidegauge.judge.budget.hour import Hour
from tidegauge.judge.budget.shapes import learned_shapes
from tidegauge.judge.budget.shrink import upper
from tidegauge.judge.budget.variation import lags


def quiet_rule(rows=20_000, seed=0):
    of = cells()
    reference = draw(np.random.default_rng(seed), laws(of), rows)
    return cold(reference, of, SETTINGS, independent=True)


def gains(rule, hour):
    """ln g less its cost, of each arm of the dictionary on each flat cell."""
    words = rule.dictionary
    each = np.array([words.scored(row)[words.base] * words.theta for row in np.eye(len(rule.law))])
    return each - hour.cost


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_within_the_tolerance_no_arm_is_expected_to_grow(seed):
    rule = quiet_rule()
    hour = Hour.of(rule, 0)
    random = np.random.default_rng(seed)
    # A law at exactly the tolerated distance, in a chance direction.
    way = random.normal(size=len(rule.law)) * random.integers(0, 2, size=len(rule.law))
    mean = rule.cells.total(hour.law * way)[rule.cells.feature]
    far = np.sqrt(rule.cells.total(hour.law * (way - mean) ** 2))[rule.cells.feature]
    tilt = rule.user * (way - mean) / np.maximum(far, 1e-12)
    law = hour.law * np.maximum(1 + tilt, 0)
    law /= rule.cells.total(law)[rule.cells.feature]
    distance = np.sqrt(rule.cells.total((law - hour.law) ** 2 / hour.law))
    own = np.exp(gains(rule, hour))
    words = rule.dictionary
    for feature in np.flatnonzero(distance <= rule.user * (1 + 1e-9)):
        at = rule.cells.feature == feature
        grown = law[at] @ own[at][:, words.feature == feature]
        assert grown.max() <= 1 + 1e-9


def test_beyond_the_tolerance_an_arm_grows():
    rule = quiet_rule()
    hour = Hour.of(rule, 0)
    law = rule.cells.flat(laws(rule.cells, shift=0.2))
    first = rule.cells.feature == 0
    grown = law[first] @ np.exp(gains(rule, hour))[first][:, rule.dictionary.feature == 0]
    assert grown.max() > 1.005


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1e6))
def test_a_learned_shape_is_not_expected_to_grow_under_the_reference(seed, rows):
    rule = quiet_rule()
    hour = Hour.of(rule, 0)
    recent = np.random.default_rng(seed).exponential(rows, size=(3, len(rule.law)))
    shapes = learned_shapes(rule, hour, recent.astype(np.float32))
    assert rule.cells.total(hour.law * shapes) == pytest.approx(1.0, rel=1e-6)


def test_a_quiet_models_sum_grows_by_no_more_than_one_a_check():
    of, random, checks = cells(), np.random.default_rng(4), 60
    sums = []
    for _ in range(60):
        # The reference's own error has a budget of its own: here there is next to none.
        rule = cold(laws(of) * 1e8, of, SETTINGS, independent=True)
        state = State.start(rule)
        for _ in range(checks):
            state, look = update(rule, state, draw(random, laws(of), 150), 0)
        sums.append(np.exp(look.evidence))
    assert np.mean(sums) < checks / 2 + 3 * np.std(sums) / np.sqrt(len(sums))


@pytest.mark.parametrize("rows", [50, 1_000_000])
def test_a_tolerated_shift_stays_quiet_at_any_number_of_rows(rows):
    of, random = cells(), np.random.default_rng(2)
    rule = cold(laws(of) * 1e7, of, SETTINGS, independent=True)
    state = State.start(rule)
    for _ in range(400):
        state, look = update(rule, state, draw(random, laws(of, shift=0.03), rows), 0)
        assert not look.is_alarm


def test_a_block_is_judged_by_its_own_rows_however_it_is_split():
    past = tide(14)
    rule = fit(past, hours(len(past)), cells(), SETTINGS)
    hour = Hour.of(rule, 3)
    place = 1
    flat = [rule.cells.flat(one) for one in past[:24]]
    whole = sum(tally(rule, hour, 3, one, rule.cells.total(one)) for one in flat)
    thirds = State.start(rule).blocks
    for at, one in enumerate(flat):
        thirds = added(rule, thirds, at, tally(rule, hour, 3, one, rule.cells.total(one)))
    split, rows = evidence(rule, hour, place, thirds[place])
    together, _ = evidence(rule, hour, place, np.stack([whole, whole * 0, whole * 0]))
    assert rows == pytest.approx(sum(map(rule.cells.total, flat)))
    assert split == pytest.approx(together, rel=1e-4, abs=1e-4)


def test_a_blocks_events_cost_no_less_than_its_checks():
    past = tide(14)
    rule = fit(past, hours(len(past)), cells(), SETTINGS)
    words, tilts = rule.dictionary, rule.dictionary.tilts
    expected, costs, rows = np.zeros(len(rule.law)), np.zeros(len(words) - tilts), 0.0
    for season, n in ((3, 100.0), (12, 300.0), (20, 50.0)):
        law = rule.law_at(season)
        mean, sd = words.event_moments(law)
        costs += n * np.log(mean + rule.slow_tolerance[tilts:] * sd)
        expected += n * law
        rows += n
    mean, sd = words.event_moments(expected / rows)
    assert (rows * np.log(mean + rule.slow_tolerance[tilts:] * sd) >= costs - 1e-9).all()


def test_the_limit_is_twice_the_checks_over_alpha():
    assert Settings(checks_a_month=8640).limit == pytest.approx(np.log(2 * 8640 / 0.01))
    once = Settings.once_in(months=100, checks_a_month=8640)
    assert once.limit == Settings(checks_a_month=8640).limit


def test_shrunken_variances_are_drawn_together_and_upwards():
    random = np.random.default_rng(0)
    measured = random.chisquare(20, size=(40, 3)) / 20
    logs, found = np.log(measured), np.log(upper(measured, np.full(3, 20.0), measured > 0))
    assert (found.std(axis=0) < logs.std(axis=0)).all()
    assert (found.min(axis=0) > logs.mean(axis=0)).all()


def test_lags_end_where_the_past_is_too_short_for_them():
    assert lags(100) == [1, 2, 3, 6, 12, 24]
