"""Two windows of attributions: what changed is told, and seldom what did not."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import ndcg_score

from tidegauge.explain import Attributions, Limits, compare
from tidegauge.explain.order import ndcg, rank_correlation

NAMES = [f"f{at}" for at in range(8)]
SCALES = 2.0 ** -np.arange(8)


def window(rows=2_000, *, seed=0, scales=SCALES, means=0.0, names=NAMES, weights=None):
    random = np.random.default_rng(seed)
    return Attributions.of(names, random.normal(means, 1.0, (rows, len(names))) * scales, weights)


def found(shift):
    return {each.feature: each.findings for each in shift.features if each.findings}


def of(shift, name):
    return next(each for each in shift.features if each.feature == name)


@pytest.mark.parametrize("seed", range(20))
def test_ndcg_is_that_of_scikit_learn(seed):
    random = np.random.default_rng(seed)
    before, now = random.exponential(size=(2, 12))
    if seed % 2:
        now = np.round(now)
    if seed % 3 == 0:
        before[random.integers(0, 12, 5)] = 0
    assert ndcg(before, now) == pytest.approx(ndcg_score([before], [now]))
    assert rank_correlation(before, now) == pytest.approx(spearmanr(before, now).statistic)


def test_the_example_of_two_features_by_hand():
    # In the order of now 0.3 comes first: (0.3 + 0.7 / log2(3)) / (0.7 + 0.3 / log2(3)).
    assert ndcg(np.array([0.7, 0.3]), np.array([0.1, 0.9])) == pytest.approx(
        0.7416 / 0.8893, abs=1e-4
    )


def test_order_without_anything_to_order():
    zeros = np.zeros(3)
    assert ndcg(zeros, zeros) is None
    assert ndcg(zeros[:0], zeros[:0]) is None
    assert rank_correlation(zeros, np.arange(3.0)) is None
    assert ndcg(np.array([1.0]), np.array([0.0])) == 1


def test_windows_of_one_model_have_not_moved():
    moved = [compare(window(seed=seed), window(500, seed=100 + seed)).moved for seed in range(60)]
    assert sum(moved) <= 3


def test_rows_of_unlike_weight_are_no_change():
    moved = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        one, other = (
            Attributions.of(
                NAMES,
                random.standard_t(5, (400, 8)) * SCALES * (random.random((400, 8)) < 0.5),
                np.where(random.random(400) < 0.1, 1.0, 100.0),
            )
            for _ in range(2)
        )
        moved.append(compare(one, other).moved)
    assert sum(moved) <= 3


def test_features_that_are_all_alike_have_no_order_to_lose():
    """NDCG of alike features is far below 1 by chance, if they are few enough."""
    alike = np.r_[np.ones(3), np.full(5, 1e-3)]
    shifts = [
        compare(window(60, seed=seed, scales=alike), window(60, seed=90 + seed, scales=alike))
        for seed in range(40)
    ]
    assert sum(each.order_moved for each in shifts) == 0
    assert all(each.ndcg_by_chance <= 1 for each in shifts)


def test_features_that_change_places():
    shift = compare(window(), window(seed=1, scales=SCALES[::-1]))
    assert shift.order_moved
    assert shift.ndcg < 0.6 < shift.ndcg_by_chance
    assert shift.ndcg_p_value <= 0.002
    assert shift.rank_correlation == pytest.approx(-1)
    first = of(shift, "f0")
    assert (first.rank_before, first.rank_now) == (1, 8)
    assert {"importance", "magnitude", "distribution"} <= set(first.findings)
    assert first.importance_before.value == pytest.approx(128 / 255, abs=0.02)
    assert first.importance_change.high < -0.4


def test_a_feature_that_pulls_the_other_way():
    means = np.zeros(8)
    means[2] = 0.5
    shift = compare(window(means=means), window(seed=1, means=-means))
    assert found(shift)["f2"][0] == "sign"
    assert shift.features[0].feature == "f2"
    turned = of(shift, "f2")
    assert turned.mean_before.low > 0 > turned.mean_now.high
    assert not any("sign" in each.findings for each in shift.features[1:])


def test_attributions_that_grow_alike_are_of_the_same_importance():
    shift = compare(window(), window(seed=1, scales=2 * SCALES))
    assert all("magnitude" in findings for findings in found(shift).values())
    assert len(found(shift)) == 8
    assert not any("importance" in findings for findings in found(shift).values())
    assert not shift.order_moved
    grown = of(shift, "f3").magnitude
    assert grown.low < 2 < grown.high
    assert grown.low > 1.25


def test_values_of_another_shape_with_the_same_mean_and_size():
    random = np.random.default_rng(3)
    even = random.choice([-1.0, 1.0], (3_000, 1))
    spread = random.exponential(1.0, (3_000, 1)) * random.choice([-1.0, 1.0], (3_000, 1))
    shift = compare(Attributions.of(["a"], even), Attributions.of(["a"], spread))
    assert found(shift) == {"a": ("distribution",)}


def test_features_that_come_and_go():
    before, now = window(names=[*NAMES[:7], "old"]), window(seed=1, names=[*NAMES[:7], "fresh"])
    shift = compare(before, now)
    assert found(shift) == {"old": ("gone",), "fresh": ("new",)}
    gone = of(shift, "old")
    assert gone.importance_now is gone.rank_now is gone.magnitude is gone.distance is None
    assert gone.importance_before.value > 0


def test_too_few_rows_tell_nothing():
    for before, now in ((window(0), window(0)), (window(1), window()), (window(), window(40))):
        shift = compare(before, now)
        assert shift.moved is None
        assert found(shift) == {}
        assert shift.ndcg_p_value is None
    few = compare(window(40), window(40, seed=1, scales=SCALES[::-1]), Limits(fewest=20))
    assert few.moved


def test_attributions_that_are_all_zero():
    nothing = window(scales=np.zeros(8))
    shift = compare(nothing, nothing)
    assert shift.moved is False
    assert shift.ndcg is shift.rank_correlation is None
    assert compare(window(), nothing).moved
    assert compare(Attributions.of([], np.zeros((0, 0))), nothing).moved is None


def test_one_row_a_side_and_none_at_all_are_numbers():
    for rows in (0, 1, 2):
        for each in compare(window(rows), window(rows, seed=1)).features:
            for figure in (each.importance_now, each.mean_now, each.magnitude):
                assert figure is None or np.isfinite(figure.value)
            assert each.distance is None or 0 <= each.distance <= 1


def test_what_is_drawn_is_drawn_again():
    pair = window(), window(seed=1)
    assert compare(*pair, seed=5) == compare(*pair, seed=5)
