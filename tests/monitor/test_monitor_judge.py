"""The judge on what the worker counted: each slot once, and what is wrong is said."""

import random

import pytest
from worker_case import MINUTES, START, prediction

from tidegauge.catalog import models, monitors, readings, targets
from tidegauge.monitor.file import read_text
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.judge import GRACE, MOST, Judge
from tidegauge.worker.roll import KEPT

HOURS = HOUR * SECOND
DAYS = DAY * SECOND


class Judging:
    def __init__(self, case):
        self.case = case
        self.now = START
        self.judge = self.fresh()

    def fresh(self):
        self.judge = Judge(self.case.catalog, self.case._reader, KEPT, clock=lambda: self.now)
        return self.judge

    def at(self, moment):
        """All that came before a moment is counted, and it is that time."""
        self.case.count()
        self.now = moment + GRACE
        while self.judge.step():
            pass

    def write(self, text):
        def made(connection):
            for each in read_text(text):
                document = each.model_dump(mode="json")
                monitors.add(
                    connection, "default", each.name, document, origin="file", at=START, by="me"
                )

        self.case.catalog.write(made)

    def change(self, name, changes, at):
        def changed(connection):
            before = monitors.by_name(connection, "default", name)
            document = {**before.document, **changes}
            monitors.change(connection, before, document, origin="file", at=at, by="me")

        self.case.catalog.write(changed)

    def readings(self, monitor, model="m", **of):
        with self.case.catalog.read() as connection:
            number = models.by_name(connection, "default", model).id
            known = {each.id: each.name for each in monitors.listed(connection)}
            wanted = [
                each.id
                for each in targets.of_model(connection, number)
                if known[each.monitor] == monitor
                and all(getattr(each, name) == value for name, value in of.items())
            ]
            return readings.between(connection, wanted, 0, 1 << 62)


@pytest.fixture
def judging(case):
    return Judging(case)


def minute(chance, n, at, rows=30, **more):
    return [
        prediction(chance, f"{n}-{k}", at=at + k * MINUTES // rows, **more) for k in range(rows)
    ]


def test_every_minute_is_read_once_whoever_reads(judging):
    chance = random.Random(1)
    judging.write(
        "monitors: [{name: errors, metric: error_rate, conditions: [{max: 0.5}]},"
        " {name: slow, metric: latency_p95_ms, window: 1 min, every: 5 min,"
        "  conditions: [{max: 1, severity: critical}]}]"
    )
    judging.case.pin("m", [prediction(chance, n) for n in range(500)])
    for n in range(20):
        judging.case.send(minute(chance, n, START + n * MINUTES), START + (n + 1) * MINUTES - 1)
        if chance.random() < 0.5:
            judging.at(START + (n + 1) * MINUTES)
        if chance.random() < 0.3:
            # Another takes over.
            judging.fresh()
    judging.at(START + 20 * MINUTES)
    slots = [each.slot for each in judging.readings("errors")]
    assert slots == list(range(slots[0], START + 20 * MINUTES + 1, MINUTES))
    slow = judging.readings("slow")
    assert [each.slot % (5 * MINUTES) for each in slow] == [0] * len(slow)
    assert {(each.status, each.severity) for each in slow} == {("breach", "critical")}
    assert "is above 1" in slow[0].reason
    # No call told a status.
    assert {each.status for each in judging.readings("errors")} == {"insufficient_data"}


def test_a_long_pause_is_caught_up_with_so_far(judging):
    chance = random.Random(2)
    judging.write("monitors: [{name: calls, metric: predictions, conditions: [{min: 10}]}]")
    judging.case.pin("m", [prediction(chance, n) for n in range(100)])
    judging.case.send(minute(chance, 0, START), START + 30 * SECOND)
    judging.at(START + MINUTES)
    judging.at(START + 90 * MINUTES)
    found = judging.readings("calls")
    skipped = [each for each in found if each.status == "skipped"]
    assert [each.reason.split()[0] for each in skipped] == ["65"]
    judged = [each.slot for each in found if each.status != "skipped"]
    assert judged == [START + MINUTES, *range(START + 67 * MINUTES, START + 91 * MINUTES, MINUTES)]
    # Nothing came: that is a breach of a least number, and no silence.
    assert {each.status for each in found[-3:]} == {"breach"}


def test_twice_the_load_skips_slots_says_so_and_piles_up_nothing(judging):
    """A slot takes the time of two, for eight hours; then all is well again."""
    chance = random.Random(2)
    judging.write("monitors: [{name: calls, metric: predictions, conditions: [{min: 0}]}]")
    judging.case.pin("m", [prediction(chance, n) for n in range(100)])
    judging.case.send(minute(chance, 0, START), START + 30 * SECOND)
    judging.at(START + MINUTES)
    begin, end = START + MINUTES, START + 8 * HOURS

    def slowly(name):
        if name and judging.now < end:
            judging.now += 2 * MINUTES

    judging.judge.heartbeat = slowly
    judging.now += 2 * MINUTES
    before = len(judging.readings("calls"))
    while judging.judge.step():
        after = len(judging.readings("calls"))
        assert after - before <= MOST + 1
        before = after
        # What is due meanwhile is a number, however long it takes.
        assert judging.judge.whole() - judging.judge._slot <= 2 * MOST * MINUTES
    found = judging.readings("calls")
    last = found[-1].slot
    assert last == judging.judge.whole() >= end
    skipped = [each for each in found if each.status == "skipped"]
    told = sum(int(each.reason.split()[0]) for each in skipped)
    judged = [each.slot for each in found if each.status != "skipped"]
    assert len(set(judged)) + told == (last - begin) // MINUTES + 1
    assert 0.45 < len(judged) / (len(judged) + told) < 0.6
    # The last slot of those that were not judged says so of all of them.
    assert all(each.slot + MINUTES in judged for each in skipped)


def test_a_drift_is_found_told_and_over(judging):
    """Two weeks of the model's own past, then a shift, then back."""
    chance = random.Random(3)
    past = [prediction(chance, f"p{n}", at=START + n * 15 * DAYS // 8_000) for n in range(8_000)]
    for record in past:
        record["features"].setdefault("age", 50)
    judging.case.pin("m", past[:2_000])
    for n in range(0, len(past), 500):
        judging.case.send(past[n : n + 500], past[n]["timestamp"], as_arrow=True, history=True)
    judging.case.count()
    begin = START + 15 * DAYS
    moved = begin + 30 * MINUTES
    for n in range(60):
        at = begin + n * MINUTES
        batch = minute(chance, n, at, rows=40)
        for record in batch:
            record["features"].setdefault("age", 50)
            if at >= moved:
                record["features"]["amount"] *= 3.0
        judging.case.send(batch, at + MINUTES - 1, as_arrow=True)
        judging.at(at + MINUTES)
    found = judging.readings("drift")
    before = [each for each in found if each.slot <= moved]
    assert {each.status for each in before} == {"ok"}
    assert before[-1].detail["learned"]
    after = [each for each in found if each.slot > moved]
    first = next(each for each in after if each.status == "breach")
    assert first.slot - moved <= 10 * MINUTES
    (top, *_) = first.detail["features"]
    assert (top["column"], top["what"]) == ("features.amount", "higher values")
    assert moved - 10 * MINUTES <= first.detail["since"] <= first.slot
    last = after[-1]
    assert (last.status, last.severity) == ("breach", "high")
    assert last.detail["features"][0]["effects"]["psi"]["lower"] > 0.25
