"""Suppression rules of a channel, as its document says them."""

import pytest
from alert_case import Case
from pydantic import ValidationError

from tidegauge.alert.channels import ADAPTER

RULE = {"alert_type": "drift", "max_alerts": 1, "window_seconds": 3600}


def channel(**rule):
    return ADAPTER.validate_python({"kind": "console", "suppression": [{**RULE, **rule}]})


def storm(catalog, **rule):
    """Three models drift at once: how many are told, and how many wait."""
    case = Case(catalog)
    case.channel("hook", kind="console", min_severity="low", suppression=[{**RULE, **rule}])
    told = {(f"model-{number}", "drift"): "high" for number in range(3)}
    for _minute in range(3):
        case.read(told)
        case.wait(60, 30)
    return case


def opened(case):
    return [status for _, kind, status in case.said() if kind == "open"]


def test_what_is_more_than_a_rule_lets_through_joins_a_digest(catalog):
    case = storm(catalog)
    assert opened(case) == ["queued", "held_rate", "held_rate"]
    case.wait(600, 30)
    assert opened(case) == ["queued", "digested", "digested"]
    assert [kind for _, kind, _ in case.said()][3:] == ["digest"]


def test_a_restart_counts_what_was_sent_before_it(catalog):
    case = storm(catalog, max_alerts=3)
    case.start()
    for _minute in range(3):
        case.read({("model-3", "drift"): "high", ("model-4", "drift"): "high"})
        case.wait(60, 30)
    assert opened(case) == ["queued"] * 3 + ["held_rate"] * 2


@pytest.mark.parametrize(
    "rule", [{"alert_type": "quality"}, {"severity": "low"}, {"model": "other-.*"}]
)
def test_a_rule_is_of_those_alone_that_it_names(catalog, rule):
    assert opened(storm(catalog, **rule)) == ["queued"] * 3


def test_each_model_may_be_counted_by_itself(catalog):
    assert opened(storm(catalog, each_model=True, model="model-[01]")) == ["queued"] * 3


def test_severities_have_their_other_names():
    (rule,) = channel(severity="Warning").suppression
    assert rule.limit().severity == "medium"


@pytest.mark.parametrize(
    "rule",
    [
        {"alert_type": "drifting"},
        {"severity": "urgent"},
        {"model": "("},
        {"max_alerts": 0},
        {"window_seconds": 0},
        {"window": 60},
    ],
)
def test_what_is_none_is_refused(rule):
    with pytest.raises(ValidationError) as raised:
        channel(**rule)
    assert raised.value.errors()[0]["loc"][1:3] == ("suppression", 0)
