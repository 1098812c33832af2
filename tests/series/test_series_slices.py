"""Slices that nobody declared, found in the rows that were sent."""

import json
import os
import random
import subprocess
import sys

import pytest
from series_api import HOURS, moment
from series_truth import join, label
from worker_case import START


def row(chance, n, at, **more):
    return {
        "model_id": "m",
        "prediction_id": f"m-{n}",
        "timestamp": at,
        "features": {
            "amount": chance.random() * 100,
            "plan": chance.choice(["free", "pro", "team"]),
            "noise": chance.gauss(0, 1),
        },
        "tags": {"region": chance.choice(["eu", "us", "asia"])},
        "prediction_label": chance.choice(["yes", "no"]),
        **more,
    }


def is_planted(each):
    return each["features"]["plan"] == "free" and each["features"]["amount"] > 60


def send(api, rows):
    for first in range(0, len(rows), 1_000):
        api.case.send(rows[first : first + 1_000], START + 2 * HOURS)


@pytest.fixture
def worse(api):
    """In the second hour free plans of large amounts are said wrongly."""
    chance = random.Random(3)
    rows, true = [], []
    for n in range(6_000):
        rows.append(row(chance, n, START + n * HOURS // 3_000))
        said = rows[-1]["prediction_label"]
        wrong = 0.6 if n >= 3_000 and is_planted(rows[-1]) else 0.1
        actual = {"yes": "no", "no": "yes"}[said] if chance.random() < wrong else said
        true.append({"prediction_id": f"m-{n}", "actual_label": actual})
    send(api, rows)
    label(api, true[:5_800], START + 2 * HOURS)
    join(api, START + 2 * HOURS)
    return rows, {each["prediction_id"]: each["actual_label"] for each in true[:5_800]}


def asked(api, status=200, role="read", **more):
    return api.get(
        "models/m/segments/where",
        status=status,
        role=role,
        start_time=moment(START + HOURS),
        end_time=moment(START + 2 * HOURS),
        **more,
    )


def test_the_planted_slice_is_found_with_its_share(api, worse):
    found = asked(api, found=True)
    first = found["found"]["slices"][0]
    assert {each["column"] for each in first["conditions"]} == {"features.plan", "features.amount"}
    plan, amount = sorted(first["conditions"], key=lambda each: each["value"] is None)
    assert (plan["value"], amount["high"]) == ("free", None)
    assert amount["low"] == pytest.approx(60, abs=10)
    assert first["share"] == pytest.approx(1, abs=0.4)
    assert first["error_rate"] == pytest.approx(0.55, abs=0.15)
    assert first["error_rate_before"] == pytest.approx(0.1, abs=0.1)
    assert found["sentence"].startswith(first["what"])
    assert found["found"]["is_complete"]
    rows, true = worse
    labelled = [each for each in rows if each["prediction_id"] in true]
    now = sum(each["timestamp"] >= START + HOURS for each in labelled)
    read = found["found"]["read"]
    assert read["now"] == {"rows": now, "looked_at": now}
    assert read["before"]["rows"] == len(labelled) - now
    assert asked(api, found=True) == found


@pytest.mark.usefixtures("worse")
def test_without_a_time_before_it_is_held_against_the_rest(api):
    found = asked(api, found=True, against="rest")["found"]
    first = found["slices"][0]
    assert {each["column"] for each in first["conditions"]} == {"features.plan", "features.amount"}
    assert (first["error_rate_before"], list(found["read"])) == (None, ["now"])
    assert first["error_rate_others"] == pytest.approx(0.1, abs=0.05)


@pytest.mark.usefixtures("worse")
def test_nobody_asked_for_rows_and_none_are_read(api):
    assert asked(api)["found"] is None


@pytest.mark.usefixtures("worse")
def test_personal_data_is_not_looked_at(api):
    etag = api.key("read").get("models/m").headers["ETag"]
    tags = {"pii": "features.plan"}
    api.ask("PATCH", "models/m", json={"tags": tags}, headers={"If-Match": etag})
    told = json.dumps(asked(api, found=True)["found"])
    assert "features.amount" in told
    assert "features.plan" not in told
    drift = json.dumps(asked(api, found=True, of="drift")["found"])
    assert "features.plan" not in drift


@pytest.mark.usefixtures("worse")
def test_a_version_alone(api):
    assert asked(api, found=True, version="none", status=422)["detail"].startswith("no version")


def test_rows_that_came_to_a_slice(api):
    """In the second hour a third of the rows are of one region and amount; labels are not asked."""
    chance = random.Random(4)
    rows = []
    for n in range(6_000):
        rows.append(row(chance, n, START + n * HOURS // 3_000))
        if n >= 3_000 and chance.random() < 1 / 3:
            rows[-1]["tags"]["region"] = "asia"
            rows[-1]["features"]["amount"] = 20 + 20 * chance.random()
    api.case.pin("m", rows[:500])
    api.ask("PUT", "models/m/schema", json={"segments": ["tags.region"]})
    send(api, rows)
    api.case.count()
    found = asked(api, of="drift", found=True)
    first = found["found"]["slices"][0]
    assert {each["column"] for each in first["conditions"]} == {"tags.region", "features.amount"}
    assert first["part"] - first["part_before"] == pytest.approx(0.31, abs=0.06)
    assert first["share"] > 0.8
    assert [each["column"] for each in found["found"]["features"][:2]] == [
        "features.amount",
        "tags.region",
    ]
    (region,) = found["moved"]
    asia = region["values"][0]
    parts = [
        sum(each["tags"]["region"] == "asia" for each in some) / 3_000
        for some in (rows[:3_000], rows[3_000:])
    ]
    assert (region["column"], asia["value"]) == ("tags.region", "asia")
    assert [asia["part_before"], asia["part"]] == pytest.approx(parts)
    assert region["moved"] == pytest.approx(parts[1] - parts[0])
    assert asked(api, of="drift")["sentence"].startswith("tags.region=asia went from 3")


def test_numbers_that_are_further_off(api):
    chance = random.Random(5)
    rows, true = [], []
    for n in range(6_000):
        rows.append(row(chance, n, START + n * HOURS // 3_000, prediction_score=chance.random()))
        del rows[-1]["prediction_label"]
        off = 20.0 if n >= 3_000 and is_planted(rows[-1]) else 1.0
        actual = rows[-1]["prediction_score"] + chance.gauss(0, off)
        true.append({"prediction_id": f"m-{n}", "actual_score": actual})
    send(api, rows)
    label(api, true, START + 2 * HOURS)
    join(api, START + 2 * HOURS)
    first = asked(api, found=True)["found"]["slices"][0]
    assert {each["column"] for each in first["conditions"]} == {"features.plan", "features.amount"}
    assert first["error_rate"] > 0.7


def test_no_rows_and_no_labels_are_nothing_found(api):
    chance = random.Random(6)
    send(api, [row(chance, n, START + HOURS + n) for n in range(500)])
    api.case.count()
    for more in ({}, {"of": "drift"}, {"against": "rest"}):
        found = asked(api, found=True, **more)["found"]
        assert found["slices"] == []
        assert found["sentence"].startswith("No slice")


@pytest.mark.usefixtures("worse")
def test_in_a_terminal(api):
    _key, token = api.keys.create(name="cli", role="read")
    span = ["--start", moment(START + HOURS), "--end", moment(START + 2 * HOURS)]
    said = [
        subprocess.run(
            [sys.executable, "-m", "tidegauge.cli", "where", "m", "--found", *more, *span],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "140", "TIDEGAUGE_API_KEY": token}
            | {"TIDEGAUGE_URL": api.url},
        ).stdout
        for more in ([], ["--of", "drift"])
    ]
    assert "features.plan=free" in said[0]
    assert "explains" in said[0]
    assert "features.noise" in said[1]
