"""A model's drift in one answer, its history, and the last monitoring result, over HTTP."""

import math
import random

import pytest
from series_api import DAYS, HOURS, micros, moment
from test_series_monitors import judged, put
from worker_case import MINUTES, START, prediction

from tidegauge.catalog import models, monitors, readings, targets
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.targets import Of

FIELDS_OF_ALL = {
    *("status", "max_drift_score", "avg_drift_score", "drift_threshold", "feature_drifts"),
    *("significant_drifts", "drifted_features_count", "drifted_features", "drifted_percent"),
    *("baseline_period_days", "detection_window_hours", "baseline_samples", "recent_samples"),
    *("timestamp", "recommendation"),
}
FEATURE = {"column": "features.amount", "what": "higher values", "effects": {}}


def rows(api, *, hours=2, factor=1.0, pin=True):
    """Some hours of predictions, counted and judged, after a reference."""
    chance = random.Random(7)
    if pin:
        api.case.pin("m", [prediction(chance, f"ref-{n}") for n in range(2_000)])
    for n in range(hours * 12):
        at = START + n * 5 * MINUTES
        batch = [prediction(chance, f"{n}-{k}", at=at + k * 5 * MINUTES // 40) for k in range(40)]
        for record in batch:
            record["features"]["amount"] *= factor
        api.case.send(batch, at + 5 * MINUTES - 1, as_arrow=True)
    api.case.count()


def keep(api, found, monitor="drift"):
    """Readings as the judge would keep them: (slot, status, value, detail)."""

    def write(connection):
        model = models.by_name(connection, "default", "m").id
        kept = monitors.by_name(connection, "default", monitor)
        of = Of(kept.id, model, "", "")
        target = targets.ensure(connection, [of])[of].id
        readings.add(
            connection,
            [
                Reading(
                    target=target,
                    slot=slot,
                    status=status,
                    severity="high" if status == "breach" else None,
                    value=value,
                    n=40,
                    reason="",
                    detail=detail,
                    revision=1,
                    made_at=slot,
                )
                for slot, status, value, detail in found
            ],
        )

    api.case.catalog.write(write)


def ask(api, path, *, upto=START + 2 * HOURS, status=200, **more):
    return api.get(f"models/m/{path}", end_time=moment(upto), status=status, **more)


@pytest.fixture
def watched(api):
    """Two hours of rows that are three times what they were, and the usual monitors."""
    rows(api, factor=3.0)
    assert api.get("monitors")["monitors"]
    return api


def plainly(found):
    if isinstance(found, dict):
        return all(plainly(each) for each in found.values())
    if isinstance(found, list):
        return all(plainly(each) for each in found)
    return not isinstance(found, float) or math.isfinite(found)


def test_a_drift_is_told_with_its_classical_numbers(watched):
    slot = START + 2 * HOURS
    detail = {
        "learned": True,
        "since": START,
        "features": [FEATURE],
        "drifted": 1,
        "judged": 6,
    }
    keep(watched, [(slot, "breach", 0.8, detail)])
    found = ask(watched, "drift/summary", hours=2)
    assert found.keys() >= FIELDS_OF_ALL
    assert plainly(found)
    assert (found["status"], found["learning"]) == ("drift_detected", False)
    assert (found["drifted_features"], found["drifted_features_count"]) == (["features.amount"], 1)
    assert found["drifted_percent"] == 16.67
    assert (found["drift_score"], micros(found["since"])) == (1.0, START)
    amount = found["feature_drifts"]["features.amount"]
    assert found["max_drift_score"] == max(
        each["drift_score"] for each in found["feature_drifts"].values()
    )
    assert amount["ks_test"]["status"] == "critical"
    assert amount["drift_score"] == found["max_drift_score"] > found["drift_threshold"] == 0.15
    assert found["significant_drifts"] == ["features.amount"]
    assert not found["drifts_as_a_whole"]
    assert (found["baseline_samples"], found["recent_samples"]) == (2_000, 960)
    assert (found["level"], "features.amount" in found["recommendation"]) == ("NOTICE", True)
    outputs = found["prediction_drift"]
    assert outputs["overall_drift_score"] == max(
        outputs["class_prediction_drift"], outputs["variable_prediction_drift"]
    )
    assert outputs["overall_drift_score"] < 0.15


@pytest.mark.parametrize(
    ("drifted", "level", "whole"),
    [(1, "NOTICE", False), (3, "WARNING", True), (5, "CRITICAL", True)],
)
def test_the_more_columns_drift_the_graver_it_is(watched, drifted, level, whole):
    detail = {"learned": True, "features": [FEATURE], "drifted": drifted, "judged": 8}
    keep(watched, [(START + 2 * HOURS, "breach", 0.8, detail)])
    found = ask(watched, "drift/summary", hours=2)
    assert (found["level"], found["drifts_as_a_whole"]) == (level, whole)
    assert ask(watched, "drift/report")["latest_level"] == level


def test_while_it_learns_it_says_so_and_not_that_all_is_well(watched):
    keep(watched, [(START + 2 * HOURS, "ok", 0.2, {"learned": False})])
    found = ask(watched, "drift/summary")
    assert (found["status"], found["learning"]) == ("insufficient_data", True)
    assert (found["level"], found["drift_score"]) == ("NONE", 0.2)
    keep(watched, [(START + 2 * HOURS + MINUTES, "ok", 0.1, {"learned": True})])
    later = ask(watched, "drift/summary", upto=START + 3 * HOURS)
    assert (later["status"], later["learning"]) == ("no_drift", False)
    # The classical numbers say how far, whoever says whether.
    assert later["max_drift_score"] > 0.15


def test_without_rows_readings_or_reference_there_is_too_little(api):
    rows(api, hours=1, pin=False)
    found = ask(api, "drift/summary")
    assert (found["status"], found["learning"]) == ("insufficient_data", True)
    long_ago = ask(api, "drift/summary", upto=START - 3 * DAYS)
    assert (long_ago["status"], long_ago["recent_samples"]) == ("insufficient_data", 0)
    assert plainly(long_ago)
    report = ask(api, "drift/report", upto=START - 3 * DAYS)
    assert (report["total_drift_checks"], report["drift_rate"]) == (0, None)
    assert (report["latest_drift_score"], report["drift_trend"]) == (None, [])


def test_what_is_not_there_is_said(watched):
    for path in ("drift/summary", "drift/report"):
        ask(watched, path, monitor="latency", status=404)
        ask(watched, path, segment="tags.region=eu", status=422)
        ask(watched, path, version="none", status=422)
        ask(watched, path, hours=0, status=422)
    ask(watched, "monitor", version="none", status=422)


def test_the_report_counts_checks_and_events(watched):
    open_one = {"learned": True, "features": [FEATURE], "drifted": 1, "judged": 6}
    made = [(START + n * MINUTES, "ok", n / 40, {"learned": True}) for n in range(10, 30)]
    made += [(START + n * MINUTES, "breach", 0.7, open_one) for n in range(30, 35)]
    made += [(START + 35 * MINUTES, "no_data", None, None)]
    keep(watched, made)
    found = ask(watched, "drift/report", hours=2, upto=START + HOURS)
    assert (found["total_drift_checks"], found["drift_events"]) == (25, 5)
    assert found["drift_rate"] == 5 / 25
    assert found["drift_trend"] == [n / 40 for n in range(25, 30)] + [1.0] * 5
    # The last check had nothing to say.
    assert (found["latest_drift_score"], found["latest_level"]) == (None, "NONE")
    before = ask(watched, "drift/report", hours=2, upto=START + 34 * MINUTES)
    assert (before["latest_drift_score"], before["latest_level"]) == (1.0, "NOTICE")


def test_old_checks_count_by_the_hour(watched):
    keep(watched, [(START + n * MINUTES, "ok", 0.1, {"learned": True}) for n in range(60, 120)])
    watched.case.catalog.write(lambda c: readings.down_sample(c, START + HOURS))
    watched.case.catalog.write(lambda c: readings.down_sample(c, START + 3 * HOURS))
    found = ask(watched, "drift/report", hours=24, upto=START + 3 * HOURS)
    assert found["total_drift_checks"] >= 59
    assert (found["drift_events"], found["drift_rate"]) == (0, 0.0)


CALM = {"name": "calls", "metric": "predictions", "conditions": [{"max": 1000}]}
BAD = [
    {"name": "slow", "metric": "latency_avg_ms", "conditions": [{"max": 2, "severity": "high"}]},
    {
        "name": "more",
        "metric": "predictions",
        "conditions": [
            {"absolute_change": 5, "against": "previous window", "severity": "critical"}
        ],
    },
]


class TestTheMonitoringResult:
    def test_of_a_model_that_is_well(self, api):
        rows(api, hours=1)
        put(api, [CALM])
        judged(api, START + HOURS)
        found = ask(api, "monitor", upto=START + HOURS)
        assert found["status"] == "healthy"
        assert (micros(found["window_end"]), found["window_duration_minutes"]) == (
            START + HOURS,
            5.0,
        )
        assert found["window_start"] < found["window_end"]
        assert (found["predictions"], found["current"]["predictions"]) == (40, 40.0)
        assert found["comparison"]["predictions"] == {"change": None, "change_percent": None}
        assert found["metrics_count"] == len(found["current"]) == len(found["baseline"])
        assert found["anomalies"] == []
        assert plainly(found)

    def test_anomalies_say_what_was_and_what_is_allowed(self, api):
        rows(api, hours=1)
        late = [prediction(random.Random(1), f"x{n}", at=START + HOURS - 1) for n in range(60)]
        api.case.send(late, START + HOURS)
        put(api, [*BAD, CALM])
        judged(api, START + HOURS)
        found = ask(api, "monitor", upto=START + HOURS)
        assert found["status"] == "anomalies_detected"
        by_type = {each["monitor"]: each for each in found["anomalies"]}
        slow = by_type["slow"]
        assert (slow["type"], slow["severity"], slow["threshold"]) == ("above_limit", "high", 2.0)
        assert slow["current_value"] == found["current"]["latency_avg_ms"] > 2
        more = by_type["more"]
        assert (more["type"], more["change"], more["threshold"]) == ("rose", 60.0, 5.0)
        assert (more["current_value"], more["baseline_value"]) == (100.0, 40.0)
        changes = {"change": 60.0, "change_percent": 150.0}
        assert found["comparison"]["predictions"] == changes
        assert found["anomalies"][0]["severity"] == "critical"

    def test_without_a_row_or_a_reading_there_is_no_data(self, api):
        rows(api, hours=1)
        found = ask(api, "monitor", upto=START - DAYS)
        assert (found["status"], found["metrics_count"], found["current"]) == ("no_data", 0, {})

    def test_who_may_not_see_a_column_sees_no_value_of_it(self, api):
        rows(api, hours=1)
        put(
            api,
            [
                {
                    "name": "ages",
                    "metric": "mean",
                    "column": "age",
                    "conditions": [{"max": 1, "severity": "low"}],
                }
            ],
        )
        etag = f'"{api.case.model("m").revision}"'
        body = {"tags": {"pii": "features.age"}}
        api.ask("PATCH", "models/m", json=body, headers={"If-Match": etag})
        judged(api, START + HOURS)
        found = ask(api, "monitor", upto=START + HOURS)
        assert "mean of age" not in found["current"]
        (age,) = [each for each in found["anomalies"] if each["monitor"] == "ages"]
        assert (age["current_value"], age["reason"]) == (None, "of a column with personal data")
