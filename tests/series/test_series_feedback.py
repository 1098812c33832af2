"""Feedback stands beside performance: of the predictions that it is of, by version and variant."""

import random
import statistics

import pytest
from series_api import HOURS
from series_truth import join, label
from worker_case import START, prediction


@pytest.fixture
def served(api):
    chance = random.Random(6)
    api.case.pin("m", [prediction(chance, f"r{n}") for n in range(200)])
    api.ask("PUT", "models/m/schema", json={"segments": ["variant"]})
    sent = [
        prediction(chance, n, at=START + n, variant=chance.choice(["blue", "green"]))
        for n in range(300)
    ]
    api.case.send(sent, START + HOURS)
    given = {
        each["prediction_id"]: {
            "engagement_score": round(chance.random(), 3),
            **({"user_satisfaction_rating": chance.randint(1, 5)} if n % 3 else {}),
        }
        for n, each in enumerate(sent)
        if chance.random() < 0.4
    }
    return sent, given


def give(api, given, at=START + HOURS):
    told = [{"model_id": "m", "prediction_id": n, **each} for n, each in given.items()]
    api.case.send(told, at, kind="feedback")


def asked(api, **more):
    return api.between("models/m/performance", START, START + HOURS, **more)["total"]


def test_means_are_of_the_predictions_that_it_is_of(api, served):
    sent, given = served
    give(api, given)
    join(api, START + HOURS)
    for variant in ("", "blue", "green"):
        own = {e["prediction_id"] for e in sent if variant in {"", e["variant"]}}
        scores = [told["engagement_score"] for name, told in given.items() if name in own]
        found = asked(api, segment=f"variant={variant}" if variant else "")
        score = found["metrics"]["feedback.engagement_score"]
        assert score["value"] == pytest.approx(statistics.fmean(scores))
        assert score["n"] == len(scores)
        assert score["low"] < score["value"] < score["high"]
    rating = asked(api)["metrics"]["feedback.user_satisfaction_rating"]
    assert rating["n"] == sum("user_satisfaction_rating" in each for each in given.values())


def test_it_is_no_truth(api, served):
    _sent, given = served
    give(api, given)
    join(api, START + HOURS)
    found = asked(api)
    assert found["labelled"] == 0
    assert "accuracy" not in found["metrics"]


def test_beside_labels_each_is_of_its_own_rows(api, served):
    sent, given = served
    true = {each["prediction_id"]: each["prediction_label"] for each in sent[:100]}
    label(api, [{"prediction_id": n, "actual_label": y} for n, y in true.items()], START + HOURS)
    join(api, START + HOURS)
    give(api, given)
    join(api, START + 2 * HOURS)
    found = asked(api)
    assert found["labelled"] == 100
    assert found["metrics"]["accuracy"]["value"] == 1.0
    assert found["metrics"]["accuracy"]["n"] == 100
    assert found["metrics"]["feedback.engagement_score"]["n"] == len(given)


def test_the_last_one_counts_and_one_before_its_prediction_waits(api, served):
    sent, _given = served
    first = {
        "early": {"engagement_score": 0.1},
        sent[0]["prediction_id"]: {"engagement_score": 0.2},
    }
    give(api, first, START + HOURS)
    join(api, START + HOURS)
    api.case.send([prediction(random.Random(1), "x", at=START) | {"prediction_id": "early"}], START)
    give(api, {sent[0]["prediction_id"]: {"engagement_score": 0.6}}, START + HOURS + 1)
    join(api, START + HOURS)
    score = asked(api)["metrics"]["feedback.engagement_score"]
    assert (score["n"], score["value"]) == (2, pytest.approx(0.35))
