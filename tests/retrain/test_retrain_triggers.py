"""What starts a job by itself: exactly one for drift that lasts, whatever happens meanwhile."""

import os
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from retrain_world import DAY, HOUR, MINUTE, START, World

from tidegauge.catalog import Catalog, notices, policies, retrainings, silences
from tidegauge.catalog.silences import Silence
from tidegauge.retrain.sustained import sustained

HISTORIES = int(os.environ.get("TIDEGAUGE_HISTORIES", "12"))


@given(
    st.lists(st.integers(0, 60), max_size=30),
    st.integers(1, 5),
    st.integers(1, 40),
    st.integers(0, 9),
)
def test_what_lasts_is_found_as_by_trying_all_choices(slots, count, within, apart):
    seconds = [each * 1_000_000 for each in slots]

    def longest(start):
        """Of findings from one on: the most that are far enough from each other."""
        best = {}
        inside = sorted({each for each in slots if start <= each <= start + within})
        for n, each in enumerate(inside):
            before = [best[b] for b in inside[:n] if each - b >= apart and b in best]
            if each == start or before:
                best[each] = 1 + max(before, default=0)
        return max(best.values(), default=0)

    found = sustained(seconds, count, within, apart)
    assert bool(found) == any(longest(each) >= count for each in slots)
    if found:
        assert len(found) == count
        assert set(found) <= set(seconds)
        assert found[-1] - found[0] <= within * 1_000_000
        assert all(b - a >= apart * 1_000_000 for a, b in pairwise(found))


def test_the_third_finding_starts_one_and_the_next_twenty_none(both):
    both.add("fraud")
    both.policy(channels=["team"])
    for n in range(1, 3):
        both.find("fraud", START + n * HOUR)
        assert both.step(START + n * HOUR) == []
    for n in range(3, 21):
        both.find("fraud", START + n * HOUR)
        assert len(both.step(START + n * HOUR)) == 1
        both.started()
    (job,) = both.jobs()
    assert (job.origin, job.state, job.policy) == ("drift", "queued", "again")
    assert len(job.document["detections"]) == 3
    with both.catalog.read() as connection:
        told = notices.page(connection, "default", "team")
    assert [each.kind for each in told] == ["retraining"]


def test_findings_that_are_near_each_other_are_one(world):
    world.add("fraud")
    world.policy()
    for n in range(20):
        world.find("fraud", START + n * MINUTE)
    assert world.step(START + HOUR) == []


@pytest.mark.parametrize(
    ("changes", "severity"),
    [({"severity": "high"}, "medium"), ({"kinds": ["concept"]}, "high")],
)
def test_only_what_the_policy_names_counts(world, changes, severity):
    world.add("fraud")
    world.policy(detections=changes)
    for n in range(5):
        world.find("fraud", START + n * HOUR, severity=severity)
    assert world.step(START + 5 * HOUR) == []


def test_what_was_found_before_there_was_a_policy_starts_nothing(world):
    world.add("fraud")
    for n in range(5):
        world.find("fraud", START + n * HOUR)
    world.at = START + 5 * HOUR
    world.policy()
    assert world.step() == []


def test_a_finding_that_was_taken_back_does_not_count(world):
    world.add("fraud")
    world.policy()
    for n in (1, 2):
        world.find("fraud", START + n * HOUR)
    world.step(START + 2 * HOUR)
    world.find("fraud", START + HOUR, status="ok", revision=2)
    world.find("fraud", START + 3 * HOUR)
    assert world.step(START + 3 * HOUR) == []
    world.find("fraud", START + 4 * HOUR)
    assert len(world.step(START + 4 * HOUR)) == 1


def test_after_the_cooldown_it_takes_three_new_ones(world):
    world.add("fraud")
    world.policy()
    for n in range(1, 4):
        world.find("fraud", START + n * HOUR)
    (job,) = world.step(START + 3 * HOUR)
    world.end(world.claim())
    # Six hours from here it may not be again, and what is found in them has had its answer.
    for n in range(4, 9):
        world.find("fraud", START + n * HOUR)
        assert len(world.step(START + n * HOUR)) == 1
    for n in range(10, 12):
        world.find("fraud", START + n * HOUR)
        assert len(world.step(START + n * HOUR)) == 1
    world.find("fraud", START + 12 * HOUR)
    first, second = world.step(START + 12 * HOUR)
    assert first.id == job.id
    assert min(second.document["detections"]) > START + 9 * HOUR


def test_a_maintenance_window_holds_it_back_and_what_was_found_in_it_counts_after(world):
    model = world.add("fraud")
    world.policy()
    window = Silence(
        id=0,
        tenant="default",
        kind="maintenance",
        matchers=['model="fraud"'],
        start=START,
        stop=START + 4 * HOUR,
        comment="",
        created_at=START,
        created_by="test",
    )
    world.write(silences.add, window)
    for n in range(3):
        world.find("fraud", START + (n + 1) * HOUR)
    assert world.step(START + 3 * HOUR) == []
    (job,) = world.step(START + 5 * HOUR)
    assert job.model == model.id


def test_by_the_calendar_and_a_day_on_which_it_may_not_be_is_let_go(world):
    world.add("fraud", labels=10)
    world.policy(detections=None, calendar={"rule": "FREQ=DAILY", "at": "03:00"})
    for day in range(3):
        assert world.step(START + day * DAY) == []
    world.label("fraud", 5_000)
    (job,) = world.step(START + 3 * DAY)
    assert job.origin == "calendar"
    assert len(world.step(START + 3 * DAY + HOUR)) == 1


def test_off_is_off(world):
    world.add("fraud")
    world.settle(enabled=False)
    world.policy()
    for n in range(4):
        world.find("fraud", START + n * HOUR)
    assert world.step(START + 4 * HOUR) == []


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_any_history_starts_as_many_as_a_plain_reading_of_the_rule(seed, tmp_path):
    """With restarts, everything told twice, jobs that end well, badly, late or never."""
    chance = random.Random(seed)
    catalog = Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
    world = World(catalog)
    world.add("fraud", labels=3_000)
    world.policy()
    used, last, expected, open_job = START, [], 0, None
    ended = None
    for n in range(1, 120):
        at = START + n * 20 * MINUTE
        if chance.random() < 0.35:
            world.find("fraud", at)
            world.find("fraud", at)
            last.append(at)
        if chance.random() < 0.2:
            world.started()
        if open_job is not None:
            used = at
        elif ended is not None:
            used = max(used, min(ended + 6 * HOUR, at))
        fresh = [each for each in last if each > used and each > at - DAY - HOUR]
        taken = sustained(fresh, 3, 86400, 1800)
        if taken and open_job is None and not (ended and at < ended + 6 * HOUR):
            expected += 1
            open_job, used = True, max(taken[-1], used)
        jobs = world.step(at)
        assert len(jobs) == expected
        world.step(at)
        if open_job is not None and chance.random() < 0.1:
            job = next(each for each in world.jobs() if each.state in retrainings.OPEN)
            world.end(world.claim() if job.state == "queued" else job)
            open_job, ended = None, at
    assert len({each.key for each in world.jobs()}) == expected
    with catalog.read() as connection:
        assert [each.name for each in policies.listed(connection)] == ["again"]
    catalog.close()
