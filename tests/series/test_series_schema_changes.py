"""Forty changes of what a model is sent: none loses a record, each is told, and the past stays."""

import random

import pytest
from series_api import HOURS
from worker_case import MINUTES, START, prediction

COLUMNS = {"amount": "number", "age": "number", "plan": "text", "is_new": "flag"}
CHANGE = START + 2 * HOURS
ROWS = 300


def there(features):
    return {name: value for name, value in features.items() if value is not None}


def dropped(features, name):
    del features[name]
    return {f"features.{name}"}


def renamed(features, name):
    features[f"{name}_v2"] = features.pop(name)
    return {f"features.{name}", f"features.{name}_v2"}


def added(features, name):
    features[f"{name}_more"] = features[name]
    return {f"features.{name}_more"}


def of_another_type(features, name):
    features[name] = {"number": str, "text": len, "flag": lambda it: 2.5 + it}[COLUMNS[name]](
        features[name]
    )
    return {f"features.{name}"}


def in_another_unit(features, name):
    features[name] = {
        "number": lambda it: it * 1000.0,
        "text": str.upper,
        "flag": lambda it: "Y" if it else "N",
    }[COLUMNS[name]](features[name])
    return {f"features.{name}"}


CHANGES = [
    (change, name, as_arrow)
    for change in (dropped, renamed, added, of_another_type, in_another_unit)
    for name in COLUMNS
    for as_arrow in (False, True)
]


@pytest.fixture
def sending(api):
    chance = random.Random(1)

    def whole(number, at):
        record = prediction(chance, number, at=at)
        record["features"].setdefault("age", 40)
        return record

    api.case.pin("m", [whole(f"ref-{n}", START) for n in range(2_000)])
    return whole


@pytest.mark.parametrize(("change", "name", "as_arrow"), CHANGES)
def test_a_change_is_told_and_loses_nothing(api, sending, change, name, as_arrow):
    before = [sending(f"b{n}", START + n * MINUTES // 10) for n in range(ROWS)]
    api.case.send(before, START + HOURS // 2, as_arrow=as_arrow)
    after = [sending(f"a{n}", CHANGE + n * MINUTES // 10) for n in range(ROWS)]
    changed = [change(record["features"], name) for record in after].pop()
    api.case.send(after, CHANGE + HOURS // 2, as_arrow=as_arrow)
    api.case.count()
    told = api.between("models/m/quality", CHANGE, CHANGE + HOURS)
    named = {each["column"] for each in told["findings"]}
    named |= {each["subject"] for each in told["signals"] if each["subject"]}
    assert named == changed
    assert told["rows"] == ROWS
    kept = api.between("models/m/records", CHANGE, CHANGE + HOURS, limit=1000)["records"]
    sent = {record["prediction_id"]: record["features"] for record in after}
    assert {row["prediction_id"]: there(row["features"]) for row in kept} == sent
    past = api.between("models/m/profile", START, START + HOURS)
    assert past["rows"] == ROWS
    shown = {each["name"]: each["current"]["n"] for each in past["features"]}
    assert shown[f"features.{name}"] == ROWS
    quiet = api.between("models/m/quality", START, START + HOURS)
    assert quiet["findings"] == quiet["signals"] == []


def test_ten_thousand_features_at_once(api, sending):
    before = [sending(f"b{n}", START) for n in range(50)]
    api.case.send(before, START)
    wide = sending("wide", CHANGE)
    wide["features"] = {f"f{n:05}": float(n) for n in range(10_000)}
    api.case.send([wide], CHANGE, as_arrow=True)
    api.case.count()
    told = api.between("models/m/quality", CHANGE, CHANGE + HOURS)
    new = {each["subject"]: each for each in told["signals"] if each["code"] == "new-feature"}
    assert len(new) == 51
    assert new[""]["detail"] == "so did 9,950 more, from features.f00050 to features.f09999"
    (kept,) = api.between("models/m/records", CHANGE, CHANGE + HOURS)["records"]
    assert there(kept["features"]) == wide["features"]
    assert api.between("models/m/profile", START, START + HOURS)["rows"] == 50
