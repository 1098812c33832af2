"""Inputs that hold little, or nothing, or far too much: never an error, never a NaN."""

import numpy as np
import pytest
from budget_worlds import A_DAY, SETTINGS, WIDTH, cells, draw, gone, hours, laws

from tidegauge.errors import InputError
from tidegauge.judge.budget import (
    Cells,
    Rule,
    Settings,
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


@pytest.fixture(autouse=True)
def _strict():
    with np.errstate(all="raise", under="ignore"):
        yield


def judged(rule, counts, checks=12):
    """The last look, after the rule and state have been through all that is done with them."""
    rule = Rule.decode(rule.encode())
    state = State.start(rule)
    for _ in range(checks):
        state, look = update(rule, state, counts, 30)
        state = State.decode(rule, state.encode(rule))
        assert np.isfinite(look.evidence)
        assert np.isfinite(look.features).all()
        assert len(look.features) == len(counts)
    many = np.stack([counts] * 30)
    pool = pooled(rule, many, np.zeros(30, dtype=int))
    mask = np.zeros(counts.shape, dtype=bool)
    assert len(severity(rule, pool, mask)) == len(counts)
    assert all(len(one.value) == len(rule.cells.judged) for one in effects(rule, pool, mask))
    is_over(rule, look.named, many, np.zeros(30, dtype=int), mask)
    assert len(detectable(rule, 100.0, 24)) == len(counts)
    return look


def fresh(reference=None, **more):
    if reference is None:
        reference = draw(np.random.default_rng(0), laws(OF), 5000)
    return cold(reference, OF, SETTINGS, **more)


def test_no_features():
    none = np.zeros((0, WIDTH), dtype=bool)
    rule = cold(none.astype(int), Cells(none, none), SETTINGS)
    assert judged(rule, none.astype(int)).status == "insufficient_data"


def test_no_cells():
    none = np.zeros((2, 0), dtype=bool)
    rule = cold(none.astype(int), Cells(none, none), SETTINGS)
    assert judged(rule, none.astype(int)).status == "insufficient_data"


def test_no_rows():
    look = judged(fresh(), np.zeros((3, WIDTH), dtype=int))
    assert look.status == "insufficient_data"


def test_rows_that_stop_add_no_evidence():
    rule = fresh()
    state = State.start(rule)
    counts = draw(np.random.default_rng(1), laws(OF), 100)
    for at in range(5 + 2 * 7 * A_DAY):
        state, after = update(rule, state, counts if at < 5 else counts * 0, 0)
        if at == 7 * A_DAY + 5:
            # The last block with rows in it has ended.
            before = after
    assert after.evidence == before.evidence
    assert after.status == "insufficient_data"


def test_one_feature():
    one = Cells(OF.real[:1], OF.ordered[:1])
    rule = cold(laws(OF)[:1] * 5000, one, SETTINGS, independent=True)
    assert judged(rule, (laws(OF)[:1] * 200).astype(int)).status == "quiet"


def test_one_cell_has_nothing_to_compare():
    real = np.zeros((1, WIDTH), dtype=bool)
    real[0, 0] = True
    counts = np.where(real, 1000, 0)
    look = judged(cold(counts, Cells(real, real), SETTINGS), counts)
    assert look.status == "insufficient_data"


def test_two_cells_with_an_order():
    real = np.arange(WIDTH)[None] < 2
    counts = np.where(real, 500, 0)
    rule = cold(counts, Cells(real, real), SETTINGS, independent=True)
    assert judged(rule, counts).status == "quiet"
    assert judged(rule, counts * np.array([2] + [0] * (WIDTH - 1))).status == "alarm"


def test_a_feature_without_a_reference_is_left_out():
    reference = draw(np.random.default_rng(0), laws(OF), 5000)
    reference[1] = 0
    look = judged(fresh(reference, independent=True), (laws(OF, 1.5, feature=1) * 500).astype(int))
    assert look.status == "quiet"
    assert look.features[1] < -600


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_tiny_reference_alarms_at_nothing_small(rows):
    reference = draw(np.random.default_rng(0), laws(OF), rows)
    rule = cold(reference, OF, SETTINGS, independent=True)
    assert judged(rule, (laws(OF) * 300).astype(int)).status == "quiet"


def test_all_missing():
    counts = np.zeros((3, WIDTH), dtype=int)
    counts[:2, WIDTH - 1] = 200
    counts[2, 0] = 120
    look = judged(fresh(independent=True), counts)
    assert look.status == "alarm"
    assert {one.feature for one in look.named} >= {0, 1}


def test_all_in_a_cell_that_nothing_fell_in():
    reference = draw(np.random.default_rng(0), laws(OF, feature=2, rare=0.0), 5000)
    counts = (laws(OF) * 200).astype(int)
    counts[2] = 0
    counts[2, 3] = 200
    look = judged(cold(reference, OF, SETTINGS), counts)
    assert look.status == "alarm"
    assert look.named[0].feature == 2
    assert (look.named[0].arm.cell, look.named[0].arm.rises) == (3, True)


@pytest.mark.parametrize("rows", [1_000_000_000, 10**15])
def test_huge_counts(rows):
    rule = fresh(laws(OF) * 1e9, independent=True)
    assert judged(rule, (laws(OF) * rows).astype(np.int64)).status == "quiet"
    look = judged(rule, (laws(OF, shift=0.5) * rows).astype(np.int64))
    assert look.status == "alarm"
    assert [one.feature for one in look.named] == [0]


def test_the_larger_of_two_enormous_changes_comes_first():
    rule = fresh(laws(OF) * 1e9, independent=True)
    counts = laws(OF, shift=0.8, feature=1)
    counts[0] = laws(OF, shift=0.5)[0]
    look = judged(rule, (counts * 10**9).astype(np.int64), checks=1)
    assert [one.feature for one in look.named] == [1, 0]


def test_thousands_of_features():
    count = 1500
    of = Cells(np.tile(OF.real[:1], (count, 1)), np.tile(OF.ordered[:1], (count, 1)))
    rule = cold(np.tile(laws(OF)[:1], (count, 1)) * 10**6, of, SETTINGS, independent=True)
    assert len(rule.arm_feature) > 2**16
    state, counts = State.start(rule), np.tile(laws(OF)[:1] * 200, (count, 1))
    counts[-1] = laws(OF, shift=-1.0)[0] * 200
    for _ in range(3):
        state, look = update(rule, state, counts, 0)
    assert [one.feature for one in look.named] == [count - 1]
    assert (look.named[0].arm.kind, look.named[0].arm.rises) == ("location", False)


def test_fractional_counts():
    assert judged(fresh(independent=True), laws(OF) * 33.3).status == "quiet"


@pytest.mark.parametrize("days", [0, 1, 6])
def test_a_short_past_teaches_no_variation(days):
    random = np.random.default_rng(0)
    past = draw(random, np.stack([laws(OF)] * days * A_DAY), 50) if days else np.zeros((0, 3, 11))
    rule = fit(past, hours(len(past)), OF, SETTINGS)
    assert not rule.learned
    assert rule.tolerance == SETTINGS.cold_psi_tolerance
    judged(rule, (laws(OF) * 100).astype(int))


@pytest.mark.parametrize(("a_month", "slots"), [(1, 5), (4, 23), (4, 30), (30, 30), (43200, 10080)])
def test_any_cadence(a_month, slots):
    past = draw(np.random.default_rng(0), np.stack([laws(OF)] * slots), 50)
    when = np.arange(slots) * 24 * 30 // a_month % 168
    rule = fit(past, when, OF, Settings(checks_a_month=a_month))
    assert rule.learned == (slots >= 24)
    assert judged(rule, draw(np.random.default_rng(1), laws(OF), 50), checks=2).status == "quiet"


PASTS = {
    "no rows": lambda n: np.zeros((n, 3, WIDTH), dtype=int),
    "one row": lambda n: (np.arange(n)[:, None, None] == 3) * (laws(OF) > 0.5),
    "constant": lambda n: np.tile((laws(OF) * 100).astype(int), (n, 1, 1)),
    "one cell": lambda n: np.tile(np.where(np.arange(WIDTH) == 2, 100, 0), (n, 3, 1)),
    "half silent": lambda n: (
        np.tile((laws(OF) * 100).astype(int), (n, 1, 1)) * (np.arange(n) % 2)[:, None, None]
    ),
    "bursts": lambda n: (
        np.tile((laws(OF) * 100).astype(int), (n, 1, 1))
        * np.where(np.arange(n) % 97 == 0, 1000, 1)[:, None, None]
    ),
    "enormous": lambda n: np.tile((laws(OF) * 1e12).astype(np.int64), (n, 1, 1)),
}


@pytest.mark.parametrize("past", PASTS.values(), ids=list(PASTS))
def test_any_past_can_be_learned_from(past):
    counts = past(8 * A_DAY)
    rule = fit(counts, hours(len(counts)), OF, SETTINGS)
    for name in ("clusters", "wander", "blocks", "hourly", "daily"):
        assert np.isfinite(getattr(rule.variation, name)).all()
    judged(rule, (laws(OF) * 100).astype(int))


def test_importances_that_say_nothing_weigh_alike():
    for given in ((), (0.0, 0.0, 0.0), (np.nan, np.nan, np.nan), (1.0,), (-1.0, -1.0, -1.0)):
        found = Settings(checks_a_month=100, importances=given).weights(3)
        assert found == pytest.approx([1 / 3] * 3)
    found = Settings(checks_a_month=100, importances=(2.0, 1.0, 1.0)).weights(3)
    assert found == pytest.approx([1 / 6 + 1 / 4, 1 / 6 + 1 / 8, 1 / 6 + 1 / 8])


@pytest.mark.parametrize("wrong", [{"checks_a_month": 0}, {"checks_a_month": 9, "alpha": 0.0}])
def test_settings_that_promise_nothing_are_refused(wrong):
    with pytest.raises(InputError):
        Settings(**wrong)


def test_gone_cells_of_no_feature_are_no_effect():
    rule = fresh(independent=True)
    pool = pooled(rule, np.stack([(laws(OF, missing=0.2) * 500).astype(int)]), np.zeros(1, int))
    assert severity(rule, pool, gone(OF))[0] != "info"
    assert np.isnan(effects(rule, pool, np.zeros_like(OF.real))[-1].value).all()
