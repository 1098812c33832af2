"""Rows that come after their minute was judged: its readings are read again."""

import random
import threading

import pytest
from test_monitor_judge import Judging, minute
from worker_case import MINUTES, START, Case, prediction

from tidegauge.catalog import late
from tidegauge.window import SECOND
from tidegauge.worker import late as module
from tidegauge.worker import restate
from tidegauge.worker.judge import GRACE

MONITORS = """
monitors:
  - {name: calls, metric: predictions, window: 1 min, conditions: [{max: 35, severity: high}]}
  - {name: slow, metric: latency_p95_ms, version: each, conditions: [{max: 20}]}
  - {name: age, metric: mean, column: age, min_rows: 1, conditions: [{change: 10 %}]}
  - name: fewer
    metric: predictions
    every: 2 min
    conditions: [{change: 50 %, direction: down, against: previous window}]
  - {name: far, kind: distance, window: 10 min, min_rows: 50}
  - name: rising
    kind: trend
    metric: predictions
    limit: 99
    window: 1 min
    over: 8 min
    within: 1 h
  - {name: plans, metric: predictions, segment: features.plan, conditions: [{min: 1}]}
  - {name: cost, metric: "metric:cost", min_rows: 1, conditions: [{max: 100}]}
  - {name: drift, kind: drift}
"""
CALLS = """
monitors: [{name: calls, metric: predictions, window: 1 min, conditions: [{max: 1000}]}]
"""
NAMES = ("calls", "slow", "age", "fewer", "far", "rising", "plans", "cost")


@pytest.fixture
def judging(case):
    return Judging(case)


def pinned(judging):
    chance = random.Random(1)
    judging.write(MONITORS)
    judging.case.pin("m", [prediction(chance, n) for n in range(500)], segments=["features.plan"])
    return chance


def notes(judging):
    with judging.case.catalog.read() as connection:
        return late.oldest(connection, 10_000)


def told(judging):
    """What was said of each slot, and how often."""
    found = {}
    for name in NAMES:
        for each in judging.readings(name):
            found[name, each.target, each.slot] = each
    return found


def test_late_rows_are_in_the_readings_of_their_minutes_and_in_no_other(judging):
    chance = pinned(judging)
    for n in range(6):
        judging.case.send(minute(chance, n, START + n * MINUTES), START + (n + 1) * MINUTES - 1)
        judging.at(START + (n + 1) * MINUTES)
    before = told(judging)
    assert {each.revision for each in before.values()} == {1}
    # Ten more calls of the third minute, three minutes later.
    more = minute(chance, "late", START + 2 * MINUTES, rows=10)
    judging.case.send(more, START + 6 * MINUTES)
    judging.at(START + 6 * MINUTES + 30 * SECOND)
    after = told(judging)
    third = START + 3 * MINUTES
    calls = {slot: each for (name, _target, slot), each in after.items() if name == "calls"}
    assert (calls[third].value, calls[third].revision) == (40.0, 2)
    assert (calls[third].status, calls[third].severity) == ("breach", "high")
    assert calls[third].made_at > before["calls", calls[third].target, third].made_at
    assert {each.revision for slot, each in calls.items() if slot != third} == {1}
    # Five minutes of each slot hold them: the third to the sixth, and then none does.
    slow = {slot: each for (name, _target, slot), each in after.items() if name == "slow"}
    assert [slot for slot, each in slow.items() if each.revision == 2] == [
        START + k * MINUTES for k in (3, 4, 5, 6)
    ]
    assert notes(judging) == []
    drift = judging.readings("drift")
    assert {each.revision for each in drift} == {1}


def test_what_comes_within_the_grace_or_changes_nothing_is_no_news(judging):
    chance = pinned(judging)
    judging.case.send(minute(chance, 0, START), START + MINUTES - 1)
    judging.case.send(minute(chance, "soon", START), START + MINUTES + 5 * SECOND)
    judging.at(START + MINUTES)
    # A second commit of rows that are repeats: their minute counts nothing more of them.
    judging.case.send(minute(chance, 0, START), START + MINUTES + 30 * SECOND)
    judging.case.count()
    judging.at(START + MINUTES)
    assert {each.revision for each in told(judging).values()} == {1}
    # One call more of no monitor's segment is news to those of all calls alone.
    plan = {"plan": "pro", "age": 50, "amount": 1.0, "is_new": True}
    judging.case.send([prediction(chance, "x", at=START, features=plan)], START + 2 * MINUTES)
    judging.at(START + 2 * MINUTES)
    changed = {each.reason or each.value for each in told(judging).values() if each.revision > 1}
    assert changed
    by_segment = {
        segment: {each.revision for each in judging.readings("plans", segment=segment)}
        for segment in ("features.plan=pro", "features.plan=free")
    }
    assert by_segment == {"features.plan=pro": {1, 2}, "features.plan=free": {1}}


def test_a_round_is_bounded_and_goes_on_where_it_was(judging, monkeypatch):
    chance = pinned(judging)
    for n in range(12):
        judging.case.send(minute(chance, n, START + n * MINUTES), START + (n + 1) * MINUTES - 1)
        judging.at(START + (n + 1) * MINUTES)
    for n in range(12):
        judging.case.send(minute(chance, f"l{n}", START + n * MINUTES), START + 12 * MINUTES + n)
    judging.case.count()
    monkeypatch.setattr(restate, "MOST", 7)
    rounds = 0
    judging.now = START + 12 * MINUTES + 30 * SECOND
    while judging.judge.step():
        rounds += 1
    assert rounds > 10
    calls = judging.readings("calls")
    assert [(each.value, each.revision) for each in calls] == [(60.0, 2)] * 12
    assert {each.revision for each in told(judging).values()} == {1, 2}


