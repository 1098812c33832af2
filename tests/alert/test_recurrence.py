"""What comes again by the calendar, against dates that anybody can look up."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tidegauge.alert.recurrence import following, micros, moment, parse
from tidegauge.errors import InputError

SECOND = 1_000_000
HOUR = 3600 * SECOND
BERLIN = "Europe/Berlin"


def starts(rule, first, *, zone="UTC", lasts=HOUR, many=5, after=None):
    """The next ones, as somebody there would write them."""
    made = parse(rule, zone)
    begun = datetime.fromisoformat(first).replace(tzinfo=ZoneInfo(zone))
    start = micros(begun.astimezone(UTC).isoformat())
    at = start if after is None else micros(after)
    found = []
    for _number in range(many):
        span = following(made, start, lasts, at)
        if span is None:
            break
        assert span[1] - span[0] == lasts
        found.append(f"{moment(span[0]).astimezone(ZoneInfo(zone)):%m-%d %H:%M}")
        at = span[1]
    return found


@pytest.mark.parametrize(
    ("rule", "first", "expected"),
    [
        ("FREQ=DAILY", "2026-03-30T02:00", ["03-30", "03-31", "04-01", "04-02", "04-03"]),
        ("FREQ=DAILY;INTERVAL=3", "2026-03-30T02:00", ["03-30", "04-02", "04-05", "04-08"]),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-04-03T02:00", ["04-03", "04-06", "04-07"]),
        ("FREQ=WEEKLY", "2026-04-03T02:00", ["04-03", "04-10", "04-17"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2026-04-05T02:00", ["04-05", "04-13", "04-19"]),
        ("FREQ=MONTHLY", "2026-01-31T02:00", ["01-31", "03-31", "05-31", "07-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31T02:00", ["01-31", "02-28", "03-31", "04-30"]),
        ("FREQ=MONTHLY;BYDAY=1SU", "2026-03-01T02:00", ["03-01", "04-05", "05-03"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-03-01T02:00", ["03-27", "04-24", "05-29"]),
        ("FREQ=MONTHLY;INTERVAL=6;BYMONTHDAY=1,15", "2026-01-15T02:00", ["01-15", "07-01"]),
        ("rrule:freq=weekly;byday=sa", "2026-04-05T02:00", ["04-11", "04-18"]),
    ],
)
def test_the_days_are_those_of_the_calendar(rule, first, expected):
    found = starts(rule, first, many=len(expected))
    assert found == [f"{day} 02:00" for day in expected]


def test_the_clock_is_that_of_the_place():
    daily = starts("FREQ=DAILY", "2026-03-27T02:30", zone=BERLIN)
    # On the 29th there is no 02:30.
    assert daily == [f"03-{day} {'03' if day == 29 else '02'}:30" for day in range(27, 32)]
    rule = parse("FREQ=DAILY", BERLIN)
    first = micros("2026-10-24T00:30:00+00:00")
    spans = [following(rule, first, HOUR, first + day * 24 * HOUR) for day in range(3)]
    # On the 25th there are two: the first is meant.
    assert [moment(start).isoformat()[5:16] for start, _stop in spans] == [
        "10-24T00:30",
        "10-25T00:30",
        "10-26T01:30",
    ]


def test_one_that_goes_on_is_the_next():
    found = starts(
        "FREQ=WEEKLY", "2026-04-03T02:00", lasts=60 * HOUR, many=1, after="2026-04-12T00:00+00:00"
    )
    assert found == ["04-10 02:00"]


def test_what_never_comes_is_none():
    assert starts("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "2026-02-01T02:00") == []


def test_each_is_the_first_that_is_not_over():
    chance = random.Random(7)
    for _trial in range(300):
        frequency = chance.choice(["DAILY", "WEEKLY", "MONTHLY"])
        rule = parse(f"FREQ={frequency};INTERVAL={chance.randint(1, 6)}", BERLIN)
        first = micros("2026-01-01T00:00+00:00") + chance.randrange(365 * 24) * HOUR
        lasts = chance.randint(1, 20) * HOUR
        at = first + chance.randrange(300 * 24) * HOUR
        span = following(rule, first, lasts, at)
        if span is None:
            assert frequency == "MONTHLY"
            continue
        start, stop = span
        assert stop == start + lasts > at
        assert start >= first
        assert rule.falls_on(
            moment(start).astimezone(rule.zone).date(), moment(first).astimezone(rule.zone).date()
        )
        # There is no earlier one.
        if start > first:
            for back in range(1, 40):
                day = moment(start).astimezone(rule.zone).date() - timedelta(days=back)
                earlier = datetime.combine(
                    day, moment(first).astimezone(rule.zone).time(), tzinfo=rule.zone
                )
                begun = micros(earlier.astimezone(UTC).isoformat())
                if begun < first:
                    break
                is_one = rule.falls_on(day, moment(first).astimezone(rule.zone).date())
                assert not (is_one and begun + lasts > at)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "weekly",
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=x",
        "FREQ=WEEKLY;INTERVAL=53",
        "FREQ=WEEKLY;BYDAY=1SU",
        "FREQ=WEEKLY;BYDAY=Sunday",
        "FREQ=DAILY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=DAILY;COUNT=3",
        "FREQ=DAILY;FREQ=WEEKLY",
    ],
)
def test_what_is_no_rule_of_ours_is_refused(rule):
    with pytest.raises(InputError):
        parse(rule, "UTC")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "x" * 60])
def test_what_is_no_zone_is_refused(zone):
    with pytest.raises(InputError, match="time zone"):
        parse("FREQ=DAILY", zone)
