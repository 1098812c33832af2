"""The queue: no guard is passed by, no attempt overlaps another, and each job ends."""

import os
import random
import threading
from dataclasses import replace

import pytest
from retrain_world import DAY, HOUR, SECOND, START, TARGET

from tidegauge.catalog import StaleError, notices, retrainings
from tidegauge.catalog.retrainings import Retraining
from tidegauge.retrain import queue
from tidegauge.retrain.guards import Refusal
from tidegauge.retrain.policy import Policy
from tidegauge.retrain.queue import StaleAttemptError, Wanted

SCHEDULES = int(os.environ.get("TIDEGAUGE_SCHEDULES", "40"))
POLICY = Policy(name="again", models="*", target=TARGET)


def wanted(world, name, key, origin="manual", **more):
    given = {"policy": POLICY, "origin": origin, "by": "test", "key": key, **more}
    return Wanted(model=world.known[name], **given)


def ask(world, name, key, origin="manual", **more):
    return world.write(queue.ask, wanted(world, name, key, origin, **more), world.at)


def again(world, job):
    with world.catalog.read() as connection:
        return retrainings.get(connection, job.id)


def alive(world, job, token, **more):
    def write(connection):
        now = retrainings.get(connection, job.id)
        queue.hold(now, token)
        return queue.alive(connection, now, world.at, **{"progress": None, "said": [], **more})

    return world.catalog.write(write)


def test_a_job_goes_from_hand_to_hand(both):
    both.add("fraud")
    job = ask(both, "fraud", "one")
    assert (job.state, job.attempt, job.document["train"]["labels"]) == ("queued", 0, 1600)
    assert job.document["holdout"]["labels"] == 400
    assert job.document["train"]["stop"] == job.document["holdout"]["start"] < both.at
    assert ask(both, "fraud", "one") == job
    taken = both.claim()
    assert (taken.id, taken.state, taken.attempt) == (job.id, "running", 1)
    assert both.claim() is None
    both.at += 20 * SECOND
    said = alive(both, taken, taken.token, progress=0.5, said=["half"])
    assert (said.progress, said.lease_until) == (0.5, both.at + 30 * SECOND)
    assert both.end(said, "succeeded").state == "succeeded"
    with both.catalog.read() as connection:
        assert [each.text for each in retrainings.said(connection, job.id)] == ["half"]


def test_who_says_nothing_loses_it_and_may_say_nothing_after(both):
    both.add("fraud")
    ask(both, "fraud", "one")
    tokens = []
    for attempt in (1, 2, 3):
        job = both.claim(f"runner {attempt}")
        assert job.attempt == attempt
        tokens.append(job.token)
        both.at += 31 * SECOND
        both.write(queue.lapse, both.at)
        for token in tokens:
            with pytest.raises(StaleAttemptError):
                alive(both, job, token)
    (job,) = both.jobs()
    assert (job.state, job.attempt) == ("failed", 3)
    assert "attempt 3 was lost: runner 3" in job.cause
    assert len(set(tokens)) == 3
    assert both.claim() is None


def test_cancelled_while_it_waits_never_starts(both):
    both.add("fraud")
    job = ask(both, "fraud", "one")
    over = both.write(queue.cancel, job, both.at, "me")
    assert (over.state, over.cause) == ("cancelled", "cancelled by me")
    assert both.claim() is None
    assert both.write(queue.cancel, over, both.at, "you") == over


def test_cancelled_while_it_runs_whoever_has_it_is_told_and_has_fifteen_seconds(both):
    both.add("fraud")
    ask(both, "fraud", "one")
    job = both.claim()
    told = both.write(queue.cancel, job, both.at, "me")
    assert (told.state, told.is_cancelled) == ("running", True)
    both.at += 5 * SECOND
    # Saying that it goes on gives no more time.
    assert alive(both, job, job.token).lease_until == told.lease_until
    both.at += 11 * SECOND
    (over,) = both.write(queue.lapse, both.at)
    assert (over.state, over.cause) == ("cancelled", "cancelled by me")


def test_a_webhook_starts_it_and_is_told_when_it_is_cancelled(both):
    both.add("fraud")
    target = {"kind": "webhook", "channel": "airflow", "silence": "10 min"}
    policy = Policy(name="again", models="*", target=target)
    ask(both, "fraud", "one", policy=policy)
    assert both.claim() is None
    (job,) = both.step(both.at + SECOND)
    assert (job.state, job.lease_until) == ("running", both.at + 600 * SECOND)
    with both.catalog.read() as connection:
        (notice,) = notices.page(connection, "default", "airflow")
    sent = notice.body["job"]
    assert (sent["job_id"], sent["attempt"], sent["token"]) == (job.id, 1, job.token)
    assert sent["train"]["labels"] == 1600
    alive(both, job, job.token, progress=0.1)
    both.write(queue.cancel, again(both, job), both.at, "me")
    with both.catalog.read() as connection:
        kinds = [each.kind for each in notices.page(connection, "default", "airflow")]
    assert sorted(kinds) == ["job", "job_cancelled"]
    assert again(both, job).state == "cancelled"


