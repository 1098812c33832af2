"""What is learned from a past: its seasons, its wander, its clusters; and what is not forgiven."""

import numpy as np
import pytest
from budget_worlds import A_DAY, SETTINGS, cells, draw, hours, laws, numeric_law, tide

from tidegauge.judge.budget import Settings, State, cold, fit, update
from tidegauge.judge.budget.season import season_of

OF = cells()
DAYS = 14


def past_of(swing=0.0, wander=0.0, cluster=1, rows=150, days=DAYS, seed=0):
    """A past whose first feature swings by the hour, strays, and comes in clusters."""
    random = np.random.default_rng(seed)
    stray, result = 0.0, []
    for slot in range(days * A_DAY):
        stray = 0.96 * stray + np.sqrt(1 - 0.96**2) * random.normal()
        shares = laws(OF)
        shares[0] = numeric_law(swing * np.sin(2 * np.pi * slot / A_DAY) + wander * stray)
        result.append(draw(random, shares, rows // cluster) * cluster)
    return np.array(result)


def fitted(settings=SETTINGS, **how):
    past = past_of(**how)
    return fit(past, hours(len(past)), OF, settings)


def alarms(rule, checks, start=0):
    state, found = State.start(rule), 0
    for counts, hour in zip(checks, hours(len(checks), start), strict=True):
        state, look = update(rule, state, counts, int(hour))
        found += look.is_alarm
    return found


def test_the_hours_of_weekends_are_their_own():
    assert season_of(np.array([0, 23, 24, 119, 120, 167, 168])).tolist() == [
        0,
        23,
        0,
        23,
        24,
        47,
        0,
    ]


def test_a_swing_by_the_hour_is_a_season_and_only_where_there_is_one():
    assert fitted(swing=0.4).turns.seasonal.tolist() == [True, False, False]


def test_chance_is_no_season_no_wander_and_no_cluster():
    rule = fitted()
    assert not rule.turns.seasonal.any()
    assert (rule.variation.wander == 0).all()
    assert (rule.variation.clusters == 1).all()


def test_rows_that_come_in_threes_count_for_a_third():
    assert fitted(cluster=3).variation.clusters[0] == pytest.approx(3, rel=0.15)


def test_a_wander_is_allowed_for_five_times_over():
    wander = fitted(wander=0.1).variation.wander
    assert 0.4 < wander[0] < 1.0
    # The cells move with the location, and are allowed it too; the other feature is not.
    assert wander[2 * 3] > 0.1
    assert wander[1] == 0


def test_an_excursion_of_the_location_is_not_taken_for_a_wider_spread():
    rule = fitted(wander=0.1, rows=2000)
    # Nearly as far out as its wander may go, for the length of a block: all the wider for it.
    shares = laws(OF)
    shares[0] = numeric_law(0.9 * float(rule.variation.wander[0]))
    random = np.random.default_rng(8)
    assert alarms(rule, [draw(random, shares, 2000) for _ in range(A_DAY // 4)]) == 0


def test_a_season_raises_no_alarm_for_those_who_know_it():
    tomorrow = past_of(swing=0.4, days=7, seed=1)
    assert alarms(fitted(swing=0.4), tomorrow) == 0
    flat = past_of(days=14)
    assert alarms(fit(flat, hours(len(flat)), OF, SETTINGS), tomorrow) > 0


def test_a_season_at_the_wrong_hours_alarms():
    tomorrow = past_of(swing=0.4, days=2, seed=1)
    assert alarms(fitted(swing=0.4), tomorrow, start=A_DAY // 2) > 0


def test_the_audit_allows_for_what_the_estimates_missed():
    past = past_of()
    # One hour of the past was far off: too short to be a wander, and yet it is the reference.
    past[500:504] = [draw(np.random.default_rng(1), laws(OF, shift=1.0), 150)] * 4
    rule = fit(past, hours(len(past)), OF, SETTINGS)
    assert alarms(rule, past) == 0
    assert (rule.variation.clusters > 1).all()


def test_a_rule_learns_from_one_past_and_holds_checks_against_another_reference():
    past, random = past_of(), np.random.default_rng(5)
    reference = draw(random, laws(OF, shift=0.5), 20_000)
    rule = fit(past, hours(len(past)), OF, SETTINGS, reference)
    assert alarms(rule, past[:A_DAY]) > 0
    like_it = np.array([draw(random, laws(OF, shift=0.5), 150) for _ in range(A_DAY)])
    assert alarms(rule, like_it) == 0


def test_another_reference_is_turned_by_the_pasts_hours():
    past = past_of(swing=0.4)
    reference = past.sum(axis=0)
    own = fit(past, hours(len(past)), OF, SETTINGS)
    same = fit(past, hours(len(past)), OF, SETTINGS, reference)
    assert same.turns.profiles == pytest.approx(own.turns.profiles, abs=1e-5)


def test_another_reference_may_lack_a_feature():
    past = tide(DAYS)
    reference = draw(np.random.default_rng(0), laws(OF), 5000)
    reference[1] = 0
    rule = fit(past, hours(len(past)), OF, SETTINGS, reference)
    assert rule.cells.judged.tolist() == [0, 2]
    state, look = update(rule, State.start(rule), past[0], 0)
    assert np.isfinite(look.features).all()
    assert State.decode(rule, state.encode(rule)).checks == 1


def test_a_cold_rule_lets_pass_what_a_learned_one_finds():
    random = np.random.default_rng(3)
    reference = draw(random, laws(OF), 50_000)
    checks = [draw(random, laws(OF, shift=0.25), 150) for _ in range(A_DAY)]
    assert alarms(cold(reference, OF, SETTINGS), checks) == 0
    assert alarms(cold(reference, OF, SETTINGS, independent=True), checks) > 0
    severe = [draw(random, laws(OF, shift=1.2), 150) for _ in range(A_DAY)]
    assert alarms(cold(reference, OF, SETTINGS), severe) > 0


def test_a_rarer_false_alarm_takes_more_evidence():
    often, seldom = Settings.once_in(1, 2880), Settings.once_in(1000, 2880)
    assert seldom.limit > often.limit
    assert seldom.excursion > often.excursion
    assert often.excursion == pytest.approx(4.0, abs=0.05)
