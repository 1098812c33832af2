"""Retraining over HTTP: asked for, taken, told of, cancelled; started by a webhook; refused."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from series_api import HOURS, history
from series_truth import join, label
from worker_case import START

sys.path.append(str(Path(__file__).parent.parent / "channels"))

from channel_server import serving, to_loopback

from tidegauge.alert import act
from tidegauge.alert.settings import Settings
from tidegauge.catalog import channels
from tidegauge.worker.delivering import Delivering
from tidegauge.worker.retraining import Retrain

TRAIN = {"kind": "command", "name": "train"}


@pytest.fixture
def ready(api):
    """A model whose truth is known, and who trains it."""
    told = [
        {"prediction_id": each["prediction_id"], "actual_label": each["prediction_label"]}
        for each in history(api, hours=20)
    ]
    label(api, told, START + 21 * HOURS)
    join(api, START + 21 * HOURS)
    api.ask("PUT", "retraining/config", json={"min_samples_for_retraining": 100})
    api.ask("PUT", "retraining/policies/again", json={"models": "m", "target": TRAIN})
    return api


def by_hand(api, status=202, role="write", headers=None, **wanted):
    told = {"model_id": "m", **wanted}
    return api.ask(
        "POST", "retraining/manual", status=status, role=role, json=told, headers=headers
    )


def claim(api, targets=("command:train",), runner="gpu-1", status=200):
    told = {"runner": runner, "targets": list(targets)}
    return api.ask("POST", "retraining/claim", status=status, json=told)


def say(api, job, status=200, **told):
    words = {"token": job["token"], **told}
    return api.ask("POST", f"retraining/jobs/{job['job_id']}/status", status=status, json=words)


class TestJobs:
    def test_from_the_asking_to_the_end(self, ready):
        asked = by_hand(ready, parameters={"depth": 3})
        assert (asked["state"], asked["position"], asked["parameters"]) == (
            "queued",
            1,
            {"depth": 3},
        )
        total = 20 * 40
        assert asked["train"]["labels"] + asked["holdout"]["labels"] == total
        assert asked["holdout"]["labels"] >= 0.2 * total
        assert asked["train"]["stop"] == asked["holdout"]["start"]
        taken = claim(ready)
        assert taken["job_id"] == asked["job_id"]
        assert taken["parameters"] == {"depth": 3}
        assert claim(ready, status=204) is None
        word = say(ready, taken, progress=0.4, log=["epoch 1", "epoch 2"])
        assert (word["state"], word["is_cancelled"]) == ("running", False)
        shown = ready.get(f"retraining/jobs/{taken['job_id']}")
        assert (shown["state"], shown["progress"], shown["runner"]) == ("running", 0.4, "gpu-1")
        log = ready.get(f"retraining/jobs/{taken['job_id']}/log")
        assert [each["text"] for each in log] == ["epoch 1", "epoch 2"]
        later = ready.get(f"retraining/jobs/{taken['job_id']}/log", after=log[0]["id"])
        assert [each["text"] for each in later] == ["epoch 2"]
        assert say(ready, taken, state="failed", cause="out of memory")["state"] == "failed"
        shown = ready.get(f"retraining/jobs/{taken['job_id']}")
        assert (shown["cause"], shown["ended_at"] is not None) == ("out of memory", True)
        say(ready, taken, status=409)
        summary = ready.get("retraining/summary")
        assert (summary["queued"], summary["running"], summary["failed_30d"]) == (0, 0, 1)
        told = [each["what"] for each in ready.get("audit", role="admin")["entries"]]
        assert {"retraining.ask", "policy.put", "retraining.config"} <= set(told)

    def test_a_page_follows_the_other(self, ready):
        ids = []
        for _turn in range(3):
            job = by_hand(ready, role="admin", force=True)
            ids.append(job["job_id"])
            ready.ask("DELETE", f"retraining/jobs/{job['job_id']}")
        first = ready.get("retraining/jobs", limit=2)
        second = ready.get("retraining/jobs", limit=2, cursor=first["next"])
        found = [each["job_id"] for page in (first, second) for each in page["jobs"]]
        assert found == ids[::-1]
        assert second["next"] is None
        assert ready.get("retraining/jobs", state="queued")["jobs"] == []
        assert len(ready.get("retraining/jobs", model_id="m")["jobs"]) == 3

    def test_cancelled_it_is_told_to_whoever_has_it(self, ready):
        by_hand(ready)
        job = claim(ready)
        shown = ready.ask("DELETE", f"retraining/jobs/{job['job_id']}")
        assert (shown["state"], shown["is_cancelled"]) == ("running", True)
        assert ready.ask("DELETE", f"retraining/jobs/{job['job_id']}")["state"] == "running"
        assert say(ready, job)["is_cancelled"]
        assert say(ready, job, state="cancelled")["state"] == "cancelled"
        assert ready.ask("DELETE", f"retraining/jobs/{job['job_id']}")["state"] == "cancelled"


class TestRefusals:
    def test_too_few_labels_and_by_force(self, ready):
        ready.ask("PUT", "retraining/config", json={"min_samples_for_retraining": 50_000})
        refused = by_hand(ready, status=409)
        assert refused["type"] == "/problems/insufficient-data"
        assert "50000 are needed" in refused["detail"]
        assert by_hand(ready, status=403, force=True)["type"] == "/problems/forbidden-role"
        assert by_hand(ready, role="admin", force=True)["state"] == "queued"

    def test_a_short_time_after_the_last(self, ready):
        by_hand(ready)
        assert by_hand(ready, status=409)["type"] == "/problems/state-conflict"
        say(ready, claim(ready), state="failed", cause="x")
        refused = by_hand(ready, status=409)
        assert refused["type"] == "/problems/cooldown"
        assert 0 < refused["retry_after_s"] <= 6 * 3600

    def test_asked_twice_with_one_key(self, ready):
        headers = {"Idempotency-Key": "one"}
        first = by_hand(ready, headers=headers)
        assert by_hand(ready, headers=headers)["job_id"] == first["job_id"]
        other = by_hand(ready, status=422, headers=headers, parameters={"depth": 4})
        assert other["type"] == "/problems/idempotency-key-reused"

    def test_nothing_to_train(self, ready):
        by_hand(ready, status=404, model_id="none")
        by_hand(ready, status=404, policy="none")
        ready.ask("DELETE", "retraining/policies/again", status=204)
        assert "no policy is of" in by_hand(ready, status=422)["detail"]
        tag = ready.key("read").get("models/m").headers["ETag"]
        ready.ask("DELETE", "models/m", headers={"If-Match": tag}, role="admin", status=204)
        by_hand(ready, status=409)

    @pytest.mark.parametrize(
        "told",
        [
            {"progress": 1.5},
            {"progress": "NaN"},
            {"state": "succeeded"},
            {"state": "finished"},
            {"log": ["x" * 2_001]},
            {"more": 1},
        ],
    )
    def test_a_word_that_is_none(self, ready, told):
        by_hand(ready)
        job = claim(ready)
        say(ready, job, status=422, **told)
        assert say(ready, job)["state"] == "running"

    def test_a_token_of_another_attempt(self, ready):
        by_hand(ready)
        job = claim(ready)
        refused = say(ready, {**job, "token": "made up"}, status=409)
        assert refused["type"] == "/problems/stale-attempt"

    def test_another_tenant_sees_nothing(self, ready):
        job = by_hand(ready)
        path = f"retraining/jobs/{job['job_id']}"
        ready.get(path, tenant="b", status=404)
        ready.ask("DELETE", path, tenant="b", status=404)
        assert ready.get("retraining/jobs", tenant="b")["jobs"] == []
        assert ready.get("retraining/policies", tenant="b") == []
        told = {"runner": "x", "targets": ["command:train"]}
        ready.ask("POST", "retraining/claim", tenant="b", status=204, json=told)

    @pytest.mark.parametrize(
        ("document", "said"),
        [
            ({"models": "m"}, "/target"),
            ({"models": "m", "target": {"kind": "pickle"}}, "/target"),
            ({"models": "m", "target": {"kind": "command", "name": "rm -rf /"}}, "/target"),
            ({"models": "m", "target": {"kind": "webhook", "channel": "x"}}, "/target/channel"),
            ({"models": "m", "target": TRAIN, "channels": ["x"]}, "/channels/0"),
            ({"models": "m", "target": TRAIN, "detections": {"count": 90}}, "/detections"),
            ({"models": "m", "target": TRAIN, "detections": {"kinds": ["x"]}}, "/detections"),
            ({"models": "m", "target": TRAIN, "calendar": {"rule": "FREQ=NEVER"}}, "/calendar"),
            ({"models": "m", "target": TRAIN, "cooldwn": 3}, "/cooldwn"),
        ],
    )
    def test_a_policy_that_is_none(self, ready, document, said):
        refused = ready.ask("PUT", "retraining/policies/x", status=422, json=document)
        assert any(each["pointer"].startswith(said) for each in refused["errors"])


def test_a_webhook_starts_it_and_says_how_it_goes(ready):
    with serving() as server:
        document = {"kind": "webhook", "url": f"http://127.0.0.1:{server.port}/dags"}
        ready.case.catalog.write(
            lambda c: channels.add(c, "default", "air", document, origin="api", at=START, by="me")
        )
        target = {"kind": "webhook", "channel": "air"}
        ready.ask("PUT", "retraining/policies/again", json={"models": "m", "target": target})
        asked = by_hand(ready)
        Retrain(ready.case.catalog).step()
        deliver(ready, server.port)
        (said,) = server.heard
    event = json.loads(said.body)
    assert event["type"] == "tidegauge.retraining.requested.v1"
    assert "webhook-signature" in {name.lower() for name in said.headers}
    job = event["data"]["job"]
    assert job["job_id"] == asked["job_id"]
    assert job["train"]["stop"] == asked["holdout"]["start"].replace("Z", "+00:00")
    assert say(ready, job, progress=0.5)["state"] == "running"
    assert say(ready, job, state="failed", cause="the DAG is red")["state"] == "failed"


def now(api):
    with api.case.catalog.read() as connection:
        return act.now(connection)


def deliver(api, port):
    sender = Delivering(api.case.catalog, to_loopback(port), lambda: now(api), Settings())

    async def go():
        while await sender.round():
            await asyncio.wait(sender._tasks)

    asyncio.run(go())
