"""The diagnosis as the API and the command line tell it, over monitors that were really asked."""

import json
import random

import pytest
from series_api import DAYS, HOURS
from series_truth import join, label
from typer.testing import CliRunner
from worker_case import START, prediction

from tidegauge.cli import app


def predicted(api, day, truth, rows=300):
    """A day of predictions, and what was true of them."""
    chance = random.Random(day)
    sent = [
        prediction(chance, f"{day}-{n}", at=START + day * DAYS + n * DAYS // rows)
        for n in range(rows)
    ]
    api.case.send(sent, START + (day + 1) * DAYS)
    told = [
        {
            "prediction_id": each["prediction_id"],
            "timestamp": each["timestamp"] + 1,
            "actual_label": "yes" if n < truth * rows else "no",
        }
        for n, each in enumerate(sent)
    ]
    label(api, told, START + (day + 1) * DAYS)


@pytest.fixture
def known(api):
    chance = random.Random(1)
    api.case.pin("m", [prediction(chance, f"r{n}") for n in range(500)])
    predicted(api, 0, 0.3)
    predicted(api, 1, 0.6)
    join(api, START + 2 * DAYS)
    return api


def asked(api):
    return api.between("models/m/diagnosis", START + DAYS, START + 2 * DAYS)


def test_another_mix_of_the_truth_is_a_label_shift(known):
    found = asked(known)
    shift = found["label_shift"]
    assert (shift["moved"], shift["labels_before"], shift["labels_now"]) == (True, 300, 300)
    shares = {each["name"]: (each["before"], each["now"]) for each in shift["classes"]}
    assert shares == {
        "yes": (pytest.approx(0.3), pytest.approx(0.6)),
        "no": (pytest.approx(0.7), pytest.approx(0.4)),
    }
    assert "Label shift: " in found["sentences"][0]


def test_without_readings_nothing_is_known_of_the_rest(known):
    found = asked(known)
    assert [(each["name"], each["moved"]) for each in found["facts"]] == [
        ("inputs", None),
        ("reasons", None),
        ("performance", None),
    ]
    assert found["meaning"] == "Nothing is known yet."
    known.get("models/none/diagnosis", status=404)


def test_the_command_line_tells_the_same(known, monkeypatch):
    chance = random.Random(2)
    known.case.send(
        [
            {
                "model_id": "m",
                "prediction_id": f"e{n}",
                "timestamp": START + DAYS + n * HOURS // 100,
                "shap_values": {"[amount]": chance.gauss(0, 2), "age": chance.gauss(0, 1)},
            }
            for n in range(100)
        ],
        START + 2 * DAYS,
        kind="explanations",
    )
    join(known, START + 2 * DAYS)
    token = known.key("read").headers["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("TIDEGAUGE_URL", known.url)
    monkeypatch.setenv("TIDEGAUGE_API_KEY", token)
    monkeypatch.setenv("COLUMNS", "200")
    span = ["--start", "2026-09-01T00:00Z", "--end", "2026-10-20T00:00Z"]

    def run(*words):
        answer = CliRunner().invoke(app, [*words, "m", *span])
        assert answer.exit_code == 0, answer.output
        return answer.output

    shown = run("explanations")
    assert "There are no explanations of the time before to compare with." in shown
    assert shown.index("[amount]") < shown.index("age")
    whole = json.loads(run("explanations", "--json"))
    assert [each["feature"] for each in whole["features"]] == ["[amount]", "age"]
    assert "and 1 more features" in run("explanations", "--limit", "1")
    shown = run("diagnosis")
    assert "not known" in shown
    assert "Bring labels to know whether its performance moved." in shown
    assert json.loads(run("diagnosis", "--json"))["label_shift"]["labels_now"] == 600
