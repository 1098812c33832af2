"""The runner as a process of its own, with real commands: they obey or not, they fork, they die."""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from series_api import HOURS, history
from series_truth import join, label
from worker_case import START

from tidegauge.alert import act
from tidegauge.worker.retraining import Retrain

POINTS = int(os.environ.get("TIDEGAUGE_KILLS", "4"))
PATIENCE = 30
TRAINS = """
    import json, os, sys, time, urllib.request
    job = json.load(sys.stdin)
    print("learning from", job["train"]["labels"], flush=True)
    print("progress 0.5", flush=True)
    path = f"/api/v1/retraining/jobs/{job['job_id']}/answers"
    answers = [{"prediction_id": "m-0-0", "prediction_label": "yes"}]
    told = {"token": job["token"], "answers": answers}
    asked = urllib.request.Request(
        os.environ["TIDEGAUGE_URL"] + path,
        json.dumps(told).encode(),
        {"Authorization": "Bearer " + os.environ["TIDEGAUGE_API_KEY"],
         "Content-Type": "application/json"},
    )
    urllib.request.urlopen(asked).read()
    json.dump({"version": "2"}, open(os.environ["TIDEGAUGE_RESULT"], "w"))
"""
FAILS = """
    import sys
    print("no processors left")
    sys.exit(3)
"""
SILENT = "pass"
STAYS = """
    import os, signal, sys, time
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for _ in range(2):
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
    while True:
        with open(os.environ["ALIVE"], "a") as file:
            file.write(f"{os.getpid()} {time.time()}\\n")
        time.sleep(0.05)
"""


@pytest.fixture
def ready(api):
    sent = history(api, hours=20)
    told = [
        {"prediction_id": each["prediction_id"], "actual_label": each["prediction_label"]}
        for each in sent
    ]
    label(api, told, START + 21 * HOURS)
    join(api, START + 21 * HOURS)
    settings = {"min_samples_for_retraining": 10, "cooldown_period_hours": 0}
    api.ask("PUT", "retraining/config", json=settings)
    target = {"kind": "command", "name": "train"}
    api.ask("PUT", "retraining/policies/again", json={"models": "m", "target": target})
    _key, api.token = api.keys.create(name="runner", role="write")
    return api


@pytest.fixture
def runner(ready, tmp_path):
    begun = []

    def start(script, **environment):
        file = tmp_path / "train.py"
        file.write_text(textwrap.dedent(script), encoding="utf-8")
        words = ["worker", "--jobs", "--name", "gpu", "--url", ready.url]
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tidegauge.cli",
                *words,
                "--command",
                f"train={sys.executable} {file}",
            ],
            env={**os.environ, "TIDEGAUGE_API_KEY": ready.token, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(process)
        return process

    yield start
    for each in begun:
        each.terminate()
        each.communicate(timeout=PATIENCE)


def ask(api):
    return api.ask("POST", "retraining/manual", status=202, json={"model_id": "m"})["job_id"]


def job(api, name):
    return api.get(f"retraining/jobs/{name}")


def until(api, name, *states, patience=PATIENCE):
    end = time.monotonic() + patience
    while (shown := job(api, name))["state"] not in states:
        assert time.monotonic() < end, shown
        time.sleep(0.05)
    return shown


def log(api, name):
    return [each["text"] for each in api.get(f"retraining/jobs/{name}/log")]


def test_what_it_makes_and_says_comes_to_the_server(ready, runner):
    runner(TRAINS)
    name = ask(ready)
    shown = until(ready, name, "evaluating")
    assert (shown["runner"], shown["attempt"]) == ("gpu", 1)
    assert shown["result"] == {"candidate": {**shown["result"]["candidate"], "version": "2"}}
    assert log(ready, name) == ["learning from 640"]


@pytest.mark.parametrize(
    ("script", "why"),
    [(FAILS, "it ended with 3"), (SILENT, "wrote no result"), ("(", "ended with 1")],
)
def test_what_fails_says_why(ready, runner, script, why):
    runner(script)
    name = ask(ready)
    assert why in until(ready, name, "failed")["cause"]
    if script == FAILS:
        assert log(ready, name) == ["no processors left"]


def test_a_command_that_is_not_there(ready, runner):
    runner(FAILS, PATH="/nowhere")
    name = ask(ready)
    assert until(ready, name, "failed")["cause"]


def alive(file):
    """Who has said within the last moment that it lives."""
    if not file.exists():
        return set()
    lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
    return {
        pid
        for pid, at in (each for each in lines if len(each) == 2)
        if time.time() - float(at) < 0.5
    }


def gone(file):
    end = time.monotonic() + PATIENCE
    while alive(file):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_cancelled_all_that_came_of_it_is_ended_whatever_it_wants(ready, runner, tmp_path):
    file = tmp_path / "alive"
    runner(STAYS, ALIVE=str(file))
    name = ask(ready)
    until(ready, name, "running")
    while len(alive(file)) < 4:
        time.sleep(0.05)
    assert ready.ask("DELETE", f"retraining/jobs/{name}")["is_cancelled"]
    shown = until(ready, name, "cancelled")
    assert re.match("cancelled by write", shown["cause"])
    gone(file)


@pytest.mark.parametrize("who", ["runner", "keeper"])
@pytest.mark.parametrize("point", range(POINTS))
def test_killed_at_any_point_it_ends_and_another_has_it_alone(ready, runner, tmp_path, point, who):
    file = tmp_path / "alive"
    process = runner(STAYS, ALIVE=str(file))
    name = ask(ready)
    until(ready, name, "running")
    time.sleep(random.Random(point).random())
    if who == "runner":
        process.kill()
    else:
        # Before it has begun there is none to kill.
        while not (found := children(process.pid)):
            time.sleep(0.01)
        os.kill(found[0], signal.SIGKILL)
    if who == "runner":
        process.wait()
        # What trains is gone before anybody else may have the job.
        gone(file)
        Retrain(ready.case.catalog, clock=lambda c: act.now(c) + 31_000_000).step()
        shown = job(ready, name)
        assert (shown["state"], "was lost" in shown["cause"]) == ("queued", True)
        file.unlink(missing_ok=True)
        runner(SILENT)
        shown = until(ready, name, "failed")
        assert shown["attempt"] == 2
    else:
        shown = until(ready, name, "failed")
        assert shown["cause"]
        gone(file)


def children(pid):
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(each.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(each.parent.name))
    return found
