"""Our numbers against an independent implementation of the same rule.

`traces.json` holds what it gave for two runs: one from a reference alone, one from two weeks of
past.  It kept logs in double precision and each arm's sums, where we keep sums in single
precision and counts, so they agree to a part in a thousand.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from budget_worlds import A_DAY, SETTINGS, cells, hours, tide

from tidegauge.judge.budget import Cells, Settings, State, cold, fit, update

GOLDEN = json.loads((Path(__file__).parent / "traces.json").read_text())


def padded(rows):
    result = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    for at, row in enumerate(rows):
        result[at, : len(row)] = row
    return result


def without_bend(rule):
    """The other implementation's blocks take no account of it."""
    strays = replace(rule.variation, bend=np.zeros_like(rule.variation.bend))
    return replace(rule, variation=strays)


def test_a_rule_from_a_reference_alone():
    golden = GOLDEN["cold"]
    reference = padded(golden["reference"])
    places = np.arange(reference.shape[1])
    real = places < np.array([len(row) for row in golden["reference"]])[:, None]
    of = Cells(real, places < np.array(golden["ordered"])[:, None])
    rule = cold(reference, of, Settings(checks_a_month=8640), independent=True)
    state, alarms = State.start(rule), []
    for at, counts in enumerate(golden["checks"]):
        state, look = update(rule, state, padded(counts), 0)
        assert [look.evidence, *look.features] == pytest.approx(golden["evidence"][at], abs=1e-4)
        if look.is_alarm:
            alarms.append(at)
    assert alarms == golden["alarms"]


def test_a_rule_from_two_weeks_of_past():
    golden = GOLDEN["fitted"]
    days = golden["past"]
    past = tide(days)
    rule = without_bend(fit(past, hours(len(past)), cells(), SETTINGS))
    assert rule.turns.seasonal.tolist() == golden["seasonal"]
    strays = rule.variation
    assert strays.wander[:2] == pytest.approx(golden["location_wander"], rel=1e-3)
    assert strays.clusters[:2] == pytest.approx(golden["location_clusters"], rel=1e-3)
    assert strays.blocks[:, :2] == pytest.approx(np.array(golden["location_blocks"]), rel=1e-3)
    start, state = len(past), State.start(rule)
    checks = np.concatenate([tide(2, start), tide(1, start + 2 * A_DAY, 0.5)])
    for at, (counts, hour) in enumerate(zip(checks, hours(len(checks), start), strict=True)):
        state, look = update(rule, state, counts, int(hour))
        if at % 8 == 0:
            found = [look.evidence, *look.features]
            assert found == pytest.approx(golden["evidence"][at // 8], abs=5e-3)
        if look.is_alarm:
            break
    assert at == golden["first_alarm"]
