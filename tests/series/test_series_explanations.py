"""What features added, as the API tells it: from the rows sent, over the real worker."""

import random
import threading

import pytest
from series_api import DAYS, HOURS, moment
from series_truth import join
from worker_case import START, prediction
from worker_predictors import install

from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.worker.computed import Explanations

FEATURES = ("amount", "age", "plan")


def explain(api, importances, *, start=START, rows=400, seed=1, hours=1, model="m", **more):
    """So many, of features that count so much; what was sent."""
    chance = random.Random(seed)
    sent = [
        {
            "model_id": model,
            "prediction_id": f"{start}-{seed}-{n}",
            "timestamp": start + n * hours * HOURS // rows,
            "shap_values": {
                name: round(chance.gauss(0, size), 4) for name, size in importances.items()
            },
            **more,
        }
        for n in range(rows)
    ]
    api.case.send(sent, start + hours * HOURS, kind="explanations")
    return sent


def parts_of(sent):
    sizes = {}
    for each in sent:
        for name, value in each["shap_values"].items():
            sizes[name] = sizes.get(name, 0.0) + abs(value)
    whole = sum(sizes.values())
    return {name: size / whole for name, size in sizes.items()}


def asked(api, hours=1, start=START, **more):
    return api.between("models/m/explanations", start, start + hours * HOURS, **more)


def by_name(found):
    return {each["feature"]: each for each in found["features"]}


def test_importances_are_those_of_the_rows_sent(api):
    sent = explain(api, {"amount": 3, "age": 1, "plan": 0.3}, base_value=0.25)
    join(api, START + HOURS)
    found = asked(api)
    expected = parts_of(sent)
    assert [each["feature"] for each in found["features"]] == ["amount", "age", "plan"]
    for name, each in by_name(found).items():
        assert each["importance"]["value"] == pytest.approx(expected[name])
        assert each["importance"]["low"] < expected[name] < each["importance"]["high"]
    assert found["explanations"] == 400
    assert found["base_value"] == pytest.approx(0.25)
    assert (found["moved"], found["output"]) == (None, "")
    assert found["sentence"] == "There are no explanations of the time before to compare with."
    (point,) = found["data_points"]
    assert point["importances"]["age"] == pytest.approx(expected["age"])
    assert point["revision"] == 1


def test_a_model_without_explanations_says_so(api):
    api.case.send([prediction(random.Random(1), 1)], START)
    join(api, START + HOURS)
    found = asked(api)
    assert (found["features"], found["moved"]) == ([], None)
    assert found["sentence"] == "There are no explanations of this time."


def test_what_moved_is_said_in_words(api):
    explain(api, {"amount": 3, "age": 1, "plan": 0.5})
    explain(api, {"amount": 0.5, "age": 1, "plan": 3}, start=START + HOURS, seed=2)
    join(api, START + 2 * HOURS)
    found = asked(api, start=START + HOURS)
    assert (found["compared_with"], found["moved"]) == ("span before", True)
    assert found["order_moved"]
    assert found["ndcg"] < 0.9
    assert found["before"]["explanations"] == 400
    assert set(by_name(found)) == set(FEATURES)
    assert "importance" in by_name(found)["amount"]["findings"]
    assert " of all that is added, " in by_name(found)["amount"]["what"]
    assert found["sentence"].startswith("What the model decides by has changed: ")
    assert found["sentence"].endswith(", and so has the order of what counts.")


def test_what_did_not_move_is_not_said_to(api):
    for n in range(2):
        explain(api, {"amount": 3, "age": 1, "plan": 0.5}, start=START + n * HOURS, seed=n)
    join(api, START + 2 * HOURS)
    found = asked(api, start=START + HOURS)
    assert found["moved"] is False
    assert found["sentence"] == "The model decides by the same things as before."


