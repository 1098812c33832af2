"""What an alarm says: which feature, which way, since when, how far; and when it is over."""

import numpy as np
import pytest
from budget_worlds import A_DAY, BINS, SETTINGS, cells, draw, gone, hours, laws
from scipy.stats import wasserstein_distance

from tidegauge.judge.budget import (
    State,
    cold,
    detectable,
    effects,
    fit,
    is_over,
    pooled,
    severity,
    update,
)

OF = cells()
GONE = gone(OF)
BEFORE = 60
NIGHT = np.zeros(1000, dtype=int)


def rule_of(rows=50_000, seed=0):
    reference = draw(np.random.default_rng(seed), laws(OF), rows)
    return cold(reference, OF, SETTINGS, independent=True)


def checks_of(count, seed=1, rows=200, **change):
    random = np.random.default_rng(seed)
    return np.array([draw(random, laws(OF, **change), rows) for _ in range(count)])


def first_alarm(rule, checks):
    state = State.start(rule)
    for at, counts in enumerate(checks):
        state, look = update(rule, state, counts, 0)
        if look.is_alarm:
            return at, look
    raise AssertionError("no alarm")


CHANGES = {
    "location up": ({"shift": 0.4}, ("location", None, True)),
    "location down": ({"shift": -0.4, "feature": 1}, ("location", None, False)),
    "missing": ({"missing": 0.08}, ("cell", BINS, True)),
    "a category": ({"feature": 2, "rare": 0.08}, ("cell", 3, True)),
}


@pytest.mark.parametrize(("change", "wanted"), CHANGES.values(), ids=list(CHANGES))
def test_an_alarm_names_the_feature_the_way_and_the_hour(change, wanted):
    at, look = first_alarm(
        rule_of(), np.concatenate([checks_of(BEFORE), checks_of(100, 2, **change)])
    )
    named = look.named[0]
    assert named.feature == change.get("feature", 0)
    assert (named.arm.kind, named.arm.cell, named.arm.rises) == wanted
    assert abs(named.since - BEFORE) <= 3
    assert at >= BEFORE
    assert named.evidence == look.features[named.feature] <= look.evidence


def test_a_change_that_no_arm_is_made_for_is_found_as_a_shape():
    # Every other bin empties into its neighbour: neither location, scale nor one cell.
    odd = laws(OF)
    odd[0, 0:BINS:2] *= 1.35
    odd[0, 1:BINS:2] *= 0.65
    random = np.random.default_rng(0)
    _, look = first_alarm(rule_of(), [draw(random, odd / odd.sum(1)[:, None], 200)] * 60)
    assert look.named[0].arm.kind == "shape"


def test_a_slow_change_is_dated_by_its_block():
    past = checks_of(14 * A_DAY)
    # Wander as wide as the change: only the mean of long blocks can tell.
    strays = 0.12 * np.sin(np.arange(len(past)) / 5)
    random = np.random.default_rng(3)

    def strayed(start, count, shift):
        return np.array(
            [
                draw(random, laws(OF, shift=shift + strays[(start + at) % len(strays)]), 200)
                for at in range(count)
            ]
        )

    past = strayed(0, len(past), 0.0)
    rule = fit(past, hours(len(past)), OF, SETTINGS)
    checks = np.concatenate([strayed(0, 2 * A_DAY, 0.0), strayed(0, 6 * A_DAY, 0.25)])
    at, look = first_alarm(rule, checks)
    assert look.named[0].feature == 0
    assert look.named[0].arm.kind == "location"
    assert A_DAY <= look.named[0].since <= at
    assert look.named[0].block in rule.lengths
    six = A_DAY // 4
    night = hours(six)
    assert not is_over(rule, look.named, strayed(0, six, 0.25), night, GONE)
    assert is_over(rule, look.named, strayed(0, six, 0.0), night, GONE)


def test_every_feature_that_moved_is_named_and_no_other():
    moved = laws(OF, shift=0.6)
    moved[1] = laws(OF, shift=-0.6, feature=1)[1]
    random = np.random.default_rng(0)
    rule = rule_of()
    state = State.start(rule)
    for _ in range(20):
        state, look = update(rule, state, draw(random, moved, 200), 0)
    assert sorted(one.feature for one in look.named) == [0, 1]
    evidences = [one.evidence for one in look.named]
    assert evidences == sorted(evidences, reverse=True)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, "info"),
        ({"shift": 0.1}, "info"),
        ({"shift": 0.4}, "warning"),
        ({"shift": 1.0}, "critical"),
        ({"missing": 0.1}, "warning"),
        ({"missing": 0.3}, "critical"),
        ({"feature": 2, "rare": 0.2}, "critical"),
    ],
)
def test_severity_is_what_two_effects_agree_on(change, wanted):
    rule = rule_of()
    pool = pooled(rule, checks_of(100, **change), NIGHT[:100])
    found = severity(rule, pool, GONE)
    feature = change.get("feature", 0)
    assert found[feature] == wanted
    assert found[:feature] + found[feature + 1 :] == ["info"] * 2


