"""What labels tell, as people read it in a terminal."""

import json
import os
import random
import re
import subprocess
import sys

import pytest
from series_api import HOURS, moment
from series_truth import join, label
from worker_case import START, prediction

GIVEN = {"a": 0.7, "b": 0.3}
RIGHT = {"1": 0.7, "2": 0.9}


@pytest.fixture
def lent(api):
    chance = random.Random(1)
    api.case.pin("m", [prediction(chance, f"r{n}") for n in range(500)])
    api.ask("PUT", "models/m/schema", json={"segments": ["tags.group"]})
    rows, true = [], {}
    for n in range(2_000):
        group, version = chance.choice(list(GIVEN)), chance.choice(list(RIGHT))
        said = "yes" if chance.random() < GIVEN[group] else "no"
        at = START + n * HOURS // 2_000
        more = {"tags": {"group": group}, "model_version": version, "prediction_label": said}
        rows.append(prediction(chance, n, at=at, **more))
        is_right = chance.random() < RIGHT[version]
        true[f"m-{n}"] = said if is_right else {"yes": "no", "no": "yes"}[said]
    api.case.send(rows, START + HOURS)
    told = [{"prediction_id": n, "actual_label": y} for n, y in true.items()]
    label(api, told, START + 2 * HOURS)
    label(api, [{"prediction_id": "of-nobody", "actual_label": "yes"}], START + 2 * HOURS)
    join(api, START + 2 * HOURS)
    etag = api.key("read").get("models/m").headers["ETag"]
    changes = {"positive_label": "yes", "positive_is_favourable": True}
    api.ask("PATCH", "models/m", json=changes, headers={"If-Match": etag})


@pytest.fixture
def command(api):
    _key, token = api.keys.create(name="cli", role="read")

    def run(*words, status=0):
        span = ["--start", moment(START), "--end", moment(START + HOURS)]
        done = subprocess.run(
            [sys.executable, "-m", "tidegauge.cli", *words, *span, "--url", api.url],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "120", "TIDEGAUGE_API_KEY": token},
        )
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if not status else done.stderr

    return run


@pytest.mark.usefixtures("lent")
def test_labels(command):
    said = command("labels", "m")
    assert "2,000 of 2,000 predictions have a label (100.0 %), 1 labels wait" in said
    assert "half of them come within" in said
    assert json.loads(command("labels", "m", "--json"))["labelled"] == 2_000


@pytest.mark.usefixtures("lent")
def test_fairness(command):
    said = command("fairness", "m")
    assert "tags.group: unfair" in said
    line = next(line for line in said.splitlines() if line.startswith("disparate_impact"))
    assert line.split()[-1] == "unfair"
    assert "±" in next(line for line in said.splitlines() if line.startswith("a "))
    assert "no declared segment" in command("fairness", "m", "--attribute", "shoe", status=1)


@pytest.mark.usefixtures("lent")
def test_versus(command):
    said = command("versus", "m", "1", "2")
    assert said.startswith("B is better: its accuracy is 0.")
    line = next(line for line in said.splitlines() if line.startswith("accuracy"))
    assert line.split()[-1] == "better"
    groups = command("versus", "m", "tags.group=a", "tags.group=b")
    assert "unclear" in groups
    assert "no version '9'" in command("versus", "m", "1", "9", status=1)


def test_a_model_that_nobody_knows(command):
    assert "there is no model 'x'" in command("labels", "x", status=1)


@pytest.mark.usefixtures("lent")
def test_performance(command):
    said = command("performance", "m")
    assert said.startswith("m: 2,000 of 2,000 predictions have a label")
    lines = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    assert " to " in lines["accuracy"]
    steps = [line for line in said.splitlines() if "±" in line]
    assert len(steps) == 12
    assert all(line.endswith("yes") for line in steps)
    told = json.loads(command("performance", "m", "--json"))
    assert told["performance"]["total"]["labelled"] == 2_000
    assert "roc_auc" in command("performance", "m", "--metric", "roc_auc")


@pytest.mark.usefixtures("lent")
def test_performance_by_a_column(command):
    said = command("performance", "m", "--by", "model_version")
    assert [line.split()[0] for line in said.splitlines()[1:3]] == ["1", "2"]
    assert "2 of 2, the surely worst by accuracy first" in said
    told = json.loads(command("performance", "m", "--by", "tags.group", "--json"))
    assert {each["value"] for each in told["items"]} == {*GIVEN}
    assert "No label has come" in command(
        "performance", "m", "--by", "tags.group", "--search", "zzz"
    )
    assert "says its 'entity_id'" in command("performance", "m", "--by", "entity_id", status=1)


@pytest.mark.usefixtures("api")
def test_performance_of_a_model_without_labels(api, command):
    api.case.send([prediction(random.Random(1), n, at=START + n) for n in range(50)], START + HOURS)
    api.case.count()
    assert "No label has come, and nothing is estimated yet." in command("performance", "m")


@pytest.mark.usefixtures("lent")
def test_a_report_is_told_and_written(command, tmp_path):
    told = command("report", "m")
    assert re.search(r"m was healthy from .*: 2,000 predictions \(0 before\)", told)
    assert re.search(r"^accuracy +0\.\d+", told, re.MULTILINE)
    page = tmp_path / "m.html"
    assert command("report", "m", "--html", str(page)).strip() == f"{page} is written"
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert json.loads(command("report", "m", "--json"))["total_predictions"] == 2_000
    said = command("report", "m", "--html", str(tmp_path / "no" / "m.html"), status=1)
    assert "cannot be written" in said
