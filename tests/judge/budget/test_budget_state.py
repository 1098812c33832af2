"""What is kept between checks: whole, small, and the same to the last bit when read again."""

import numpy as np
import pytest
from budget_worlds import SETTINGS, cells, draw, hours, laws, tide

from tidegauge.errors import UnreadableError
from tidegauge.judge.budget import Cells, Rule, Settings, State, cold, fit, update


def fitted():
    past = tide(8)
    return fit(past, hours(len(past)), cells(), SETTINGS)


def run(rule, checks, *, by_bytes):
    state, looks = State.start(rule), []
    for at, counts in enumerate(checks):
        state, look = update(rule, state, counts, at // 4)
        if by_bytes:
            state = State.decode(rule, state.encode(rule))
        looks.append((look.evidence, *look.features))
    return state.encode(rule), looks


def test_reading_rule_and_state_again_changes_no_bit():
    rule = fitted()
    checks = tide(3, start=1000)
    kept = run(rule, checks, by_bytes=False)
    again = Rule.decode(rule.encode())
    assert run(again, checks, by_bytes=True) == kept
    assert again.encode() == rule.encode()


def test_fitting_twice_gives_the_same_bytes():
    assert fitted().encode() == fitted().encode()


def test_padding_changes_no_bit():
    rule = fitted()
    wide = np.pad(cells().real, ((0, 0), (0, 5)))
    past = np.pad(tide(8), ((0, 0), (0, 0), (0, 5)))
    of = Cells(wide, np.pad(cells().ordered, ((0, 0), (0, 5))))
    other = fit(past, hours(len(past)), of, SETTINGS)
    checks = tide(1, start=1000)
    looks = run(rule, checks, by_bytes=False)[1]
    assert run(other, np.pad(checks, ((0, 0), (0, 0), (0, 5))), by_bytes=False)[1] == looks


def test_updating_leaves_the_state_that_it_came_from():
    rule = fitted()
    state = State.start(rule)
    before = state.encode(rule)
    update(rule, state, tide(1)[0], 0)
    assert state.encode(rule) == before


def test_a_state_is_refused_by_another_rule():
    of = cells()
    one, other = (
        cold(draw(np.random.default_rng(seed), laws(of), 5000), of, SETTINGS) for seed in (0, 1)
    )
    with pytest.raises(UnreadableError, match="another rule's"):
        State.decode(other, State.start(one).encode(one))


@pytest.mark.parametrize("cut", [0, 3, 10, 100])
def test_damaged_bytes_are_refused(cut):
    rule = fitted()
    with pytest.raises(UnreadableError):
        State.decode(rule, State.start(rule).encode(rule)[:cut])
    with pytest.raises(UnreadableError):
        Rule.decode(rule.encode()[:cut])


def test_a_rule_whose_arrays_are_cut_short_is_refused():
    with pytest.raises(UnreadableError, match="damaged"):
        Rule.decode(fitted().encode()[:-500])


def test_a_state_takes_less_than_six_kilobytes_a_feature():
    of = Cells(np.ones((50, 25), dtype=bool), np.arange(25) < np.full(50, 24)[:, None])
    random = np.random.default_rng(0)
    past = random.poisson(20, size=(8 * 24, 50, 25))
    past[:, :, 0] += 40 * (np.arange(8 * 24) % 24 > 12)[:, None]
    rule = fit(past, np.arange(8 * 24) % 168, of, Settings(checks_a_month=720))
    assert rule.turns.seasonal.all()
    assert len(State.start(rule).encode(rule)) / 50 < 6_000
