"""Models that log themselves."""

import asyncio
import importlib.util
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0], "income": [1.0, 5.0, 2.0, 7.0]})
Y = ["no", "yes", "no", "yes"]


@pytest.fixture(scope="module")
def classifier():
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)


def test_a_classifier(classifier, server, make):
    client = make(server.url)
    model = client.watch(classifier, model_id="m", model_version="2", tags={"where": "here"})
    assert (model.predict(X) == classifier.predict(X)).all()
    assert client.flush()
    records = server.records()
    assert [each["prediction_label"] for each in records] == classifier.predict(X).tolist()
    assert records[1]["features"] == {"age": 30.0, "income": 5.0}
    assert records[0]["tags"] == {"where": "here"}
    assert records[0]["model_version"] == "2"
    assert records[0]["prediction_latency_ms"] > 0
    assert len(set(server.ids())) == 4


def test_probabilities(classifier, server, make):
    client = make(server.url)
    model = client.watch(classifier, model_id="m")
    answer = model.predict_proba(X)
    assert client.flush()
    for record, (no, yes) in zip(server.records(), answer, strict=True):
        assert record["probabilities"] == {"no": no, "yes": yes}
        assert record["prediction_score"] == yes
        assert record["prediction_label"] == ("yes" if yes > no else "no")


def test_a_regression_on_an_array_has_names_from_its_training(server, make):
    client = make(server.url)
    bare = LinearRegression().fit(X, [1.0, 2.0, 3.0, 4.0])
    model = client.watch(bare, model_id="m")
    with pytest.warns(UserWarning, match="feature names"):
        answer = model.predict(X.to_numpy())
    assert client.flush()
    record = server.records()[2]
    assert record["features"] == {"age": 40.0, "income": 2.0}
    assert record["prediction_score"] == answer[2]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (np.array([[1.0, 2.0]]), ["feature_0", "feature_1"]),
        ([[1.0, 2.0]], ["feature_0", "feature_1"]),
        (pl.DataFrame({"a": [1.0], "b": [2.0]}), ["a", "b"]),
        ([{"a": 1.0, "b": 2.0}], ["a", "b"]),
    ],
)
def test_inputs_of_every_sort(given, names, server, make):
    client = make(server.url)
    model = client.watch(lambda rows: [7.5] * len(rows), model_id="m")
    assert model(given) == [7.5]
    assert client.flush()
    record = server.records()[0]
    assert record["features"] == dict(zip(names, [1.0, 2.0], strict=True))
    assert record["prediction_score"] == 7.5


def test_names_that_are_given(server, make):
    client = make(server.url)
    model = client.watch(lambda rows: rows[:, 0], model_id="m", feature_names=["a", "b"])
    model(np.array([[1, 2], [3, 4]]))
    assert client.flush()
    assert server.records()[1]["features"] == {"a": 3, "b": 4}
    assert server.records()[1]["prediction_label"] == 3


class Booster:
    """As LightGBM's: names by a method, probabilities as one number."""

    def feature_name(self):
        return ["a", "b"]

    def predict(self, data):
        return np.array([0.25] * len(data))


def test_a_booster(server, make):
    client = make(server.url)
    client.watch(Booster(), model_id="m").predict(np.array([[1, 2]]))
    assert client.flush()
    assert server.records()[0]["features"] == {"a": 1, "b": 2}
    assert server.records()[0]["prediction_score"] == 0.25


@pytest.mark.parametrize("package", ["lightgbm", "xgboost"])
def test_real_boosters(package, server, make):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    module = importlib.import_module(package)
    kind = module.LGBMClassifier if package == "lightgbm" else module.XGBClassifier
    model = kind(n_estimators=2).fit(X, [0, 1, 0, 1])
    client = make(server.url)
    client.watch(model, model_id="m").predict(X)
    assert client.flush()
    assert [each["prediction_label"] for each in server.records()] == model.predict(X).tolist()


def test_several_outputs_are_outputs(server, make):
    client = make(server.url)
    client.watch(lambda rows: rows * 2, model_id="m")(np.array([[1.0, 2.0]]))
    client.watch(lambda _: {"price": 3.0, "days": 4.0}, model_id="n")({"a": 1})
    client.watch(lambda _: {"prediction_label": "x", "confidence": 0.5}, model_id="o")({"a": 1})
    assert client.flush()
    first, second, third = server.records()
    assert first["outputs"] == {"0": 2.0, "1": 4.0}
    assert second["outputs"] == {"price": 3.0, "days": 4.0}
    assert (third["prediction_label"], third["confidence"]) == ("x", 0.5)


