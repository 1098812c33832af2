"""Rates and scores of classes, held against scikit-learn and against naive counts."""

import numpy as np
import pytest
from performance_worlds import classified
from sklearn import metrics

from tidegauge.performance import Classes, Coded

ATOL = 1e-12


def coded(values):
    names, codes = np.unique(np.asarray(values).astype(str), return_inverse=True)
    return Coded(codes.astype(np.int64), names.tolist())


def summed(true, chosen, scores, pieces=1, weights=None):
    """Of the rows in so many pieces, put together."""
    whole = Classes()
    for rows in np.array_split(np.random.default_rng(1).permutation(len(true)), pieces):
        own = {column: values[rows] for column, values in scores.items()}
        w = None if weights is None else weights[rows]
        whole = whole.merge(Classes.of(coded(true[rows]), coded(chosen[rows]), own, w))
    return whole


@pytest.fixture(params=[1, 7])
def pieces(request):
    return request.param


class TestTwoClasses:
    @pytest.fixture
    def world(self):
        true, mix = classified("cancer")
        return true, (mix[:, 1] > 0.5).astype(int), mix[:, 1]

    def test_rates_are_those_of_scikit_learn(self, world, pieces):
        true, chosen, score = world
        found = summed(true, chosen, {"prediction_score": score}, pieces).figures("1")
        wanted = {
            "accuracy": metrics.accuracy_score(true, chosen),
            "balanced_accuracy": metrics.balanced_accuracy_score(true, chosen),
            "precision": metrics.precision_score(true, chosen),
            "recall": metrics.recall_score(true, chosen),
            "f1": metrics.f1_score(true, chosen),
            "specificity": metrics.recall_score(true, chosen, pos_label=0),
            "matthews": metrics.matthews_corrcoef(true, chosen),
            "log_loss": metrics.log_loss(true, score),
            "brier": metrics.brier_score_loss(true, score),
            "prevalence": true.mean(),
        }
        assert {name: found[name].value for name in wanted} == pytest.approx(wanted, abs=ATOL)
        assert all(found[name].low <= found[name].value <= found[name].high for name in wanted)

    def test_what_rests_on_order_is_within_its_bound(self, world, pieces):
        true, chosen, score = world
        found = summed(true, chosen, {"prediction_score": score}, pieces).figures("1")
        for name, exact in (
            ("roc_auc", metrics.roc_auc_score(true, score)),
            ("average_precision", metrics.average_precision_score(true, score)),
        ):
            figure = found[name]
            assert abs(figure.value - exact) <= figure.bound + ATOL
            assert figure.bound < 0.01
            assert abs(figure.value - exact) < 5e-4
            assert figure.low < exact < figure.high

    def test_scores_that_fall_into_bins_of_their_own_are_ranked_exactly(self):
        score = np.array([0.1, 0.2, 0.3, 0.35, 0.6, 0.7, 0.8, 0.9, 0.9, 0.99])
        true = np.array([0, 0, 1, 0, 1, 0, 1, 1, 0, 1])
        found = summed(true, true, {"prediction_score": score}).figures("1")
        auc, precision = found["roc_auc"], found["average_precision"]
        assert auc.value == pytest.approx(metrics.roc_auc_score(true, score), abs=ATOL)
        assert precision.value == pytest.approx(
            metrics.average_precision_score(true, score), abs=ATOL
        )

    def test_the_variance_of_auc_is_that_of_delong(self, world):
        true, chosen, score = world
        found = summed(true, chosen, {"prediction_score": score}).figures("1")["roc_auc"]
        yes, no = score[true == 1], score[true == 0]
        wins = (yes[:, None] > no[None, :]) + 0.5 * (yes[:, None] == no[None, :])
        of_yes, of_no = wins.mean(axis=1), wins.mean(axis=0)
        error = np.sqrt(of_yes.var(ddof=1) / len(yes) + of_no.var(ddof=1) / len(no))
        odds = [np.log(end / (1 - end)) for end in (found.low, found.high)]
        mine = (odds[1] - odds[0]) / 2 / 1.959963984540054 * found.value * (1 - found.value)
        assert mine == pytest.approx(error, rel=0.01)

    def test_a_perfect_ranking_is_not_certain(self):
        true = np.array([0] * 20 + [1] * 20)
        found = summed(true, true, {"prediction_score": true * 0.5 + 0.25}).figures("1")
        assert found["roc_auc"].value == 1.0
        assert 0.8 < found["roc_auc"].low < 0.99
        assert found["roc_auc"].high == 1.0
        assert 0.8 < found["accuracy"].low < 1.0

    def test_without_a_positive_class_nothing_is_taken_for_it(self, world):
        true, chosen, score = world
        found = summed(true, chosen, {"prediction_score": score}).figures()
        assert "roc_auc" not in found
        assert "specificity" not in found
        assert found["f1"].value == pytest.approx(
            metrics.f1_score(true, chosen, average="macro"), abs=ATOL
        )
        assert found["recall of 1"].value == pytest.approx(
            metrics.recall_score(true, chosen), abs=ATOL
        )

    def test_calibration_is_told_band_by_band(self, world):
        true, chosen, score = world
        made = summed(true, chosen, {"prediction_score": score}, 3)
        band = np.minimum((score * 20).astype(int), 19)
        wanted = [
            (score[band == one].mean(), true[band == one].mean(), (band == one).sum())
            for one in np.unique(band)
        ]
        assert np.allclose(made.calibration("1"), wanted)
        error = sum(abs(s - y) * w for s, y, w in wanted) / len(true)
        assert made.figures("1")["calibration_error"].value == pytest.approx(error)

    def test_scores_that_are_no_probabilities_only_rank(self, world):
        true, chosen, score = world
        margin = np.log(score / (1 - score))
        found = summed(true, chosen, {"prediction_score": margin}).figures("1")
        assert found["roc_auc"].value == pytest.approx(
            metrics.roc_auc_score(true, score), abs=found["roc_auc"].bound + ATOL
        )
        assert not {"log_loss", "brier", "calibration_error"} & found.keys()

    def test_a_row_of_weight_k_is_worth_k_rows_and_no_more_certainty(self, world):
        true, chosen, score = world
        weights = np.random.default_rng(3).integers(1, 6, len(true)).astype(float)
        found = summed(true, chosen, {"prediction_score": score}, 4, weights).figures("1")
        wanted = {
            "accuracy": metrics.accuracy_score(true, chosen, sample_weight=weights),
            "f1": metrics.f1_score(true, chosen, sample_weight=weights),
            "log_loss": metrics.log_loss(true, score, sample_weight=weights),
            "brier": metrics.brier_score_loss(true, score, sample_weight=weights),
        }
        assert {name: found[name].value for name in wanted} == pytest.approx(wanted, abs=ATOL)
        exact = metrics.roc_auc_score(true, score, sample_weight=weights)
        assert found["roc_auc"].value == pytest.approx(exact, abs=found["roc_auc"].bound)
        plain = summed(true, chosen, {"prediction_score": score}).figures("1")
        for name in ("accuracy", "roc_auc", "log_loss"):
            width = found[name].high - found[name].low
            assert width > 0.9 * (plain[name].high - plain[name].low)


