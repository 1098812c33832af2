"""Policies in files, beside the monitors: read with the places of their faults, and planned."""

import pytest
import yaml

from tidegauge.catalog.documents import Kept
from tidegauge.errors import InputError
from tidegauge.monitor.faults import FaultsError
from tidegauge.retrain.faults import checked, document_of
from tidegauge.retrain.file import json_schema, read_files
from tidegauge.retrain.plan import plan

WRITTEN = """
monitors:
  - {name: slow, metric: latency_avg_ms, conditions: [{max: 10}]}
retraining:
  - name: fraud
    models: fraud-*
    target: {kind: command, name: train}
    detections: {count: 3, within: 2 d}
"""
FRAUD = yaml.safe_load(WRITTEN)["retraining"][0]


def kept(document, origin="file"):
    return Kept(
        id=1,
        tenant="default",
        name=document["name"],
        document=document,
        origin=origin,
        revision=1,
        created_at=0,
        changed_at=0,
        changed_by="me",
    )


@pytest.fixture
def write(tmp_path):
    def put(name, text):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return put


def test_a_file_holds_monitors_and_policies(write):
    found = read_files([write("all.yaml", WRITTEN)])
    assert [each.name for each in found.monitors] == ["slow"]
    assert [each.name for each in found.policies] == ["fraud"]


def test_files_that_say_nothing_of_policies_leave_them_alone(write):
    assert read_files([write("m.yaml", WRITTEN.partition("retraining")[0])]).policies is None
    assert read_files([write("none.yaml", "retraining: []\n")]).policies == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: command", "kind: rocket", "all.yaml:7: retraining[0].target.kind: must be one of"),
        ("models: fraud-*", "models: ''", "all.yaml:6: retraining[0].models"),
        ("count: 3", "count: 0", "all.yaml:8: retraining[0].detections.count"),
        ("count: 3", "count: 100", "all.yaml:8: retraining[0].detections: so many findings"),
        ("models: fraud-*", "modles: fraud-*", "all.yaml:6: retraining[0].modles"),
        ("retraining:", "training:", "must hold 'monitors' and 'retraining', lists"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(write, old, new, said):
    with pytest.raises(InputError) as told:
        read_files([write("all.yaml", WRITTEN.replace(old, new))])
    assert any(said in line for line in str(told.value).splitlines()), told.value


def test_two_of_one_name_are_told(write):
    write("a.yaml", WRITTEN)
    with pytest.raises(InputError, match="two policies are called 'fraud'"):
        read_files([write("b.yaml", "retraining:" + WRITTEN.partition("retraining:")[2])])


def test_saying_a_default_is_no_change():
    said = {**FRAUD, "priority": "normal", "promotion": {"min_labels": 200}}
    (step,) = plan([kept(FRAUD)], [checked(said)])
    assert step.what == "unchanged"


def test_what_changes_is_told_and_what_left_the_files_goes():
    other = {**FRAUD, "name": "other"}
    by_hand = kept({**FRAUD, "name": "by-hand"}, origin="api")
    steps = plan(
        [kept(FRAUD), kept(other), by_hand], [checked({**FRAUD, "parameters": {"depth": 3}})]
    )
    assert [(each.name, each.what, each.kind) for each in steps] == [
        ("fraud", "changed", "retraining"),
        ("other", "removed", "retraining"),
    ]
    assert [tuple(each) for each in steps[0].differences] == [("parameters.depth", None, 3)]


def test_a_document_comes_back_as_it_was():
    assert document_of(checked(FRAUD)) == FRAUD | {"detections": {"within": "2 d"}}


def test_what_is_no_mapping_is_told():
    with pytest.raises(FaultsError):
        checked([1])


def test_an_editor_knows_both():
    schema = json_schema()
    assert {"monitors", "retraining"} <= set(schema["properties"])
    target = schema["properties"]["retraining"]["items"]["properties"]["target"]
    assert target["discriminator"]["propertyName"] == "kind"