def test_the_rest_of_a_model_is_its_own(classifier, make, server):
    client = make(server.url)
    model = client.watch(classifier, model_id="m")
    assert isinstance(model, BaseEstimator)
    assert model.score(X, Y) == 1.0
    assert model.classes_.tolist() == ["no", "yes"]
    assert repr(model) == repr(classifier)
    assert dir(model) == dir(classifier)
    model.comment = "set"
    assert classifier.comment == "set"
    del classifier.comment
    with pytest.raises(AttributeError):
        model.nothing  # noqa: B018
    copy = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
    assert type(copy) is type(classifier)
    assert (copy.predict(X) == classifier.predict(X)).all()
    assert client.stats().calls == 0


def test_only_the_methods_that_are_named(classifier, make, server):
    client = make(server.url)
    model = client.watch(classifier, model_id="m", methods=["predict_proba"])
    model.predict(X)
    assert client.stats().calls == 0
    model.predict_proba(X)
    assert client.stats().calls == 4


def test_an_error_of_the_model_is_its_own_and_counted(server, make):
    client = make(server.url, sample=1e-6)

    def fails(_rows):
        raise ZeroDivisionError("canary")

    with pytest.raises(ZeroDivisionError, match="canary"):
        client.watch(fails, model_id="m")([[1]])
    assert client.flush()
    record = server.records()[0]
    assert (record["status"], record["error"]) == ("error", "ZeroDivisionError")
    assert record["prediction_latency_ms"] >= 0
    assert b"canary" not in server.requests[0].body


def test_a_decorated_function(server, make):
    client = make(server.url)

    @client.watched(model_id="m")
    def price(area: float, city: str, *, sea: bool = False) -> float:
        """What it costs."""
        return area * 2 + len(city) + sea

    assert price(10.0, "Kiel", sea=True) == 25.0
    assert price.__doc__ == "What it costs."
    assert client.flush()
    record = server.records()[0]
    assert record["features"] == {"area": 10.0, "city": "Kiel", "sea": True}
    assert record["prediction_score"] == 25.0


def test_a_decorated_coroutine(server, make):
    client = make(server.url)

    @client.watched(model_id="m")
    async def answer(features):
        if features["a"] < 0:
            raise ValueError
        await asyncio.sleep(0)
        return "yes"

    async def both():
        with pytest.raises(ValueError):  # noqa: PT011 - ours
            await answer({"a": -1})
        return await answer({"a": 1})

    assert asyncio.run(both()) == "yes"
    assert client.flush()
    bad, good = server.records()
    assert bad["status"] == "error"
    assert good["features"] == {"a": 1}
    assert good["prediction_label"] == "yes"


def test_what_is_logged_is_what_was_asked_and_answered(server, make):
    client = make(server.url, flush_interval=5)
    rows, given = np.array([[1.0], [2.0]]), {"a": 1}
    model = client.watch(lambda data: data[:, 0].copy(), model_id="m")
    answer = model(rows)
    client.watch(lambda _: 1.5, model_id="m")(given)
    rows[:] = answer[:] = 9.0
    given["a"] = 9
    assert client.flush()
    found = [(each["features"], each["prediction_score"]) for each in server.records()]
    assert [score for _, score in found] == [1.0, 2.0, 1.5]
    assert found[0][0]["feature_0"] == 1.0
    assert found[2][0]["a"] == 1


def test_many_rows_are_cut_and_what_does_not_fit_is_counted(server, make):
    client = make(server.url, max_records=250, batch_rows=100, flush_interval=5)
    client._worker.buffer.start = lambda: None
    client.watch(lambda rows: rows[:, 0], model_id="m")(np.ones((1_000, 2)))
    stats = client.stats()
    assert stats.calls == 1_000
    assert dict(stats.dropped) == {"queue_full": 800}
    client._worker.buffer.start = client._worker.start
    client._worker.start()
    assert client.flush()
    assert client.stats().acked == 200


def test_answers_that_are_nothing_like_records(server, make):
    client = make(server.url)
    for answer in (None, object(), [], [1, 2, 3], (each for each in "ab"), "x", {1: object()}):
        assert client.watch(lambda _, answer=answer: answer, model_id="m")([[1], [2]]) is answer
    assert client.flush()
    stats = client.stats()
    assert stats.queued == 0
    assert stats.calls == stats.acked + sum(stats.dropped.values())


def test_a_dummy_with_numbers_for_classes(server, make):
    client = make(server.url)
    model = DummyClassifier().fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 1.0])
    client.watch(model, model_id="m").predict([[0.5]])
    assert client.flush()
    assert server.records()[0]["prediction_label"] == 1.0
