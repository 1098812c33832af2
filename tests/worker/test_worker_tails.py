"""Which tails are written when, among many that only grow."""

import random

import pytest
from worker_case import START, prediction

from tidegauge.log import Position
from tidegauge.record.columns import to_table
from tidegauge.tail.decode import stamped
from tidegauge.window import SECOND
from tidegauge.worker.tails import AGE, ROWS, Of, Stretch, Tails


@pytest.fixture
def tails(case):
    found = Tails(case._reader, case.store, memory=1 << 30, pinned=4)
    yield found
    found.close()


def rows(number, start=0):
    chance = random.Random(number)
    return stamped(to_table([prediction(chance, start + n) for n in range(number)]), START)


def add(tails, model, table, *, segment=1, offset=0, at=START):
    where = Position(segment, offset)
    tails.add(
        Of(model, "predictions"),
        "default",
        f"model-{model}",
        table,
        after=where,
        upto=Position(segment, offset + 10),
        at=at,
        dropped={},
    )


def written(tails, position, at, **more):
    """The models whose rows go into parts now."""
    tails.write_due(position, at, **more)
    tails.wait()
    found = tails.written()
    assert tails.is_writing == bool(found)
    tails.committed(found)
    return [(each.of.model, sum(part.rows for part in each.parts)) for each in found]


def test_what_is_enough_for_a_part_is_written(tails):
    add(tails, 1, rows(10))
    add(tails, 2, rows(ROWS))
    add(tails, 3, rows(10))
    assert written(tails, Position(1, 100), START) == [(2, ROWS)]
    assert written(tails, Position(1, 100), START) == []
    add(tails, 2, rows(10), offset=200)
    assert written(tails, Position(1, 300), START) == []
    assert sorted(written(tails, Position(1, 300), START, everything=True)) == [
        (1, 10),
        (2, 10),
        (3, 10),
    ]


def test_what_is_old_is_written_though_newer_rows_came(tails):
    add(tails, 1, rows(10), at=START)
    add(tails, 2, rows(5), at=START + SECOND)
    add(tails, 1, rows(7, start=10), offset=20, at=START + 2 * SECOND)
    assert written(tails, Position(1, 100), START + AGE - 1) == []
    assert written(tails, Position(1, 100), START + AGE) == [(1, 17)]
    # What it brings from now on is as old as its first row is.
    add(tails, 1, rows(3, start=20), offset=200, at=START + AGE)
    assert written(tails, Position(1, 300), START + AGE + SECOND) == [(2, 5)]
    assert written(tails, Position(1, 300), START + 2 * AGE) == [(1, 3)]


def test_a_model_that_is_written_often_leaves_nothing_behind(tails):
    for turn in range(300):
        add(tails, 1, rows(2, start=2 * turn), offset=20 * turn, at=START + turn)
        if turn % 3:
            assert written(tails, Position(1, 20 * turn), START, everything=True)
        assert len(tails._by_age) == len(tails._by_segment) < 80
    assert written(tails, Position(1, 9_000), START + AGE + SECOND) == []
    add(tails, 1, rows(3), offset=9_000, at=START + SECOND)
    assert written(tails, Position(1, 9_100), START + AGE) == []
    assert written(tails, Position(1, 9_100), START + AGE + SECOND) == [(1, 3)]


def test_what_holds_the_log_back_is_written(tails):
    add(tails, 1, rows(4), segment=1)
    add(tails, 2, rows(5), segment=3)
    assert tails.oldest() == Position(1, 0)
    assert written(tails, Position(5, 0), START) == []
    assert written(tails, Position(6, 0), START) == [(1, 4)]
    assert tails.oldest() == Position(3, 0)
    assert written(tails, Position(8, 0), START) == [(2, 5)]
    assert tails.oldest() is None


def test_what_a_start_finds_is_due_as_before(case):
    table = rows(6)
    upto = case.send([prediction(random.Random(6), n) for n in range(6)], START)
    tails = Tails(case._reader, case.store, memory=1 << 30, pinned=4)
    stretch = Stretch(Position(0, 0), upto, START, 6, table.nbytes)
    tails.restore(Of(1, "predictions"), "default", "m", stretch)
    add(tails, 2, rows(5), segment=upto.segment, at=START + SECOND)
    assert written(tails, upto, START + AGE - 1) == []
    assert written(tails, upto, START + AGE) == [(1, 6)]
    tails.close()


def test_rows_that_there_is_no_room_for_are_left_in_the_log(case):
    chance = random.Random(1)
    tails = Tails(case._reader, case.store, memory=300_000, pinned=1_000)
    after = Position(0, 0)
    for model in range(1, 40):
        records = [prediction(chance, n, model=f"model-{model}") for n in range(20)]
        upto = case.send(records, START)
        tails.add(
            Of(model, "predictions"),
            "default",
            f"model-{model}",
            stamped(to_table(records), START),
            after=after,
            upto=upto,
            at=START + model,
            dropped={},
        )
        after = upto
        tails.write_due(after, START + model)
        held = [each.growing.held for each in tails._models.values()]
        assert sum(held) == tails._held <= 300_000
    assert held[0] == 0 < held[-1]
    tails.forget(39)
    assert tails._held == sum(held[:-1])
    assert sorted(written(tails, after, START, everything=True)) == [(n, 20) for n in range(1, 39)]
    assert tails._held == 0
    tails.close()
