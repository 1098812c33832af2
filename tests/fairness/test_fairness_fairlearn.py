"""What fairlearn computes from rows, on real people: the rates, gaps and ratios are the same.

The people are scikit-learn's diabetes patients, by sex, by age, and by both together.
"""

import numpy as np
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equal_opportunity_difference,
    equalized_odds_difference,
    false_positive_rate,
    mean_prediction,
    selection_rate,
    true_positive_rate,
)
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, mean_absolute_error, precision_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from tidegauge.fairness import Group, Limits, assess, assess_errors
from tidegauge.performance import Classes, Coded, Errors
from tidegauge.performance.classes import SCORE

ATTRIBUTES = ("sex", "age", "sex & age")
FEW = Limits(fewest=1)


@pytest.fixture(scope="module")
def patients():
    inputs, progress = load_diabetes(return_X_y=True, scaled=False)
    sex = np.where(inputs[:, 1] == 1, "f", "m")
    age = np.array(["young", "middle", "old"])[np.digitize(inputs[:, 0], [40, 55])]
    groups = {"sex": sex, "age": age, "sex & age": np.char.add(sex, age)}
    is_ill = (progress > 140).astype(int)
    with threadpool_limits(1):
        classes = make_pipeline(StandardScaler(), LogisticRegression())
        scores = cross_val_predict(classes, inputs, is_ill, cv=5, method="predict_proba")[:, 1]
        said = cross_val_predict(LinearRegression(), inputs, progress, cv=5)
    return groups, is_ill, scores, progress, said


def of_classes(names, true, scores):
    chosen = (scores > 0.5).astype(int)
    found = []
    for name in np.unique(names):
        own = names == name
        coded = [Coded(each[own], ["well", "ill"]) for each in (true, chosen)]
        measured = Classes.of(*coded, {SCORE: scores[own]})
        found.append(Group.of(str(name), own.sum(), chosen[own].sum(), measured, "ill"))
    return found, chosen


@pytest.mark.parametrize("attribute", ATTRIBUTES)
class TestClasses:
    def test_rates_by_group(self, patients, attribute):
        groups, true, scores, _progress, _said = patients
        found, chosen = of_classes(groups[attribute], true, scores)
        frame = MetricFrame(
            metrics={
                "positive_rate": selection_rate,
                "true_positive_rate": true_positive_rate,
                "false_positive_rate": false_positive_rate,
                "precision": precision_score,
                "accuracy": accuracy_score,
            },
            y_true=true,
            y_pred=chosen,
            sensitive_features=groups[attribute],
        )
        assert len(found) == len(frame.by_group)
        for group in found:
            for name, wanted in frame.by_group.loc[group.name].items():
                assert getattr(group, name)().value == pytest.approx(wanted, abs=1e-12)

    def test_gaps_and_ratios(self, patients, attribute):
        groups, true, scores, _progress, _said = patients
        names = groups[attribute]
        found, chosen = of_classes(names, true, scores)
        criteria = assess(found, FEW).criteria
        wanted = {
            "disparate_impact": demographic_parity_ratio,
            "demographic_parity": demographic_parity_difference,
            "equal_opportunity": equal_opportunity_difference,
            "equalized_odds": equalized_odds_difference,
        }
        for name, measure in wanted.items():
            expected = measure(true, chosen, sensitive_features=names)
            assert criteria[name].value == pytest.approx(expected, abs=1e-12)
        frame = MetricFrame(
            metrics={"predictive_parity": precision_score, "accuracy_parity": accuracy_score},
            y_true=true,
            y_pred=chosen,
            sensitive_features=names,
        )
        for name, expected in frame.difference().items():
            assert criteria[name].value == pytest.approx(expected, abs=1e-12)

    def test_scores_less_what_happened(self, patients, attribute):
        groups, true, scores, _progress, _said = patients
        names = groups[attribute]
        found, _chosen = of_classes(names, true, scores)
        # Their mean of what is predicted, of scores less what happened.
        frame = MetricFrame(
            metrics=mean_prediction, y_true=true, y_pred=scores - true, sensitive_features=names
        )
        for group in found:
            expected = frame.by_group[group.name]
            assert group.calibration().value == pytest.approx(expected, abs=1e-12)
        criterion = assess(found, FEW).criteria["calibration"]
        assert criterion.value == pytest.approx(frame.difference(), abs=1e-12)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_numbers(patients, attribute):
    groups, _true, _scores, progress, said = patients
    names = groups[attribute]
    found = [
        Group(str(name), own.sum(), errors=Errors.of(progress[own], said[own]))
        for name in np.unique(names)
        for own in [names == name]
    ]
    frame = MetricFrame(
        metrics={
            "mean_absolute_error": mean_absolute_error,
            "mean_error": lambda true, said: (said - true).mean(),
        },
        y_true=progress,
        y_pred=said,
        sensitive_features=names,
    )
    for group in found:
        for name, wanted in frame.by_group.loc[group.name].items():
            assert getattr(group, name)().value == pytest.approx(wanted, abs=1e-9)
    criteria = assess_errors(found, FEW).criteria
    wanted = frame.difference()
    assert criteria["error_parity"].value == pytest.approx(wanted["mean_absolute_error"], abs=1e-9)
    assert criteria["bias_parity"].value == pytest.approx(wanted["mean_error"], abs=1e-9)
