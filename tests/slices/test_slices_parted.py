"""A change of a mix is put where it is: shares add up, and chance is not taken for a place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.slices import PartCounts, parted

cells = st.lists(st.integers(0, 500), min_size=3, max_size=3).map(lambda x: np.array(x, float))


def drawn(chance, mix, rows):
    return chance.multinomial(rows, mix).astype(float)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=4))
def test_shares_add_up_to_the_change_of_all(pairs):
    parts = {str(n): PartCounts(*pair) for n, pair in enumerate(pairs)}
    found = parted(parts)
    # A part of few rows is left out: what is told of the others may be less, or more.
    if found and all(now.sum() >= 30 for _before, now in pairs):
        assert sum(each.share for each in found) == pytest.approx(1)


def test_shares_are_those_of_a_naive_sum():
    chance = np.random.default_rng(1)
    parts = {
        name: PartCounts(chance.integers(50, 400, 4) * 1.0, chance.integers(50, 400, 4) * 1.0)
        for name in "abc"
    }
    before, now = (sum(each[at] for each in parts.values()) for at in range(2))
    p, q = before / before.sum(), now / now.sum()
    for each in parted(parts):
        was, is_ = parts[each.name]
        then, later = was.sum() / before.sum(), is_.sum() / now.sum()
        within = later * (is_ / is_.sum() - was / was.sum())
        mix = (later - then) * (was / was.sum() - p)
        expected = ((within + mix) @ (q - p)) / ((q - p) @ (q - p))
        assert each.share == pytest.approx(expected)


def test_where_one_part_changed_it_is_named_alone():
    chance = np.random.default_rng(2)
    calm, other = [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]
    parts = {
        name: PartCounts(drawn(chance, calm, 2_000), drawn(chance, calm, 500)) for name in "ab"
    }
    parts["c"] = PartCounts(drawn(chance, calm, 2_000), drawn(chance, other, 500))
    first, *rest = parted(parts)
    assert (first.name, first.is_certain) == ("c", True)
    assert first.share == pytest.approx(1, abs=0.3)
    assert not any(each.is_certain and each.share > 0.2 for each in rest)


def test_a_part_that_is_new_is_where_it_is():
    chance = np.random.default_rng(3)
    calm, other = [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]
    parts = {"a": PartCounts(drawn(chance, calm, 2_000), drawn(chance, calm, 500))}
    parts["b"] = PartCounts(np.zeros(3), drawn(chance, other, 500))
    first = parted(parts)[0]
    assert (first.name, first.is_certain) == ("b", True)


def test_where_all_changed_alike_no_part_is_certain():
    calm, other = [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]
    named = 0
    for seed in range(100):
        chance = np.random.default_rng(seed)
        parts = {
            name: PartCounts(drawn(chance, calm, 1_000), drawn(chance, other, 500))
            for name in "abcd"
        }
        named += any(each.is_certain for each in parted(parts))
    assert named <= 5


def test_of_nothing_nothing_is_said():
    nothing, some = np.zeros(3), np.array([1.0, 2.0, 3.0])
    assert parted({}) == []
    assert parted({"a": PartCounts(nothing, some)}) == []
    assert parted({"a": PartCounts(some, some)}) == []