def test_what_is_urgent_is_taken_first(world):
    for name in ("a", "b", "c"):
        world.add(name)
    for name, priority in (("a", "low"), ("b", "normal"), ("c", "high")):
        world.at += 1
        ask(world, name, name, priority=priority)
    world.settle(max_concurrent_jobs=3)
    assert [world.claim().document["model_id"] for _ in range(3)] == ["c", "b", "a"]


def test_a_log_keeps_its_last_thousand_lines(both):
    both.add("fraud")
    ask(both, "fraud", "one")
    job = both.claim()
    for n in range(3):
        both.at += 1
        job = alive(both, job, job.token, said=[f"{n} {line}" for line in range(500)])
    with both.catalog.read() as connection:
        texts = [each.text for each in retrainings.said(connection, job.id)]
    assert (len(texts), texts[0], texts[-1]) == (1000, "1 0", "2 499")


def test_who_asks_at_once_gets_one_of_a_model(both):
    """Twenty at the same time, each with a key of its own."""
    both.add("fraud")
    found = []
    start = threading.Barrier(20)

    def one(n):
        start.wait()
        found.append(ask(both, "fraud", f"key {n}"))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    jobs = [each for each in found if isinstance(each, Retraining)]
    refusals = [each for each in found if isinstance(each, Refusal)]
    assert (len(jobs), len(refusals)) == (1, 19)
    assert {each.kind for each in refusals} == {"in-progress"}


def test_who_claims_at_once_gets_no_more_than_there_may_be(both):
    for n in range(6):
        both.add(f"m{n}")
        ask(both, f"m{n}", f"key {n}")
    found = []
    start = threading.Barrier(6)

    def one(n):
        start.wait()
        found.append(both.claim(f"runner {n}"))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    taken = [each for each in found if each is not None]
    assert len(taken) == 2
    assert len({each.id for each in taken}) == 2


def test_a_change_of_what_has_gone_on_is_refused(world):
    world.add("fraud")
    job = ask(world, "fraud", "one")
    world.claim()
    with pytest.raises(StaleError):
        world.write(retrainings.change, job, replace(job, state="failed"))


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_no_schedule_passes_by_a_guard(seed, world):
    """Who asks, takes, ends, loses and cancels at random, and all that may never be, after each."""
    chance = random.Random(seed)
    names = [f"m{n}" for n in range(4)]
    for name in names:
        world.add(name, labels=chance.choice([0, 500, 1_500, 4_000]))
    for step in range(60):
        world.at += round(chance.expovariate(1 / (40 * 60)) * SECOND)
        act = chance.choice(["ask", "ask", "drift", "claim", "end", "lapse", "cancel", "label"])
        jobs = world.jobs()
        running = [each for each in jobs if each.state == "running"]
        if act in ("ask", "drift"):
            name = chance.choice(names)
            before = len(jobs)
            origin = "manual" if act == "ask" else "drift"
            made = ask(world, name, f"{step}", origin)
            if isinstance(made, Retraining):
                check_made(made, jobs)
            assert len(world.jobs()) == before + isinstance(made, Retraining)
        elif act == "claim":
            world.claim()
        elif act == "end" and running:
            world.end(chance.choice(running), chance.choice(["failed", "succeeded"]))
        elif act == "lapse":
            world.write(queue.lapse, world.at)
        elif act == "cancel" and jobs:
            world.write(queue.cancel, chance.choice(jobs), world.at, "me")
        elif act == "label":
            world.label(chance.choice(names), 2_000)
        check_all(world)
    # Left alone, each comes to an end.
    for _round in range(40):
        world.at += HOUR
        world.claim()
        world.write(queue.lapse, world.at + HOUR)
    assert not [each for each in world.jobs() if each.state in retrainings.OPEN]
    assert all(each.cause for each in world.jobs() if each.state != "succeeded")


def check_made(made, before):
    own = [each for each in before if each.model == made.model]
    assert not [each for each in own if each.state in retrainings.OPEN]
    assert all(made.created_at - each.ended_at >= 6 * HOUR for each in own)
    assert made.document["train"]["labels"] + made.document["holdout"]["labels"] >= 1_000
    if made.origin != "manual":
        lately = [each for each in own if each.created_at > made.created_at - 30 * DAY]
        assert sum(each.origin != "manual" for each in lately) < 10


def check_all(world):
    jobs = world.jobs()
    taken = [each for each in jobs if each.state == "running"]
    assert len(taken) <= 2
    opened = [each.model for each in jobs if each.state in retrainings.OPEN]
    assert len(opened) == len(set(opened))
    assert all((each.ended_at is not None) == (each.state not in retrainings.OPEN) for each in jobs)
    assert all(bool(each.token) == (each.state == "running") for each in jobs)
    assert all(each.created_at >= START for each in jobs)
