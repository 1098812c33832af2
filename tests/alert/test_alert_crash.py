"""Alerting and delivering killed anywhere: everybody is told once, and of everything."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from alert_case import MINUTE, Case
from channel_server import serving

from tidegauge.alert.settings import Settings
from tidegauge.catalog import incidents, notices

MODELS = 40
RACES = int(os.environ.get("TIDEGAUGE_RACES", "40"))
AT_ONCE, GROUPS = 100, 5
ROUNDS = max(int(os.environ.get("TIDEGAUGE_KILLS", "8")) // 8, 1)
ENDS = max(ROUNDS * 4, 4)
POINTS = (
    "alerts.before-save:kill@1",
    "alerts.fed:kill@1",
    "catalog.before-commit:kill@4",
    "notices.before-send:kill@3",
    "notices.after-send:kill@1",
    "notices.after-send:kill@5",
    "notices.ended:kill@2",
    "catalog.after-commit:kill@6",
)
SIGNED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def run(url, point=""):
    child = Path(__file__).with_name("alert_child.py")
    environment = {**os.environ, "TIDEGAUGE_TEST": "1", "TIDEGAUGE_FAILPOINT": point}
    return subprocess.run(
        [sys.executable, child, url], env=environment, check=False, capture_output=True, text=True
    )


def test_killed_anywhere_each_incident_is_told_once(catalog, url):
    case = Case(catalog, Settings(group_wait_s=0))
    kills = Counter()
    with serving() as server:
        hook = f"http://127.0.0.1:{server.port}/"
        case.channel("hook", kind="webhook", secrets=[SIGNED], url=hook, cap=10_000)
        told = []
        for round_ in range(ROUNDS):
            new = [f"model-{round_}-{number}" for number in range(MODELS)]
            told += new
            for _number in range(2):
                case.time += MINUTE
                case.judge({(model, "latency"): "high" for model in new})
            for point in POINTS:
                done = run(url, point)
                assert done.returncode in (0, -9), done.stderr
                kills[done.returncode] += 1
        last = run(url)
        assert last.returncode == 0, last.stderr
        ids = Counter(said.headers["webhook-id"] for said in server.heard)
        bodies = {said.headers["webhook-id"]: json.loads(said.body) for said in server.heard}
    # Models that later rounds do not read are over some day, and that is told too.
    heard = Counter((body["subject"], body["type"]) for body in bodies.values())
    assert kills[-9] >= 6 * ROUNDS
    assert {model for model, _type in heard} == set(told)
    assert set(heard.values()) == {1}
    # Twice only what was being sent when it was killed, up to eight at once.
    assert ids.total() - len(ids) <= 8 * kills[-9]
    assert {row.status for row in case.notices()} <= {"sent", "combined"}


def test_asked_to_end_it_ends_what_it_says_and_nothing_is_said_twice(catalog, url):
    case = Case(catalog, Settings(group_wait_s=0))
    child = [sys.executable, Path(__file__).with_name("alert_child.py"), url, "serve"]
    with serving() as server:
        hook = f"http://127.0.0.1:{server.port}/"
        case.channel("hook", kind="webhook", secrets=[SIGNED], url=hook, cap=10_000)
        models = [f"model-{number}" for number in range(10 * ENDS)]
        for _number in range(2):
            case.time += MINUTE
            case.judge({(model, "latency"): "high" for model in models})
        for number in range(ENDS):
            with subprocess.Popen(child, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout.readline() == "ready\n"
                wait_for(server, min(len(server.heard) + 1 + number % 7, len(models)))
                process.terminate()
                assert process.wait(60) == 0
        with subprocess.Popen(child, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "ready\n"
            wait_for(server, len(models))
            process.terminate()
            assert process.wait(60) == 0
        heard = [json.loads(said.body)["subject"] for said in server.heard]
    assert sorted(heard) == sorted(models)
    assert {row.status for row in case.notices()} == {"sent"}


def wait_for(server, many):
    end = time.monotonic() + 60
    while len(server.heard) < many:
        assert time.monotonic() < end, f"{len(server.heard)} of {many}"
        time.sleep(0.005)


@contextmanager
def answering(url, names):
    child = Path(__file__).with_name("alert_answerer.py")
    with subprocess.Popen(
        [sys.executable, child, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdin.write("\n".join(names))
        process.stdin.close()
        yield process.stdout
    assert process.returncode == 0


@pytest.mark.parametrize("seed", range(max(RACES // AT_ONCE, 1)))
def test_whoever_acknowledges_first_is_not_escalated(catalog, url, seed):
    """One process answers while the other's levels fall due, some each minute."""
    case = Case(catalog, Settings(group_wait_s=0))
    case.channel("console", kind="console")
    level = {"after_minutes": 5, "channels": ["console"], "severity": "critical"}
    case.ladder("night", levels=[level])
    models = [f"model-{number}" for number in range(min(RACES, AT_ONCE))]
    for minute in range(1, GROUPS + 1):
        case.time += MINUTE
        case.read(
            {(model, "latency"): "high" for model in models[: len(models) * minute // GROUPS]}
        )
    case.time += MINUTE
    case.read({(model, "latency"): "high" for model in models})
    first = min(row.opened_at for row in case.incidents())
    chance = random.Random(seed)
    names = [row.id for row in case.incidents()]
    chance.shuffle(names)
    with answering(url, names) as answered:
        for group in range(GROUPS):
            for _number in range(chance.randrange(len(names) // GROUPS)):
                answered.readline()
            case.time = first + (5 + group) * MINUTE
            case.alerting.step()
        answered.read()
    case.alerting.step()
    with catalog.read() as connection:
        for name in names:
            kinds = [event.kind for event in incidents.events(connection, name)]
            assert kinds.count("ack") == 1
            assert "escalate" not in kinds[kinds.index("ack") :]
            sent = [each.kind for each in notices.of_incident(connection, name)]
            assert sent.count("escalation") == kinds.count("escalate")
