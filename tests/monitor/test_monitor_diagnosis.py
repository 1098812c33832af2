"""Which of data drift, label shift and concept drift there is, from what monitors said."""

import itertools

import numpy as np
import pytest

from tidegauge.catalog.readings import Reading
from tidegauge.monitor.diagnosis import Told, diagnosis
from tidegauge.monitor.union import ADAPTER
from tidegauge.performance import Classes
from tidegauge.series.labels import shift

SAME = shift(
    Classes(("no", "yes"), np.array([[700.0, 0], [0, 300.0]]), 1_000.0),
    Classes(("no", "yes"), np.array([[695.0, 0], [0, 305.0]]), 1_000.0),
)
MOVED = shift(
    Classes(("no", "yes"), np.array([[700.0, 0], [0, 300.0]]), 1_000.0),
    Classes(("no", "yes"), np.array([[500.0, 0], [0, 500.0]]), 1_000.0),
)
UNKNOWN = shift(Classes(), Classes())


def told(kind, status, slot=60, **detail):
    reading = Reading(
        target=1,
        slot=slot,
        status=status,
        severity="high" if status == "breach" else None,
        value=0.5,
        n=900,
        reason=f"{kind} {status}",
        made_at=1,
        revision=1,
        detail=detail,
    )
    return Told(ADAPTER.validate_python({"name": kind, "kind": kind}), reading)


def sentences(found):
    return " ".join(found.sentences)


@pytest.mark.parametrize(
    ("inputs", "reasons", "errs"), list(itertools.product(["ok", "breach"], repeat=3))
)
def test_each_pattern_has_its_facts_and_a_meaning(inputs, reasons, errs):
    found = diagnosis(
        [told("drift", inputs), told("explanation", reasons), told("performance", errs)], SAME
    )
    assert [each.moved for each in found.facts] == [
        each == "breach" for each in (inputs, reasons, errs)
    ]
    assert all(each.at == 60 and each.sure for each in found.facts)
    assert found.meaning.meaning
    assert ("Data drift" in sentences(found)) == (inputs == "breach")
    is_concept = errs == "breach" and inputs == "ok"
    assert ("Concept drift" in sentences(found)) == is_concept


def test_errors_beside_another_mix_of_truth_are_not_called_concept_drift():
    found = diagnosis([told("drift", "ok"), told("concept", "breach")], MOVED)
    assert "Label shift: 'no' is now 50 % of what is true, and was 70 %." in found.sentences
    assert "Concept drift" not in sentences(found)
    assert "what moved of the mix of the truth may be why" in sentences(found)


def test_of_two_monitors_the_one_that_saw_something_counts():
    found = diagnosis([told("performance", "ok", 120), told("concept", "breach", since=30)], SAME)
    fact = found.facts[2]
    assert (fact.moved, fact.monitor, fact.since) == (True, "concept", 30)
    assert "once in 100 months" in fact.sure


def test_a_drift_of_answers_alone_is_none_of_inputs():
    answers = told("drift", "breach", features=[{"column": "prediction_score"}])
    both = told("drift", "breach", features=[{"column": "outputs.a"}, {"column": "features.x"}])
    assert diagnosis([answers], SAME).facts[0].moved is False
    assert diagnosis([both], SAME).facts[0].moved is True


def test_what_nobody_can_tell_is_said():
    found = diagnosis([told("drift", "ok"), told("performance", "insufficient_data")], UNKNOWN)
    assert [each.moved for each in found.facts] == [False, None, None]
    assert found.facts[1].reason == "no monitor watches it"
    assert found.facts[2].reason == "performance insufficient_data"
    assert found.sentences == [
        "There is no data drift.",
        "Too little is known to tell of label shift, concept drift.",
    ]


def test_shares_of_classes_have_limits_that_hold_the_truth():
    random = np.random.default_rng(4)
    missed = moved = 0
    for _ in range(400):
        sides = [random.multinomial(600, [0.6, 0.3, 0.1]).astype(float) for _ in range(2)]
        found = shift(*(Classes(("a", "b", "c"), np.diag(each), 600.0) for each in sides))
        missed += any(not each.low <= 0 <= each.high for each in found.shares)
        moved += bool(found.moved)
    assert missed <= 12
    assert moved == 0
    assert (SAME.moved, MOVED.moved, UNKNOWN.moved) == (False, True, None)


def test_a_class_that_is_new_is_a_share_that_grew():
    before = Classes(("no",), np.array([[500.0]]), 500.0)
    now = Classes(("no", "yes"), np.array([[300.0, 0], [0, 200.0]]), 500.0)
    found = shift(before, now)
    assert found.moved
    assert {(each.name, each.before, each.now) for each in found.shares} == {
        ("no", 1.0, 0.6),
        ("yes", 0.0, 0.4),
    }
