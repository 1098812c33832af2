"""Alerts as they are asked for: the database chooses, and pages lead to all."""

import random
from dataclasses import asdict

import pytest

from tidegauge.alert.condition import Alert
from tidegauge.alert.store import alert_of
from tidegauge.catalog import alerts
from tidegauge.catalog.alerts import Asked, Kept

NOW = 1_790_000_000_000_000
"""More than 32 bits hold."""


def some(count):
    chance = random.Random(4)
    for number in range(count):
        began = chance.choice((None, NOW + number, NOW - number))
        yield Alert(
            fingerprint=f"{number:04}",
            tenant=chance.choice(("default", "default", "other")),
            rule="r",
            model=chance.choice("ab"),
            family=chance.choice(("drift", "quality", "ops")),
            state=chance.choice(("pending", "firing", "recovering", "inactive")),
            severity_now=chance.choice(("low", "high", "critical")),
            active_since=began,
            fired_at=chance.choice((None, NOW + 1)),
        )


def kept(alert):
    return Kept(
        fingerprint=alert.fingerprint,
        tenant=alert.tenant,
        model=alert.model,
        rule=alert.rule,
        state=alert.state,
        incident=None,
        rearm_at=None,
        body=asdict(alert),
    )


def is_asked(alert, asked):
    began = alert.active_since or alert.fired_at or 0
    return (
        alert.tenant == asked.tenant
        and (asked.models is None or alert.model in asked.models)
        and (asked.families is None or alert.family in asked.families)
        and (asked.states is None or alert.state in asked.states)
        and (asked.severities is None or alert.severity_now in asked.severities)
        and (asked.start is None or began >= asked.start)
        and (asked.stop is None or began < asked.stop)
    )


ASKED = [
    {},
    {"families": ["drift"]},
    {"severities": ["low", "critical"], "models": ["a"]},
    {"start": NOW},
    {"stop": NOW, "states": ["firing", "pending"]},
    {"start": NOW + 1, "stop": NOW + 100, "families": ["ops", "drift"]},
    {"families": []},
]


@pytest.mark.parametrize("asked", ASKED)
def test_pages_lead_to_all_of_those_that_are_asked_for(catalog, asked):
    there = list(some(300))
    catalog.write(lambda c: alerts.put(c, [kept(each) for each in there]))
    wanted = Asked(tenant="default", **asked)
    expected = [each for each in there if is_asked(each, wanted)]
    assert expected or asked == {"families": []}
    found, after = [], ""
    with catalog.read() as connection:
        while page := alerts.listed(connection, wanted, after=after, limit=7):
            found += [alert_of(each.body) for each in page]
            after = page[-1].fingerprint
    assert found == expected
