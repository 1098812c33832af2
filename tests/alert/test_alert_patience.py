"""A monitor that says for itself how patient its alerts are."""

import pytest
from alert_case import MINUTE, START, Case
from alert_driver import Product
from alert_model import Model, Patience, Rule, Setup, Taker

from tidegauge.alert import feed
from tidegauge.alert.book import Book
from tidegauge.alert.machine import Machine
from tidegauge.alert.settings import Settings
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.targets import Named
from tidegauge.monitor.faults import checked

PLACE = Named("default", "fraud", "latency", "", "")


@pytest.fixture
def case(catalog):
    return Case(catalog)


def breach(case, slots=2, severity="high", monitor="latency"):
    for _number in range(slots):
        case.time += MINUTE
        case.read({("fraud", monitor): severity})


def test_it_gathers_repeats_and_closes_as_it_says(case):
    case.channel("log", kind="console")
    case.monitor(
        "latency",
        alerts={"group_wait": 0, "repeat_every": "10 min", "reopen_window": "2 min"},
        resolve_count=1,
        keep_firing_for=0,
    )
    breach(case, severity="critical")
    assert case.said() == [("log", "open", "queued")]
    case.wait(600)
    assert case.said()[1:] == [("log", "reminder", "queued")]
    breach(case, 1, "ok")
    case.wait(121)
    assert [each.state for each in case.incidents()] == ["closed"]


def test_another_monitors_alert_changes_nothing_of_an_incident_that_is_there(case):
    case.channel("log", kind="console")
    case.monitor("error rate", alerts={"repeat_every": "1 min"})
    breach(case)
    breach(case, monitor="error rate")
    case.wait(1800)
    assert case.said() == [("log", "open", "queued")]


def test_low_severity_waits_no_longer_than_it_says(case):
    case.channel("log", kind="console")
    told = {"cooldown": "5 min", "group_wait": 0, "rearm_after": 0, "reopen_window": "1 h"}
    case.monitor("latency", alerts=told, resolve_count=1, keep_firing_for=0)
    breach(case, severity="low")
    breach(case, 1, "ok")
    case.wait(400)
    breach(case, severity="low")
    assert [kind for _channel, kind, _status in case.said()] == ["open", "resolved", "open"]


@pytest.mark.parametrize("kind", [Model, Product])
def test_quiet_for_less_than_an_hour_it_flaps_no_longer(kind):
    """What made it flap is not counted again."""
    rule = Rule(
        *("drift", ("m",), "drift", 1, 0, 3, 0),
        Patience(quiet=60, flaps=2, reopen_window=7200),
    )
    thing = kind(Setup((rule,), (Taker("hook"),)), 1_000_000)
    for second, status in enumerate(("breach", "ok", "breach")):
        thing.go_to(1_000_000 + second)
        thing.slot({("drift", "m"): (status, "high" if status == "breach" else None)})
    assert thing.incidents()[0]["flapping"]
    thing.go_to(1_000_100)
    assert not thing.incidents()[0]["flapping"]


def test_the_servers_own_may_be_short_too():
    product = Product(Setup((Rule("drift", ("m",), "drift", 1, 0, 3, 0),), ()), 1_000_000)
    product.settings = Settings(quiet_s=60, flapping_moved=2)
    for second, status in enumerate(("breach", "ok", "breach")):
        product.go_to(1_000_000 + second)
        product.slot({("drift", "m"): (status, "high" if status == "breach" else None)})
    product.go_to(1_000_100)
    assert not product.incidents()[0]["flapping"]


def fed(monitor, status, minutes):
    """The rules that tidegauge's own conditions have fired, after so many slots."""
    book, found = Book(), []
    for minute in range(minutes):
        at = START + minute * MINUTE
        reading = Reading(
            target=1,
            slot=at,
            status=status,
            severity=None,
            value=None,
            n=0,
            reason="",
            detail=None,
            revision=1,
            made_at=at,
        )
        slot = feed.Slot(
            at=at,
            readings={PLACE: reading},
            monitors={("default", monitor.name): monitor},
            versions={("default", monitor.name): 1},
            usual=frozenset(),
            models=frozenset([("default", "fraud")]),
            had_rows=frozenset([("default", "fraud")]),
        )
        Machine(book, Settings(), at).slot(feed.fed(book, slot, Settings()))
        found += [
            (minute, each.rule)
            for each in book.alerts.values()
            if each.state == "firing" and each.fired_at == at
        ]
    return found


def a_monitor(**alerts):
    return checked({"name": "latency", "metric": "error_rate", "conditions": [{"max": 1}]} | alerts)


def test_rows_that_stay_away_and_errors_are_told_when_it_says():
    usual, own = a_monitor(), a_monitor(alerts={"no_data_after": "5 min", "errors": 1})
    assert fed(usual, "no_data", 40) == [(30, "no_data")]
    assert fed(own, "no_data", 40) == [(5, "no_data")]
    assert fed(usual, "error", 5) == [(2, "monitor_error:latency")]
    assert fed(own, "error", 5) == [(0, "monitor_error:latency")]


def test_a_monitor_that_is_off_says_nothing_of_rows():
    off = a_monitor(enabled=False, alerts={"no_data_after": "5 min"})
    assert fed(off, "no_data", 40) == [(30, "no_data")]


def test_what_it_says_is_kept_with_the_incident(case):
    case.monitor("latency", alerts={"cooldown": "2 h"})
    breach(case)
    body = case.incidents()[0].body
    assert body["patience"] == {"cooldown_s": 7200, "cooldown_low_s": 7200}
    case.monitor("latency", alerts={"cooldown": "1 h"})
    breach(case)
    assert case.incidents()[0].body["patience"] == body["patience"]
