"""Figures without bins, on real data sets: scikit-learn's to 1e-12, and nothing left open."""

import numpy as np
import pytest
from performance_worlds import classified
from sklearn import metrics

from tidegauge.performance import Classes, Coded
from tidegauge.performance.classes import PROBABILITY, SCORE


def exact(true, chosen, scores, names, weights=None):
    coded = [Coded(each, names) for each in (true, chosen)]
    return Classes.of(*coded, scores, weights, is_exact=True)


@pytest.mark.parametrize("digits", [16, 2, 1], ids=["as they are", "with ties", "with many ties"])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_one_score(digits, is_weighted):
    y, mix = classified("cancer")
    score = mix[:, 1].round(digits)
    draws = np.random.default_rng(1)
    weights = draws.choice([0.5, 1.0, 3.0], len(y)) if is_weighted else None
    chosen = (score > 0.5).astype(int)
    found = exact(y, chosen, {SCORE: score}, ["0", "1"], weights).figures("1")
    wanted = {
        "roc_auc": metrics.roc_auc_score(y, score, sample_weight=weights),
        "average_precision": metrics.average_precision_score(y, score, sample_weight=weights),
        "log_loss": metrics.log_loss(y, score, sample_weight=weights),
        "brier": metrics.brier_score_loss(y, score, sample_weight=weights),
        "accuracy": metrics.accuracy_score(y, chosen, sample_weight=weights),
        "f1": metrics.f1_score(y, chosen, sample_weight=weights),
        "matthews": metrics.matthews_corrcoef(y, chosen, sample_weight=weights),
    }
    for name, value in wanted.items():
        assert found[name].value == pytest.approx(value, abs=1e-12)
        assert found[name].bound == 0.0


@pytest.mark.parametrize("name", ["wine", "digits"])
def test_many_classes(name):
    y, mix = classified(name)
    names = [str(each) for each in range(mix.shape[1])]
    scores = {PROBABILITY + each: mix[:, at] for at, each in enumerate(names)}
    found = exact(y, mix.argmax(axis=1), scores, names).figures()
    for at, each in enumerate(names):
        auc = metrics.roc_auc_score(y == at, mix[:, at])
        precision = metrics.average_precision_score(y == at, mix[:, at])
        assert found[f"roc_auc of {each}"].value == pytest.approx(auc, abs=1e-12)
        assert found[f"average_precision of {each}"].value == pytest.approx(precision, abs=1e-12)
    macro = metrics.roc_auc_score(y, mix, multi_class="ovr")
    assert found["roc_auc"].value == pytest.approx(macro, abs=1e-12)
    assert found["log_loss"].value == pytest.approx(metrics.log_loss(y, mix), abs=1e-12)
    assert all(each.bound == 0.0 for each in found.values())


def test_pieces_are_as_exact_as_the_whole():
    y, mix = classified("cancer")
    score = mix[:, 1].round(2)
    chosen = (score > 0.5).astype(int)

    def of(rows):
        return exact(y[rows], chosen[rows], {SCORE: score[rows]}, ["0", "1"])

    whole = of(slice(None)).figures("1")
    pieces = of(slice(0, 200)).merge(of(slice(200, None))).figures("1")
    assert {name: each.value for name, each in pieces.items()} == pytest.approx(
        {name: each.value for name, each in whole.items()}, abs=1e-12
    )


def test_what_is_kept_is_within_its_bound_of_it():
    y, mix = classified("digits", classes=2)
    score = mix[:, 1]
    told = [Coded(each, ["0", "1"]) for each in (y, (score > 0.5).astype(int))]
    binned = Classes.of(*told, {SCORE: score}).figures("1")
    whole = Classes.of(*told, {SCORE: score}, is_exact=True).figures("1")
    for name, figure in whole.items():
        assert abs(binned[name].value - figure.value) <= binned[name].bound + 1e-12
