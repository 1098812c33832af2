"""A candidate that has proved it is let to serve, is watched there, and is taken back if worse."""

import asyncio
import json
import random
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from series_api import HOURS, history
from series_truth import join, label
from worker_case import START, prediction

sys.path.append(str(Path(__file__).parent.parent / "channels"))

from channel_server import serving as listening
from channel_server import to_loopback

from tidegauge.alert import act
from tidegauge.alert.channels.webhook import render
from tidegauge.alert.notice import unpacked
from tidegauge.alert.settings import Settings
from tidegauge.catalog import artifacts, channels, notices, retrainings, rollouts
from tidegauge.catalog.artifacts import Artifact
from tidegauge.retrain import rollout
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.worker.delivering import Delivering
from tidegauge.worker.proving import Proving
from tidegauge.worker.retraining import Retrain
from tidegauge.worker.rollouts import Watching

ASKED = START + 21 * HOURS
MINUTE = 60_000_000
OTHER = {"yes": "no", "no": "yes"}
POLICY = {
    "models": "m",
    "target": {"kind": "command", "name": "train"},
    "promotion": {"watch": "20h", "min_labels": 60},
}

CONFIG = {"min_samples_for_retraining": 100, "cooldown_period_hours": 0}


@pytest.fixture
def ready(api):
    """Version 1 is right three times of four; a candidate has proved to be nearly always right."""
    sent = history(api, hours=20, model_version="1")
    api.truths = right(sent, 0.75, 3)
    tell(api, ASKED)
    api.ask("PUT", "retraining/config", json=CONFIG)
    return api


def right(sent, share, seed):
    chance = random.Random(seed)
    return {
        each["prediction_id"]: each["prediction_label"]
        if chance.random() < share
        else OTHER[each["prediction_label"]]
        for each in sent
    }


def tell(api, at):
    label(api, [{"prediction_id": n, "actual_label": v} for n, v in api.truths.items()], at)
    join(api, at)


def beside(api):
    case = api.case
    source = Source(case.catalog, case._reader, threading.Lock(), Memory(most=4))
    return [kind(case.catalog, source, case.store) for kind in (Proving, Watching)]


def proven(api, **promotion):
    """A job that has come to a candidate which is better."""
    policy = {**POLICY, "promotion": {**POLICY["promotion"], **promotion}}
    api.ask("PUT", "retraining/policies/again", json=policy)
    api.ask("POST", "retraining/manual", status=202, json={"model_id": "m"})
    told = {"runner": "gpu", "targets": ["command:train"]}
    job = api.ask("POST", "retraining/claim", json=told)
    chance = random.Random(1)
    answers = [
        {"prediction_id": n, "prediction_label": v if chance.random() < 0.97 else OTHER[v]}
        for n, v in api.truths.items()
    ]
    path = f"retraining/jobs/{job['job_id']}"
    api.ask("POST", f"{path}/answers", json={"token": job["token"], "answers": answers})
    words = {"token": job["token"], "state": "trained", "candidate": {"version": "2"}}
    api.ask("POST", f"{path}/status", json=words)
    Retrain(api.case.catalog, beside(api)[:1]).step()
    assert api.get(path)["state"] == "succeeded"
    return job["job_id"]


def promoted(api, name):
    """As of the time that the rows are of."""

    def write(connection):
        job = retrainings.get(connection, name)
        return rollout.promote(connection, job, "1", ASKED, "me")

    return api.case.catalog.write(write)


def serve(api, version, share, hours=4):
    """It answers, and what is true is known."""
    chance = random.Random(7)
    sent = []
    for hour in range(hours):
        at = ASKED + hour * HOURS
        batch = [
            prediction(
                chance,
                f"{version}-{hour}-{n}",
                model="m",
                at=at + chance.randrange(HOURS),
                model_version=version,
            )
            for n in range(40)
        ]
        sent += batch
        api.case.send(batch, at + HOURS)
    api.case.count()
    api.truths = right(sent, share, 5)
    tell(api, ASKED + hours * HOURS)


def watched(api, name, *, hours):
    """Looked at twice, a minute apart."""
    at = ASKED + hours * HOURS
    worker = Retrain(api.case.catalog, beside(api), clock=lambda _connection: at)
    worker.step()
    at += 2 * MINUTE
    worker.step()
    return api.get(f"retraining/jobs/{name}")["rollout"]


def test_one_that_holds_what_it_promised_is_verified_and_compared_with_from_then_on(ready):
    name = proven(ready)
    before = len(ready.get("models/m/references"))
    promoted(ready, name)
    shown = watched(ready, name, hours=1)
    assert (shown["state"], shown["served_at"]) == ("asked", None)
    serve(ready, "2", 0.97)
    shown = watched(ready, name, hours=4)
    assert (shown["state"], shown["before"], shown["version"]) == ("verified", "1", "2")
    assert shown["result"]["metric"] == "accuracy"
    assert shown["result"]["before"] == pytest.approx(0.75, abs=0.05)
    assert shown["result"]["after"] > 0.9
    assert shown["result"]["low"] > 0
    references = ready.get("models/m/references")
    assert len(references) == before + 1
    assert references[0]["name"] == "version 2"
    assert references[0]["labelled"] > 0
    assert watched(ready, name, hours=9) == shown


def test_one_that_is_worse_is_said_to_be_and_taken_back_by_hand(ready):
    name = proven(ready)
    promoted(ready, name)
    serve(ready, "2", 0.4)
    shown = watched(ready, name, hours=4)
    assert (shown["state"], shown["result"]["high"] < 0) == ("worse", True)
    path = f"retraining/jobs/{name}/roll-back"
    ready.ask("POST", path, status=403, role="read")
    assert ready.ask("POST", path, status=202)["state"] == "rolled-back"
    assert ready.ask("POST", path, status=202)["state"] == "rolled-back"
    told = [each["what"] for each in ready.get("audit", role="admin")["entries"]]
    assert "rollout.roll_back" in told


