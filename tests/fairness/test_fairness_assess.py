"""Groups against each other: the numbers of a naive count, and verdicts that seldom err."""

import numpy as np
import pytest

from tidegauge.fairness import Group, Limits, assess
from tidegauge.performance import Classes, Coded


def group(name, true, chosen, weights=None):
    """Of arrays of 0 and 1."""
    names = ["no", "yes"]
    labelled = Classes.of(
        Coded(np.asarray(true), names), Coded(np.asarray(chosen), names), {}, weights
    )
    w = np.ones(len(true)) if weights is None else weights
    return Group.of(name, float(w.sum()), float(w[np.asarray(chosen) == 1].sum()), labelled, "yes")


def people(draws, n, base=0.4, hit=0.8, miss=0.2):
    """Who deserves it, and who is given it."""
    true = (draws.random(n) < base).astype(int)
    return true, (draws.random(n) < np.where(true == 1, hit, miss)).astype(int)


def rates(true, chosen):
    return {
        "chosen": chosen.mean(),
        "true": chosen[true == 1].mean(),
        "false": chosen[true == 0].mean(),
        "precision": true[chosen == 1].mean(),
        "accuracy": (true == chosen).mean(),
    }


class TestNumbers:
    @pytest.fixture
    def three(self):
        draws = np.random.default_rng(1)
        return {
            "a": people(draws, 4_000),
            "b": people(draws, 3_000, hit=0.7),
            "c": people(draws, 500, base=0.2, miss=0.3),
        }

    def test_are_those_of_a_naive_count(self, three):
        found = assess([group(name, *each) for name, each in three.items()]).criteria
        assert found.pop("calibration").value is None
        own = {name: rates(*each) for name, each in three.items()}

        def gap(rate):
            values = [each[rate] for each in own.values()]
            return max(values) - min(values)

        chosen = [each["chosen"] for each in own.values()]
        wanted = {
            "disparate_impact": min(chosen) / max(chosen),
            "demographic_parity": gap("chosen"),
            "equal_opportunity": gap("true"),
            "equalized_odds": max(gap("true"), gap("false")),
            "predictive_equality": gap("false"),
            "predictive_parity": gap("precision"),
            "accuracy_parity": gap("accuracy"),
        }
        assert {name: each.value for name, each in found.items()} == pytest.approx(wanted)
        assert all(each.low <= each.value <= each.high for each in found.values())
        assert found["equal_opportunity"].groups == ("b", "a")

    def test_what_people_fear_is_turned_round(self, three):
        groups = [group(name, *each) for name, each in three.items()]
        refused = [1 - rates(*each)["chosen"] for each in three.values()]
        found = assess(groups, favourable=False).criteria["disparate_impact"]
        assert found.value == pytest.approx(min(refused) / max(refused))

    def test_weights_count_and_make_nothing_more_certain(self, three):
        true, chosen = three["a"]
        plain = [group("a", true, chosen), group("b", *three["b"])]
        tenfold = [
            group("a", true, chosen, np.full(len(true), 10.0)),
            group("b", *three["b"], np.full(len(three["b"][0]), 10.0)),
        ]
        one, ten = (assess(each).criteria["equal_opportunity"] for each in (plain, tenfold))
        assert (ten.value, ten.low, ten.high) == pytest.approx((one.value, one.low, one.high))


class TestVerdicts:
    def test_a_clear_difference_is_unfair(self):
        draws = np.random.default_rng(2)
        groups = [group("a", *people(draws, 5_000)), group("b", *people(draws, 5_000, hit=0.4))]
        found = assess(groups)
        assert found.criteria["equal_opportunity"].verdict == "unfair"
        assert found.verdict == "unfair"

    def test_alike_and_many_is_fair(self):
        draws = np.random.default_rng(3)
        found = assess([group(name, *people(draws, 20_000)) for name in "ab"])
        assert found.criteria.pop("calibration").verdict == "not computable"
        assert {each.verdict for each in found.criteria.values()} == {"fair"}
        assert found.verdict == "fair"

    def test_few_rows_are_inconclusive_and_too_few_are_left_out(self):
        draws = np.random.default_rng(4)
        groups = [group("a", *people(draws, 200)), group("b", *people(draws, 200))]
        assert assess(groups).verdict == "inconclusive"
        tiny = [*groups, group("c", *people(draws, 20))]
        found = assess(tiny).criteria["disparate_impact"]
        assert found.left_out == ("c",)
        assert "c" not in found.groups
        alone = assess([groups[0], tiny[2]])
        assert alone.verdict == "not computable"

    def test_rows_whose_group_nobody_told_are_shown_and_not_compared(self):
        draws = np.random.default_rng(5)
        unknown = group("", *people(draws, 5_000, hit=0.1))
        groups = [*(group(name, *people(draws, 20_000)) for name in "ab"), unknown]
        found = assess(groups)
        assert found.verdict == "fair"
        assert unknown in found.groups

    def test_nobody_of_a_group_deserves_it(self):
        """0 of 0 is no rate, and no unfairness."""
        draws = np.random.default_rng(6)
        true, chosen = people(draws, 1_000, base=0.0)
        found = assess([group("a", *people(draws, 1_000)), group("b", true, chosen)]).criteria
        assert found["equal_opportunity"].verdict == "not computable"
        assert found["equalized_odds"].verdict == "not computable"
        assert found["demographic_parity"].verdict != "not computable"

    def test_nobody_at_all_is_chosen(self):
        true = np.array([0, 1] * 100)
        none = np.zeros(200, dtype=int)
        found = assess([group("a", true, none), group("b", true, none)]).criteria
        assert found["disparate_impact"].verdict == "not computable"
        assert found["demographic_parity"].value == 0.0

    def test_without_the_truth_only_what_was_chosen_is_compared(self):
        groups = [Group("a", 1_000, 500), Group("b", 1_000, 100)]
        found = assess(groups).criteria
        assert found["disparate_impact"].verdict == "unfair"
        assert found["equal_opportunity"].verdict == "not computable"


@pytest.mark.parametrize(
    ("hit", "wrong"), [(0.7, "fair"), (0.69, "fair"), (0.75, "unfair"), (0.8, "unfair")]
)
def test_verdicts_are_seldom_wrong(hit, wrong):
    """Beside a difference of 0.1 in truth: five groups, so that ten pairs are looked at."""
    draws = np.random.default_rng(7)
    errors = 0
    for _trial in range(300):
        groups = [group(str(n), *people(draws, 400)) for n in range(4)]
        groups.append(group("other", *people(draws, 400, hit=hit)))
        errors += assess(groups, Limits()).criteria["equal_opportunity"].verdict == wrong
    assert errors <= 0.05 * 300
