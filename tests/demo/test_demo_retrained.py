"""The model of the taxis is trained again, wins, and serves: with a server of the demo's own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime

import httpx
import numpy as np
import pytest
from demo_case import BY_NAME, NOW, history, live

from tidegauge.demo.retrained import Deployed
from tidegauge.demo.season import HOURS

TAXI = BY_NAME["taxi-arrival"]
PATIENCE = 240


@contextlib.contextmanager
def running(folder, url, *words):
    """The demo with its server, until it is left; what it says goes to a file."""
    command = [sys.executable, "-m", "tidegauge.cli", "demo", "--url", url, *words]
    with (folder / "said.txt").open("ab") as said:
        process = subprocess.Popen(
            [*command, "--serve", str(folder / "run")],
            stdout=said,
            stderr=said,
            env={**os.environ, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 130


@pytest.fixture
def url():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def until(process, ask):
    """What `ask` comes to, once it comes to something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None
        with contextlib.suppress(httpx.TransportError):
            if found := ask():
                return found
        time.sleep(0.5)
    raise AssertionError(f"not within {PATIENCE} s")


def test_it_is_trained_again_wins_and_serves(tmp_path, url):
    with httpx.Client(base_url=f"{url}/api/v1/", timeout=60) as http:

        def job():
            found = http.get("retraining/jobs", params={"model_id": TAXI.model_id}).json()
            return found["jobs"][0] if found.get("jobs") else None

        def ask():
            """Drift asks by itself, at the next five minutes; it is not waited for here."""
            wanted = {"model_id": TAXI.model_id}
            http.post("retraining/manual", json=wanted)
            return job()

        def serves():
            one = job()
            assert one["state"] not in ("failed", "rejected"), one["cause"]
            return one if one["rollout"] and one["rollout"]["state"] == "serving" else None

        # Two of the three days are of the closed bridge, so that the candidate has seen it.
        with running(tmp_path, url, "--days", "3") as process:
            until(process, lambda: "Live" in (tmp_path / "said.txt").read_text("utf-8"))
            until(process, ask)
            done = until(process, serves)
            version = done["rollout"]["version"]
            assert done["rollout"]["before"] == "3.2.0"
        said = (tmp_path / "said.txt").read_text("utf-8")
        assert f"tidegauge.rollout.asked.v1  {TAXI.model_id} {version}" in said
        assert "Traceback" not in said
        # The runner and its server are gone with it.
        with pytest.raises(httpx.ConnectError):
            http.get("models")

        began = datetime.now(UTC)

        def newest():
            told = {"limit": 1, "start_time": began.isoformat()}
            rows = http.get(f"models/{TAXI.model_id}/records", params=told).json()["records"]
            return rows[0]["model_version"] if rows else None

        # Begun again it goes on with the version that serves.
        with running(tmp_path, url, "--days", "3", "--live-only") as process:
            until(process, lambda: http.get("models").is_success and newest() == version)


def test_until_another_version_serves_the_stream_answers(tmp_path):
    deployed = Deployed(tmp_path)
    rows = live(TAXI).rows(NOW, NOW + HOURS)
    assert deployed.answer(rows) is rows
    # One that is not there, as after its folder was removed, is none.
    deployed.hear("tidegauge.rollout.asked.v1", {"model_id": TAXI.model_id, "version": "gone"})
    assert deployed.answer(rows) is rows


def test_the_bridge_is_closed_and_no_input_says_so():
    stream = history(TAXI, days=9)
    rows, labels = stream.rows(0, NOW), stream.labels(0, NOW)
    truth = dict(zip(*(labels[n].to_pylist() for n in ("prediction_id", "actual_score")),
                     strict=True))  # fmt: skip
    off = {}
    at = rows["timestamp"].to_numpy().astype("datetime64[us]").astype(np.int64)
    told = zip(*(rows[n].to_pylist() for n in ("prediction_id", "prediction_score", "tags.way")),
               strict=True)  # fmt: skip
    for moment, (name, said, way) in zip(at, told, strict=True):
        if said is not None and name in truth:
            off.setdefault((way, bool(moment >= TAXI.closed_since)), []).append(
                abs(truth[name] - said)
            )
    was, now = np.mean(off["bridge", False]), np.mean(off["bridge", True])
    assert now / was > 6
    assert np.mean(off["same bank", True]) == pytest.approx(
        np.mean(off["same bank", False]), rel=0.1
    )
    closed = at >= TAXI.closed_since
    for name in ("distance_km", "traffic", "free_taxis", "rain_mm"):
        values = rows[f"features.{name}"].to_numpy()
        assert np.nanmean(values[closed]) == pytest.approx(np.nanmean(values[~closed]), rel=0.06)
