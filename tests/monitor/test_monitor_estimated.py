"""Monitors of performance are told of what labels will show, before these are there."""

import threading

import pytest
from monitor_labelled import DAYS, Labelled
from worker_case import START

from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
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
    labelled.join()
    case = labelled.case
    source = Source(case.catalog, case._reader, threading.Lock(), Memory(most=4))
    worker = Estimates(case.catalog, source, case.store, clock=lambda: labelled.now)
    while worker.step():
        pass
    return labelled.read(6)


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
