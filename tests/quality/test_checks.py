"""Each check finds its own fault, and nothing where the reference was no better."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import tidegauge as tg
from tidegauge.quality import CHECKS

ROWS = 2_000
START = np.datetime64("2026-01-01", "us")


def healthy(seed=0):
    rng = np.random.default_rng(seed)
    at = START + (np.arange(ROWS) + seed * ROWS) * np.timedelta64(60_000_000, "us")
    return {
        "timestamp": at,
        "updated": at - (rng.exponential(3600, ROWS) * 1e6).astype("timedelta64[us]"),
        "id": np.array([f"{seed}-{i}" for i in range(ROWS)]),
        "amount": rng.lognormal(size=ROWS),
        "plan": rng.choice(["a", "b", "c"], ROWS),
    }


def without(data, name):
    return {key: values for key, values in data.items() if key != name}


def some(values, replacement, share=0.1):
    changed = values.copy()
    changed[: int(len(values) * share)] = replacement
    return changed


def shifted(data, **changes):
    return {**data, **{name: change(data[name]) for name, change in changes.items()}}


FAULTS = {
    "lost_column": lambda data: without(data, "plan"),
    "new_column": lambda data: {**data, "extra": np.zeros(ROWS)},
    "type_change": lambda data: shifted(data, amount=lambda v: v.astype(str)),
    "missing": lambda data: shifted(data, plan=lambda v: some(v.astype(object), None)),
    "nan": lambda data: shifted(data, amount=lambda v: some(v, np.nan)),
    "infinite": lambda data: shifted(data, amount=lambda v: some(v, np.inf)),
    "wrong_type": lambda data: shifted(data, amount=lambda v: some(v.astype(object), "x")),
    "out_of_range": lambda data: shifted(data, amount=lambda v: some(v, 1e6)),
    "unseen_category": lambda data: shifted(data, plan=lambda v: some(v, "z")),
    "constant": lambda data: shifted(data, amount=lambda v: np.ones(len(v))),
    "almost_constant": lambda data: shifted(data, plan=lambda v: some(v, "a", 0.995)),
    "duplicates": lambda data: {k: np.concatenate([v[:1500], v[:500]]) for k, v in data.items()},
    "duplicate_ids": lambda data: shifted(data, id=lambda v: some(v, v[-1])),
    "stale": lambda data: shifted(data, updated=lambda v: v - np.timedelta64(2, "D")),
    "freshness": lambda data: shifted(data, timestamp=lambda v: v - np.timedelta64(30, "D")),
}


def found(reference, current, **options):
    report = tg.compare(reference, current, **options)
    return {finding.check: finding for finding in report.findings}


def test_a_healthy_sample_has_no_findings():
    assert found(healthy(), healthy(1)) == {}


def test_there_is_a_fault_for_every_check():
    assert set(FAULTS) == set(CHECKS)


@pytest.mark.parametrize("check", FAULTS)
def test_each_fault_is_found_with_its_column_and_measure(check):
    findings = found(healthy(), FAULTS[check](healthy(1)))
    finding = findings[check]
    assert finding.message
    assert finding.severity in ("warning", "critical")
    if check != "duplicates":
        assert finding.column in (*healthy(), "extra")


@pytest.mark.parametrize(
    "check", ["missing", "nan", "infinite", "wrong_type", "constant", "duplicates", "duplicate_ids"]
)
def test_what_the_reference_had_as_well_is_no_news(check):
    assert check not in found(FAULTS[check](healthy()), FAULTS[check](healthy(1)))


def test_a_share_comes_with_the_references_own():
    finding = found(healthy(), FAULTS["out_of_range"](healthy(1)))["out_of_range"]
    assert finding.current == pytest.approx(0.1, abs=0.01)
    assert finding.reference < 0.002


def test_an_unseen_value_is_named():
    finding = found(healthy(), FAULTS["unseen_category"](healthy(1)))["unseen_category"]
    assert "'z'" in finding.message


def test_a_lost_column_is_told_once():
    report = tg.compare(healthy(), FAULTS["lost_column"](healthy(1)))
    assert [f.check for f in report.findings if f.column == "plan"] == ["lost_column"]


def test_rows_are_fresh_when_the_newest_is_younger_than_the_data_are_long():
    data = healthy(1)
    newest = data["timestamp"].max().astype(datetime).replace(tzinfo=UTC)
    span = (data["timestamp"].max() - data["timestamp"].min()).astype(timedelta)
    assert "freshness" not in found(healthy(), data, now=newest + span / 2)
    assert found(healthy(), data, now=newest + 2 * span)["freshness"].severity == "critical"


def test_a_rise_within_chance_is_no_finding():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(200):
        sides = [np.where(rng.random(500) < 0.05, np.nan, rng.normal(size=500)) for _ in range(2)]
        alarms += bool(found({"x": sides[0]}, {"x": sides[1]}))
    assert alarms <= 2
