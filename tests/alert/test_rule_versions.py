"""A rule that is changed while its alert fires: judged anew, and told once."""

import pytest
from alert_case import MINUTE, START, Case

from tidegauge.alert import store
from tidegauge.catalog import alerts, incidents, monitors


@pytest.fixture
def case(catalog):
    made = Case(catalog)
    made.channel("log", kind="console")
    return made


def read(case, slots=2, severity="high", monitor="latency"):
    for _number in range(slots):
        case.time += MINUTE
        case.read({("fraud", monitor): severity})


def alert_of(case, rule="latency"):
    with case.catalog.read() as connection:
        (found,) = [each for each in alerts.all_of(connection) if each.rule == rule]
        return store.alert_of(found.body)


def noted(case, kind):
    with case.catalog.read() as connection:
        (incident,) = case.incidents()
        told = incidents.events(connection, incident.id)
        found = [dict(each.detail) for each in told if each.kind == kind]
        return [{name: value for name, value in each.items() if name != "set"} for each in found]


def test_it_is_judged_by_the_new_version_and_not_opened_again(case):
    read(case)
    case.wait(60)
    assert (alert_of(case).state, alert_of(case).rule_version) == ("firing", 1)
    case.monitor("latency", conditions=[{"max": 10, "severity": "low"}])
    read(case, severity="low")
    case.wait(600)
    assert (alert_of(case).state, alert_of(case).rule_version) == ("firing", 2)
    assert case.said() == [("log", "open", "queued")]
    assert noted(case, "rule_changed") == [{"monitor": "latency", "rule_version": 2}]
    assert case.notices()[0].body["findings"][0]["rule_version"] == 1


def test_what_the_new_version_finds_fine_is_over(case):
    read(case)
    case.wait(60)
    case.monitor("latency", resolve_count=1, keep_firing_for=0)
    read(case, 1, "ok")
    assert case.said() == [("log", "open", "queued"), ("log", "resolved", "queued")]


def test_how_it_is_confirmed_is_said_anew_too(case):
    case.monitor("latency", for_count=5)
    read(case, 2)
    assert alert_of(case).state == "pending"
    case.monitor("latency", for_count=3)
    read(case, 1)
    assert (alert_of(case).state, alert_of(case).rule_version) == ("firing", 3)


def test_who_watches_the_model_no_longer_ends_its_alerts(case):
    read(case)
    case.wait(60)
    case.monitor("latency", models="churn")
    read(case, 1, "ok", monitor="error rate")
    assert [(each.state, each.body["reason"]) for each in case.incidents()] == [
        ("resolved", "rule_changed")
    ]


def test_a_usual_one_that_steps_back_ends_its_alerts(case):
    read(case)
    case.wait(60)
    own = {"name": "slow", "metric": "latency_avg_ms", "conditions": [{"max": 500}]}
    case.catalog.write(
        lambda c: monitors.add(c, "default", "slow", own, origin="api", at=START, by="test")
    )
    read(case, 1, "ok", monitor="slow")
    assert [(each.state, each.body["reason"]) for each in case.incidents()] == [
        ("resolved", "rule_changed")
    ]
