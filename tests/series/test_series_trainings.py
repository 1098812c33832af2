"""What a model's makers measured of it, and monitors that compare with it."""

import random

import pytest
from series_api import HOURS, history
from worker_case import START, prediction

from tidegauge.monitor.faults import FaultsError, checked
from tidegauge.worker.judge import GRACE, Judge
from tidegauge.worker.roll import KEPT

METRICS = {"latency_avg_ms": 1.0, "mean of age": 40.0, "refunds": 2.0}


def add(api, path="models/m/training", status=201, **body):
    return api.ask("POST", path, json=body, status=status, role="write")


def readings(api, monitor, **params):
    judge = Judge(api.case.catalog, api.case._reader, KEPT, clock=lambda: START + HOURS + GRACE)
    while judge.step():
        pass
    told = api.key("read").get(
        "models/m/readings",
        params={
            "monitor": monitor,
            "start_time": "2020-01-01T00:00:00Z",
            "end_time": "2100-01-01T00:00:00Z",
            **params,
        },
    )
    told.raise_for_status()
    return told.json()["readings"]


@pytest.fixture
def living(api):
    history(api, hours=1)
    return api


def test_sets_are_numbered_and_the_latest_is_first(living):
    first = add(living, metrics=METRICS, name="run 1", version="v1")
    second = add(living, metrics={"latency_avg_ms": 12}, name="run 2")
    assert (first["number"], second["number"]) == (1, 2)
    listed = living.get("models/m/training")
    assert [each["name"] for each in listed] == ["run 2", "run 1"]
    assert listed[1]["metrics"] == METRICS
    found = living.get("audit", role="admin", limit=100)["entries"]
    assert sum(each["what"] == "training.add" for each in found) == 2


def test_the_baseline_takes_metrics_too(living):
    told = add(living, "models/m/baseline", metrics=METRICS, name="run 3", version="v3")
    assert (told["number"], told["version"]) == (1, "v3")
    assert living.get("models/m/training")[0]["name"] == "run 3"


@pytest.mark.parametrize("path", ["models/m/training", "models/m/baseline"])
@pytest.mark.parametrize(
    "body",
    [
        {"metrics": {}},
        {"metrics": {"x": "many"}},
        {"metrics": {"": 1}},
        {"metrics": {"x": 1}, "name": ""},
        {"metrics": {"x": 1}, "more": 1},
    ],
)
def test_what_is_no_number_is_refused_with_its_place(living, path, body):
    told = add(living, path, status=422, **body)
    assert told["errors"][0]["pointer"].startswith(("/metrics", "/name", "/more"))
    assert living.get("models/m/training") == []


def test_who_may_only_read_adds_none(living):
    living.ask("POST", "models/m/training", json={"metrics": METRICS}, status=403, role="read")
    living.ask("POST", "models/none/training", json={"metrics": METRICS}, status=404, role="write")


def test_monitors_compare_with_what_was_measured(living):
    documents = [
        {
            "name": "slower than in training",
            "metric": "latency_avg_ms",
            "window": "1 h",
            "every": "1 h",
            "conditions": [{"change": "50 %", "against": "training", "severity": "high"}],
        },
        {
            "name": "ages",
            "metric": "mean",
            "column": "age",
            "window": "1 h",
            "every": "1 h",
            "conditions": [{"absolute_change": 1000, "against": "training"}],
        },
        {
            "name": "not measured",
            "metric": "throughput_per_minute",
            "window": "1 h",
            "every": "1 h",
            "conditions": [{"absolute_change": 0.5, "against": "training"}],
        },
    ]
    living.ask("PUT", "monitors", json={"monitors": documents}, role="write")
    add(living, metrics={**METRICS, "latency_avg_ms": 1000.0}, version="another")
    add(living, metrics=METRICS)
    (slow,) = readings(living, "slower than in training")
    assert (slow["status"], slow["severity"]) == ("breach", "high")
    assert "(training)" in slow["reason"]
    assert slow["detail"]["baselines"] == {"training": 1.0}
    (ages,) = readings(living, "ages")
    assert (ages["status"], ages["detail"]["baselines"]) == ("ok", {"training": 40.0})
    (other,) = readings(living, "not measured")
    assert other["status"] == "insufficient_data"
    assert "training" in other["reason"]


def test_rows_are_not_compared_with_numbers():
    with pytest.raises(FaultsError, match="no rows"):
        checked({"name": "d", "kind": "distance", "against": "training"})
    assert str(checked({"name": "d", "kind": "distance"}).against) == "reference"


def test_each_version_is_compared_with_its_own(living):
    chance = random.Random(1)
    for version in ("a", "b"):
        rows = [
            prediction(chance, f"{version}{n}", at=START + n, model_version=version)
            for n in range(50)
        ]
        living.case.send(rows, START + HOURS - 1)
    living.case.count()
    add(living, metrics={"latency_avg_ms": 1_000_000.0}, version="a")
    add(living, metrics={"latency_avg_ms": 0.001}, version="b")
    document = {
        "name": "each",
        "metric": "latency_avg_ms",
        "version": "each",
        "window": "1 h",
        "every": "1 h",
        "conditions": [{"change": 5, "direction": "up", "against": "training"}],
    }
    living.ask("PUT", "monitors", json={"monitors": [document]}, role="write")
    found = {each["version"]: each["status"] for each in readings(living, "each")}
    assert (found["a"], found["b"]) == ("ok", "breach")
