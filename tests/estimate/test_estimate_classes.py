"""Estimates for classes: what they say is what is realised, whichever way rows are split."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimate.estimate_worlds import classes, rows, unlabelled
from tidegauge.estimate import (
    Classification,
    decode,
    encode,
    expected,
    fit,
    from_bytes,
    read,
    to_bytes,
)
from tidegauge.estimate.support import APART
from tidegauge.performance import Classes, Coded

REFERENCE = rows(1, 6_000)
LEARNED = fit(REFERENCE)


@pytest.fixture
def estimator():
    return LEARNED


def realised(table):
    of = read(table)
    return Classes.of(of.true, of.chosen, of.scores, of.weights)


def test_what_is_expected_is_the_sum_over_rows():
    rng = np.random.default_rng(3)
    share, score, weights = rng.random(200), np.round(rng.random(200), 2), rng.integers(1, 4, 200)
    chosen = rng.integers(0, 2, 200)
    found = expected.classes(
        ("n", "p"),
        np.stack([1 - share, share]),
        Coded(chosen, ["n", "p"]),
        {"prediction_score": score},
        weights.astype(float),
    )
    right = np.where(chosen == 1, share, 1 - share)
    figures = found.figures("p")
    assert figures["accuracy"].value == pytest.approx(np.average(right, weights=weights))
    told = -(share * np.log(score.clip(1e-16)) + (1 - share) * np.log((1 - score).clip(1e-16)))
    assert figures["log_loss"].value == pytest.approx(np.average(told, weights=weights), rel=0.1)
    brier = share * (1 - score) ** 2 + (1 - share) * score**2
    assert figures["brier"].value == pytest.approx(np.average(brier, weights=weights))
    yes, no = weights * share, weights * (1 - share)
    above = (score[:, None] > score) + (score[:, None] == score) / 2
    area = (yes[:, None] * no * above).sum() / (yes.sum() * no.sum())
    assert figures["roc_auc"].value == pytest.approx(area, abs=figures["roc_auc"].bound + 1e-9)


def test_certain_shares_are_what_is_measured():
    of = read(rows(4, 500))
    true = np.array([name == "yes" for name in of.true.names])[of.true.codes].astype(float)
    shares = np.stack([1 - true, true])
    found = expected.classes(("no", "yes"), shares, of.chosen, of.scores, of.weights)
    for name, figure in realised(rows(4, 500)).figures("yes").items():
        assert found.figures("yes")[name].value == pytest.approx(figure.value), name
        assert found.figures("yes")[name].low == pytest.approx(figure.low), name


@pytest.mark.parametrize("tilt", [0.0, 0.5])
def test_realised_figures_lie_in_the_intervals(estimator, tilt):
    inside = []
    for seed in range(40):
        window = rows(100 + seed, 600, tilt=tilt)
        told = estimator.figures(estimator.estimate(read(unlabelled(window))), "yes")
        for name, figure in realised(window).figures("yes").items():
            if name in {"accuracy", "roc_auc", "f1"}:
                inside.append(told[name].low <= figure.value <= told[name].high)
    # Of 120, as 95 % would have it, and no wider than they must be.
    assert np.mean(inside) >= 0.88


def test_features_tell_what_the_score_does_not(estimator):
    """The score keeps its meaning only on average: where the second feature is large, it is
    better than that."""
    without = fit(REFERENCE.drop_columns([n for n in REFERENCE.column_names if "features" in n]))
    window = rows(7, 20_000, tilt=0.7)
    true = realised(window).figures("yes")["roc_auc"].value
    error = {
        name: abs(each.estimate(read(window)).figures("yes")["roc_auc"].value - true)
        for name, each in (("with", estimator), ("without", without))
    }
    assert error["with"] < error["without"] / 2


def test_windows_add_up(estimator):
    window = read(unlabelled(rows(8, 1_500)))
    whole = estimator.estimate(window)
    parts = [
        estimator.estimate(window.take(own)) for own in np.array_split(np.arange(window.count), 4)
    ]
    added = parts[0].merge(parts[1]).merge(parts[2].merge(parts[3]))
    of_whole, of_added = estimator.figures(whole, "yes"), estimator.figures(added, "yes")
    assert of_whole.keys() == of_added.keys()
    for name, figure in of_whole.items():
        assert of_added[name].value == pytest.approx(figure.value), name
        assert of_added[name].high == pytest.approx(figure.high), name


def test_what_was_learned_stays_uncertain_however_many_rows(estimator):
    one = estimator.estimate(read(unlabelled(rows(9, 20_000))))
    many = one
    for _ in range(6):
        many = many.merge(many)
    width = [f["accuracy"].high - f["accuracy"].low for f in map(estimator.figures, (one, many))]
    own = many.figures()["accuracy"]
    assert width[1] > 10 * (own.high - own.low)
    assert width[1] > width[0] / 3


def test_a_weight_is_as_many_rows(estimator):
    window = unlabelled(rows(10, 400))
    twice = estimator.estimate(read(pa.concat_tables([window, window])))
    weighed = estimator.estimate(read(window.append_column("weight", pa.array([2.0] * 400))))
    for name, figure in twice.figures("yes").items():
        if not name.startswith("matthews"):
            assert weighed.figures("yes")[name].value == pytest.approx(figure.value), name


def test_rows_that_stand_for_many_are_as_sure_as_they_are_few():
    table, window = rows(31, 2_000), unlabelled(rows(32, 300))
    of_one = fit(table)
    of_many = fit(table.append_column("weight", pa.array([100.0] * 2_000)))
    told = of_one.figures(of_one.estimate(read(window)), "yes")
    weighed = window.append_column("weight", pa.array([100.0] * 300))
    for name, figure in of_many.figures(of_many.estimate(read(weighed)), "yes").items():
        if name in {"accuracy", "roc_auc", "f1", "log_loss", "prevalence"}:
            assert figure.low == pytest.approx(told[name].low, abs=0.002), name
            assert figure.high == pytest.approx(told[name].high, abs=0.002), name


@pytest.mark.parametrize("name", ["yes", None])
def test_no_interval_leaves_what_is_possible(name):
    # A reference that says one thing, then another: nothing it tells is sure.
    parts = [rows(40 + at, 400, wrong=0.9 * (at % 2)) for at in range(8)]
    unsure = fit(pa.concat_tables(parts))
    ends: set[float | None] = set()
    for size in (1, 3, 200):
        told = unsure.figures(unsure.estimate(read(unlabelled(rows(50, size)))), name)
        ends |= {end for figure in told.values() for end in (figure.low, figure.high)}
        for key, figure in told.items():
            if figure.low is None or figure.high is None:
                continue
            assert figure.low <= figure.value <= figure.high
            assert figure.low >= (-1.0 if key == "matthews" else 0.0), key
            assert figure.high <= (np.inf if key == "log_loss" else 1.0), key
    assert ends >= {0.0, 1.0}


def test_a_window_where_the_reference_never_was_is_not_supported(estimator):
    near = estimator.estimate(read(unlabelled(rows(11, 1_000))))
    far = estimator.estimate(read(unlabelled(rows(11, 1_000, tilt=4.0))))
    assert near.is_supported
    assert not far.is_supported
    assert far.reasons == [APART]
    assert near.merge(near).merge(far).is_supported


def test_too_few_labels_are_said():
    few = fit(rows(12, 50))
    assert few.estimate(read(unlabelled(rows(13, 100)))).reasons == [
        "the reference has too few rows with labels"
    ]


def test_a_reference_that_changes_its_mind_is_not_trusted():
    parts = [rows(20 + at, 1_000, wrong=0.05 + 0.4 * (at % 2)) for at in range(8)]
    unsteady = fit(pa.concat_tables(parts))
    assert unsteady.baseline.doubt is not None
    assert fit(rows(30, 8_000, wrong=0.25)).baseline.doubt is None


def test_probabilities_of_many_classes():
    estimator = fit(classes(1, 6_000))
    inside = []
    for seed in range(10):
        window = classes(40 + seed, 800)
        told = estimator.figures(estimator.estimate(read(unlabelled(window))))
        true = realised(window).figures()
        names = {"accuracy", "roc_auc", "f1", "recall of x", "precision of z", "log_loss"}
        inside += [told[name].low <= true[name].value <= told[name].high for name in names]
        raw = np.mean(np.max([window[f"probabilities.{n}"].to_numpy() for n in "xyz"], axis=0))
        # It was overconfident, and that was learned.
        assert raw > told["accuracy"].high
    assert np.mean(inside) >= 0.88


def test_choices_alone_have_been_right_as_often():
    plain = rows(14, 4_000).select(["prediction_label", "actual_label"])
    estimator = fit(plain)
    told = estimator.figures(estimator.estimate(read(unlabelled(plain))), "yes")
    for name in ("accuracy", "precision", "recall"):
        assert told[name].value == pytest.approx(realised(plain).figures("yes")[name].value, 0.02)


def test_a_score_of_the_other_class_is_turned():
    table = rows(15, 4_000)
    turned = table.set_column(
        0, "prediction_score", pa.array(1 - table["prediction_score"].to_numpy())
    )
    one, other = (
        each.estimate(read(unlabelled(of))).figures("yes")["accuracy"].value
        for of in (table, turned)
        for each in [fit(of)]
    )
    assert one == pytest.approx(other, abs=0.01)


def test_bytes_and_back(estimator):
    window = read(unlabelled(rows(16, 900)))
    again = from_bytes(to_bytes(estimator))
    assert isinstance(again, Classification)
    told = estimator.estimate(window)
    assert again.figures(again.estimate(window), "yes") == estimator.figures(told, "yes")
    kept = decode(encode(told))
    assert kept.reasons == told.reasons
    assert kept.figures("yes") == told.figures("yes")


VALUES = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, 1.0, 0.5]), st.none()
)
ROW = st.fixed_dictionaries(
    {
        "prediction_score": VALUES,
        "prediction_label": st.sampled_from(["yes", "no", "perhaps", None]),
        "features.first": VALUES,
        "features.town": st.sampled_from(["a", "somewhere", None]),
    }
)
TYPES = pa.schema(
    [
        ("prediction_score", pa.float64()),
        ("prediction_label", pa.string()),
        ("features.first", pa.float64()),
        ("features.town", pa.string()),
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, max_size=12))
def test_whatever_rows_come_numbers_are_finite(found):
    window = read(pa.Table.from_pylist(found, TYPES))
    _are_finite(LEARNED.figures(LEARNED.estimate(window), "yes"))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ROW, st.sampled_from(["yes", "no", "1", None])), max_size=12))
def test_whatever_reference_there_is_numbers_are_finite(found):
    table = pa.Table.from_pylist([row for row, _ in found], TYPES)
    labelled = table.append_column("actual_label", pa.array([t for _, t in found], pa.string()))
    learned = fit(labelled)
    if any(true is not None for _, true in found):
        assert learned is not None
        estimate = learned.estimate(read(table))
        assert not estimate.is_supported
        _are_finite(learned.figures(estimate, "yes"))
    else:
        assert learned is None


def _are_finite(figures):
    for name, figure in figures.items():
        for value in (figure.value, figure.low, figure.high):
            assert value is None or np.isfinite(value), name