def test_what_comes_late_while_it_is_read_again_is_read_once_more(judging):
    chance = pinned(judging)
    judging.case.send(minute(chance, 0, START), START + MINUTES - 1)
    judging.at(START + MINUTES)
    judging.case.send(minute(chance, "a", START, rows=1), START + 2 * MINUTES)
    judging.case.count()
    read = judging.judge._commit_again

    def delayed(again):
        judging.judge._commit_again = read
        judging.case.send(minute(chance, "b", START, rows=1), START + 2 * MINUTES)
        judging.case.count()
        read(again)

    judging.judge._commit_again = delayed
    judging.at(START + 2 * MINUTES)
    calls = judging.readings("calls")
    assert (calls[0].value, calls[0].revision) == (32.0, 3)


def test_of_a_changed_monitor_only_its_own_readings_are_read_again(judging):
    chance = pinned(judging)
    judging.case.send(minute(chance, 0, START), START + MINUTES - 1)
    judging.at(START + MINUTES)
    judging.change("calls", {"conditions": [{"max": 1, "severity": "low"}]}, START + 2 * MINUTES)
    judging.case.send(minute(chance, "a", START, rows=1), START + 3 * MINUTES)
    judging.at(START + 3 * MINUTES)
    first = judging.readings("calls")[0]
    assert (first.value, first.status, first.revision) == (30.0, "ok", 1)
    assert judging.readings("slow")[0].revision == 2


@pytest.mark.parametrize("seed", range(4))
def test_in_whatever_order_rows_come_the_readings_are_the_same(tmp_path, seed):
    chance = random.Random(seed)
    batches = []
    for n in range(1, 11):
        version = chance.choice(["1", "2"])
        start = START + n * MINUTES
        whole = minute(chance, n, start, rows=chance.randrange(5, 60), model_version=version)
        cut = chance.randrange(1, len(whole))
        costs = [
            {"model_id": "m", "metric_name": "cost", "value": chance.randrange(9), "timestamp": t}
            for t in (start, start + 30 * SECOND)
        ]
        batches += [(n, "predictions", whole[:cut]), (n, "predictions", whole[cut:])]
        batches += [(n, "metrics", costs)]

    def run(folder, delays):
        case = Case(folder)
        judging = Judging(case)
        # All versions and segments are met at once: who is not known yet is not judged.
        first = pinned(judging)
        for version in ("1", "2"):
            batch = minute(first, f"v{version}", START, model_version=version)
            case.send(batch, START + MINUTES - 1)
        for n in range(40):
            at = START + (n + 1) * MINUTES - 1
            for (minute_of, kind, records), delay in zip(batches, delays, strict=True):
                if minute_of + delay == n:
                    case.send(records, at, kind=kind)
            judging.at(START + (n + 1) * MINUTES)
        found = told(judging)
        names = {key: (key[0], key[2]) for key in found}
        case.close()
        return names, found

    def said(found):
        """Without the name of a target: numbers are given as parts are met."""
        names, readings = found
        return sorted(
            (*names[key], each.status, each.severity, each.value, each.n, each.reason)
            for key, each in readings.items()
            if each.slot <= START + 20 * MINUTES
        )

    in_time = run(tmp_path / "a", [0] * len(batches))
    late_ones = run(tmp_path / "b", [chance.choice([0, 0, 1, 3, 8]) for _ in batches])
    assert said(in_time) == said(late_ones)


class Meeting:
    """A minute that is due, of a case on either database, and a row that comes late for it."""

    def __init__(self, folder, url):
        self.case = Case(folder, url)
        self.judging = Judging(self.case)
        self.judging.write(CALLS)
        self.chance = random.Random(4)
        self.case.pin("m", [prediction(self.chance, n) for n in range(100)])
        self.case.send(minute(self.chance, 0, START), START + MINUTES - 1)
        self.judging.at(START + MINUTES)
        self.case.send(minute(self.chance, 1, START + MINUTES), START + 2 * MINUTES - 1)
        self.case.count()
        self.judging.now = START + 2 * MINUTES + GRACE

    def send_late(self):
        row = prediction(self.chance, "late", at=START + MINUTES)
        self.case.send([row], self.judging.now + SECOND)

    def readings(self):
        while self.judging.judge.step():
            pass
        return [(each.value, each.revision) for each in self.judging.readings("calls")]


@pytest.fixture(params=["sqlite", "postgres"])
def meeting(request, tmp_path):
    url = None
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").database()
    made = Meeting(tmp_path / "case", url)
    yield made
    made.case.close()


def test_what_is_counted_after_a_slot_was_read_and_before_it_is_kept_is_noted(meeting):
    def interrupted(name):
        if name:
            meeting.judging.judge.heartbeat = lambda _name: None
            meeting.send_late()
            meeting.case.count()

    meeting.judging.judge.heartbeat = interrupted
    assert meeting.readings() == [(30.0, 1), (31.0, 2)]


def test_what_is_being_committed_while_a_slot_begins_is_in_it(meeting, monkeypatch):
    meeting.send_late()
    note, noted, judged = module.note, threading.Event(), threading.Event()

    def slowly(*given):
        note(*given)
        noted.set()
        # Whoever does not wait for this commit has judged by then.
        judged.wait(0.5)

    monkeypatch.setattr(module, "note", slowly)
    counting = threading.Thread(target=meeting.case.count)
    counting.start()
    noted.wait()
    found = meeting.readings()
    judged.set()
    counting.join()
    assert found == [(30.0, 1), (31.0, 1)]
