"""Scores and predicted numbers by group: the gaps of a naive count, and honest intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.fairness import Group, Limits, assess, assess_errors
from tidegauge.performance import Classes, Coded, Errors, Figure
from tidegauge.performance.classes import SCORE


def scored(name, scores, true, weights=None):
    codes = true.astype(np.int64)
    said = Coded((scores > 0.5).astype(np.int64), ["no", "yes"])
    found = Classes.of(Coded(codes, ["no", "yes"]), said, {SCORE: scores}, weights)
    return Group.of(name, len(true), float(said.codes.sum()), found, "yes")


def numbered(name, true, said, weights=None):
    return Group(name, len(true), errors=Errors.of(true, said, {}, weights))


def drawn(draws, n, more=0.0):
    scores = draws.beta(2, 5, n)
    return scores, draws.random(n) < np.clip(scores + more, 0, 1)


class TestCalibration:
    def test_is_the_mean_score_less_what_happened(self):
        draws = np.random.default_rng(1)
        told = {name: drawn(draws, 3_000, more) for name, more in (("a", 0), ("b", 0.3))}
        groups = [scored(name, *each) for name, each in told.items()]
        gaps = [float((scores - true).mean()) for scores, true in told.values()]
        assert [each.calibration().value for each in groups] == pytest.approx(gaps)
        found = assess(groups).criteria["calibration"]
        assert found.value == pytest.approx(gaps[0] - gaps[1])
        assert (found.verdict, found.groups) == ("unfair", ("b", "a"))
        half = 1.959964 * np.std(told["a"][0] - told["a"][1], ddof=1) / np.sqrt(3_000)
        low, high = groups[0].calibration().limits(1.959964)
        # Never nearer than the share of what was true leaves open.
        assert high - low >= 2 * half - 1e-9
        assert high - low == pytest.approx(2 * half, rel=0.2)

    def test_a_class_that_never_came_proves_little(self):
        scores = np.full(60, 0.02)
        low, high = scored("a", scores, np.zeros(60, dtype=bool)).calibration().limits(1.96)
        assert low < -0.03
        assert high >= 0.02

    def test_scores_that_are_no_probabilities_are_not_compared(self):
        draws = np.random.default_rng(2)
        groups = [scored(name, draws.normal(0, 3, 200), draws.random(200) < 0.5) for name in "ab"]
        assert assess(groups).criteria["calibration"].verdict == "not computable"

    @pytest.mark.parametrize(("more", "wrong"), [(0.09, "unfair"), (0.11, "fair")])
    def test_verdicts_are_seldom_wrong(self, more, wrong):
        draws = np.random.default_rng(3)
        errors = 0
        for _turn in range(200):
            groups = [scored(name, *drawn(draws, 300)) for name in "abc"]
            groups.append(scored("d", *drawn(draws, 300, more)))
            errors += assess(groups).criteria["calibration"].verdict == wrong
        assert errors <= 0.05 * 200


class TestErrors:
    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 1_000), st.floats(0.5, 3.0), st.floats(-2.0, 2.0))
    def test_are_those_of_a_naive_count(self, seed, spread, bias):
        draws = np.random.default_rng(seed)
        told = {}
        for name, own, lean in (("a", 1.0, 0.0), ("b", spread, bias), ("c", 1.5, -bias)):
            true = draws.normal(50, 10, 400)
            told[name] = true, true + draws.normal(lean, own, 400)
        found = assess_errors([numbered(name, *each) for name, each in told.items()]).criteria
        off = [np.abs(said - true).mean() for true, said in told.values()]
        lean = [(said - true).mean() for true, said in told.values()]
        sd = np.concatenate([true for true, _said in told.values()]).std()
        for name, values in (("error_parity", off), ("bias_parity", lean)):
            each = found[name]
            assert each.value == pytest.approx(max(values) - min(values))
            assert each.threshold == pytest.approx(0.1 * sd)
            assert each.low <= each.value <= each.high

    def test_a_group_that_is_served_worse_is_told(self):
        draws = np.random.default_rng(4)
        true = draws.normal(0, 1, (2, 3_000))
        said = true + draws.normal(0, [[0.1], [0.6]], (2, 3_000))
        found = assess_errors([numbered(str(k), true[k], said[k]) for k in range(2)])
        assert found.verdict == "unfair"
        assert found.criteria["error_parity"].verdict == "unfair"
        assert found.criteria["bias_parity"].verdict == "fair"

    def test_weights_make_nothing_more_certain(self):
        draws = np.random.default_rng(5)
        true, said = draws.normal(0, 1, (2, 2, 400))
        one, ten = (
            assess_errors([numbered(str(k), true[k], said[k], w) for k in range(2)])
            for w in (None, np.full(400, 10.0))
        )
        for name in ("error_parity", "bias_parity"):
            assert ten.criteria[name].high == pytest.approx(one.criteria[name].high, rel=1e-6)

    def test_no_truth_and_one_row_are_nothing_to_compare(self):
        one = numbered("a", np.array([1.0]), np.array([2.0]))
        found = assess_errors([one, Group("b", 100)], Limits(fewest=1))
        assert found.verdict == "not computable"
        assert found.criteria["error_parity"].left_out == ("a", "b")

    @pytest.mark.parametrize(("more", "wrong"), [(0.09, "unfair"), (0.11, "fair")])
    def test_verdicts_are_seldom_wrong(self, more, wrong):
        """Beside a lean of a tenth of the spread, asked among skewed errors."""
        draws = np.random.default_rng(6)
        errors = 0
        for _turn in range(200):
            groups = []
            for k in range(4):
                true = draws.normal(0, 1, 400)
                said = true + draws.exponential(0.5, 400) - 0.5 + (more if k == 3 else 0)
                groups.append(numbered(str(k), true, said))
            errors += assess_errors(groups).criteria["bias_parity"].verdict == wrong
        assert errors <= 0.05 * 200


def test_what_is_expected_is_compared_by_its_own_limits():
    def group(name, rate):
        figures = {
            each: Figure(rate, rate - 0.05, rate + 0.05, 500)
            for each in ("recall", "specificity", "precision", "accuracy")
        }
        return Group(name, 1_000, 500, expected=figures)

    found = assess([group("a", 0.9), group("b", 0.6)]).criteria
    assert found["equal_opportunity"].verdict == "unfair"
    assert found["equal_opportunity"].value == pytest.approx(0.3)
    half = 0.05 * np.sqrt(2)
    assert found["equal_opportunity"].low == pytest.approx(0.3 - half)
    assert found["predictive_equality"].groups == ("a", "b")
