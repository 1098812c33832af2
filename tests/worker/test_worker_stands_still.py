"""What stands still is noticed from outside: processes are really stopped, in the nightly run."""

import json
import os
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from test_worker_serve import Serve

TRIALS = int(os.environ.get("TIDEGAUGE_STANDSTILLS", "0"))
PATIENCE = 180


def ready(serve):
    try:
        with urllib.request.urlopen(f"{serve.url}/readyz", timeout=5) as answer:  # noqa: S310 - our own server
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def judge_of(worker):
    """The process that the worker judges in."""
    for task in Path(f"/proc/{worker}/task").iterdir():
        for child in (task / "children").read_text().split():
            return int(child)
    return None


@pytest.mark.skipif(not TRIALS, reason="minutes each: TIDEGAUGE_STANDSTILLS")
@pytest.mark.parametrize("trial", range(TRIALS))
@pytest.mark.parametrize("what", ["judge", "worker"])
def test_what_is_stopped_is_noticed(tmp_path, monkeypatch, what, trial):
    del trial
    monkeypatch.setenv("TIDEGAUGE_ALERTS_STANDS_STILL_S", str(PATIENCE))
    serve = Serve(tmp_path / "data")
    try:
        serve.until(lambda: serve.post(0), "the first post")
        worker = serve.until(lambda: serve.children().get("worker"), "the worker runs")
        pid = worker if what == "worker" else serve.until(lambda: judge_of(worker), "the judge")
        serve.until(lambda: ready(serve)["status"] == "ready", "ready")
        os.kill(pid, signal.SIGSTOP)
        told = serve.until(
            lambda: (told := ready(serve))["stopped"] and told, "it is noticed", PATIENCE + 120
        )
        assert ("the judge" in told["stopped"]) or what == "worker"
        os.kill(pid, signal.SIGCONT)
        serve.until(lambda: ready(serve)["status"] == "ready", "ready again", 180)
    finally:
        serve.end()
