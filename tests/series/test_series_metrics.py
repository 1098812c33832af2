"""Numbers that users send themselves, summed by span."""

import random
from collections import defaultdict

import pytest
from series_api import HOURS, micros
from worker_case import MINUTES, START


def sent(api, chance, hours=3):
    rows = []
    for _ in range(400):
        record = {
            "model_id": "m",
            "metric_name": chance.choice(["queue", "cost"]),
            "value": chance.gauss(10, 3),
            "timestamp": START + chance.randrange(hours * HOURS),
        }
        if chance.random() < 0.5:
            record["tags"] = {"region": chance.choice(["eu", "us"]), "zone": "1"}
        rows.append(record)
    for n in range(0, 400, 50):
        api.case.send(
            rows[n : n + 50], START + hours * HOURS, kind="metrics", as_arrow=n % 100 == 0
        )
        if chance.random() < 0.5:
            api.case.count()
    api.case.count()
    return rows


@pytest.mark.parametrize("step", [60, 300, 3600, 86400])
def test_they_are_summed_as_by_hand(api, step):
    rows = sent(api, random.Random(step))
    told = api.between("models/m/metrics", START, START + 3 * HOURS, step=step)
    expected = defaultdict(list)
    for row in rows:
        tags = row.get("tags", {})
        text = f'{{"region":"{tags["region"]}","zone":"1"}}' if tags else "{}"
        at = row["timestamp"] - row["timestamp"] % (step * 1_000_000)
        expected[row["metric_name"], text, at].append(row["value"])
    found = {
        (each["name"], each["tags"], micros(point["timestamp"])): point
        for each in told["metrics"]
        for point in each["data_points"]
    }
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        point = found[key]
        assert (point["n"], point["min"], point["max"]) == (len(values), min(values), max(values))
        assert point["mean"] == pytest.approx(sum(values) / len(values))


def test_one_can_be_asked_for(api):
    rows = [
        {"model_id": "m", "metric_name": "cost", "value": value, "timestamp": START}
        for value in (1.0, 3.0)
    ]
    rows.append({"model_id": "m", "metric_name": "queue", "value": 5.0, "timestamp": START})
    api.case.send(rows, START + MINUTES, kind="metrics")
    api.case.count()
    told = api.between("models/m/metrics", START, START + HOURS, name="cost")
    (only,) = told["metrics"]
    (point,) = only["data_points"]
    assert (point["n"], point["mean"], point["last"]) == (2, 2.0, 3.0)
    assert point["std"] == pytest.approx(2**0.5)
    nothing = api.between("models/m/metrics", START, START + HOURS, name="none")
    assert nothing["metrics"] == []


@pytest.mark.parametrize(
    ("segment", "regions"),
    [
        ("tags.region=eu", {"eu"}),
        ("tags.region & tags.zone=us & 1", {"us"}),
        ("tags.zone=1", {"eu", "us"}),
        ("tags.region=asia", set()),
        ("tags.nothing=1", set()),
    ],
)
def test_those_of_a_segment_are_those_with_its_tags(api, segment, regions):
    rows = sent(api, random.Random(1))
    told = api.between(
        "models/m/metrics", START, START + 3 * HOURS, step=86400, name="cost", segment=segment
    )
    expected = [
        row["value"]
        for row in rows
        if row["metric_name"] == "cost" and row.get("tags", {}).get("region") in regions
    ]
    points = [point for each in told["metrics"] for point in each["data_points"]]
    assert sum(point["n"] for point in points) == len(expected)
    total = sum(point["n"] * point["mean"] for point in points)
    assert total == pytest.approx(sum(expected))
