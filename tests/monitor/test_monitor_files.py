"""Monitors as files: read with all faults at once, each where it is; written as they were."""

import json

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tidegauge.errors import InputError
from tidegauge.monitor.file import json_schema, read_files, read_text, write_text

GOOD = """
monitors:
  - name: latency of fraud
    models: fraud-*
    metric: latency_p95_ms
    window: 15 min
    conditions:
      - {max: 200, severity: High}
      - {change: 20 %, direction: up, against: 7 days ago}
  - name: classical
    kind: distance
    columns: [amount, country]
    methods: [{method: psi, warning: 0.2, critical: 0.4}, {method: ks_test}]
    agree: 2
    alerts: {cooldown: 2 h, group_wait: 0 s, severity_ups: 1}
  - kind: trend
    rule_name: disk of features
    metric: missing_rate
    column: amount
    limit: 0.2
    over: 2 days
    priority: warning
"""


def test_what_is_written_is_read_again():
    first = read_text(GOOD)
    again = read_text(write_text(first))
    assert again == first
    latency, classical, trend = first
    assert (latency.kind, latency.window, latency.conditions[0].severity) == ("metric", 900, "high")
    assert latency.conditions[1].change == pytest.approx(0.2)
    assert [each.method for each in classical.methods] == ["psi", "ks"]
    assert (classical.alerts.cooldown, classical.alerts.repeat_every) == (7200, None)
    assert (trend.name, trend.severity) == ("disk of features", "medium")


def test_the_schema_for_editors_agrees():
    schema = json_schema()
    jsonschema_rs.meta.validate(schema)
    jsonschema_rs.validate(schema, yaml.safe_load(write_text(read_text(GOOD))))
    wrong = {"monitors": [{"name": "x", "kind": "trend", "colour": 1}]}
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(schema, wrong)


FAULTS = [
    ("  - {name: a, metric: laetncy_p95_ms, conditions: [{max: 1}]}", 2, "latency_p95_ms"),
    ("  - name: a\n    metric: error_rate\n    conditons: []", 4, "did you mean 'conditions'"),
    ("  - name: a\n    kind: metrc", 2, "did you mean 'metric'"),
    ("  - name: a\n    metric: mean\n    conditions: [{max: 1}]", 2, "mean needs a column"),
    (
        "  - name: a\n    metric: error_rate\n    column: x\n    conditions: [{max: 1}]",
        2,
        "is of no column",
    ),
    ("  - name: a\n    metric: error_rate\n    conditions:\n      - {max: 1, min: 0}", 5, "one of"),
    (
        "  - name: a\n    metric: error_rate\n    conditions: [{change: 0.1, against: reference}]",
        2,
        "has no reference",
    ),
    ("  - {name: a, kind: distance, methods: [{method: psy}]}", 2, "did you mean 'psi'"),
    ("  - {name: a, kind: distance, agree: 4}", 2, "4 of 3 methods"),
    ("  - name: a\n    kind: distance\n    window: 90 s", 4, "whole minutes"),
    ("  - name: a\n    kind: distance\n    window: soon", 4, "is no span of time"),
    ("  - {name: a, kind: trend, metric: error_rate, limit: 1, over: 2 h}", 2, "8 to 400 windows"),
    ("  - {name: '', kind: distance}", 2, "name"),
    ("  - 7", 2, "there are drift"),
    ("  - {name: a, kind: distance}\n  - {name: a, kind: distance}", None, "two monitors"),
    ("  - {name: a, kind: distance, severity: loud}", 2, "severity"),
    ("  - name: a\n    metric: error_rate\n    conditions: [{max: .nan}]", 4, "finite"),
    ("  - name: a\n    kind: distance\n    alerts: {cool: 1 h}", 4, "did you mean 'cooldown'"),
    ("  - name: a\n    kind: distance\n    alerts:\n      repeat_every: 1 s", 5, "60"),
]


@pytest.mark.parametrize(("body", "line", "said"), FAULTS)
def test_a_fault_is_told_where_it_is(body, line, said):
    with pytest.raises(InputError) as raised:
        read_text(f"monitors:\n{body}\n", "some.yaml")
    (told,) = [each for each in str(raised.value).splitlines() if said in each]
    if line is not None:
        assert told.startswith(f"some.yaml:{line}: monitors[0]")


def test_all_faults_of_all_files_are_told_at_once(tmp_path):
    (tmp_path / "a.yaml").write_text("monitors: [{name: x, kind: distance, agree: 9}, {name: y}]")
    (tmp_path / "b.yml").write_text("monitors:\n  - {name: 'x\n")
    (tmp_path / "c.yaml").write_text("watchers: []")
    with pytest.raises(InputError) as raised:
        read_files([tmp_path, tmp_path / "d.yaml"])
    lines = str(raised.value).splitlines()
    assert len(lines) == 5
    assert [name in lines[i] for i, name in enumerate(("a.yaml:1", "a.yaml:1", "b.yml:"))] == [
        True
    ] * 3
    assert "must hold 'monitors' and 'retraining', lists" in lines[3]
    assert "d.yaml" in lines[4]


def test_a_folder_is_read_in_order(tmp_path):
    for name in "ba":
        (tmp_path / f"{name}.yaml").write_text(f"monitors: [{{name: {name}, kind: distance}}]")
    assert [each.name for each in read_files([tmp_path])] == ["a", "b"]
    with pytest.raises(InputError, match="two monitors are called 'a'"):
        read_files([tmp_path, tmp_path / "a.yaml"])
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="holds no"):
        read_files([tmp_path / "none"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["monitors", "name", "kind", "metric", "conditions", "max", "window", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_it_holds_it_is_read_or_refused(document):
    try:
        read_text(json.dumps({"monitors": [document]}))
    except InputError:
        return
