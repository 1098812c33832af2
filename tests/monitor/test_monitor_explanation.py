"""Monitors of explanations: told only where what counts has changed for sure."""

import random

import pytest
from monitor_labelled import HOURS, Labelled
from worker_case import START, prediction

from tidegauge.alert.evidence import evidence_of, family_of
from tidegauge.monitor.explanation import Explanation
from tidegauge.monitor.union import ADAPTER

USUAL = {"amount": 3.0, "age": 1.0, "plan": 0.5, "rare": 0.01}


class Explained(Labelled):
    def explain(self, day, importances, *, rows=600, means=(), **more):
        some = [
            {
                "model_id": "m",
                "prediction_id": f"{day}-{n}",
                "timestamp": START + day * 24 * HOURS + n * 24 * HOURS // rows,
                "shap_values": {
                    name: self.chance.gauss(dict(means).get(name, 0.0), size)
                    for name, size in importances.items()
                },
                **more,
            }
            for n in range(rows)
        ]
        self.case.send(some, START + (day + 1) * 24 * HOURS, kind="explanations")
        self.now = START + (day + 1) * 24 * HOURS
        self.join()


@pytest.fixture
def explained(case):
    made = Explained(case, "why")
    made.write("monitors: [{name: why, kind: explanation}]")
    return made


def test_a_model_without_explanations_is_not_judged(explained):
    explained.case.send([prediction(random.Random(1), 1)], START)
    explained.join()
    found = explained.read(0, 1)
    assert found.status == "not_applicable"
    assert found.reason == "nobody logs why m answers as it does"


def test_one_day_alone_is_too_little(explained):
    explained.explain(0, USUAL)
    found = explained.read(1)
    assert found.status == "insufficient_data"
    assert (
        found.reason
        == "600 explanations now and 0 before (span before), and 200 of each are wanted"
    )


def test_the_same_reasons_are_fine(explained):
    explained.explain(0, USUAL)
    explained.explain(1, USUAL)
    found = explained.read(2)
    assert (found.status, found.n, found.detail["moved"]) == ("ok", 600, 0)
    assert found.value == pytest.approx(1.0, abs=0.01)
    assert found.detail["judged"] == 3


def test_what_counts_otherwise_is_told_with_what_and_how_much(explained):
    explained.explain(0, USUAL)
    explained.explain(1, USUAL | {"amount": 0.5, "plan": 3.0})
    found = explained.read(2)
    assert (found.status, found.severity) == ("breach", "high")
    assert found.detail["order_moved"]
    columns = {each["column"]: each for each in found.detail["features"]}
    assert {"features.amount", "features.plan"} <= columns.keys()
    effect = columns["features.amount"]["effects"]["importance"]
    assert effect["upper"] < -0.05 < 0 < columns["features.plan"]["effects"]["importance"]["lower"]
    assert "of all that is added" in found.reason


def test_a_turned_sign_is_grave_and_an_unimportant_feature_is_none(explained):
    explained.explain(0, USUAL, means={"age": 1.0})
    explained.explain(1, USUAL | {"rare": 0.05}, means={"age": -1.0})
    found = explained.read(2)
    assert (found.status, found.severity) == ("breach", "high")
    assert [each["column"] for each in found.detail["features"]] == ["features.age"]
    assert "sign" in found.detail["features"][0]["findings"]
    assert "now pulls down, and pulled up before" in found.reason


def test_an_output_that_is_not_explained_has_no_data(explained):
    explained.explain(0, USUAL)
    monitor = ADAPTER.validate_python({"name": "x", "kind": "explanation", "output": "maybe"})
    explained.at(START + 24 * HOURS)
    assert explained.glance(monitor).status == "no_data"


def test_its_evidence_names_features_and_is_of_drift(explained):
    explained.explain(0, USUAL)
    explained.explain(1, USUAL | {"amount": 0.5, "plan": 3.0})
    found = explained.read(2)
    monitor = Explanation(name="why")
    told = evidence_of(monitor, found)
    assert family_of(monitor) == "drift"
    assert {"features.amount", "features.plan"} <= {each["name"] for each in told["features"]}
    assert told["more_features"] == 0
    assert all(isinstance(each["effect"], float) for each in told["features"])


def test_asked_for_days_of_the_same_it_stays_quiet(explained):
    for day in range(6):
        explained.explain(day, USUAL, rows=300)
    statuses = set()
    for hour in range(24, 6 * 24, 3):
        statuses.add(explained.read(0, hour + 24).status if hour + 24 <= 6 * 24 else "ok")
    assert "breach" not in statuses
    assert "ok" in statuses


def test_the_budget_is_shared_out_among_the_looks():
    hourly, daily = (Explanation(name="x", every=every)._limits.level for every in (3_600, 86_400))
    assert daily == pytest.approx(24 * hourly)
    assert hourly == pytest.approx(2 * 0.01 / 720)
