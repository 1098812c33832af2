"""What is registered is asked as it says: features by name, outputs by class, trees by shap."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from threadpoolctl import threadpool_limits

from tidegauge.arrow import pa
from tidegauge.errors import InputError
from tidegauge.explain import predictor, shapley
from tidegauge.explain.predictor import Asked, chosen, loaded

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(300, 3))
Y = X[:, 0] + X[:, 1] * X[:, 2]
NAMES = ["b", "a", "c"]


def table(x=X[:40], **more):
    return pa.table({name: x[:, at] for at, name in enumerate(NAMES)} | more)


def frame(x=X):
    return table(x).to_pandas()


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(1):
        yield


class TestFunctions:
    def test_one_is_given_features_by_name(self):
        def predict(rows):
            return 2 * rows["a"] - rows["b"] + 0 * rows["c"]

        asked = Asked.of(predict, table(), table())
        assert asked.features == ["a", "b", "c"]
        found = asked.explain(asked.matrix(table(X[:9])))
        usual = X[:40].mean(axis=0)
        # Of a sum, a value is the distance from the usual: exactly, but for what is drawn of it.
        assert_allclose(found.values[:, 2, 0], 0, atol=1e-12)
        by_hand = 2 * (X[:9, 1] - usual[1])
        assert_allclose(found.values[:, 0, 0], by_hand, atol=1.5)
        assert_allclose(found.values[:, :, 0].sum(axis=1) + found.base[0], 2 * X[:9, 1] - X[:9, 0])
        assert asked.outputs(1) == [""]

    def test_it_may_say_which_features_it_takes_and_how_its_outputs_are_named(self):
        class Two:
            features = ("c", "a")
            outputs = ("low", "high")

            def __call__(self, rows):
                assert list(rows) == ["c", "a"]
                return np.column_stack([rows["c"], rows["a"]])

        asked = Asked.of(Two(), table(), table())
        found = asked.explain(asked.matrix(table(X[:5])))
        assert asked.outputs(2) == ["low", "high"]
        assert_allclose(found.values[:, 1, 0], 0, atol=1e-12)

    def test_texts_come_as_texts_and_what_is_missing_as_none(self):
        met = set()

        def predict(rows):
            met.update(rows["plan"].tolist())
            assert rows["a"].dtype == np.float64
            return np.where(rows["plan"] == "pro", 1.0, 0.0) + np.nan_to_num(rows["a"])

        plans = pa.array(["pro", "free", None, "pro"] * 10)
        usual = table(plan=plans, is_new=pa.array([True, None] * 20))
        asked = Asked.of(predict, usual, usual)
        found = asked.explain(asked.matrix(usual))
        assert met == {"pro", "free", None}
        at = asked.features.index("plan")
        assert (found.values[:, at, 0] > 0).tolist() == [p == "pro" for p in plans.to_pylist()]

    def test_a_feature_that_no_row_has_is_missing(self):
        def predict(rows):
            return np.isnan(rows["gone"]).astype(float)

        predict.features = ["gone"]
        asked = Asked.of(predict, table(), table())
        assert_allclose(asked.explain(asked.matrix(table())).base, [1.0])


class TestModels:
    def test_trees_are_explained_as_shap_explains_them(self):
        import shap
        from sklearn.ensemble import RandomForestRegressor

        model = RandomForestRegressor(10, max_depth=4, random_state=0).fit(frame(), Y)
        asked = Asked.of(model, table(), table())
        assert asked.features == NAMES
        found = asked.explain(asked.matrix(table(X[:20])))
        assert_allclose(found.values[:, :, 0], shap.TreeExplainer(model).shap_values(X[:20]))

    def test_of_two_classes_the_second_is_explained(self):
        import shap
        from sklearn.ensemble import RandomForestClassifier

        model = RandomForestClassifier(10, max_depth=4, random_state=0).fit(frame(), Y > 0)
        asked = Asked.of(model, table(), table())
        found = asked.explain(asked.matrix(table(X[:20])))
        expected = shap.TreeExplainer(model).shap_values(X[:20])[:, :, 1]
        assert asked.outputs(found.values.shape[2]) == [""]
        assert_allclose(found.values[:, :, 0], expected)

    def test_of_several_classes_each_has_its_name(self):
        from sklearn.ensemble import ExtraTreesClassifier

        kinds = np.array(["low", "mid", "top"])[np.digitize(Y, [-1, 1])]
        model = ExtraTreesClassifier(10, max_depth=4, random_state=0).fit(frame(), kinds)
        asked = Asked.of(model, table(), table())
        found = asked.explain(asked.matrix(table(X[:20])))
        assert asked.outputs(found.values.shape[2]) == ["low", "mid", "top"]
        # What one class gains others lose.
        assert_allclose(found.values.sum(axis=2), 0, atol=1e-9)

    def test_what_is_no_tree_is_asked_for_its_probabilities(self):
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression().fit(frame(), Y > 0)
        asked = Asked.of(model, table(), table())
        found = asked.explain(asked.matrix(table(X[:20])))
        expected = shapley(lambda x: model.predict_proba(frame(x))[:, 1], X[:20], X[:40], walks=16)
        assert_allclose(found.values, expected.values)
        added_up = found.values[:, :, 0].sum(axis=1) + found.base[0]
        assert_allclose(added_up, model.predict_proba(frame(X[:20]))[:, 1])

    def test_without_shap_trees_are_asked_too(self, monkeypatch):
        from sklearn.tree import DecisionTreeRegressor

        monkeypatch.setitem(__import__("sys").modules, "shap", None)
        model = DecisionTreeRegressor(max_depth=3, random_state=0).fit(frame(), Y)
        asked = Asked.of(model, table(), table())
        found = asked.explain(asked.matrix(table(X[:20])))
        added_up = found.values[:, :, 0].sum(axis=1) + found.base[0]
        assert_allclose(added_up, model.predict(frame(X[:20])))

    def test_one_that_does_not_say_its_features_is_refused(self):
        from sklearn.tree import DecisionTreeRegressor

        model = DecisionTreeRegressor().fit(X, Y)
        with pytest.raises(InputError, match="which features it takes"):
            Asked.of(model, table(), table())

    def test_what_is_no_model_is_refused(self):
        with pytest.raises(InputError, match="neither a fitted model nor a function: int"):
            Asked.of(3, table(), table())


def test_a_version_is_answered_for_by_its_own():
    known = frozenset({"fraud", "fraud/2"})
    assert chosen(known, "fraud", "2") == "fraud/2"
    assert chosen(known, "fraud", "1") == "fraud"
    assert chosen(known, "loans", "2") is None


def test_one_that_is_not_installed_is_said_to_be_none():
    assert "no-such-model" not in predictor.names()
    with pytest.raises(InputError, match="no entry point 'no-such-model'"):
        loaded("no-such-model")
