"""Monitors of concept drift: labels as one stream, each of them once, whenever they come."""

import numpy as np
import pytest
from monitor_labelled import DAYS, HOURS, Labelled
from worker_case import START

from tidegauge.catalog import models
from tidegauge.monitor.concept import Concept
from tidegauge.monitor.faults import FaultsError, checked, document_of
from tidegauge.outcome.wrong import Usual, Wrong, strayed, wrong_of
from tidegauge.performance import Classes, Coded, Errors


@pytest.fixture
def labelled(case):
    return Labelled(case, "c")


def write(labelled, **more):
    told = "".join(f", {name}: {value}" for name, value in more.items())
    labelled.write("monitors: [{name: c, kind: concept, every: 1 h" + told + "}]")


def history(labelled, *shares, rows=60, hours=1):
    for day, share in enumerate(shares):
        labelled.predict(day, share, rows)
    labelled.label(hours=hours)
    labelled.now = START + len(shares) * DAYS
    labelled.join()


def test_an_alarm_says_in_which_segment_it_is(labelled):
    labelled.case.pin("m", [{"prediction_id": "r", "prediction_label": "yes"}])

    def made(connection):
        model = models.by_name(connection, "default", "m")
        models.change(connection, model.id, model.revision, START, segments=["tags.region"])

    labelled.case.catalog.write(made)
    write(labelled)
    for day in range(4):
        for region in ("eu", "us"):
            right = 0.6 if (day, region) == (3, "eu") else 0.95
            labelled.predict(day, right, rows=40, tags={"region": region})
    labelled.label()
    labelled.now = START + 4 * DAYS
    labelled.join()
    labelled.refer(days=2)
    assert "where" not in (labelled.read(3, 1).detail or {})
    found = labelled.read(4, 1)
    assert found.status == "breach"
    (where,) = found.detail["where"]
    assert where["segment"] == "tags.region=eu"
    assert where["share"] == pytest.approx(1, abs=0.15)
    assert "% of more errors are in tags.region=eu (from " in found.reason


class TestTheStream:
    def test_a_model_without_labels_is_not_judged(self, labelled):
        write(labelled)
        labelled.predict(0, 1.0)
        assert labelled.read(1).status == "not_applicable"

    def test_the_first_labels_are_seen_at_the_next_look(self, labelled):
        labelled.write("monitors: [{name: c, kind: concept, every: 5 min}]")
        labelled.predict(0, 0.95, rows=60)
        assert labelled.read(1, 1).status == "not_applicable"
        labelled.label()
        labelled.join()
        assert labelled.read(1, 1 + 5 / 60).status == "ok"

    def test_a_rise_is_told_with_when_and_how_much_until_it_is_over(self, labelled):
        write(labelled)
        history(labelled, 0.95, 0.95, 0.95, 0.7, 0.95, rows=60)
        labelled.refer(days=2)
        assert labelled.read(3, 1).status == "ok"
        found = labelled.read(4, 1)
        assert (found.status, found.severity) == ("breach", "critical")
        assert found.detail["before"] == pytest.approx(0.05, abs=0.02)
        assert found.detail["after"] == pytest.approx(0.3, abs=0.05)
        assert abs(found.detail["since"] - (START + 3 * DAYS)) <= HOURS
        assert found.reason.startswith("errors have risen from ")
        assert found.detail["status"] == "drift"
        assert labelled.read(5, 1).status == "ok"

    def test_a_steady_model_is_quiet(self, labelled):
        write(labelled, wait="1 h")
        history(labelled, *[0.9] * 6, rows=60)
        labelled.refer(days=2)
        found = labelled.read(6, 1)
        assert found.status == "ok"
        assert found.value == pytest.approx(0.1, abs=0.02)
        # Each label after the reference's time, once.
        assert found.n == 4 * 24 * 60

    def test_asked_often_or_seldom_it_says_the_same(self, labelled):
        write(labelled)
        history(labelled, 0.95, 0.95, 0.95, 0.75, rows=60)
        labelled.refer(days=2)
        for hour in range(3 * 24, 4 * 24 + 2):
            often = labelled.read(0, hour)
        monitor = Concept(name="other", every=3600)
        seldom = labelled.glance(monitor)
        assert often.detail == dict(seldom.detail)
        assert often.reason == seldom.reason

    def test_it_goes_on_after_a_restart(self, labelled):
        write(labelled)
        history(labelled, 0.95, 0.95, 0.95, 0.7, rows=60)
        labelled.refer(days=2)
        labelled.read(3, 1)
        labelled.fresh()
        assert labelled.read(4, 1).status == "breach"

    def test_a_label_that_comes_too_late_is_not_taken(self, labelled):
        write(labelled, wait="2 h")
        history(labelled, 0.95, 0.95, 0.95, rows=60)
        labelled.refer(days=1)
        before = labelled.read(3)
        labelled.predict(1, 0.0, rows=1)
        labelled.label(hours=20)
        labelled.join()
        after = labelled.read(3, 1)
        # The hour that ripened since, and nothing of the day before.
        assert after.n - before.n == 60

    def test_a_new_version_begins_anew(self, labelled):
        write(labelled)
        history(labelled, 0.95, 0.95, 0.95, 0.7, rows=60)
        labelled.refer(days=2)
        assert labelled.read(4, 1).status == "breach"
        labelled.predict(5, 0.7, model_version="2")
        labelled.label()
        labelled.now = START + 6 * DAYS
        labelled.join()
        labelled.change("c", {"version": "2"}, labelled.now)
        assert labelled.read(6, 1).status == "ok"

    def test_by_another_detector(self, labelled):
        write(labelled, detector="{kind: page_hinkley, threshold: 20}")
        history(labelled, 0.95, 0.95, 0.95, 0.6, rows=60)
        labelled.refer(days=2)
        found = labelled.read(4, 1)
        assert found.detail["detector"] == "page_hinkley"
        assert found.status == "breach"

    def test_a_small_change_is_tolerated(self, labelled):
        write(labelled, tolerance="10")
        history(labelled, 0.95, 0.95, 0.95, 0.7, rows=60)
        labelled.refer(days=2)
        assert labelled.read(4, 1).status == "ok"

    def test_errors_that_stray_by_themselves_count_for_less(self, labelled):
        """Good days and bad days, by turns, are nothing new after two weeks of them."""
        write(labelled)
        shares = [0.98, 0.86] * 9
        history(labelled, *shares, rows=60)
        labelled.refer(days=2)
        assert labelled.read(17, 2).status == "ok"


