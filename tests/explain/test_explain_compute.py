"""Shapley's values against their definition, and what functions may not do."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tidegauge.errors import InputError
from tidegauge.explain import of_trees, shapley

RANDOM = np.random.default_rng(0)
ROWS, BACKGROUND = RANDOM.normal(size=(5, 3)), RANDOM.normal(size=(4, 3))


def odd(rows):
    """With ties between features."""
    a, b, c = np.asarray(rows, dtype=float).T
    return a * b + np.where(c > 0, a, 2.0) - b * c * a


def by_definition(predict, row, background):
    """Over all sets of features: what one more adds, weighed by how many orders have it there."""
    size = len(row)

    def worth(known):
        mixed = background.copy()
        mixed[:, list(known)] = row[list(known)]
        return predict(mixed).mean()

    values = np.zeros(size)
    for at in range(size):
        others = [other for other in range(size) if other != at]
        for count in range(size):
            weight = factorial(count) * factorial(size - count - 1) / factorial(size)
            for known in combinations(others, count):
                values[at] += weight * (worth((*known, at)) - worth(known))
    return values


def test_many_walks_come_to_the_definition():
    found = shapley(odd, ROWS, BACKGROUND, walks=40_000)
    expected = [by_definition(odd, row, BACKGROUND) for row in ROWS]
    assert_allclose(found.values[:, :, 0], expected, atol=0.03)
    assert found.base == pytest.approx(odd(BACKGROUND).mean())


def test_two_features_and_an_order_with_its_reverse_are_the_definition():
    def product(rows):
        return rows[:, 0] * rows[:, 1]

    row, start = ROWS[:, :2], BACKGROUND[:1, :2]
    found = shapley(product, row, start, walks=2)
    expected = [by_definition(product, each, start) for each in row]
    assert_allclose(found.values[:, :, 0], expected, atol=1e-12)


@pytest.mark.parametrize("walks", [1, 3, 4, 9])
def test_a_linear_function_in_closed_form(walks):
    weights = np.array([2.0, -1.0, 0.0])
    found = shapley(lambda rows: rows @ weights + 7, ROWS, BACKGROUND[:1], walks=walks)
    assert_allclose(found.values[:, :, 0], (ROWS - BACKGROUND[0]) * weights, atol=1e-12)
    if walks == 4:
        found = shapley(lambda rows: rows @ weights + 7, ROWS, BACKGROUND, walks=walks)
        means = BACKGROUND.mean(axis=0)
        assert_allclose(found.values[:, :, 0], (ROWS - means) * weights, atol=1e-12)


@settings(deadline=None)
@given(
    rows=st.integers(0, 4), features=st.integers(1, 6), background=st.integers(1, 5),
    walks=st.integers(1, 9), seed=st.integers(0, 9),
)  # fmt: skip
def test_values_and_base_add_up_to_the_answer(rows, features, background, walks, seed):
    random = np.random.default_rng(seed)
    given_rows, starts = (random.normal(size=(n, features)) for n in (rows, background))

    def two(of):
        return np.stack([np.sin(of.sum(axis=1)), np.prod(of, axis=1)], axis=1)

    found = shapley(two, given_rows, starts, walks=walks, seed=seed)
    assert found.values.shape == (rows, features, 2)
    assert_allclose(found.values.sum(axis=1) + found.base, two(given_rows), atol=1e-9)
    again = shapley(two, given_rows, starts, walks=walks, seed=seed)
    assert_allclose(again.values, found.values, atol=0)


def test_a_feature_that_does_nothing_adds_nothing_and_calls_are_bounded():
    asked = []

    def first(rows):
        asked.append(len(rows))
        return rows[:, 0] ** 2

    found = shapley(first, ROWS, BACKGROUND, walks=10)
    assert (found.values[:, 1:] == 0).all()
    assert sum(asked) <= 10 * 3 * len(ROWS) + 10
    assert len(asked) == 2


def test_rows_of_names_and_numbers():
    rows = np.array([["red", 1.0], ["blue", 3.0]], dtype=object)
    found = shapley(
        lambda each: [len(name) * number for name, number in each], rows, rows[:1], walks=2
    )
    assert_allclose(found.values[:, :, 0], [[0, 0], [2, 7]])


@pytest.mark.parametrize(
    ("predict", "told"),
    [
        (lambda rows: np.full(len(rows), np.nan), "NaN"),
        (lambda _: [1.0], "a number a row"),
        (lambda _: 3.0, "a number a row"),
    ],
)
def test_answers_that_are_no_numbers_are_refused(predict, told):
    with pytest.raises(InputError, match=told):
        shapley(predict, ROWS, BACKGROUND)


@pytest.mark.parametrize(
    ("rows", "background"),
    [(ROWS[0], BACKGROUND), (ROWS, BACKGROUND[:, :2]), (ROWS, BACKGROUND[:0])],
)
def test_rows_that_cannot_be_explained_are_refused(rows, background):
    with pytest.raises(InputError, match="background"):
        shapley(odd, rows, background)


def test_trees_without_the_package_are_told_the_way_out(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "shap", None)
    with pytest.raises(InputError, match=r"tidegauge\[shap\]"):
        of_trees(object(), ROWS)


class TestTrees:
    @pytest.fixture(autouse=True)
    def _shap(self):
        pytest.importorskip("shap", reason="shap is not installed; it is in requirements/dev.txt")

    def test_of_trees_against_a_background_is_the_definition(self):
        from sklearn.ensemble import RandomForestRegressor

        random = np.random.default_rng(1)
        x = random.normal(size=(300, 3))
        model = RandomForestRegressor(20, max_depth=4, random_state=0).fit(x, odd(x))
        found = of_trees(model, ROWS, BACKGROUND)
        expected = [by_definition(model.predict, row, BACKGROUND) for row in ROWS]
        assert_allclose(found.values[:, :, 0], expected, atol=1e-6)
        assert_allclose(found.values.sum(axis=1)[:, 0] + found.base, model.predict(ROWS))

    def test_a_model_of_classes_has_an_output_for_each(self):
        from sklearn.ensemble import RandomForestClassifier

        x = np.random.default_rng(1).normal(size=(300, 3))
        model = RandomForestClassifier(20, max_depth=4, random_state=0).fit(x, x[:, 0] > 0)
        found = of_trees(model, ROWS)
        assert found.values.shape == (5, 3, 2)
        summed = found.values.sum(axis=1) + found.base
        assert_allclose(summed, model.predict_proba(ROWS), atol=1e-9)

    def test_what_is_no_tree_is_refused(self):
        with pytest.raises(InputError, match="trees"):
            of_trees(object(), ROWS)
