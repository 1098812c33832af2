"""Where errors became more: the segment that they were planted in."""

import random

import pytest
from series_api import HOURS, moment
from series_truth import join, label
from worker_case import START, prediction


@pytest.fixture
def worse(api):
    """In the second hour one region errs more; another column says nothing."""
    chance = random.Random(2)
    api.case.pin("m", [prediction(chance, f"r{n}") for n in range(300)])
    api.ask("PUT", "models/m/schema", json={"segments": ["tags.plan", "tags.region"]})
    rows, true = [], {}
    for n in range(4_000):
        hour = n // 2_000
        tags = {"region": chance.choice(["eu", "us", "asia"]), "plan": chance.choice(["a", "b"])}
        rows.append(prediction(chance, n, at=START + n * HOURS // 2_000, tags=tags))
        said = rows[-1]["prediction_label"]
        wrong = 0.5 if hour and tags["region"] == "asia" else 0.1
        true[f"m-{n}"] = {"yes": "no", "no": "yes"}[said] if chance.random() < wrong else said
    for first in range(0, len(rows), 1_000):
        api.case.send(rows[first : first + 1_000], START + 2 * HOURS)
    told = [{"prediction_id": n, "actual_label": y} for n, y in true.items()]
    label(api, told, START + 2 * HOURS)
    join(api, START + 2 * HOURS)
    return rows, true


def asked(api, **more):
    return api.get(
        "models/m/segments/where",
        start_time=moment(START + HOURS),
        end_time=moment(START + 2 * HOURS),
        **more,
    )


def test_the_segment_is_found_with_its_share(api, worse):
    rows, true = worse
    found = asked(api)
    assert found["before_start_time"] == moment(START).replace("+00:00", "Z")
    first, second = found["columns"]
    assert (first["column"], second["column"]) == ("tags.region", "tags.plan")
    assert first["explained"] == pytest.approx(1.0, abs=0.2)
    piece = first["pieces"][0]
    own = [
        each
        for each in rows
        if each["tags"]["region"] == "asia" and each["timestamp"] >= START + HOURS
    ]
    wrong = sum(true[each["prediction_id"]] != each["prediction_label"] for each in own)
    assert (piece["value"], piece["is_certain"]) == ("asia", True)
    assert piece["labelled"] == len(own)
    assert piece["error_rate"] == pytest.approx(wrong / len(own))
    assert found["sentence"].startswith("tags.region=asia explains ")


def test_a_model_without_segments(api):
    api.case.send([prediction(random.Random(1), n, at=START + n) for n in range(50)], START + HOURS)
    api.case.count()
    found = asked(api)
    assert found["columns"] == []
    assert found["sentence"] == "No declared segment has labels of both spans."
