"""Monitors of performance: what is ripe is judged, by what the labels leave no doubt about."""

import random
import threading

import pytest
from test_monitor_judge import Judging
from worker_case import START, prediction

from tidegauge.catalog import models, trainings
from tidegauge.monitor.performance import Performance
from tidegauge.record.columns import to_table
from tidegauge.reference.fit import adopt, profile_of_table
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.tail.decode import stamped
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.truth import Truth

HOURS, DAYS = HOUR * SECOND, DAY * SECOND
A_DAY = 24


class Labelled(Judging):
    """Predictions of many days, and labels that come some hours later."""

    def __init__(self, case):
        super().__init__(case)
        self.chance = random.Random(5)
        self.sent = []

    def predict(self, day, right, rows=20, **more):
        """A day of so many rows an hour, of which so large a share will prove right."""
        for hour in range(A_DAY):
            at = START + day * DAYS + hour * HOURS
            some = [
                prediction(
                    self.chance,
                    f"{day}-{hour}-{k}-{more}",
                    at=at + k * HOURS // rows,
                    prediction_label="yes",
                    **more,
                )
                for k in range(rows)
            ]
            self.case.send(some, at + HOURS)
            for each in some:
                self.sent.append((each, "yes" if self.chance.random() < right else "no"))

    def label(self, hours=1, share=1.0):
        """All that was predicted, so long after it."""
        by_hour = {}
        for each, true in self.sent:
            if self.chance.random() < share:
                at = each["timestamp"] + hours * HOURS
                told = {"model_id": "m", "prediction_id": each["prediction_id"], "timestamp": at}
                by_hour.setdefault(at // HOURS, []).append(told | {"actual_label": true})
        for hour, some in sorted(by_hour.items()):
            self.case.send(some, (hour + 1) * HOURS, kind="labels")
        self.sent = []

    def join(self):
        self.case.count()
        source = Source(self.case.catalog, self.case._reader, threading.Lock(), Memory(most=4))
        truth = Truth(self.case.catalog, source, self.case.store, clock=lambda: self.now)
        while truth.step():
            pass

    def trained(self, **metrics):
        def told(connection):
            model = models.by_name(connection, "default", "m")
            trainings.add(connection, model.id, metrics, version="", name="t", at=START, by="me")

        self.case.catalog.write(told)

    def refer(self, days):
        """The first days become the reference."""
        records = [{"prediction_id": str(n), "prediction_label": "yes"} for n in range(100)]
        table = stamped(to_table([{"model_id": "m", **each} for each in records]), START)
        profile = profile_of_table(table)

        def made(connection):
            adopt(
                connection,
                models.by_name(connection, "default", "m").id,
                profile,
                source="range",
                name="good days",
                first_at=START,
                last_at=START + days * DAYS - 1,
                at=START,
                by="test",
                why="test",
            )

        self.case.catalog.write(made)

    def read(self, day, hour=0):
        """What the monitor says at a time."""
        moment = START + day * DAYS + hour * HOURS
        self.at(moment)
        (found,) = [each for each in self.readings("p") if each.slot == moment]
        return found


@pytest.fixture
def labelled(case):
    return Labelled(case)


def write(labelled, text="", **more):
    told = ", ".join(f"{name}: {value}" for name, value in more.items())
    labelled.write("monitors: [{name: p, kind: performance" + (f", {told}" if told else "") + text)


class TestWhatIsRipe:
    def test_a_model_without_labels_is_not_judged(self, labelled):
        write(labelled, "}]")
        labelled.predict(0, 1.0)
        found = labelled.read(1)
        assert found.status == "not_applicable"
        assert found.reason == "no label of m has come yet"

    def test_the_window_ends_where_labels_have_had_the_time_to_come(self, labelled):
        write(labelled, "}]", window="1 d")
        labelled.predict(0, 0.9)
        labelled.predict(1, 0.9)
        labelled.label(hours=6)
        labelled.now = START + 2 * DAYS
        labelled.join()
        found = labelled.read(2)
        assert found.detail["metric"] == "accuracy"
        late = (START + 2 * DAYS - found.detail["until"]) / HOURS
        # To a fifth, as bins of a quarter octave tell it.
        assert late == pytest.approx(6, rel=0.2)
        assert found.detail["until"] - found.detail["since"] == DAYS
        assert found.detail["coverage"] == pytest.approx(1.0, abs=0.01)

    def test_who_says_how_long_to_wait_is_heard(self, labelled):
        write(labelled, "}]", window="1 d", wait="12 h")
        labelled.predict(0, 0.9)
        labelled.label(hours=1)
        labelled.now = START + 2 * DAYS
        labelled.join()
        assert labelled.read(1, 6).detail["until"] == START + DAYS - 6 * HOURS

    def test_few_labels_say_nothing(self, labelled):
        write(labelled, "}]", window="1 d", min_rows=10)
        labelled.predict(0, 0.9, rows=5)
        labelled.label(share=0.05)
        labelled.now = START + 2 * DAYS
        labelled.join()
        found = labelled.read(1, 1)
        assert found.status == "insufficient_data"
        assert 0 < found.n < 10
        assert "10 are wanted" in found.reason


class TestBreaches:
    def history(self, labelled, *shares, rows=20):
        for day, share in enumerate(shares):
            labelled.predict(day, share, rows)
        labelled.label()
        labelled.now = START + len(shares) * DAYS
        labelled.join()

    def test_worse_than_in_training(self, labelled):
        write(labelled, "}]", window="1 d")
        self.history(labelled, 0.7, 0.95, rows=60)
        labelled.trained(accuracy=0.95)
        found = labelled.read(1, 2)
        assert (found.status, found.severity) == ("breach", "high")
        assert found.value == pytest.approx(0.7, abs=0.05)
        assert found.detail["low"] < found.value < found.detail["high"]
        assert found.detail["baselines"] == {"reference": 0.95}
        assert found.detail["degradation_pct"] == pytest.approx(26, abs=6)
        assert found.reason.startswith("accuracy: ")
        # A day later it is what it was.
        assert labelled.read(2, 2).status == "ok"

    def test_better_is_no_breach(self, labelled):
        write(labelled, "}]", window="1 d")
        self.history(labelled, 0.99)
        labelled.trained(accuracy=0.5)
        assert labelled.read(1, 1).status == "ok"

    def test_what_chance_may_have_done_is_no_breach(self, labelled):
        write(labelled, ", conditions: [{min: 0.9, severity: critical}]}]", window="1 d")
        self.history(labelled, 0.86, rows=2)
        found = labelled.read(1, 1)
        assert found.value < 0.9 < found.detail["high"]
        assert found.status == "ok"

    def test_a_limit_that_the_whole_interval_is_beyond(self, labelled):
        write(labelled, ", conditions: [{min: 0.9, severity: critical}]}]", window="1 d")
        self.history(labelled, 0.7, rows=20)
        found = labelled.read(1, 1)
        assert found.detail["high"] < 0.9
        assert (found.status, found.severity) == ("breach", "critical")

    def test_against_the_time_of_the_reference(self, labelled):
        write(labelled, "}]", window="1 d")
        self.history(labelled, 0.95, 0.95, 0.95, 0.6, rows=60)
        labelled.refer(days=2)
        before = labelled.read(3, 1)
        assert before.status == "ok"
        assert before.detail["baselines"]["reference"] == pytest.approx(0.95, abs=0.02)
        found = labelled.read(4, 2)
        assert (found.status, found.severity) == ("breach", "high")

    def test_against_the_days_before(self, labelled):
        conditions = ", conditions: [{change: 10 %, against: last 2 d, severity: low}]}]"
        write(labelled, conditions, window="1 d")
        self.history(labelled, 0.9, 0.9, 0.9, 0.6)
        found = labelled.read(4, 2)
        assert found.detail["baselines"] == {"last 2 d": pytest.approx(0.9, abs=0.03)}
        assert (found.status, found.severity) == ("breach", "low")

    def test_nothing_to_compare_with_is_said(self, labelled):
        write(labelled, ", conditions: [{change: 10 %, against: training}]}]", window="1 d")
        self.history(labelled, 0.9)
        found = labelled.read(1, 1)
        assert found.status == "insufficient_data"
        assert found.reason == "there is nothing to compare with yet (training)"
        assert found.value == pytest.approx(0.9, abs=0.05)

    def test_a_metric_that_labels_do_not_tell(self, labelled):
        write(labelled, "}]", window="1 d", metric="mae")
        self.history(labelled, 0.9)
        found = labelled.read(1, 1)
        assert found.status == "insufficient_data"
        assert found.reason == "the labels that came do not tell mae"

    def test_an_error_that_grows_is_worse(self, labelled):
        write(
            labelled,
            ", conditions: [{change: 10 %, severity: high}]}]",
            window="1 d",
            metric="log_loss",
        )
        self.history(labelled, 0.95)
        labelled.trained(log_loss=0.0001)

        def told(connection):
            before = models.by_name(connection, "default", "m")
            models.change(connection, before.id, before.revision, START, positive="yes")

        labelled.case.catalog.write(told)
        found = labelled.read(1, 1)
        assert (found.status, found.severity) == ("breach", "high")
        assert found.value > 0.0001

    def test_each_version_by_itself(self, labelled):
        write(labelled, ", conditions: [{min: 0.8}]}]", window="1 d", version="each")
        labelled.predict(0, 0.95, model_version="old")
        labelled.predict(0, 0.5, model_version="new")
        labelled.label()
        labelled.now = START + DAYS
        labelled.join()
        labelled.at(START + DAYS + 2 * HOURS)
        found = {
            version: labelled.readings("p", version=version)[-1].status
            for version in ("old", "new")
        }
        assert found == {"old": "ok", "new": "breach"}


def test_a_window_is_of_what_is_counted():
    with pytest.raises(ValueError, match="five minutes"):
        Performance(name="p", window=120)
