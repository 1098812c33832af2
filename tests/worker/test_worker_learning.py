"""References: from the first rows to one for good, by hand, and what is counted by each."""

import random

import pytest
from worker_case import MINUTES, START, prediction

from tidegauge.catalog import baselines, layouts, models, schemas
from tidegauge.profile.codec import decode
from tidegauge.record import limits
from tidegauge.window import HOUR, SECOND

HOURS = HOUR * SECOND


def sources(case, name="m"):
    with case.catalog.read() as connection:
        model = models.by_name(connection, "default", name)
        return [each.source for each in baselines.listed(connection, model.id)][::-1]


def profiles(case, name="m"):
    """Of all windows of a minute, with their layout."""
    with case.catalog.read() as connection:
        model = models.by_name(connection, "default", name)
        current = baselines.latest(connection, [model.id])[model.id]
        layout = decode(layouts.get(connection, [current.layout])[current.layout].body).layout
    return {
        key: decode(profile, layout)
        for key, (_rows, _traffic, profile) in case.windows(name).items()
        if profile is not None
    }


def test_the_first_rows_make_something_to_look_at(case):
    chance = random.Random(1)
    case.send([prediction(chance, 1)], START)
    case.count()
    assert sources(case) == ["provisional"]
    (profile,) = profiles(case).values()
    assert profile.rows == 1
    with case.catalog.read() as connection:
        found = schemas.latest(connection, [case.model("m").id])[case.model("m").id].schema
    kinds = {column.name: (column.kind, column.role) for column in found}
    assert kinds["features.amount"] == ("numeric", "feature")
    assert kinds["features.plan"] == ("category", "feature")
    assert kinds["features.is_new"] == ("boolean", "feature")
    assert kinds["prediction_label"] == ("category", "prediction")


def test_as_many_features_as_are_accepted_can_be_counted(case):
    chance = random.Random(2)
    many = {f"f{number}": number for number in range(limits.FEATURES)}
    case.send([{**prediction(chance, 1), "features": many}], START)
    case.count()
    (profile,) = profiles(case).values()
    assert profile.rows == 1
    assert "prediction_score" in profile.layout.schema.names


def test_a_reference_is_learned_from_enough_rows_over_a_day(case):
    chance = random.Random(2)
    for hour in range(30):
        at = START + hour * HOURS
        batch = [
            prediction(chance, f"{hour}-{n}", at=at + chance.randrange(HOURS)) for n in range(500)
        ]
        case.send(batch, at + HOURS, as_arrow=True)
        case.count()
    found = sources(case)
    assert found[0] == "provisional"
    assert found.count("learned") == 1 == len(found) - found.index("learned")
    with case.catalog.read() as connection:
        learned = baselines.latest(connection, [case.model("m").id])[case.model("m").id]
    assert learned.rows >= 10_000
    assert learned.last_at - learned.first_at <= 24 * HOURS
    # What came before was counted again: all windows can be compared.
    hours = {key: each for key, each in profiles(case).items() if key[2] == HOUR}
    assert sum(each.rows for each in hours.values()) == sum(
        rows for key, (rows, _t, _p) in case.windows("m").items() if key[2] == HOUR
    )
    # The rows of these hours, by hand.
    assert all(each.rows == 500 for each in hours.values())


def test_history_is_counted_as_if_it_had_come_when_it_happened(case):
    chance = random.Random(3)
    now = START + 40 * 24 * HOURS
    past = [prediction(chance, n, at=START + n * 30 * 24 * HOURS // 12_000) for n in range(12_000)]
    for begin in range(0, 12_000, 4_000):
        case.send(past[begin : begin + 4_000], now, as_arrow=True, history=True)
    case.count()
    assert sources(case)[-1] == "learned"
    found = case.windows("m")
    days = {key[3]: rows for key, (rows, _t, _p) in found.items() if key[2] == 24 * HOUR}
    assert sum(days.values()) == 12_000
    assert not [code for code, _subject in case.signals("m") if code != "new-feature"]
    # No minutes of long ago.
    assert not [key for key in found if key[2] == 60]


def test_a_reference_by_hand_counts_the_rows_again(case):
    chance = random.Random(4)
    case.send([prediction(chance, n) for n in range(50)], START + MINUTES)
    case.count()
    layout = case.pin("m", [prediction(chance, n) for n in range(400)])
    model = case.model("m")
    case.catalog.write(
        lambda c: models.change(c, model.id, model.revision, START + 2, segments=["features.plan"])
    )
    case.send([prediction(chance, 99)], START + 2 * MINUTES)
    case.count()
    found = profiles(case)
    assert all(each.layout == layout for each in found.values())
    whole = {key: each.rows for key, each in found.items() if not key[1]}
    split = {key: each.rows for key, each in found.items() if key[1]}
    assert sum(whole.values()) == 51
    assert sum(split.values()) == 51
    assert {segment for _version, segment, _r, _s in split} == {
        "features.plan=free",
        "features.plan=pro",
        "features.plan=team",
    }


def test_a_restart_counts_on(case):
    chance = random.Random(5)
    layout = case.pin("m", [prediction(chance, n) for n in range(300)])
    records = [prediction(chance, n, at=START + n * SECOND // 4) for n in range(200)]
    for record in records:
        case.send([record], START + MINUTES)
        if chance.random() < 0.2:
            case.count()
            case.restart()
    case.count()
    (profile,) = profiles(case).values()
    assert profile.layout == layout
    assert profile.rows == 200


@pytest.mark.parametrize("as_arrow", [False, True])
def test_a_feature_that_is_new_is_kept_and_told(case, as_arrow):
    chance = random.Random(6)
    case.pin("m", [prediction(chance, n) for n in range(300)])
    record = prediction(chance, 1)
    record["features"]["extra"] = 7
    case.send([record], START + 1, as_arrow=as_arrow)
    case.count()
    case.write_parts()
    assert case.signals("m")["new-feature", "features.extra"] == 1
    (row,) = case.rows("m")
    assert row["features.extra"] == 7
