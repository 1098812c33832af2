"""An alarm of a drift says in which declared segment it is."""

import random

import pytest
from test_monitor_judge import Judging
from worker_case import MINUTES, START, prediction

from tidegauge.catalog import models
from tidegauge.window import HOUR, SECOND

HOURS = HOUR * SECOND


@pytest.fixture
def judging(case):
    return Judging(case)


def rows(chance, at, moved=(), count=600, hours=1):
    """Amounts of some regions are ten times as large."""
    some = []
    for n in range(count):
        region = chance.choice(["eu", "us", "asia"])
        made = prediction(
            chance, f"{at}-{n}", at=at + n * hours * HOURS // count, tags={"region": region}
        )
        if region in moved:
            made["features"]["amount"] *= 10
        some.append(made)
    return some


def told(judging, moved, *, tags=None):
    """The last reading of a model some regions of which have moved."""
    chance = random.Random(4)
    judging.case.pin("m", rows(chance, START), segments=["tags.region"])

    def private(connection):
        model = models.by_name(connection, "default", "m")
        models.change(connection, model.id, model.revision, START, tags=tags)

    if tags:
        judging.case.catalog.write(private)
    judging.write("monitors: [{name: d, kind: drift, columns: [amount]}]")
    judging.case.send(rows(chance, START, count=2_400, hours=4), START + 4 * HOURS)
    judging.at(START + 4 * HOURS)
    for minute in range(0, 20, 5):
        at = START + 4 * HOURS + minute * MINUTES
        some = rows(chance, at, moved, count=300)
        for n, each in enumerate(some):
            each["timestamp"] = at + n * SECOND
        judging.case.send(some, at + 5 * MINUTES)
    judging.at(START + 4 * HOURS + 21 * MINUTES)
    return judging.readings("d")[-1]


def test_the_segment_that_moved_is_named_with_its_share(judging):
    found = told(judging, ["eu"])
    assert found.status == "breach"
    where = found.detail["where"][0]
    assert (where["column"], where["segment"]) == ("features.amount", "tags.region=eu")
    assert where["share"] == pytest.approx(1, abs=0.25)
    assert len(found.detail["where"]) == 1
    assert " % of it is in tags.region=eu" in found.reason


def test_where_all_moved_no_segment_is_named(judging):
    found = told(judging, ["eu", "us", "asia"])
    assert found.status == "breach"
    assert "where" not in found.detail
    assert "region" not in found.reason


def test_of_personal_data_nothing_is_said(judging):
    found = told(judging, ["eu"], tags={"pii": "tags.region"})
    assert found.status == "breach"
    assert "where" not in found.detail
