"""Monitors of performance and fairness are told of what labels will show, before these come."""

import random
import threading

import pyarrow.parquet as pq
import pytest
from monitor_labelled import DAYS, HOURS, Labelled
from worker_case import START, prediction

from tidegauge.arrow import pa
from tidegauge.catalog import models
from tidegauge.performance import encode
from tidegauge.series.measured import truth_of
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.store import new_name
from tidegauge.worker.estimates import Estimates


@pytest.fixture
def labelled(case):
    return Labelled(case, "p")


def run(labelled, more="", share=1.0):
    """Three good days with labels, and three bad ones whose labels come too late."""
    labelled.write(
        "monitors: [{name: p, kind: performance, when: [{change: 0.1, severity: critical}]"
        f"{more}}}]"
    )
    for day in range(3):
        for right in (0.95, 0.55):
            labelled.predict(day, right, rows=15, prediction_score=right)
    labelled.label(hours=3 * 24, share=share)
    for day in range(3, 6):
        labelled.predict(day, 0.55, rows=15, prediction_score=0.55)
    labelled.now = START + 6 * DAYS
    labelled.case.count()
    labelled.refer(3)
    estimate(labelled)
    return labelled.read(6)


def estimate(labelled):
    labelled.join()
    case = labelled.case
    source = Source(case.catalog, case._reader, threading.Lock(), Memory(most=4))
    worker = Estimates(case.catalog, source, case.store, clock=lambda: labelled.now)
    while worker.step():
        pass


def test_a_breach_is_told_before_its_labels_and_is_high_at_most(labelled):
    found = run(labelled)
    assert (found.status, found.severity) == ("breach", "high")
    assert found.reason.startswith("estimated before labels: accuracy: ")
    assert found.detail["is_estimate"]
    assert found.detail["until"] == START + 6 * DAYS
    assert found.value == pytest.approx(0.55, abs=0.1)


def test_whose_monitor_says_how_bad_it_is_is_heard(labelled):
    assert run(labelled, ", severity: critical").severity == "critical"


def test_who_wants_no_estimates_waits_for_labels(labelled):
    found = run(labelled, ", estimates: false")
    assert found.status == "ok"
    assert "is_estimate" not in found.detail
    assert found.detail["until"] < START + 4 * DAYS


def test_labels_of_an_uploaded_reference_are_enough(labelled, tmp_path):
    labelled.write("monitors: [{name: p, kind: performance, window: 1 d}]")
    labelled.predict(0, 0.55, prediction_score=0.55)
    chance = random.Random(2)
    score = [chance.choice([0.95, 0.55]) for _ in range(2_000)]
    table = pa.table(
        {
            "prediction_label": ["yes"] * 2_000,
            "prediction_score": score,
            "actual_label": ["yes" if chance.random() < each else "no" for each in score],
        }
    )
    path, name = tmp_path / "reference.parquet", new_name("references", 1, START)
    pq.write_table(table, path)
    with labelled.case.store.create(name) as file:
        file.write(path.read_bytes())
    truth = truth_of(table, "binary")
    labelled.case.count()
    told = {"labelled": truth.labelled, "truth": encode(truth.measured)}
    labelled.refer(1, source="upload", file=name, **told)
    labelled.now = START + DAYS
    estimate(labelled)
    found = labelled.read(1)
    assert found.status == "breach"
    assert found.detail["is_estimate"]
    assert found.reason.startswith("estimated before labels: accuracy: ")
    assert found.detail["baselines"]["reference"] == pytest.approx(0.75, abs=0.03)
    assert found.value == pytest.approx(0.55, abs=0.05)


class TestFairness:
    """Of group b those of a middling score are not told yes any more, before labels show it."""

    def lend(self, labelled, days, *, harsh=False, right=True):
        chance = random.Random(days.start)
        for hour in range(days.start * 24, days.stop * 24):
            some = []
            for n in range(30):
                group, score = chance.choice("ab"), chance.choice([0.9, 0.7, 0.1])
                is_yes = score > (0.8 if harsh and group == "b" else 0.5)
                some.append(
                    prediction(
                        chance,
                        f"{hour}-{n}",
                        at=START + hour * HOURS + n * HOURS // 30,
                        prediction_label="yes" if is_yes else "no",
                        prediction_score=score,
                        tags={"group": group},
                    )
                )
                is_true = chance.random() < (score if right else 1 - score)
                labelled.sent.append((some[-1], "yes" if is_true else "no"))
            labelled.case.send(some, START + (hour + 1) * HOURS)

    def begun(self, labelled, more=", estimates: true"):
        said = [{"prediction_id": each, "prediction_label": each} for each in ("yes", "no")]
        labelled.case.pin("m", said)

        def made(connection):
            model = models.by_name(connection, "default", "m")
            told = {"segments": ["tags.group"], "protected": ["tags.group"]}
            told |= {"positive": "yes", "favourable": True}
            models.change(connection, model.id, model.revision, START, **told)

        labelled.case.catalog.write(made)
        labelled.write(
            "monitors: [{name: p, kind: fairness, criteria: [equal_opportunity], window: 3 d"
            f"{more}}}]"
        )
        self.lend(labelled, range(3))
        labelled.label(hours=72)

    def read(self, labelled, day):
        labelled.now = START + day * DAYS
        estimate(labelled)
        return labelled.read(day)

    def test_unfairness_is_told_before_its_labels(self, labelled):
        self.begun(labelled)
        self.lend(labelled, range(3, 6), harsh=True)
        found = self.read(labelled, 6)
        assert (found.status, found.severity) == ("breach", "high")
        assert found.reason.startswith("estimated before labels: equal opportunity of tags.group")
        assert found.detail["is_estimate"]
        assert found.detail["groups"] == ["b", "a"]
        # Of 16 that are truly yes 9 have a high score, and 7 a middling one.
        assert found.value == pytest.approx(7 / 16, abs=0.1)

    def test_like_groups_are_not(self, labelled):
        self.begun(labelled)
        self.lend(labelled, range(3, 6))
        assert self.read(labelled, 6).status == "ok"

    def test_unsaid_labels_are_waited_for(self, labelled):
        self.begun(labelled, more="")
        self.lend(labelled, range(3, 6), harsh=True)
        found = self.read(labelled, 6)
        assert found.status == "ok"
        assert "is_estimate" not in found.detail

    def test_where_estimates_were_wrong_nothing_is_judged_by_them(self, labelled):
        self.begun(labelled)
        self.lend(labelled, range(3, 6), right=False)
        labelled.label(hours=72)
        self.lend(labelled, range(6, 9), harsh=True)
        found = self.read(labelled, 9)
        assert found.status == "ok"
        assert "is_estimate" not in found.detail