def test_the_time_of_the_reference_comes_before_the_span_before(api):
    rows = [
        prediction(random.Random(1), n, at=START + n * HOURS // 400)
        | {"shap_values": {"amount": 1.0 + n % 3, "age": 1.0}}
        for n in range(400)
    ]
    for each in rows:
        each["features"].setdefault("age", 30)
    api.case.send(rows, START + HOURS)
    api.case.count()
    end = START + HOURS
    told = {"start_time": moment(START), "end_time": moment(end), "name": "good"}
    api.ask("POST", "models/m/references", status=201, json=told)
    explain(api, {"amount": 1, "age": 1}, start=START + 20 * HOURS, seed=2)
    join(api, START + 21 * HOURS)
    found = asked(api, start=START + 20 * HOURS)
    assert found["compared_with"] == "reference"
    assert found["before"]["explanations"] == 400


def test_versions_and_outputs_are_told_apart(api):
    explain(api, {"amount": 1}, model_version="1", output="yes")
    explain(api, {"age": 1}, model_version="2", output="yes", seed=2, rows=100)
    explain(api, {"plan": 1}, model_version="2", output="no", seed=3, rows=50)
    join(api, START + HOURS)
    found = asked(api)
    assert (found["output"], found["outputs"]) == ("yes", ["no", "yes"])
    assert found["explanations"] == 500
    assert set(by_name(asked(api, version="2"))) == {"age"}
    assert set(by_name(asked(api, version="2", output="no"))) == {"plan"}
    assert "no" in asked(api, output="maybe", status=422)["detail"]


def test_many_features_are_cut_to_what_counts_most(api):
    explain(api, {f"f{n}": n + 1 for n in range(50)}, rows=100)
    join(api, START + HOURS)
    found = asked(api, limit=3)
    assert found["total_features"] == 50
    assert len(found["features"]) == 3
    (point,) = found["data_points"]
    assert set(point["importances"]) == {each["feature"] for each in found["features"]}


def test_days_and_hours_add_up(api):
    sent = explain(api, {"amount": 3, "age": 1}, hours=60, rows=600)
    join(api, START + 3 * DAYS)
    hourly, daily = (asked(api, hours=60, step=size) for size in (3600, 86400))
    assert sum(each["explanations"] for each in hourly["data_points"]) == 600
    assert sum(each["explanations"] for each in daily["data_points"]) == 600
    for found in (hourly, daily):
        assert by_name(found)["age"]["importance"]["value"] == pytest.approx(parts_of(sent)["age"])


def test_of_personal_data_only_how_much_it_counts_is_told(api):
    explain(api, {"amount": 3, "age": 1})
    join(api, START + HOURS)
    etag = api.key("write").get("models/m").headers["etag"]
    api.ask("PATCH", "models/m", json={"tags": {"pii": "features.age"}}, headers={"If-Match": etag})
    age = by_name(asked(api))["age"]
    assert (age["mean"], age["what"]) == (None, "")
    assert age["importance"] is not None
    seen = api.key("read", pii=True).get(
        "models/m/explanations",
        params={"start_time": moment(START), "end_time": moment(START + HOURS)},
    )
    assert by_name(seen.json())["age"]["mean"] is not None


def test_what_drifted_and_counts_comes_first(api):
    chance = random.Random(3)
    api.case.pin("m", [prediction(chance, f"r{n}") for n in range(500)])
    rows = [prediction(chance, n, at=START + n) for n in range(500)]
    for each in rows:
        each["features"] |= {"amount": 1e3 + chance.random(), "age": chance.randrange(60, 90)}
    api.case.send(rows, START + HOURS)
    join(api, START + HOURS)
    before = api.between("models/m/drift/overall", START, START + HOURS)["result"]
    assert {each["importance"] for each in before["feature_drifts"].values()} == {None}
    explain(api, {"amount": 0.01, "age": 5})
    join(api, START + HOURS)
    found = api.between("models/m/drift/overall", START, START + HOURS)["result"]
    assert set(found["drifted_features"]) == set(before["drifted_features"])
    assert found["drifted_features"][0] == "features.age"
    assert found["feature_drifts"]["features.age"]["importance"] > 0.9
    assert next(iter(found["feature_drifts"])) == "features.age"


def test_what_was_computed_is_said_to_be(api, tmp_path, monkeypatch):
    install(tmp_path / "site", monkeypatch, m="my_functions:adds")
    chance = random.Random(1)
    case = api.case
    rows = [
        prediction(chance, n, at=START + n, features={"a": chance.gauss(0, 1), "plan": "pro"})
        for n in range(250)
    ]
    case.send(rows, START + HOURS)
    case.count()
    source = Source(case.catalog, case._reader, threading.Lock(), Memory(most=1))
    known = frozenset({"m"})
    work = Explanations(case.catalog, source, case.store, known, clock=lambda: START + HOURS)
    while work.step():
        pass
    found = asked(api)
    told = {"explanations": 100, "of": 250}
    assert found["computed"] == told
    assert found["data_points"][0]["computed"] == told
    assert found["before"]["computed"] is None
    assert found["explanations"] == pytest.approx(250)
    assert found["features"][0]["feature"] == "a"
    assert found["features"][0]["importance"]["value"] == pytest.approx(1)


def test_what_was_logged_is_not_said_to_be_computed(api):
    explain(api, {"amount": 3, "age": 1})
    join(api, START + HOURS)
    found = asked(api)
    assert (found["computed"], found["data_points"][0]["computed"]) == (None, None)
