"""A server and a worker as users start them: what is sent can be asked about."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from serving import Server

from tidegauge.config import Config
from tidegauge.web.state import Kept


@pytest.fixture
def worker(tmp_path):
    command = [sys.executable, "-m", "tidegauge.cli", "worker", "--data", str(tmp_path / "data")]
    with (tmp_path / "worker.log").open("wb") as said:
        process = subprocess.Popen(command, stderr=said, stdout=said, env=dict(os.environ))
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, (tmp_path / "worker.log").read_text()


def records(start, count, seed):
    chance = random.Random(seed)
    return [
        {
            "model_id": "fraud",
            "prediction_id": f"{seed}-{n}",
            "timestamp": (start + timedelta(seconds=n)).isoformat(),
            "features": {"amount": chance.random() * (seed + 1), "plan": chance.choice("abc")},
            "prediction_score": chance.random(),
            "prediction_latency_ms": 5.0,
        }
        for n in range(count)
    ]


def until(client, path, is_there):
    for _ in range(600):
        answer = client.get(path)
        if answer.status_code == 200 and is_there(answer.json()):
            return answer.json()
        time.sleep(0.05)
    raise AssertionError(f"{path}: {answer.text}")


def test_what_is_sent_is_counted_compared_and_given_back(tmp_path, worker):
    assert worker.poll() is None
    start = datetime.now(UTC) - timedelta(minutes=40)
    with Server(tmp_path / "data") as server, server.client() as client:
        api = f"{server.url}/api/v1"
        sent = [*records(start, 300, 0), *records(start + timedelta(minutes=20), 300, 1)]
        assert client.post(f"{api}/predictions", json=sent).json()["accepted"] == 600
        model = until(client, f"{api}/models/fraud", lambda told: told["rows"] == 600)
        assert model["state"] == "learning"
        middle = start + timedelta(minutes=15)
        calm = {"start_time": start.isoformat(), "end_time": middle.isoformat(), "name": "calm"}
        made = client.post(f"{api}/models/fraud/references", json=calm)
        assert made.status_code == 201, made.text
        assert made.json()["rows"] == 300
        # The worker counts all again when it next commits.
        client.post(f"{api}/predictions", json=records(datetime.now(UTC), 1, 2))
        span = f"start_time={(middle + timedelta(minutes=2)).isoformat()[:19]}Z"
        told = until(
            client,
            f"{api}/models/fraud/drift/overall?{span}",
            lambda told: told["other_rows"] == 0 and told["result"]["recent_samples"] == 301,
        )
        assert "features.amount" in told["result"]["drifted_features"]
        found = client.get(f"{api}/models/fraud/records?limit=1000").json()["records"]
        assert {each["prediction_id"] for each in found} >= {each["prediction_id"] for each in sent}
        until(client, f"{server.url}/health", lambda told: told["lag_seconds"] == 0)


def test_a_catalog_that_is_away_is_told_and_records_are_taken(tmp_path):
    away = {"TIDEGAUGE_CATALOG_URL": "postgresql://nobody@127.0.0.1:1/none"}
    with Server(tmp_path / "data", environment=away) as server, server.client() as client:
        answer = client.get(f"{server.url}/api/v1/models")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        health = client.get(f"{server.url}/health").json()
        assert (health["status"], health["catalog"]) == ("critical", "unreachable")
        now = records(datetime.now(UTC), 3, 0)
        assert client.post(f"{server.url}/api/v1/predictions", json=now).status_code == 200


def test_what_is_closed_opens_again(tmp_path):
    kept = Kept(Config(data=tmp_path / "data"))
    assert kept.catalog is kept.catalog
    kept.close()
    with kept.catalog.read():
        pass
    kept.close()
