"""Estimates tell what labels confirm later, and go quiet when labels speak against them."""

import pytest
import series_api
from series_api import Api
from worker_case import START
from worker_estimated import DAYS, HOURS, Estimated

from tidegauge.estimate import from_bytes, read
from tidegauge.record.columns import to_table


@pytest.fixture
def api(tmp_path, monkeypatch):
    monkeypatch.setattr(series_api, "Case", Estimated)
    made = Api(tmp_path / "case")
    yield made
    made.close()


def asked(api, first, last, **more):
    return api.between(
        "models/m/estimates", START + first * DAYS, START + last * DAYS, **({"step": 86400} | more)
    )


def figure(point, of, name="accuracy"):
    return point[of][name]["value"]


def test_an_hour_is_what_a_direct_call_says(api):
    case = api.case
    sent = [case.predict(hour) for hour in range(12)]
    case.label()
    sent.append(case.predict(12))
    case.estimate(START + 15 * HOURS)
    told = api.between(
        "models/m/estimates", START + 12 * HOURS, START + 13 * HOURS, step=3600, metric="accuracy"
    )
    (point,) = told["data_points"]
    (shown,) = told["estimators"]
    estimator = from_bytes(case.estimators()[0].body)
    expected = estimator.figures(estimator.estimate(read(to_table(sent[12]))))["accuracy"]
    found = point["estimated"]["accuracy"]
    assert (found["value"], found["low"], found["high"]) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )
    assert (point["predictions"], point["labelled"], point["realised"]) == (60, 0, {})
    assert (point["is_supported"], point["reasons"]) == (True, [])
    assert (shown["rows"], shown["learned_from"], shown["version"]) == (720, "first labels", None)
    assert shown["baseline_error"]["accuracy"] == pytest.approx(
        estimator.baseline.error("accuracy")
    )


def test_estimates_tell_a_shift_before_labels_that_come_a_week_later(api):
    case = api.case
    case.days(0, 12)
    case.label(START + 5 * DAYS, hours=7 * 24)
    case.days(12, 14, shift=0.7)
    case.estimate(START + 14 * DAYS)
    before, after = (
        [p for p in asked(api, *span)["data_points"][1:-1] if p["estimated"]]
        for span in ((6, 12), (12, 14))
    )
    usual = min(figure(each, "estimated") for each in before)
    assert all(each["labelled"] == 0 for each in after)
    assert all(each["estimated"]["accuracy"]["high"] < usual - 0.05 for each in after)
    case.label(hours=7 * 24)
    case.estimate(START + 22 * DAYS)
    told = asked(api, 12, 14)
    for each in told["data_points"][1:-1]:
        estimate = each["estimated"]["accuracy"]
        assert estimate["low"] <= figure(each, "realised") <= estimate["high"]
    assert asked(api, 12, 22)["trust"]["accuracy"]["is_trusted"]


def test_estimates_are_not_trusted_once_labels_show_that_the_truth_is_another(api):
    case = api.case
    case.days(0, 5)
    case.label()
    case.estimate(START + 5 * DAYS)
    assert asked(api, 0, 5)["trust"]["accuracy"]["is_trusted"]
    case.days(5, 9, wrong=0.3)
    case.label()
    case.estimate(START + 9 * DAYS)
    told = asked(api, 0, 9)
    trust = told["trust"]["accuracy"]
    assert not trust["is_trusted"]
    assert "missed by" in trust["reason"]
    assert trust["error"] > 0.1


def test_what_was_never_estimated_says_so(api):
    api.case.predict(0)
    api.case.count()
    told = api.between("models/m/estimates", START, START + HOURS, step=3600)
    (point,) = told["data_points"]
    assert (point["is_supported"], point["estimated"]) == (False, {})
    assert point["reasons"] == ["no estimate was made of this time"]
    assert (told["estimators"], told["trust"]) == ([], {})
