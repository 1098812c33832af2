"""Planted slices are found first, with their share; where nothing is planted nothing is claimed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slice_worlds import World

from tidegauge.slices import Condition, Levels, Search, moved, of_codes, of_numbers, worse

PLANTED = {
    "a value": lambda w: w.region == 2,
    "a pair": lambda w: (w.region == 2) & (w.plan == 0),
    "a range": lambda w: (w.age > 40) & (w.age <= 55),
    "a value and a range": lambda w: (w.plan == 1) & (w.numbers[0] > 0.4),
    "what is missing": lambda w: np.isnan(w.numbers[3]),
}
COLUMNS = {
    "a value": {"region"},
    "a pair": {"region", "plan"},
    "a range": {"age"},
    "a value and a range": {"plan", "x0"},
    "what is missing": {"x3"},
}


def satisfied(columns, conditions):
    """By the words of the conditions, from the levels' own rows."""
    named = {each.column: each for each in columns}
    found = True
    for condition in conditions:
        own = named[condition.column]
        found = found & own.satisfied(list(own.conditions).index(condition))
    return found


def alike(a, b):
    """The part of the rows of either that are of both."""
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize("planted", PLANTED)
class TestErrors:
    @pytest.mark.parametrize("seed", range(3))
    def test_of_a_slice_became_more(self, planted, seed):
        world = World(seed)
        inside = PLANTED[planted](world)
        wrong = world.wrong(inside)
        columns = world.columns()
        found = worse(columns, wrong, world.is_now)
        assert {each.column for each in found[0].conditions} == COLUMNS[planted]
        assert alike(satisfied(columns, found[0].conditions), inside) > 0.7
        assert found[0].share == pytest.approx(1.0, abs=0.4)
        assert found[0].rate_now == pytest.approx(0.5, abs=0.12)
        assert found[0].rate_before == pytest.approx(0.1, abs=0.06)
        assert found[0].rate_others == pytest.approx(0.1, abs=0.05)
        assert found[0].p_value < 1e-6

    def test_are_more_than_elsewhere(self, planted):
        world = World(7)
        inside = PLANTED[planted](world)
        wrong = np.where(inside, world.draws.random(world.rows) < 0.4, world.wrong())
        columns = world.columns()
        first = worse(columns, wrong)[0]
        assert {each.column for each in first.conditions} == COLUMNS[planted]
        assert (first.n_before, first.rate_before) == (None, None)
        excess = inside.mean() * 0.3
        assert first.share == pytest.approx(excess / wrong.mean(), abs=0.12)