def test_few_rows_are_not_over_read():
    rule = rule_of()
    found = [
        one
        for seed in range(100)
        for one in severity(rule, pooled(rule, checks_of(1, seed, rows=50), NIGHT[:1]), GONE)
    ]
    # The lower ends are of 95 % intervals, and two must be above their mark.
    assert sum(one != "info" for one in found) <= 6
    assert "critical" not in found


def test_the_distance_is_wassersteins_on_the_normal_scores():
    rule = rule_of()
    pool = pooled(rule, checks_of(100, shift=0.5), NIGHT[:100])
    ordered = (rule.cells.feature == 0) & rule.cells.has_order
    place = rule.dictionary.location[ordered]
    before, after = pool.expected[ordered], pool.seen[ordered]
    wanted = wasserstein_distance(place, place, before, after)
    found = next(e for e in effects(rule, pool, GONE) if e.name == "wasserstein_normalised")
    assert found.value[0] == pytest.approx(wanted, rel=0.01)
    assert found.lower[0] < wanted < found.upper[0]


def test_what_is_expected_goes_with_the_hours_that_are_pooled():
    past = checks_of(14 * A_DAY)
    day = hours(len(past)) % 24 < 12
    past[day] = checks_of(int(day.sum()), 5, shift=0.8)
    rule = fit(past, hours(len(past)), OF, SETTINGS)
    mornings = checks_of(48, 6, shift=0.8)
    at_its_hour = pooled(rule, mornings, np.full(48, 5))
    at_another = pooled(rule, mornings, np.full(48, 18))
    assert severity(rule, at_its_hour, GONE)[0] == "info"
    assert severity(rule, at_another, GONE)[0] == "critical"


def test_a_change_is_over_after_six_quiet_hours_with_rows():
    rule = rule_of()
    _, look = first_alarm(rule, checks_of(60, shift=0.5))
    six = A_DAY // 4
    quiet, moved = checks_of(six, 7), checks_of(six, 7, shift=0.5)

    def over(checks):
        return is_over(rule, look.named, checks, NIGHT[: len(checks)], GONE)

    assert over(quiet)
    assert over(np.concatenate([moved, quiet]))
    assert not over(moved)
    assert not over(quiet[:-1])
    assert not over(quiet * 0)
    assert not over(np.concatenate([quiet[:-4], moved[-4:]]))


@pytest.mark.parametrize(("rows", "checks"), [(200, 4), (200, 24), (1000, 24)])
def test_what_is_said_to_be_detectable_is_mostly_found(rows, checks):
    found = 0
    for seed in range(20):
        rule = rule_of(seed=seed)
        shift = detectable(rule, rows, checks)[0].deviations
        state = State.start(rule)
        for counts in checks_of(checks, seed + 100, rows, shift=shift):
            state, look = update(rule, state, counts, 0)
            if look.is_alarm:
                found += 1
                break
    # Eighteen are to be expected.
    assert found >= 14


def test_more_rows_more_time_and_a_larger_reference_show_smaller_changes():
    small, large = rule_of(2_000), rule_of(200_000)

    def least(rule, rows, checks):
        return detectable(rule, rows, checks)[0].distance

    assert least(large, 200, 96) < least(large, 200, 10) < least(large, 50, 10)
    assert least(large, 200, 96) < least(small, 200, 96)
    # Never smaller than what is tolerated.
    assert least(large, 1e9, 2000) > 0.0316


def test_what_no_time_suffices_for_is_not_promised():
    found = detectable(rule_of(20), 1, 1)
    assert [one.distance for one in found] == [None] * 3
    assert detectable(rule_of(), 200, 24)[2].deviations is None


@pytest.mark.parametrize("rows", [20, 200, 5000])
def test_most_quiet_hours_close_at_once(rows):
    rule = rule_of()
    _, look = first_alarm(rule, checks_of(200, rows=rows, shift=0.5))
    six = A_DAY // 4
    closed = sum(
        is_over(rule, look.named, checks_of(six, seed, rows), NIGHT[:six], GONE)
        for seed in range(20)
    )
    assert closed >= 12


def test_a_shape_that_is_gone_is_over():
    odd = laws(OF)
    odd[0, 0:BINS:2] *= 1.35
    odd[0, 1:BINS:2] *= 0.65
    odd /= odd.sum(axis=1)[:, None]
    random, rule, six = np.random.default_rng(0), rule_of(), A_DAY // 4
    _, look = first_alarm(rule, [draw(random, odd, 200)] * 60)
    assert look.named[0].arm.kind == "shape"
    still = np.array([draw(random, odd, 200) for _ in range(six)])
    assert not is_over(rule, look.named, still, NIGHT[:six], GONE)
    assert is_over(rule, look.named, checks_of(six, 9), NIGHT[:six], GONE)
