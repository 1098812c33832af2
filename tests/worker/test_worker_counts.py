"""Every record counts once, where it belongs: against counting by hand, and in any order."""

import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from worker_case import MINUTES, START, Case, prediction
from worker_oracle import minutes, rolled

from tidegauge.window import DAY, FIVE_MINUTES, HOUR, SECOND


def stream(chance, number):
    """Records as they come: in order, late, early, too late, twice, changed, of all kinds."""
    received = []
    for n in range(number):
        at = START + n * MINUTES // 4
        kind = chance.random()
        happened = at - chance.randrange(20 * SECOND)
        if kind < 0.05:
            happened = at - chance.randrange(DAY * SECOND)
        elif kind < 0.08:
            happened = at + chance.randrange(HOUR * SECOND)
        elif kind < 0.1:
            happened = at - DAY * SECOND - chance.randrange(1, 10 * DAY * SECOND)
        more = {"model_version": chance.choice(["1.0", "2.0"])} if chance.random() < 0.9 else {}
        if chance.random() < 0.8:
            more["tags"] = {"region": chance.choice(["eu", "us"])}
        if chance.random() < 0.1:
            more["weight"] = chance.choice([2, 10])
        if chance.random() < 0.03:
            more["environment"] = "training"
        record = prediction(chance, n, at=happened, **more)
        if chance.random() < 0.03:
            record["features"]["age"] = "old"
        received.append((record, at))
        if chance.random() < 0.05:
            received.append((received[chance.randrange(len(received))][0], at))
        if chance.random() < 0.02:
            earlier = received[chance.randrange(len(received))][0]
            received.append((earlier | {"prediction_score": 0.12345}, at))
    return received


def sent(case, received, chance):
    """In batches of any size, as JSON or as Arrow."""
    rest = list(received)
    while rest:
        size = chance.randrange(1, 40)
        some, rest = rest[:size], rest[size:]
        at = some[-1][1]
        # A batch has each id once: ingest sees to that.
        known = {}
        for record, _at in some:
            if record["prediction_id"] in known:
                case.send(list(known.values()), at, as_arrow=chance.random() < 0.5)
                known = {}
            known[record["prediction_id"]] = record
        case.send(list(known.values()), at, as_arrow=chance.random() < 0.5)
        if chance.random() < 0.2:
            case.count()
        if chance.random() < 0.05:
            case.restart()


@pytest.mark.parametrize("seed", range(4))
def test_windows_hold_what_counting_by_hand_says(case, seed):
    chance = random.Random(seed)
    case.pin("m", [prediction(chance, n) for n in range(500)], segments=["tags.region"])
    received = stream(chance, 800)
    sent(case, received, chance)
    case.count()
    # Receipt is by batch: the oracle is told the same.
    expected, told = minutes(by_batch(case))
    found = case.windows("m")
    floor = case.worker._rolled.frontier(case.worker._at).floors
    for resolution in (60, FIVE_MINUTES, HOUR, DAY):
        upto = case.worker._rolled.upto.get(resolution, 1 << 62)
        wanted = {
            (version, segment, resolution, start): rows
            for (version, segment, start), rows in rolled(expected, resolution).items()
            if floor[resolution] <= start < upto
        }
        assert {
            key: rows
            for key, (rows, _t, _p) in found.items()
            if key[2] == resolution and key[3] >= floor[resolution]
        } == wanted
    assert {
        code: rows
        for (code, subject), rows in case.signals("m").items()
        if not subject and code != "not-counted"
    } == told


def by_batch(case):
    """What is in the log, record by record, with the time of receipt."""
    from tidegauge.log import START as BEGIN
    from tidegauge.record.columns import to_records
    from tidegauge.tail.decode import RECEIVED, decode

    position = BEGIN
    while batches := list(case._reader.read(position)):
        position = batches[-1][0]
        for _position, batch in batches:
            for piece in batch.pieces:
                table = decode(piece, batch).drop_columns([RECEIVED])
                for record in to_records(table):
                    yield record, batch.at


rows = st.integers(20, 120)


@given(rows, st.integers(0, 2**32))
@settings(max_examples=12, deadline=None, phases=[Phase.reuse, Phase.generate])
def test_any_order_split_and_repetition_give_the_same_bytes(tmp_path_factory, number, seed):
    chance = random.Random(seed)
    reference = [prediction(chance, n) for n in range(200)]
    records = [
        prediction(
            chance,
            n,
            at=START + chance.randrange(30 * MINUTES),
            model_version=chance.choice(["a", "b"]),
            tags={"region": chance.choice(["eu", "us"])},
            weight=chance.choice([1, 1, 3]),
        )
        for n in range(number)
    ]
    for record in chance.sample(records, 5):
        # Of another type, absent, or nothing: whatever else comes in its batch.
        record["features"] = chance.choice(
            [{"age": "old"}, {"plan": 7}, {"amount": None}, {"plan": True, "age": "x"}, {}]
        )
    at = START + 31 * MINUTES
    made = []
    for way in range(3):
        case = Case(tmp_path_factory.mktemp("way"))
        case.pin("m", reference, segments=["tags.region"])
        again = list(records)
        if way:
            chance.shuffle(again)
            again += chance.choices(records, k=number // 3)
        while again:
            size = chance.randrange(1, 50) if way else number
            some, again = again[:size], again[size:]
            once = list({record["prediction_id"]: record for record in some}.values())
            case.send(once, at, as_arrow=chance.random() < 0.5)
            if way == 2:
                case.count()
                case.restart()
        # Later rows make the coarser windows.
        case.send([prediction(chance, "end", at=at + 2 * DAY * SECOND)], at + 2 * DAY * SECOND)
        case.count()
        kept = case.windows("m")
        made.append({key: value for key, value in kept.items() if key[3] < at})
        case.close()
    assert made[0]
    assert made[1] == made[0]
    assert made[2] == made[0]


def test_beyond_some_hundred_values_the_rest_is_one_segment(case):
    chance = random.Random(3)
    case.pin("m", [prediction(chance, n) for n in range(100)], segments=["tags.region"])
    records = [
        prediction(chance, n, tags={"region": f"r{n:04}" if n else "x" * 1_000}) for n in range(250)
    ]
    for begin in range(0, 250, 125):
        case.send(records[begin : begin + 125], START + MINUTES)
        case.count()
    found = case.windows("m")
    segments = {segment for _version, segment, _r, _s in found}
    assert "tags.region=(other)" in segments
    # All rows, and 200 of which the others are one.
    assert len(segments) == 1 + 200
    assert sum(rows for key, (rows, _t, _p) in found.items() if key[1]) == 250
    assert case.signals("m")["too-many-values", "tags.region"] > 0
