"""What is kept, for as long as it is to be kept: merging, retention, sweeping, damage."""

import os
import random
import threading

import pytest
from worker_case import START, prediction

from tidegauge.catalog import models
from tidegauge.store import DamagedError
from tidegauge.window import DAY, SECOND
from tidegauge.worker import keep
from tidegauge.worker.keep import Keeper

DAYS = DAY * SECOND


@pytest.fixture
def keeper(case):
    clock = [START + 10 * DAYS]
    made = Keeper(case.catalog, case.store, cold_days=455, clock=lambda: clock[0])
    made.move = lambda days: clock.__setitem__(0, clock[0] + int(days * DAYS))
    return made


def filled(case, days=6, parts=4):
    chance = random.Random(1)
    number = 0
    for day in range(days):
        for _part in range(parts):
            at = START + day * DAYS
            batch = []
            for _ in range(20):
                number += 1
                batch.append(prediction(chance, number, at=at + chance.randrange(DAYS // 2)))
            case.send(batch, at + DAYS // 2)
            case.count()
            case.write_parts()


def files(case):
    return set(case.store.names())


def test_days_that_are_over_are_merged_and_no_row_changes(case, keeper):
    filled(case)
    before = sorted(map(str, case.rows("m")))
    many = files(case)
    keeper.round()
    assert sorted(map(str, case.rows("m"))) == before
    assert len(files(case)) > len(many)
    keeper.move(1)
    keeper.delete()
    assert len(files(case)) < len(many) // 2
    assert sorted(map(str, case.rows("m"))) == before


def test_rows_go_when_they_are_old_enough_and_not_before(case, keeper):
    filled(case, days=6, parts=1)
    model = case.model("m")
    case.catalog.write(lambda c: models.change(c, model.id, model.revision, START, cold_days=30))
    keeper.move(20 - 1e-9)
    # 30 days after START: nothing is that old yet.
    keeper.round()
    assert len(case.rows("m")) == 120
    keeper.move(2)
    keeper.round()
    left = case.rows("m")
    limit = START + 2 * DAYS
    assert 60 < len(left) < 120
    assert all(int(row["timestamp"].timestamp() * 1e6) >= limit - DAYS for row in left)
    keeper.move(1)
    keeper.delete()
    assert len(files(case)) == len({row["timestamp"].date() for row in case.rows("m")})


def test_what_a_crash_left_is_swept_and_nothing_else(case, keeper):
    filled(case, days=2, parts=1)
    known = files(case)
    stray = case.store.directory / "predictions/000001/2026-01-01/stray.parquet"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"half")
    os.utime(stray, (1, 1))
    assert keeper.sweep() == ["predictions/000001/2026-01-01/stray.parquet"]
    assert files(case) == known


def test_a_flipped_bit_is_found_and_named(case, keeper):
    filled(case, days=2, parts=1)
    name = min(files(case))
    path = case.store.directory / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    assert set(keeper.scrub(threading.Event())) == {name}
    with pytest.raises(DamagedError, match=name):
        case.rows("m")


def test_a_merge_that_meets_damage_replaces_nothing(case, keeper, monkeypatch):
    filled(case, days=1, parts=4)
    name = min(files(case))
    path = case.store.directory / name
    content = bytearray(path.read_bytes())
    content[100] ^= 4
    path.write_bytes(content)
    with pytest.raises(DamagedError):
        keeper.compact()
    assert name in keeper.damaged
    monkeypatch.setattr(keep, "READERS", 0)
    assert keeper.delete() == 0
    assert name in files(case)
