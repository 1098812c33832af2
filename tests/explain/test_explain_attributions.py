"""The summary of attributions: the numbers of a naive count, however the rows were split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tidegauge.errors import InputError, UnreadableError
from tidegauge.explain import Attributions, decode, encode, merged
from tidegauge.explain.bins import BINS, ZERO, bins_of, lowest

NAMES = ["b", "a", "d", "c"]
sizes = st.floats(-1e6, 1e6) | st.sampled_from([0.0, np.nan, np.inf, 1e300, -1e-300])
tables = st.lists(st.lists(sizes, min_size=4, max_size=4), max_size=12).map(
    lambda rows: np.array(rows).reshape(-1, 4)
)


def drawn(rows, seed=0, holes=0.2):
    random = np.random.default_rng(seed)
    values = random.standard_t(5, (rows, 4)) * [1.0, 3.0, 0.2, 0.0] + [0.5, 0.0, -0.1, 0.0]
    values[random.random((rows, 4)) < holes] = np.nan
    return values, random.choice([1.0, 10.0], rows)


def assert_same(one, other):
    assert one.features == other.features
    for a, b in zip((*one.sums, one.whole), (*other.sums, other.whole), strict=True):
        assert_allclose(a, b, rtol=1e-9, atol=1e-9)
    assert one.cells.tolist() == other.cells.tolist()
    assert_allclose(one.weights, other.weights)
    assert_allclose(one.base.mean, other.base.mean, atol=1e-9)


def test_the_numbers_of_a_naive_count():
    values, weights = drawn(400)
    found = Attributions.of(NAMES, values, weights)
    assert found.features == ("a", "b", "c", "d")
    added = np.nansum(np.abs(values) * weights[:, None])
    for name, column in zip(NAMES, values.T, strict=True):
        at = found.features.index(name)
        there = np.isfinite(column)
        v, w = column[there], weights[there]
        assert found.sums.n[at] == pytest.approx(w.sum())
        assert found.means().value[at] == pytest.approx(np.average(v, weights=w))
        assert found.magnitudes().value[at] == pytest.approx(np.average(abs(v), weights=w))
        assert found.importances().value[at] == pytest.approx((abs(v) * w).sum() / added)
        signs = [np.average(each, weights=w) for each in (v > 0, v < 0, v == 0)]
        assert_allclose([each[at] for each in found.signs()], signs, atol=1e-12)
        held = np.bincount(found.cells // BINS, found.weights, 4)[at]
        assert held == pytest.approx(w.sum())
    assert found.importances().value.sum() == pytest.approx(1)


@pytest.mark.parametrize("of", ["means", "magnitudes", "importances"])
def test_the_variance_is_how_much_the_value_varies_from_sample_to_sample(of):
    found = [getattr(Attributions.of(NAMES, *drawn(300, seed)), of)() for seed in range(400)]
    varied = np.var([each.value for each in found], axis=0)
    told = np.mean([each.variance for each in found], axis=0)
    # "c" is always zero.
    assert_allclose(told[[0, 1, 3]], varied[[0, 1, 3]], rtol=0.25)
    assert told[2] == varied[2] == 0


def test_a_weight_is_as_many_rows():
    values, _ = drawn(100)
    twice = Attributions.of(NAMES, np.concatenate([values, values]))
    weighed = Attributions.of(NAMES, values, np.full(100, 2.0))
    assert_allclose(weighed.means().value, twice.means().value)
    assert_allclose(weighed.importances().value, twice.importances().value)
    # But not as much certainty.
    assert weighed.worth == pytest.approx(100)
    assert twice.worth == pytest.approx(200)


@settings(deadline=None)
@given(head=tables, tail=tables)
def test_splitting_a_window_changes_nothing(head, tail):
    whole = Attributions.of(NAMES, np.concatenate([head, tail]))
    parts = Attributions.of(NAMES, head).merge(Attributions.of(NAMES, tail))
    assert_same(parts, whole)
    for estimates in (parts.importances(), parts.means(), parts.magnitudes()):
        assert np.isfinite(estimates.value).all()
        assert (estimates.variance >= 0).all()
        assert np.isfinite(estimates.variance).all()


def test_features_that_come_and_go_are_of_the_rows_that_held_them():
    head, tail = drawn(50, holes=0)[0], drawn(80, 1, holes=0)[0]
    both = Attributions.of(NAMES, head).merge(Attributions.of(["a", "e", "c", "b"], tail))
    assert both.features == ("a", "b", "c", "d", "e")
    assert both.sums.n.tolist() == [130, 130, 130, 50, 80]
    assert both.means().value[3] == pytest.approx(head[:, 2].mean())
    assert both.means().value[4] == pytest.approx(tail[:, 1].mean())
    whole = np.full((130, 5), np.nan)
    whole[:50, [1, 0, 3, 2]], whole[50:, [0, 4, 2, 1]] = head, tail
    assert_same(both, Attributions.of(["a", "b", "c", "d", "e"], whole))


@settings(deadline=None)
@given(values=tables)
def test_what_is_written_is_read_again(values):
    base = np.linspace(-1, 1, len(values))
    of = {"yes": Attributions.of(NAMES, values, base=base), "": Attributions.of([], values[:, :0])}
    again = decode(encode(of))
    assert list(again) == ["yes", ""]
    assert_same(again["yes"], of["yes"])
    assert again["yes"].base == of["yes"].base
    assert encode(again) == encode(of)


def test_outputs_are_merged_by_name():
    one, other = (Attributions.of(NAMES, drawn(30, seed)[0]) for seed in (1, 2))
    found = merged({"yes": one, "no": one}, {"yes": other, "maybe": other})
    assert set(found) == {"yes", "no", "maybe"}
    assert_same(found["yes"], one.merge(other))
    assert found["no"] is one


def test_no_rows_are_no_numbers():
    nothing = Attributions.of(NAMES, np.zeros((0, 4)))
    only_holes = Attributions.of(NAMES, np.full((3, 4), np.nan))
    for each in (nothing, only_holes):
        assert each.worth == each.whole.rows == 0
        assert each.importances().value.tolist() == [0, 0, 0, 0]
    one = Attributions.of(NAMES, drawn(1, holes=0)[0])
    assert one.means().variance.tolist() == [0, 0, 0, 0]
    assert_same(nothing.merge(one), one)


def test_what_does_not_fit_is_refused():
    for features, shape in ((["a"], (3, 2)), (["a", "a"], (3, 2)), (["a"], (3,))):
        with pytest.raises(InputError, match="features"):
            Attributions.of(features, np.zeros(shape))
    for body in (
        b"",
        b"x",
        encode({})[:-3],
        encode({"": Attributions.of([], np.zeros((0, 0)))})[1:],
    ):
        with pytest.raises(UnreadableError, match="no attributions"):
            decode(body)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1))
def test_bins_rise_with_the_value(values):
    ordered = np.sort(values)
    bins = bins_of(ordered)
    assert (np.diff(bins) >= 0).all()
    assert bins.min() >= 0
    assert bins.max() < BINS
    assert bins_of(-ordered).tolist() == (2 * ZERO - bins).tolist()
    assert ((bins == ZERO) == (ordered == 0)).all()
    inside = (np.abs(ordered) >= 2.0**-40) & (np.abs(ordered) < 2.0**30)
    assert (np.abs(lowest(bins)) <= np.abs(ordered))[inside].all()
    assert (np.abs(lowest(bins)) * 1.25 >= np.abs(ordered))[inside].all()