class TestFiles:
    def test_a_detector_by_its_name(self):
        found = checked({"name": "c", "kind": "concept", "detector": "adwin"})
        assert found.detector.kind == "adwin"
        assert checked(document_of(found)) == found

    @pytest.mark.parametrize(
        ("detector", "said"),
        [
            ("magic", "no detector 'magic'"),
            ({"kind": "adwin", "delta": 3}, "delta is 3"),
            ({"kind": "adwin", "colour": 3}, "colour"),
        ],
    )
    def test_what_is_none_is_refused(self, detector, said):
        with pytest.raises(FaultsError, match=said):
            checked({"name": "c", "kind": "concept", "detector": detector})


class TestErrors:
    def test_values_are_as_many_and_as_wrong(self):
        chance = np.random.default_rng(1)
        for _turn in range(200):
            n = int(chance.integers(1, 500))
            wrong = float(chance.integers(0, n + 1))
            values = Wrong(n, wrong).values()
            assert len(values) == n
            assert values.sum() == wrong
            assert set(values) <= {0.0, 1.0}

    def test_numbers_are_wrong_beyond_what_nine_in_ten_were(self):
        chance = np.random.default_rng(2)
        true = chance.normal(size=5_000)
        good = Errors.of(true, true + chance.normal(size=5_000))
        usual = Usual.of({"": good})
        worse = Errors.of(true, true + chance.normal(1.0, 1.0, 5_000))
        before, after = (wrong_of({"": each}, usual) for each in (good, worse))
        assert before.wrong / before.n == pytest.approx(0.1, abs=0.02)
        # Of a normal one, a step aside: 1 - P(-2.645 < z < 0.645) = 0.26.
        assert after.wrong / after.n == pytest.approx(0.26, abs=0.03)

    def test_classes_are_right_or_wrong(self):
        true = Coded(np.array([0, 0, 1, 1, 1]), ["a", "b"])
        said = Coded(np.array([0, 1, 1, 1, 0]), ["a", "b"])
        assert wrong_of({"": Classes.of(true, said, {})}, None) == (5, 2.0)

    def test_how_much_rates_stray(self):
        chance = np.random.default_rng(3)
        still = [Wrong(1000, float(chance.binomial(1000, 0.1))) for _ in range(100)]
        rates = np.where(np.arange(100) % 2, 0.08, 0.12)
        restless = [Wrong(1000, float(chance.binomial(1000, rate))) for rate in rates]
        assert strayed(still) == 1.0
        # 0.02 squared, of 0.1 * 0.9 / 1000, and what chance adds.
        assert strayed(restless) == pytest.approx(1 + 0.0004 / 0.00009, rel=0.4)
