"""Readings by pages, and how monitors stand: the same on both databases."""

import itertools

import pytest

from tidegauge.catalog import models, monitors, readings, standing, targets
from tidegauge.catalog.readings import Hour, Reading
from tidegauge.catalog.rows import written
from tidegauge.catalog.standing import Asked, Label, Place, Standing
from tidegauge.catalog.tables import reading_hours
from tidegauge.catalog.targets import Of, Told
from tidegauge.catalog.upsert import replace

SLOTS = range(60, 660, 60)


@pytest.fixture
def held(connection):
    """Two monitors of two models, each with all rows and a part; ten readings each."""
    names = models.ensure(connection, "a", ["m", "other"], 1)
    made = [
        monitors.add(connection, "a", name, {}, origin="api", at=1, by="me")
        for name in ("errors", "slow")
    ]
    keys = [
        Of(monitor.id, model.id, version, segment)
        for monitor in made
        for model in names.values()
        for version, segment in (("", ""), ("2", "eu"))
    ]
    found = targets.ensure(connection, keys)
    for key, target in found.items():
        breaches = key.monitor == made[1].id and key.segment == "eu"
        some = [
            Reading(
                target=target.id,
                slot=slot,
                status="breach" if breaches and slot > 300 else "ok",
                severity="high" if breaches and slot > 300 else None,
                value=float(slot),
                n=1,
                reason="",
                detail=None,
                revision=1,
                made_at=slot,
            )
            for slot in SLOTS
        ]
        readings.add(connection, some)
        hours = [
            Hour(
                target=target.id,
                start=-start,
                readings=60,
                breaches=int(breaches and start > 2),
                low=0.0,
                high=1.0,
                last=1.0,
                n=60,
                severity=None,
            )
            for start in (1, 2, 3)
        ]
        replace(connection, reading_hours, [written(each) for each in hours])
    last = [Told(each.id, SLOTS[-1], None) for each in found.values()]
    targets.remember(connection, last)
    return names["m"].id


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_hold_each_reading_once(connection, held, limit):
    def paged(of, place):
        found, after = [], None
        while True:
            page = of(after)
            found += page
            if len(page) < limit:
                return found
            after = place(page[-1])

    asked = Asked(model=held)
    found = paged(
        lambda after: standing.page(connection, asked, 0, 600, limit=limit, after=after),
        lambda last: Place(last.slot, last.target),
    )
    keys = [(each.slot, each.target) for each in found]
    assert keys == sorted(set(keys), reverse=True)
    assert len(keys) == 4 * len(SLOTS)
    hours = paged(
        lambda after: standing.hour_page(connection, asked, -9, 0, limit=limit, after=after),
        lambda last: Place(last.start, last.target),
    )
    assert len({(each.start, each.target) for each in hours}) == len(hours) == 12


def test_what_is_asked_for_is_found(connection, held):
    def labels(**asked):
        found = standing.page(connection, Asked(model=held, **asked), 0, 600, limit=1000)
        known = standing.labels(connection, [each.target for each in found])
        return {known[each.target] for each in found}

    whole = {
        Label(name, *part)
        for name, part in itertools.product(("errors", "slow"), (("", ""), ("2", "eu")))
    }
    assert labels() == whole
    assert labels(monitors=["slow"]) == {each for each in whole if each.monitor == "slow"}
    assert labels(version="", segment="") == {each for each in whole if not each.segment}
    assert labels(segment="eu", monitors=["slow", "none"]) == {Label("slow", "2", "eu")}
    assert labels(version="1") == labels(monitors=[]) == set()


def test_a_span_has_the_windows_that_end_in_it(connection, held):
    asked = Asked(model=held, monitors=["slow"], segment="eu")
    found = standing.page(connection, asked, 60, 180, limit=9)
    assert [each.slot for each in found] == [180, 120]
    found = standing.page(connection, asked, 0, 600, limit=99, statuses=["breach"])
    assert [each.slot for each in found] == [600, 540, 480, 420, 360]
    hours = standing.hour_page(connection, asked, -3, -1, limit=9)
    assert [each.start for each in hours] == [-2, -3]
    hours = standing.hour_page(connection, asked, -9, 0, limit=9, breached=True)
    assert [each.start for each in hours] == [-3]


@pytest.mark.usefixtures("held")
def test_a_monitor_stands_as_it_was_last_read(connection):
    errors, slow = (each.id for each in monitors.listed(connection, "a"))
    assert standing.standing(connection, "a") == [
        Standing(errors, "ok", None, 4, 600),
        Standing(slow, "breach", "high", 2, 600),
        Standing(slow, "ok", None, 2, 600),
    ]
    assert standing.standing(connection, "b") == []
