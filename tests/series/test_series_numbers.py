"""Numbers over the API are those of the rows, counted as simply as can be."""

import random
from collections import Counter

import numpy as np
import pytest
from scipy.stats import ks_2samp
from series_api import HOURS, history, micros
from worker_case import MINUTES, START, prediction

from tidegauge.drift import METHODS
from tidegauge.drift.measure import scores
from tidegauge.profile.table import Profile
from tidegauge.record.columns import to_table
from tidegauge.reference.counted import frame_of
from tidegauge.series.drift import lines, method_of
from tidegauge.tail.decode import stamped

END = START + 30 * HOURS


def values(sent, name):
    return np.array([r["features"][name] for r in sent if name in r["features"]], dtype=float)


def by_hour(sent, start=START, hours=30):
    held = [[] for _ in range(hours)]
    for record in sent:
        held[(record["timestamp"] - start) // HOURS].append(record)
    return held


def reference_rows(n=2_000, seed=1):
    chance = random.Random(seed)
    return [prediction(chance, f"ref-{k}") for k in range(n)]


def test_a_profile_is_that_of_the_rows(api):
    sent = history(api)
    told = api.between("models/m/profile", START, END)
    assert (told["rows"], told["other_rows"], told["learning"]) == (1200, 0, False)
    shown = {each["name"]: each for each in told["features"]}
    for name in ("amount", "age"):
        found, own = shown[f"features.{name}"]["current"], values(sent, name)
        assert found["n"] == len(own)
        assert found["missing_share"] == pytest.approx(1 - len(own) / 1200)
        assert found["mean"] == pytest.approx(own.mean())
        assert found["std"] == pytest.approx(own.std(ddof=1))
        assert (found["min"], found["max"]) == (own.min(), own.max())
        # Within the bin of the reference that holds it.
        assert found["q50"] == pytest.approx(np.quantile(own, 0.5), rel=0.05)
    plans = Counter(record["features"]["plan"] for record in sent)
    bars = shown["features.plan"]["picture"]
    drawn = dict(zip(bars["labels"], bars["current"], strict=True))
    assert drawn == pytest.approx({plan: n / 1200 for plan, n in plans.items()}, abs=1e-6)
    assert shown["features.plan"]["reference"]["rows"] == 2_000


def test_a_version_and_a_span_are_counted_alone(api):
    sent = history(api, hours=6, model_version=lambda chance: chance.choice(["1", "2"]))
    start, stop = START + 2 * HOURS, START + 4 * HOURS
    own = [
        record
        for record in sent
        if record["model_version"] == "2" and start <= record["timestamp"] < stop
    ]
    told = api.between("models/m/profile", start, stop, version="2", feature="amount")
    assert told["rows"] == len(own)
    (only,) = told["features"]
    assert only["current"]["mean"] == pytest.approx(values(own, "amount").mean())
    api.between("models/m/profile", start, stop, version="9", status=422)
    api.between("models/m/profile", start, stop, feature="amout", status=422)


def test_a_segment_is_counted_alone(api):
    regions = ["eu", "us"]
    api.case.pin("m", reference_rows(), segments=["tags.region"])
    sent = history(api, hours=3, pin=False, tags=lambda chance: {"region": chance.choice(regions)})
    listed = api.get("models/m/segments")
    assert [each["segment"] for each in listed] == ["tags.region=eu", "tags.region=us"]
    own = [record for record in sent if record["tags"]["region"] == "eu"]
    told = api.between(
        "models/m/profile", START, START + 3 * HOURS, segment="tags.region=eu", feature="amount"
    )
    assert told["rows"] == len(own)
    assert told["features"][0]["current"]["mean"] == pytest.approx(values(own, "amount").mean())
    api.between("models/m/profile", START, END, segment="tags.region=xx", status=422)


def test_drift_of_each_hour_is_that_of_its_rows(api):
    sent = history(api, hours=6, a_hour=300)
    stop = START + 6 * HOURS
    told = api.between("models/m/drift", START, stop, feature="amount", metric="ks", step=3600)
    assert (told["feature"], told["metric"]) == ("features.amount", "ks")
    assert (told["threshold_warning"], told["threshold_critical"]) == (0.15, 0.3)
    before = values(reference_rows(), "amount")
    for point, rows in zip(told["data_points"], by_hour(sent, hours=6), strict=True):
        own = values(rows, "amount")
        exact = ks_2samp(before, own).statistic
        assert point["n"] == len(own)
        assert point["value"] <= exact + 1e-9 <= point["value"] + point["bound"] + 2e-9
        assert point["status"] == "normal"


def test_every_method_says_over_time_what_it_says_of_one_span(api):
    methods = [method() for method in METHODS]
    sent = history(api, hours=3, a_hour=100)
    kinds = [method.kind for method in methods]
    told = api.between("models/m/drift", START, START + 3 * HOURS, metric=kinds, step=3600)
    series = {
        (each["feature"], each["facet"], each["metric"]): each["data_points"]
        for each in told["series"]
    }
    layout = Profile.of(frame_of(stamped(to_table(reference_rows()), START))).layout
    reference = Profile.of(frame_of(stamped(to_table(reference_rows()), START)), layout)
    checked = 0
    for step, rows in enumerate(by_hour(sent, hours=3)):
        current = Profile.of(frame_of(stamped(to_table(rows), START), layout), layout)
        for measured in scores(reference, current, methods):
            for i, facet in enumerate(measured.facets):
                if facet.column == "timestamp":
                    continue
                value = series[*facet, measured.method.kind][step]["value"]
                expected = float(measured.scores.value[i])
                checked += 1
                if np.isfinite(expected):
                    assert value == pytest.approx(expected, rel=1e-9)
                else:
                    assert value is None
    assert checked == 3 * len(series)


def test_weighted_rows_are_measured_as_what_they_stand_for(api):
    history(api, hours=2, a_hour=200, weight=lambda chance: chance.choice([1, 1, 8]))
    with api.case.catalog.read() as connection:
        from tidegauge.series.reach import Reach
        from tidegauge.series.seen import look
        from tidegauge.series.subject import Known, find
        from tidegauge.worker.roll import KEPT

        subject = find(connection, Known(), "default", "m")
        reach = Reach.read(connection, KEPT)
        seen = look(connection, reach, subject, START, START + 2 * HOURS)
    methods = [method_of(kind) for kind in ("psi", "ks", "mean_change", "jensen_shannon")]
    found = lines(subject.reference, [seen.comparable], methods)
    told = {}
    for measured in scores(subject.reference, seen.profile(subject.reference), methods):
        for i, facet in enumerate(measured.facets):
            told[*facet, measured.method.kind] = (
                measured.scores.value[i],
                None if measured.scores.p_value is None else measured.scores.p_value[i],
            )
    assert seen.rows > 400
    assert found
    for line in found:
        value, p_value = told[line.feature, line.facet, line.metric]
        assert line.points[0].value == pytest.approx(value, rel=1e-9)
        assert line.points[0].p_value == pytest.approx(p_value, rel=1e-6)


def test_a_shift_is_told_with_its_verdict(api):
    chance = random.Random(5)
    api.case.pin("m", reference_rows())
    moved = [prediction(chance, n, at=START + n * 1_000_000) for n in range(1_500)]
    for record in moved:
        record["features"]["amount"] = record["features"]["amount"] * 4 + 60
    api.case.send(moved, START + HOURS)
    api.case.count()
    told = api.between("models/m/drift/overall", START, START + HOURS)["result"]
    assert told["status"] == "drift_detected"
    assert told["drifted_features"] == ["features.amount"]
    own = told["feature_drifts"]["features.amount"]
    assert own["overall_drift"]
    assert own["ks_drift"]
    assert own["psi"]["status"] == "critical"
    assert 0 < own["drift_score"] <= 1
    assert told["max_drift_score"] == own["drift_score"]
    assert (told["baseline_samples"], told["recent_samples"]) == (2_000, 1_500)
    assert told["level"] != "NONE"
    series = api.between("models/m/drift", START, START + HOURS, metric="psi", feature="amount")
    assert {p["status"] for p in series["data_points"] if p["n"]} <= {"critical", "warning"}
    status = api.get("models/m/status")
    assert status["overall_status"] == "unknown"


def test_traffic_is_that_of_the_rows(api):
    sent = history(
        api,
        hours=4,
        a_hour=150,
        status=lambda chance: chance.choice(["ok", "ok", "failed"]),
        cache_hit=lambda chance: chance.random() < 0.5,
    )
    told = api.between("models/m/traffic", START, START + 4 * HOURS, step=3600)
    latencies = np.array([record["prediction_latency_ms"] for record in sent])
    total = told["total"]
    assert total["total_predictions"] == len(sent)
    assert total["throughput_per_minute"] == pytest.approx(len(sent) / 240)
    assert total["avg_latency_ms"] == pytest.approx(latencies.mean())
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        exact = np.quantile(latencies, share, method="inverted_cdf")
        assert total[f"{name}_latency_ms"] == pytest.approx(exact, rel=0.023)
    failed = sum(record["status"] == "failed" for record in sent)
    assert total["error_rate"] == pytest.approx(failed / len(sent))
    hits = sum(record["cache_hit"] for record in sent)
    assert total["cache_hit_rate"] == pytest.approx(hits / len(sent))
    assert total["concurrency"] == pytest.approx(latencies.sum() / (4 * 3_600_000))
    for point, rows in zip(told["data_points"], by_hour(sent, hours=4), strict=True):
        assert point["calls"]["total_predictions"] == len(rows)
    assert (told["step"], len(told["data_points"])) == (3600, 4)


def test_quality_is_that_of_the_rows(api):
    api.case.pin("m", reference_rows())
    chance = random.Random(7)
    rows = [prediction(chance, n, at=START + n * 1_000_000) for n in range(1_000)]
    for n, record in enumerate(rows):
        if n % 2:
            record["features"].pop("age", None)
        if n % 4 == 0:
            record["features"]["plan"] = "galactic"
        if n % 5 == 0:
            record["features"]["amount"] = -5.0
        record["features"]["brand_new"] = 1
    api.case.send(rows, START + HOURS)
    api.case.send(rows[:10], START + HOURS)
    api.case.count()
    told = api.between("models/m/quality", START, START + 2 * HOURS)
    columns = {each["name"]: each for each in told["columns"]}
    missing = sum("age" not in record["features"] for record in rows) / 1_000
    assert columns["features.age"]["missing"] == pytest.approx(missing)
    assert columns["features.plan"]["unseen"] == pytest.approx(0.25)
    assert columns["features.plan"]["new_values"] == ["galactic"]
    assert columns["features.amount"]["below_range"] == pytest.approx(0.2)
    assert columns["features.amount"]["above_range"] == 0
    assert told["duplicates"] == 10
    assert {each["check"] for each in told["findings"]} >= {
        "missing",
        "unseen_category",
        "out_of_range",
    }
    assert ("new-feature", "features.brand_new") in {
        (each["code"], each["subject"]) for each in told["signals"]
    }


def test_a_span_is_widened_to_the_windows_that_are_kept(api):
    history(api, hours=60, a_hour=10)
    odd = START + 7 * MINUTES
    told = api.between("models/m/traffic", odd, odd + 3 * HOURS, step=60)
    assert told["step"] == 3600
    assert micros(told["start_time"]) == START
    assert told["total"]["total_predictions"] == 40
    late = START + 58 * HOURS
    told = api.between("models/m/traffic", late + 7 * MINUTES, late + HOURS, step=60)
    assert told["step"] == 60
    assert len(told["data_points"]) == 53


def test_every_step_sees_every_row_once(api):
    sent = history(api, hours=50, a_hour=12)
    stop = START + 50 * HOURS
    for step in (300, 3600, 86400):
        told = api.between("models/m/traffic", START, stop, step=step)
        own = told["data_points"]
        assert sum(each["calls"]["total_predictions"] for each in own) == len(sent)
        assert told["total"]["total_predictions"] == len(sent)
        drift = api.between("models/m/drift", START, stop, step=step, feature="plan", metric="psi")
        assert sum(point["n"] for point in drift["data_points"]) == len(sent)
    api.between("models/m/traffic", START, stop, step=77, status=422)


def test_of_many_features_those_that_moved_most_can_be_asked_for(api):
    history(api, hours=3)
    span = (START, START + 3 * HOURS)
    every = api.between("models/m/drift", *span, metric="psi", step=3600)
    assert every["total_features"] == len({each["feature"] for each in every["series"]})
    few = api.between("models/m/drift", *span, metric="psi", step=86_400, limit=2)
    assert few["total_features"] == every["total_features"]
    assert len({each["feature"] for each in few["series"]}) == 2
    whole = api.between("models/m/drift", *span, metric="psi", step=86_400)
    order = {}
    for each in whole["series"]:
        value = each["data_points"][0]["value"]
        order[each["feature"]] = max(order.get(each["feature"], 0.0), value or 0.0)
    furthest = sorted(order, key=order.get, reverse=True)[:2]
    assert {each["feature"] for each in few["series"]} == set(furthest)
    (one,) = {
        each["feature"] for each in api.between("models/m/drift", *span, like="AMOUNT")["series"]
    }
    assert one == "features.amount"
