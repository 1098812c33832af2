"""Odd rows, odd references: every kind of monitor gives each a state, and never a NaN."""

import json
import math
import random

import pytest
from test_monitor_judge import Judging
from worker_case import MINUTES, START, prediction

ROWS = 600
MONITORS = """
monitors:
  - {name: drift, kind: drift}
  - {name: distance, kind: distance, window: 1 h}
  - {name: agree, kind: distance, window: 1 h, share: 10 %, min_rows: 1,
     methods: [{method: wasserstein_normalised}, {method: jensen_shannon}, {method: mean_change}]}
  - {name: mean, metric: mean, column: amount, window: 1 h, min_rows: 1,
     conditions: [{change: 10 %}]}
  - {name: missing, metric: missing_rate, column: amount, window: 1 h, min_rows: 1,
     conditions: [{max: 0.5}]}
  - {name: confidence, metric: confidence, window: 1 h, min_rows: 1,
     conditions: [{absolute_change: 0.1}]}
  - {name: bias, metric: prediction_bias, window: 1 h, min_rows: 1, conditions: [{max: 0.8}]}
  - {name: latency, metric: latency_p95_ms, min_rows: 1,
     conditions: [{change: 10 %, against: previous window}, {change: 10 %, against: same hour}]}
  - {name: trend, kind: trend, metric: error_rate, limit: 0.5, over: 8 h}
  - {name: gone, metric: mean, column: amuont, conditions: [{max: 1}]}
"""
NAMES = [line.split("name: ")[1].split(",")[0] for line in MONITORS.splitlines() if "name:" in line]


def changed(**features):
    def change(chance, record, n):
        record["features"] |= {
            name: value(chance, n) if callable(value) else value for name, value in features.items()
        }
        return record

    return change


def only(*names):
    def change(chance, record, n):
        del chance, n
        record["features"] = {name: record["features"].get(name) for name in names}
        return record

    return change


def bare(_chance, record, _n):
    return {name: record[name] for name in ("model_id", "prediction_id", "timestamp")} | {
        "features": {"other": 1.0}
    }


CURRENT = {
    "as ever": changed(),
    "none": None,
    "one": 1,
    "two": 2,
    "constant": changed(amount=1.0, age=1, plan="pro", is_new=True),
    "all null": changed(amount=None, age=None, plan=None, is_new=None),
    "nan": changed(amount="NaN", age="NaN"),
    "infinite": changed(amount=lambda _c, n: "Infinity" if n % 2 else "-Infinity"),
    "far out": changed(amount=lambda c, _n: 1e6 + c.random()),
    "enormous": changed(amount=lambda _c, n: 1e308 if n % 2 else -1e308),
    "denormal": changed(amount=5e-324, age=0),
    "another type": changed(amount="text", age="text", plan=7, is_new=2.5),
    "new category": changed(plan="platinum"),
    "every value another": changed(plan=lambda _c, n: f"plan {n}"),
    "half missing": changed(amount=lambda c, _n: None if c.random() < 0.5 else 1.0),
    "no such columns": bare,
    "one column": only("amount"),
}
REFERENCES = {
    "usual": None,
    "one row": 1,
    "constant": changed(amount=1.0, age=1, plan="pro", is_new=True),
    "all null": changed(amount=None, age=None, plan=None, is_new=None),
}
CASES = [
    *((name, "usual") for name in CURRENT),
    *(
        (name, of)
        for name in ("as ever", "far out", "all null")
        for of in REFERENCES
        if of != "usual"
    ),
]


def rows(chance, change, label, start):
    count = change if isinstance(change, int) else ROWS
    made = []
    for n in range(count if change is not None or label == "ref" else 0):
        record = prediction(chance, f"{label}-{n}", at=start + n * MINUTES // ROWS)
        record["features"].setdefault("age", 40)
        made.append(change(chance, record, n) if callable(change) else record)
    return made


@pytest.mark.parametrize(("current", "reference"), CASES)
def test_every_kind_gives_it_a_state(case, current, reference):
    chance = random.Random(1)
    judging = Judging(case)
    judging.write(MONITORS)
    case.pin("m", rows(chance, REFERENCES[reference], "ref", START))
    batch = rows(chance, CURRENT[current], "now", START)
    if batch:
        case.send(batch, START + MINUTES - 1)
    else:
        case.send(rows(chance, 1, "early", START - 60 * MINUTES), START - 60 * MINUTES)
    judging.at(START + MINUTES)
    found = {name: judging.readings(name)[-1] for name in NAMES}
    for name, each in found.items():
        text = json.dumps([each.value, each.detail, each.reason], allow_nan=False)
        assert text
        expected = {"ok", "breach", "insufficient_data", "no_data", "not_applicable"}
        if name == "gone":
            # Where nothing came, its column is not looked for.
            expected = {"no_data"} if current == "none" else {"error"}
        assert each.status in expected, each
        assert each.value is None or math.isfinite(each.value)
        assert (each.status == "breach") == (each.severity is not None)
    if current != "none":
        assert "no column 'amuont'" in found["gone"].reason
    if (current, reference) == ("far out", "usual"):
        assert {found[name].status for name in ("drift", "distance", "agree", "mean")} == {"breach"}
    if (current, reference) == ("as ever", "usual"):
        assert {found[name].status for name in ("drift", "distance", "mean")} == {"ok"}
    if current == "none":
        assert {found[name].status for name in ("drift", "latency")} == {"no_data"}
