"""Estimates for numbers: how far off predictions are."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimate.estimate_worlds import numbers, unlabelled
from tidegauge.estimate import Regression, decode, encode, expected, fit, from_bytes, read, to_bytes
from tidegauge.performance import Errors


@pytest.fixture(scope="module")
def estimator():
    return fit(numbers(1, 8_000))


def realised(table):
    of = read(table)
    return Errors.of(of.actual, of.said).figures()


def test_known_errors_are_what_is_measured():
    """Where nothing is left to chance, expected powers are the powers."""
    rng = np.random.default_rng(1)
    said, error = rng.normal(size=300), rng.normal(size=300)
    weights = rng.integers(1, 3, 300).astype(float)
    found = expected.errors(said, error, np.abs(error), error**2, 1.0, weights)
    true = Errors.of(said - error, said, weights=weights)
    for name in ("mae", "rmse", "bias", "r2"):
        assert found.figures()[name].value == pytest.approx(true.figures()[name].value)
    assert found.figures()["mae"].low == pytest.approx(true.figures()["mae"].low)
    assert found.figures()["rmse"].low == pytest.approx(true.figures()["rmse"].low)


@pytest.mark.parametrize("tilt", [0.0, 0.5])
def test_realised_figures_lie_in_the_intervals(estimator, tilt):
    inside = []
    for seed in range(40):
        window = numbers(100 + seed, 800, tilt=tilt)
        told = estimator.figures(estimator.estimate(read(unlabelled(window))))
        true = realised(window)
        inside += [told[n].low <= true[n].value <= told[n].high for n in ("mae", "rmse", "bias")]
    assert np.mean(inside) >= 0.88


def test_the_square_of_an_error_is_that_of_its_lean_and_of_the_rest():
    """A model that is off by what a feature tells makes errors of one size: their square is no
    more than that of their size, though elsewhere it is."""
    rng = np.random.default_rng(8)
    x = rng.uniform(-1, 1, 12_000)
    error = np.where(x > 0, 3.0, 0.0) + rng.normal(size=len(x))
    table = pa.table({"prediction_score": 0 * x, "actual_score": -error, "features.x": x})
    learned = fit(table)
    for side in (x > 0.1, x < -0.1):
        window = table.filter(pa.array(side))
        told = learned.estimate(read(unlabelled(window))).figures()["rmse"].value
        assert told == pytest.approx(realised(window)["rmse"].value, rel=0.03)


def test_rows_that_stand_for_many_are_as_sure_as_they_are_few():
    table, window = numbers(6, 2_000), unlabelled(numbers(7, 300))
    of_one = fit(table)
    of_many = fit(table.append_column("weight", pa.array([100.0] * 2_000)))
    told = of_one.figures(of_one.estimate(read(window)))
    weighed = read(window.append_column("weight", pa.array([100.0] * 300)))
    for name, figure in of_many.figures(of_many.estimate(weighed)).items():
        width = told[name].high - told[name].low
        assert figure.high - figure.low == pytest.approx(width, rel=0.1), name


def test_what_features_tell_is_learned(estimator):
    usual = realised(numbers(1, 8_000))["mae"].value
    window = numbers(2, 20_000, tilt=0.7)
    true, told = realised(window), estimator.estimate(read(unlabelled(window))).figures()
    assert abs(told["mae"].value - true["mae"].value) < abs(usual - true["mae"].value) / 4


def test_windows_add_up(estimator):
    window = read(unlabelled(numbers(3, 1_000)))
    whole = estimator.estimate(window).figures()
    head, tail = (
        estimator.estimate(window.take(own)) for own in np.array_split(np.arange(1_000), 2)
    )
    for name, figure in head.merge(tail).figures().items():
        assert figure.value == pytest.approx(whole[name].value), name
        assert figure.low == pytest.approx(whole[name].low), name


def test_bytes_and_back(estimator):
    window = read(unlabelled(numbers(4, 700)))
    again = from_bytes(to_bytes(estimator))
    assert isinstance(again, Regression)
    told = estimator.estimate(window)
    assert again.figures(again.estimate(window)) == estimator.figures(told)
    assert decode(encode(told)).figures() == told.figures()


def test_a_window_where_the_reference_never_was_is_not_supported(estimator):
    assert estimator.estimate(read(unlabelled(numbers(5, 900)))).is_supported
    assert not estimator.estimate(read(unlabelled(numbers(5, 900, tilt=4.0)))).is_supported


def test_what_is_explained_has_no_interval_where_nothing_is_known_of_it():
    # The two predictions could not be closer to each other, nor farther from what was true.
    said = np.array([0.5, -0.5])
    far, tails = np.full(2, 11.5), 1e6
    found = expected.errors(said, said, far, far**2, tails, np.ones(2)).figures()["r2"]
    assert np.isfinite(found.value)
    assert found.low is None


NUMBER = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf, -np.inf, 0.0]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBER, NUMBER, NUMBER), max_size=12))
def test_whatever_comes_numbers_are_finite(found):
    said, true, feature = (np.array([row[at] for row in found], dtype=float) for at in range(3))
    table = pa.table({"prediction_score": said, "actual_score": true, "features.x": feature})
    learned = fit(table)
    if not (np.isfinite(said) & np.isfinite(true)).any():
        assert learned is None
        return
    for name, figure in learned.figures(learned.estimate(read(table))).items():
        for value in (figure.value, figure.low, figure.high):
            assert value is None or np.isfinite(value), name
        if name in {"mae", "rmse"} and figure.low is not None:
            assert 0 <= figure.low <= figure.value <= figure.high, name
