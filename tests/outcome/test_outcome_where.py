"""A change is split among parts: it adds up, and the part that it is planted in is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.outcome.where import Both, split
from tidegauge.outcome.wrong import Wrong


def drawn(chance, n, rate):
    return Wrong(n, float(chance.binomial(n, rate)))


@given(
    st.lists(
        st.tuples(st.integers(30, 500), st.floats(0, 1), st.integers(30, 500), st.floats(0, 1)),
        min_size=1,
        max_size=8,
    )
)
def test_what_the_parts_add_is_the_change(told):
    parts = {
        str(at): Both(Wrong(n, n * p), Wrong(m, m * q)) for at, (n, p, m, q) in enumerate(told)
    }
    found = split(parts)
    total = sum(each.within + each.mix for each in found.pieces)
    assert total == pytest.approx(found.change, abs=1e-9)
    if abs(found.change) > 1e-6:
        assert sum(each.share for each in found.pieces) == pytest.approx(1.0, abs=1e-3)


def test_the_part_that_got_worse_is_first_and_certain():
    chance = np.random.default_rng(1)
    parts = {
        name: Both(drawn(chance, 2_000, 0.1), drawn(chance, 2_000, 0.4 if name == "c" else 0.1))
        for name in "abcdef"
    }
    found = split(parts)
    first = found.pieces[0]
    assert (first.name, first.is_certain) == ("c", True)
    assert first.share == pytest.approx(1.0, abs=0.25)
    assert [each.name for each in found.pieces if each.is_certain] == ["c"]


def test_more_of_a_bad_part_is_mix_and_no_news_of_the_part():
    parts = {
        "good": Both(Wrong(9_000, 450.0), Wrong(5_000, 250.0)),
        "bad": Both(Wrong(1_000, 300.0), Wrong(5_000, 1_500.0)),
    }
    found = split(parts)
    assert found.change == pytest.approx(0.1)
    assert all(each.within == 0 and not each.is_certain for each in found.pieces)
    assert found.pieces[0].name == "bad"


def test_where_nothing_moved_little_is_certain():
    chance = np.random.default_rng(2)
    false = 0
    for _turn in range(300):
        parts = {
            str(at): Both(drawn(chance, 300, 0.2), drawn(chance, 300, 0.2)) for at in range(10)
        }
        false += any(each.is_certain for each in split(parts).pieces)
    assert false / 300 < 0.09


def test_small_parts_are_left_out_and_nothing_is_nothing():
    parts = {
        "a": Both(Wrong(100, 10.0), Wrong(100, 10.0)),
        "b": Both(Wrong(5, 1.0), Wrong(100, 10.0)),
    }
    assert split(parts).left_out == ["b"]
    assert split({}) is None
    assert split({"a": Both(Wrong(0, 0.0), Wrong(5, 1.0))}) is None
