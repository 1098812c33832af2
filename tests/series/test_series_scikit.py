"""A drifted model is trained again by a runner, wins, and is put where a service finds it."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from series_api import HOURS, history
from series_truth import join, label
from worker_case import START

from tidegauge.artifacts import Folder, verify
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.worker.proving import Proving
from tidegauge.worker.retraining import Retrain

PATIENCE = 60


def truth_of(row):
    features = row["features"]
    is_dear = features["amount"] > 30
    return "yes" if is_dear != (features["plan"] == "free") else "no"


@pytest.fixture
def ready(api):
    """What is true follows from the features, and the model that serves guesses."""
    chance = random.Random(4)
    sent = history(api, hours=20)
    told = [
        {"prediction_id": row["prediction_id"], "actual_label": truth_of(row)}
        for row in sent
        if chance.random() < 0.95
    ]
    label(api, told, START + 21 * HOURS)
    join(api, START + 21 * HOURS)
    api.ask("PUT", "retraining/config", json={"min_samples_for_retraining": 100})
    _key, api.token = api.keys.create(name="runner", role="write")
    return api


OWN = """
from tidegauge.runner.trainer import Made


def train(job):
    held = job.holdout()
    said = [
        {"prediction_id": row["prediction_id"], "prediction_label": said_of(row)}
        for row in held.to_pylist()
    ]
    return Made(version="by-hand", answers=said, metrics={"rows": job.train().num_rows})


def said_of(row):
    is_dear = row["features.amount"] > 30
    return "yes" if is_dear != (row["features.plan"] == "free") else "no"
"""


@pytest.fixture
def runner(ready, tmp_path):
    (tmp_path / "ours.py").write_text(OWN, encoding="utf-8")
    words = ["worker", "--jobs", "--url", ready.url, "--python", "own=ours:train"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tidegauge.cli", *words],
        env={**os.environ, "TIDEGAUGE_API_KEY": ready.token},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)


def until(api, name, *states):
    case = api.case
    source = Source(case.catalog, case._reader, threading.Lock(), Memory(most=4))
    worker = Retrain(case.catalog, [Proving(case.catalog, source, case.store)])
    end = time.monotonic() + PATIENCE
    while True:
        worker.step()
        shown = api.get(f"retraining/jobs/{name}")
        if shown["state"] in states:
            return shown
        assert time.monotonic() < end, (shown, api.get(f"retraining/jobs/{name}/log"))
        time.sleep(0.1)


@pytest.mark.usefixtures("runner")
def test_it_learns_wins_and_lies_where_a_service_looks(ready, tmp_path):
    target = {"kind": "python", "name": "scikit"}
    policy = {"models": "m", "target": target, "parameters": {"folder": "kept", "max_iter": 40}}
    ready.ask("PUT", "retraining/policies/again", json=policy)
    name = ready.ask("POST", "retraining/manual", status=202, json={"model_id": "m"})["job_id"]
    shown = until(ready, name, "succeeded", "rejected", "failed")
    log = ready.get(f"retraining/jobs/{name}/log")
    assert shown["state"] == "succeeded", "\n".join(each["text"] for each in log)
    proof, candidate = shown["result"]["proof"], shown["result"]["candidate"]
    assert proof["candidate"] > 0.9
    assert proof["champion"] < 0.6
    assert candidate["training_seconds"] > 0
    found = Folder(tmp_path / "kept").find("m", "", "latest")
    assert (found.version, found.digest) == (candidate["version"], candidate["digest"])
    assert found.size_bytes == candidate["size_bytes"]
    assert found.path.as_uri() == candidate["uri"]
    verify(found)


@pytest.mark.usefixtures("runner")
def test_a_parameter_that_the_estimator_does_not_know_fails_with_its_words(ready):
    target = {"kind": "python", "name": "scikit"}
    policy = {"models": "m", "target": target, "parameters": {"trees": 40}}
    ready.ask("PUT", "retraining/policies/again", json=policy)
    name = ready.ask("POST", "retraining/manual", status=202, json={"model_id": "m"})["job_id"]
    shown = until(ready, name, "succeeded", "rejected", "failed")
    assert shown["state"] == "failed"
    assert any("trees" in each["text"] for each in ready.get(f"retraining/jobs/{name}/log"))


@pytest.mark.usefixtures("runner")
def test_a_function_of_ones_own_needs_no_package(ready):
    policy = {"models": "m", "target": {"kind": "python", "name": "own"}}
    ready.ask("PUT", "retraining/policies/again", json=policy)
    name = ready.ask("POST", "retraining/manual", status=202, json={"model_id": "m"})["job_id"]
    shown = until(ready, name, "succeeded", "rejected", "failed")
    log = ready.get(f"retraining/jobs/{name}/log")
    assert shown["state"] == "succeeded", "\n".join(each["text"] for each in log)
    candidate = shown["result"]["candidate"]
    assert candidate["version"] == "by-hand"
    assert candidate["metrics"]["rows"] == shown["train"]["labels"]
