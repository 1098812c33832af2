"""Monitors of performance: what is ripe is judged, by what the labels leave no doubt about."""

import pytest
from monitor_labelled import DAYS, HOURS, Labelled
from worker_case import START

from tidegauge.arrow import pa
from tidegauge.catalog import models
from tidegauge.monitor.performance import Performance
from tidegauge.performance import encode
from tidegauge.series.measured import truth_of


@pytest.fixture
def labelled(case):
    return Labelled(case, "p")


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

    def test_against_the_labels_of_an_uploaded_reference(self, labelled):
        write(labelled, "}]", window="1 d")
        self.history(labelled, 0.7, 0.95, rows=60)
        said, true = ["yes"] * 4_000, ["yes"] * 3_800 + ["no"] * 200
        rows = pa.table({"prediction_label": said, "actual_label": true})
        truth = truth_of(rows, "binary")
        labelled.refer(1, labelled=truth.labelled, truth=encode(truth.measured))
        found = labelled.read(1, 2)
        assert (found.status, found.severity) == ("breach", "high")
        assert found.detail["baselines"]["reference"] == pytest.approx(0.95)
        assert labelled.read(2, 2).status == "ok"

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


class TestWhere:
    """In the second half of the span one of two regions is wrong more often."""

    def sent(self, labelled, worse=0.5):
        labelled.case.pin("m", [{"prediction_id": "r", "prediction_label": "yes"}])

        def made(connection):
            model = models.by_name(connection, "default", "m")
            told = {"segments": ["tags.region"]}
            models.change(connection, model.id, model.revision, START, **told)

        labelled.case.catalog.write(made)
        write(labelled, ", conditions: [{min: 0.85, severity: high}]}]", window="1 d", wait="1 h")
        for day, rates in enumerate(({"eu": 0.95, "us": 0.95}, {"eu": worse, "us": 0.95})):
            for region, right in rates.items():
                labelled.predict(day, right, tags={"region": region})
        labelled.label(hours=0)
        labelled.now = START + 3 * DAYS
        labelled.join()

    def test_a_breach_says_in_which_segment_it_is(self, labelled):
        self.sent(labelled)
        found = labelled.read(2, 1)
        assert found.status == "breach"
        (where,) = found.detail["where"]
        assert where["segment"] == "tags.region=eu"
        assert where["share"] == pytest.approx(1, abs=0.1)
        assert where["error_rate_before"] == pytest.approx(0.05, abs=0.04)
        assert where["error_rate"] == pytest.approx(0.5, abs=0.06)
        assert "% of more errors are in tags.region=eu (from " in found.reason

    def test_of_personal_data_nothing_is_said(self, labelled):
        def private(connection):
            model = models.by_name(connection, "default", "m")
            models.change(connection, model.id, model.revision, START, tags={"pii": "tags.region"})

        self.sent(labelled)
        labelled.case.catalog.write(private)
        found = labelled.read(2, 1)
        assert found.status == "breach"
        assert "where" not in found.detail
        assert "region" not in found.reason