@pytest.mark.parametrize("planted", PLANTED)
def test_rows_that_came_to_a_slice(planted):
    """Of the rows now, one in five more are of it."""
    world = World(3, 12_000)
    inside = PLANTED[planted](world)
    there = np.flatnonzero(inside)
    rows = np.flatnonzero(world.is_now & ~inside)
    chosen = world.draws.choice(rows, len(rows) // 5, replace=False)
    for values in (world.region, world.plan, world.age, *world.numbers):
        values[chosen] = values[world.draws.choice(there, len(chosen))]
    columns = world.columns()
    found = moved(columns, world.is_now)
    first = found.slices[0]
    assert {each.column for each in first.conditions} <= COLUMNS[planted]
    assert first.part_now - first.part_before == pytest.approx(0.2 * (1 - inside.mean()), abs=0.06)
    assert first.share > 0.6
    assert found.distance == pytest.approx(0.2 * (1 - inside.mean()), abs=0.06)
    assert found.features[0].column in COLUMNS[planted]
    assert sum(each.share for each in found.features) == pytest.approx(1.0)


def test_two_slices_are_both_found():
    world = World(5, 16_000)
    one, two = world.region == 1, (world.plan == 2) & (world.numbers[1] > 0)
    found = worse(world.columns(), world.wrong(one | two), world.is_now)
    columns = [{each.column for each in one.conditions} for one in found[:2]]
    assert sorted(columns, key=len) == [{"region"}, {"plan", "x1"}]


class TestNothing:
    """Worlds of change, of one time and of movement; one in a hundred may be claimed."""

    @pytest.mark.parametrize("usual", [0.02, 0.2])
    def test_errors_are_as_they_were(self, usual):
        worlds = [World(seed, 3_000) for seed in range(25)]
        found = [worse(w.columns(), w.wrong(usual=usual), w.is_now) for w in worlds]
        assert sum(map(bool, found)) <= 1

    def test_errors_are_alike_everywhere(self):
        worlds = [World(100 + seed, 3_000) for seed in range(25)]
        assert sum(bool(worse(w.columns(), w.wrong())) for w in worlds) <= 1

    def test_everything_got_worse_alike(self):
        worlds = [World(200 + seed, 3_000) for seed in range(25)]
        every = np.ones(3_000, dtype=bool)
        found = [worse(w.columns(), w.wrong(every, then=0.3), w.is_now) for w in worlds]
        assert sum(map(bool, found)) <= 1

    def test_rows_are_as_they_were(self):
        worlds = [World(300 + seed, 3_000) for seed in range(25)]
        told = [moved(w.columns(), w.is_now) for w in worlds]
        assert sum(bool(each.slices) for each in told) <= 1
        assert np.mean([each.distance for each in told]) < 0.05


def test_a_slice_that_has_few_rows_is_not_claimed():
    world = World(8, 4_000)
    few = np.zeros(4_000, dtype=bool)
    few[world.draws.choice(4_000, 60, replace=False)] = True
    columns = [*world.columns(), of_codes("rare", few.astype(np.int64), ["no", "yes"])]
    told = worse(columns, world.wrong(few, then=1.0), world.is_now)
    assert all("rare" not in {each.column for each in one.conditions} for one in told)


def test_weights_that_are_all_alike_change_nothing():
    world = World(9)
    wrong = world.wrong(world.region == 2)
    plain, tenfold = (
        worse(world.columns(), wrong, world.is_now, weights)
        for weights in (None, np.full(world.rows, 10.0))
    )
    assert [each.conditions for each in plain] == [each.conditions for each in tenfold]
    assert tenfold[0].p_value == pytest.approx(plain[0].p_value)
    assert tenfold[0].n_now == pytest.approx(10 * plain[0].n_now)


def test_the_same_rows_give_the_same_answer_and_no_time_gives_none():
    world = World(10)
    wrong = world.wrong(world.region == 2)
    one, other = (worse(world.columns(), wrong, world.is_now) for _turn in range(2))
    assert one == other
    assert worse(world.columns(), wrong, world.is_now, go_on=lambda: False) == []


def test_nothing_to_look_at():
    assert worse([], np.zeros(10, dtype=bool)) == []
    found = moved([], np.arange(10) > 4)
    assert (found.distance, found.slices) == (0.0, [])
    assert of_numbers("x", np.ones(5)) is None
    assert of_codes("x", np.zeros(5, dtype=np.int64), ["a"]) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-50, 50), st.floats(-9, 9)), min_size=2))
def test_a_condition_says_which_rows_are_its_own(told):
    values = np.array([np.nan if each is None else float(each) for each in told])
    levels = of_numbers("x", values)
    if levels is None:
        assert len(set(values.tolist())) <= 1 or np.isnan(values).all()
        return
    for at, condition in enumerate(levels.conditions):
        if condition.is_missing:
            wanted = np.isnan(values)
        else:
            low = -np.inf if condition.low is None else condition.low
            high = np.inf if condition.high is None else condition.high
            wanted = (low < values) & (values <= high)
        assert (levels.satisfied(at) == wanted).all()
        assert wanted.any()
        assert not wanted.all()


def test_what_is_tried_two_at_a_time_is_what_counting_says():
    """The best pair of conditions, against each of them by itself."""
    world = World(11, 2_000)
    columns = [each for each in world.columns() if each.column in {"plan", "age"}]
    search = Search(columns, world.wrong(world.plan == 1), world.is_now)
    rows = np.ones(2_000, dtype=bool)
    best = search._of(rows, (0, 1))
    tried = {}
    for a in range(len(columns[0].conditions)):
        for b in range(len(columns[1].conditions)):
            own = columns[0].satisfied(a) & columns[1].satisfied(b)
            cells = Levels("both", own.astype(np.int64), 2, [Condition("both")], np.eye(2)[1:])
            alone = Search([cells], search.marked, world.is_now)
            tried[a, b] = alone._of(rows, (0,)).z
    assert best.z == pytest.approx(max(tried.values()))
    assert best.z == pytest.approx(tried[best.picks[0][1], best.picks[1][1]])


def test_conditions_in_words():
    assert str(Condition("plan", value="free")) == "plan=free"
    assert str(Condition("age", high=30)) == "age <= 30"
    assert str(Condition("age", low=30.5)) == "age > 30.5"
    assert str(Condition("age", is_missing=True)) == "age is missing"