def test_one_that_nobody_was_asked_about_is_taken_back_by_itself(ready):
    with listening() as server:
        channel = {"kind": "webhook", "url": f"http://127.0.0.1:{server.port}/deploy"}
        ready.case.catalog.write(
            lambda c: channels.add(c, "default", "deploy", channel, origin="api", at=1, by="t")
        )
        name = proven(ready, channel="deploy", auto_deploy=True)
        (made,) = rolled(ready, name)
        assert (made.state, made.asked_by) == ("asked", "tidegauge")
        # It was let to serve just now, and the rows here are of another time.
        earlier = replace(made, asked_at=ASKED, changed_at=ASKED, before="1")
        ready.case.catalog.write(lambda c: rollouts.change(c, made, earlier))
        serve(ready, "2", 0.4)
        deliver(ready, server.port)
        (said,) = server.heard
    assert watched(ready, name, hours=4)["state"] == "rolled-back"
    events = [json.loads(said.body), render(taken_back(ready))]
    assert [each["type"] for each in events] == [
        "tidegauge.rollout.asked.v1",
        "tidegauge.rollout.taken_back.v1",
    ]
    asked, back = (each["data"]["job"] for each in events)
    assert (asked["version"], asked["candidate"]["version"]) == ("2", "2")
    assert asked["proof"]["verdict"] == "better"
    assert (back["version"], back["instead_of"]) == ("1", "2")


def taken_back(api):
    with api.case.catalog.read() as connection:
        rows = notices.page(connection, "default", "deploy")
    return next(unpacked(each.body) for each in rows if each.kind == "rollback")


def rolled(api, name):
    with api.case.catalog.read() as connection:
        return list(rollouts.of_jobs(connection, [name]).values())


def deliver(api, port):
    def now():
        with api.case.catalog.read() as connection:
            return act.now(connection)

    sender = Delivering(api.case.catalog, to_loopback(port), now, Settings())

    async def go():
        while await sender.round():
            await asyncio.wait(sender._tasks)

    asyncio.run(go())


def test_one_that_nobody_lets_serve_is_given_up(ready):
    name = proven(ready)
    promoted(ready, name)
    assert watched(ready, name, hours=24 * 13)["state"] == "asked"
    assert watched(ready, name, hours=24 * 15)["state"] == "unseen"


def test_one_with_too_few_labels_is_left_unclear(ready):
    name = proven(ready, min_labels=1_000)
    promoted(ready, name)
    serve(ready, "2", 0.97)
    assert watched(ready, name, hours=4)["state"] == "serving"
    assert watched(ready, name, hours=25)["state"] == "unclear"


def test_what_has_proved_nothing_is_not_let_to_serve(ready):
    ready.ask("PUT", "retraining/policies/again", json=POLICY)
    other = ready.ask("POST", "retraining/manual", status=202, json={"model_id": "m"})["job_id"]
    refused = ready.ask("POST", f"retraining/jobs/{other}/promote", status=409)
    assert "queued" in refused["detail"]
    ready.ask("DELETE", f"retraining/jobs/{other}")
    name = proven(ready)
    path = f"retraining/jobs/{name}/promote"
    ready.ask("POST", f"retraining/jobs/{name}/roll-back", status=409)
    ready.ask("POST", path, status=403, role="read")
    first = ready.ask("POST", path, status=202)
    assert (first["state"], first["version"]) == ("asked", "2")
    assert ready.ask("POST", path, status=202) == first
    ready.ask("POST", "retraining/jobs/none/promote", status=404)


def test_a_candidate_that_is_being_removed_is_not_let_to_serve(ready):
    name = proven(ready)
    known = ready.get("models/m/artifacts/2")
    assert (known["job_id"], known["job_state"]) == (name, "succeeded")
    ready.ask("PUT", "models/m/artifacts/1", json={})
    assert ready.get("models/m/artifacts/1")["reason"] == "it answered last"
    ready.ask("POST", "models/m/artifacts/2/remove")
    refused = ready.ask("POST", f"retraining/jobs/{name}/promote", status=409)
    assert "version 2 is being removed" in refused["detail"]
    assert ready.get(f"retraining/jobs/{name}")["rollout"] is None


def test_one_that_is_worse_is_not_taken_back_to_a_file_that_is_gone(ready):
    name = proven(ready, auto_deploy=True)
    (made,) = rolled(ready, name)
    earlier = replace(made, asked_at=ASKED, changed_at=ASKED, before="1")
    ready.case.catalog.write(lambda c: rollouts.change(c, made, earlier))
    lost = {"state": "gone", "uri": "", "digest": "", "metrics": {}, "importance": {}}
    lost |= dict.fromkeys(("size_bytes", "trained_at", "training_seconds"))
    lost |= {"metadata": {}, "retraining": "", "is_pinned": False, "gone_at": 1}
    lost |= {"created_at": 1, "created_by": "me", "changed_at": 1, "tenant": "default"}
    ready.case.catalog.write(
        lambda c: artifacts.add(c, Artifact(model=made.model, version="1", **lost))
    )
    serve(ready, "2", 0.4)
    assert watched(ready, name, hours=4)["state"] == "worse"
    said = [each["text"] for each in ready.get(f"retraining/jobs/{name}/log")]
    assert any("version 1 is gone" in each for each in said)