class TestManyClasses:
    @pytest.fixture(params=[("wine", None), ("digits", None), ("digits", 4)])
    def world(self, request):
        return classified(*request.param)

    def test_rates_are_those_of_scikit_learn(self, world, pieces):
        true, mix = world
        chosen = mix.argmax(axis=1)
        scores = {f"probabilities.{name}": mix[:, name] for name in range(mix.shape[1])}
        found = summed(true, chosen, scores, pieces).figures()
        wanted = {
            "accuracy": metrics.accuracy_score(true, chosen),
            "balanced_accuracy": metrics.balanced_accuracy_score(true, chosen),
            "precision": metrics.precision_score(true, chosen, average="macro"),
            "recall": metrics.recall_score(true, chosen, average="macro"),
            "f1": metrics.f1_score(true, chosen, average="macro"),
            "matthews": metrics.matthews_corrcoef(true, chosen),
            "log_loss": metrics.log_loss(true, mix),
            "brier": metrics.brier_score_loss(true, mix),
        }
        assert {name: found[name].value for name in wanted} == pytest.approx(wanted, abs=1e-10)
        auc = metrics.roc_auc_score(true, mix, multi_class="ovr")
        assert found["roc_auc"].value == pytest.approx(auc, abs=found["roc_auc"].bound + ATOL)
        assert found["roc_auc"].value == pytest.approx(auc, abs=5e-4)

    def test_the_matrix_is_that_of_scikit_learn(self, world):
        true, mix = world
        chosen = mix.argmax(axis=1)
        made = summed(true, chosen, {}, 3)
        assert (made.counts == metrics.confusion_matrix(true, chosen)).all()

    def test_a_class_that_one_piece_never_saw_is_no_matter(self, world):
        true, mix = world
        chosen = mix.argmax(axis=1)
        apart = Classes()
        for one in np.unique(true):
            rows = true == one
            apart = apart.merge(Classes.of(coded(true[rows]), coded(chosen[rows]), {}))
        assert apart.names == summed(true, chosen, {}).names
        assert (apart.counts == summed(true, chosen, {}).counts).all()


@pytest.mark.parametrize("n", [30, 300])
def test_intervals_hold_the_truth_about_as_often_as_they_say(n):
    """A world whose true figures are known: 19 of 20 intervals hold them, and few do not."""
    draws = np.random.default_rng(7)
    size = 200_000
    score = draws.beta(2, 2, size)
    true = (draws.random(size) < score).astype(int)
    chosen = (score > 0.5).astype(int)
    whole = summed(true, chosen, {"prediction_score": score}).figures("1")
    names = ("accuracy", "f1", "roc_auc", "log_loss", "brier", "matthews", "precision")
    held = dict.fromkeys(names, 0)
    trials = 400
    for _trial in range(trials):
        rows = draws.integers(0, size, n)
        own = Classes.of(
            coded(true[rows]), coded(chosen[rows]), {"prediction_score": score[rows]}
        ).figures("1")
        for name in names:
            held[name] += own[name].low <= whole[name].value <= own[name].high
    assert {name: count for name, count in held.items() if not count / trials >= 0.92} == {}


def test_nothing_is_no_figure():
    assert Classes().figures("1") == {}
    none = Coded(np.array([-1, -1]), ["a"])
    assert Classes.of(none, Coded(np.array([0, 0]), ["a"]), {}).figures() == {}


def test_one_row_is_told_without_certainty():
    one = Classes.of(coded(["a"]), coded(["a"]), {"prediction_score": np.array([0.9])})
    found = one.figures("a")
    assert found["accuracy"].value == 1.0
    assert found["accuracy"].low < 0.3
    assert "roc_auc" not in found
