"""`tidegauge retrain`, as people use it in a terminal."""

import json
import os
import random
import subprocess
import sys

import pytest
from series_api import HOURS, history
from series_truth import join, label
from worker_case import START

POLICY = """
models: m
target: {kind: command, name: train}
parameters: {depth: 3}
"""


@pytest.fixture
def command(api):
    chance = random.Random(2)
    sent = history(api, hours=12)
    told = [
        {"prediction_id": each["prediction_id"], "actual_label": chance.choice(["yes", "no"])}
        for each in sent
    ]
    label(api, told, START + 13 * HOURS)
    join(api, START + 13 * HOURS)
    api.ask("PUT", "retraining/config", json={"min_samples_for_retraining": 100})
    _key, token = api.keys.create(name="cli", role="write")

    def run(*words, status=0):
        done = subprocess.run(
            [sys.executable, "-m", "tidegauge.cli", "retrain", *words, "--url", api.url],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "160", "TIDEGAUGE_API_KEY": token},
        )
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if not status else done.stderr

    return run


@pytest.fixture
def policy(command, tmp_path):
    file = tmp_path / "again.yaml"
    file.write_text(POLICY, encoding="utf-8")
    assert "again holds" in command("policy", "again", str(file))


def test_without_a_policy_nobody_knows_who_trains(command):
    assert "No model was trained" in command("list")
    assert "no policy is of the model 'm'" in command("ask", "m", status=1)


def test_a_file_that_is_no_policy(command, tmp_path):
    file = tmp_path / "wrong.yaml"
    assert "cannot be read" in command("policy", "wrong", str(file), status=1)
    file.write_text("models: m\ntarget: {kind: rocket}\n", encoding="utf-8")
    assert "/target/kind: must be one of" in command("policy", "wrong", str(file), status=1)
    file.write_text("- m\n", encoding="utf-8")
    assert "holds no policy" in command("policy", "wrong", str(file), status=1)


@pytest.mark.usefixtures("policy")
def test_from_the_asking_to_the_cancelling(api, command):
    asked = command("ask", "m", "-p", "depth=5", "-p", "loss=log", "--priority", "high")
    name, _, place = asked.strip().partition(": ")
    assert place == "the next"
    assert api.get(f"retraining/jobs/{name}")["parameters"] == {"depth": 5, "loss": "log"}
    assert "in progress" in command("ask", "m", status=1)
    line = next(line for line in command("list").splitlines() if name in line)
    assert "queued" in line
    assert json.loads(command("list", "m", "--json"))[0]["job_id"] == name
    said = command("show", name)
    assert "m queued: the next" in said
    assert "learned from" in said
    assert "has proved" not in command("promote", name, status=1)
    assert "cancelled" in command("cancel", name)
    assert "cancelled by cli" in command("show", name)
    assert "cancelled" in command("list", "m")


@pytest.mark.usefixtures("policy")
def test_it_waits_for_the_end_and_says_what_the_job_says(api, command):
    asked = json.loads(command("ask", "m", "--json"))
    told = {"runner": "gpu", "targets": ["command:train"]}
    job = api.ask("POST", "retraining/claim", json=told)
    words = {"token": job["token"], "log": ["epoch 1"], "state": "failed", "cause": "no memory"}
    api.ask("POST", f"retraining/jobs/{job['job_id']}/status", json=words)
    said = command("show", asked["job_id"], "--wait")
    assert "epoch 1" in said
    assert "m failed: no memory" in said


@pytest.mark.usefixtures("policy")
def test_a_parameter_that_is_none(command):
    assert "learning_rate=0.001" in command("ask", "m", "-p", "depth", status=1)
