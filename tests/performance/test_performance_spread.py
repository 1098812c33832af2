"""Bins, quantiles and bars of errors, held against numpy over the numbers themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.performance import Errors, Spread, decode, encode
from tidegauge.performance.bins import bins_of, ends_of
from tidegauge.performance.spread import edges_of

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
finite = st.floats(allow_nan=False, allow_infinity=False)
many = st.lists(finite, min_size=1, max_size=60).map(np.array)


def spread_of(values, *, is_exact=False, weights=None):
    values = np.asarray(values, dtype=float)
    return Spread.of(
        values, np.ones(len(values)) if weights is None else weights, is_exact=is_exact
    )


@given(many)
def test_each_number_lies_between_the_ends_of_its_bin(values):
    low, high = ends_of(bins_of(values))
    assert np.isfinite([low, high]).all()
    assert ((low <= values) & (values <= high)).all()


@given(finite.filter(lambda value: abs(value) > 1e-300))
def test_a_bin_is_narrow_for_what_lies_in_it(value):
    low, high = (each.item() for each in ends_of(bins_of(np.array([value]))))
    assert high - low <= max(abs(value) / 32, 2.0**-31) * (1 + 1e-12)


@given(many, st.sampled_from(LEVELS))
def test_a_quantile_is_that_of_numpy_within_its_bound(values, level):
    wanted = np.quantile(values, level, method="inverted_cdf")
    exact = spread_of(values, is_exact=True).quantile(level, len(values))
    assert (exact.value, exact.bound, exact.n) == (wanted, 0, len(values))
    binned = spread_of(values).quantile(level, len(values))
    assert abs(binned.value - wanted) <= binned.bound * (1 + 1e-12)


@given(many, many)
def test_pieces_together_are_the_whole(one, other):
    for is_exact in (False, True):
        whole = spread_of(np.concatenate([one, other]), is_exact=is_exact)
        merged = spread_of(one, is_exact=is_exact).merge(spread_of(other, is_exact=is_exact))
        assert merged.keys.tolist() == whole.keys.tolist()
        assert merged.counts.tolist() == whole.counts.tolist()
        assert Spread().merge(whole) is whole.merge(Spread()) is whole


@given(many)
def test_bars_hold_every_row_once_whatever_the_numbers(values):
    for is_exact in (False, True):
        spread = spread_of(values, is_exact=is_exact)
        edges = edges_of([spread])
        bars = spread.bars(edges)
        assert np.isfinite(edges).all()
        assert (np.diff(edges) > 0).all()
        assert len(edges) <= 44
        assert (bars >= -1e-9).all()
        assert bars.sum() == pytest.approx(len(values))


def test_bars_are_those_of_a_histogram():
    values = np.random.default_rng(1).normal(3, 20, 5_000)
    spread = spread_of(values, is_exact=True)
    edges = edges_of([spread])
    _below, *inside, _above = spread.bars(edges)
    assert inside == np.histogram(values, edges)[0].tolist()
    # An edge may cut a bin: what lies in it is shared out.
    binned = spread_of(values).bars(edges)
    assert np.abs(binned[1:-1] - inside).sum() / len(values) < 0.02


def test_bars_of_several_show_all_of_them_and_zero_is_in_the_middle_of_one():
    one, other = spread_of(np.linspace(-1, 1, 500)), spread_of(np.linspace(6, 9, 500))
    edges = edges_of([one, other])
    assert edges[0] <= -1
    assert edges[-1] >= 9
    assert np.min(np.abs((edges[1:] + edges[:-1]) / 2)) == pytest.approx(0, abs=1e-12)
    assert sum(one.bars(edges)[1:-1]) == pytest.approx(500, abs=3)


def test_a_far_row_does_not_flatten_the_rest():
    values = np.append(np.random.default_rng(2).normal(0, 1, 999), 1e9)
    spread = spread_of(values)
    edges = edges_of([spread])
    assert edges[-1] < 20
    assert spread.bars(edges)[-1] >= 1


def test_rows_that_stand_for_several_are_so_many():
    chance = np.random.default_rng(3)
    values, weights = chance.normal(0, 5, 200), chance.integers(1, 9, 200)
    every = spread_of(np.repeat(values, weights), is_exact=True)
    own = spread_of(values, is_exact=True, weights=weights.astype(float))
    for level in LEVELS:
        assert own.quantile(level, 200).value == every.quantile(level, 200).value


def test_the_interval_of_a_median_holds_it_95_times_in_100():
    chance = np.random.default_rng(4)
    held = 0
    for _time in range(1_000):
        found = spread_of(chance.exponential(1, 150)).quantile(0.5, 150)
        held += found.low <= np.log(2) <= found.high
    assert 0.93 <= held / 1_000 <= 0.99


def test_few_rows_have_no_interval_at_their_ends():
    spread = spread_of(np.arange(10.0))
    assert spread.quantile(0.05, 10).low is None
    assert spread.quantile(0.5, 10).low is not None
    assert Spread().quantile(0.5, 10) is None


def test_windows_keep_it():
    chance = np.random.default_rng(5)
    true = chance.normal(0, 10, 500)
    said = true + chance.normal(1, 2, 500)
    kept = decode(encode({"": Errors.of(true, said)}))[""]
    wanted = Errors.of(true, said).spread
    assert (kept.spread.bins.tolist(), kept.spread.counts.tolist()) == (
        wanted.bins.tolist(),
        wanted.counts.tolist(),
    )
