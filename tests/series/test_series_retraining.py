"""Retraining over HTTP: asked for, taken, told of, cancelled; started by a webhook; refused."""

import asyncio
import io
import json
import random
import re
import sys
import threading
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from series_api import HOURS, history
from series_truth import join, label
from worker_case import START

sys.path.append(str(Path(__file__).parent.parent / "channels"))

from channel_server import serving, to_loopback

from tidegauge.alert import act
from tidegauge.alert.settings import Settings
from tidegauge.catalog import channels
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.worker.delivering import Delivering
from tidegauge.worker.proving import Proving
from tidegauge.worker.retraining import Retrain

TRAIN = {"kind": "command", "name": "train"}


@pytest.fixture
def ready(api):
    """A model whose truth is known, and who trains it."""
    chance = random.Random(3)
    other = {"yes": "no", "no": "yes"}
    sent = {each["prediction_id"]: each["prediction_label"] for each in history(api, hours=20)}
    api.sent = sent
    api.truths = {n: v if chance.random() < 0.75 else other[v] for n, v in sent.items()}
    told = [{"prediction_id": n, "actual_label": v} for n, v in api.truths.items()]
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


def test_rows_that_stand_for_many_are_learned_from_as_rows(api):
    chance = random.Random(4)
    weigh = lambda _chance: chance.choice([1, 5, 60])  # noqa: E731 - as the others are given
    sent = history(api, hours=20, weight=weigh)
    told = [{"prediction_id": each["prediction_id"], "actual_label": "yes"} for each in sent]
    label(api, told, START + 21 * HOURS)
    join(api, START + 21 * HOURS)
    api.ask("PUT", "retraining/policies/again", json={"models": "m", "target": TRAIN})
    refused = re.match(r"(\d+) labels since its last training", by_hand(api, status=409)["detail"])
    assert int(refused[1]) == pytest.approx(800, rel=0.02)
    api.ask("PUT", "retraining/config", json={"min_samples_for_retraining": 700})
    asked = by_hand(api)
    labels = asked["train"]["labels"] + asked["holdout"]["labels"]
    # The hours of a day have different means; of a whole day they are exact.
    assert labels == pytest.approx(800, rel=0.02)
    assert asked["holdout"]["labels"] == pytest.approx(200, rel=0.25)


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
            {"state": "trained", "candidate": {"version": "2", "code": "import os"}},
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


class TestProof:
    @pytest.fixture
    def taken(self, ready):
        by_hand(ready)
        return claim(ready)

    def rows(self, api, job, part):
        answer = api.key("read").get(f"retraining/jobs/{job['job_id']}/rows", params={"part": part})
        assert answer.is_success, answer.text
        return pq.read_table(io.BytesIO(answer.content))

    def prove(self, api, job, answers, **candidate):
        told = {"token": job["token"], "answers": answers}
        path = f"retraining/jobs/{job['job_id']}/answers"
        assert api.ask("POST", path, json=told)["rows"] == len(answers)
        say(api, job, state="trained", candidate={"version": "2", **candidate})
        case = api.case
        source = Source(case.catalog, case._reader, threading.Lock(), Memory(most=4))
        Retrain(case.catalog, [Proving(case.catalog, source, case.store)]).step()
        return api.get(f"retraining/jobs/{job['job_id']}")

    def test_the_rows_are_parted_by_time_and_what_is_held_out_tells_no_truth(self, ready, taken):
        train, holdout = self.rows(ready, taken, "train"), self.rows(ready, taken, "holdout")
        assert (train.num_rows, holdout.num_rows) == (
            taken["train"]["labels"],
            taken["holdout"]["labels"],
        )
        assert max(train["timestamp"].to_pylist()) < min(holdout["timestamp"].to_pylist())
        assert "actual_label" in train.column_names
        assert not [name for name in holdout.column_names if name.startswith("actual")]
        assert [name for name in holdout.column_names if name.startswith("features.")]
        assert not set(train["prediction_id"].to_pylist()) & set(
            holdout["prediction_id"].to_pylist()
        )

    def test_a_candidate_that_is_surely_better_is_kept(self, ready, taken):
        held = self.rows(ready, taken, "holdout")["prediction_id"].to_pylist()
        answers = [{"prediction_id": n, "prediction_label": ready.truths[n]} for n in held]
        told = {"uri": "s3://models/2", "metrics": {"accuracy": 0.99}, "training_seconds": 3.5}
        shown = self.prove(ready, taken, answers, **told)
        assert shown["state"] == "succeeded"
        proof = shown["result"]["proof"]
        right = sum(ready.sent[n] == ready.truths[n] for n in held)
        assert proof["champion"] == pytest.approx(right / len(held))
        assert (proof["candidate"], proof["metric"], proof["n"]) == (1.0, "accuracy", len(held))
        assert proof["improvement"] == pytest.approx(1.0)
        assert shown["result"]["candidate"]["uri"] == "s3://models/2"
        assert "is better: accuracy 1 against" in shown["cause"]

    def test_one_that_says_the_same_is_not(self, ready, taken):
        held = self.rows(ready, taken, "holdout")["prediction_id"].to_pylist()
        answers = [{"prediction_id": n, "prediction_label": ready.sent[n]} for n in held]
        shown = self.prove(ready, taken, answers)
        assert (shown["state"], shown["result"]["proof"]["verdict"]) == ("rejected", "not-better")

    def test_what_it_learned_from_proves_nothing(self, ready, taken):
        """It answers rows of its training well, and none that were held out."""
        learned = self.rows(ready, taken, "train")["prediction_id"].to_pylist()
        answers = [{"prediction_id": n, "prediction_label": ready.truths[n]} for n in learned]
        shown = self.prove(ready, taken, answers)
        assert (shown["state"], shown["result"]["proof"]) == ("failed", None)

    def test_one_without_an_answer_has_failed(self, ready, taken):
        say(ready, taken, state="trained", candidate={"version": "2"})
        case = ready.case
        source = Source(case.catalog, case._reader, threading.Lock(), Memory(most=4))
        Retrain(case.catalog, [Proving(case.catalog, source, case.store)]).step()
        shown = ready.get(f"retraining/jobs/{taken['job_id']}")
        assert (shown["state"], "answered none" in shown["cause"]) == ("failed", True)

    def test_answers_that_are_none_are_refused_with_their_places(self, ready, taken):
        path = f"retraining/jobs/{taken['job_id']}/answers"
        answers = [{"prediction_id": "a"}, {"prediction_label": "yes"}]
        told = {"token": taken["token"], "answers": answers}
        refused = ready.ask("POST", path, status=422, json=told)
        assert {each["pointer"].split("/")[2] for each in refused["errors"]} == {"0", "1"}
        told = {"token": "made up", "answers": [{"prediction_id": "a", "prediction_label": "yes"}]}
        ready.ask("POST", path, status=409, json=told)

    def test_trained_and_what_was_trained_go_together(self, ready, taken):
        say(ready, taken, status=422, state="trained")
        say(ready, taken, status=422, candidate={"version": "2"})
