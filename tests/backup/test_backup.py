"""A backup made while rows come in is a state that existed, whole, and can be run on."""

import random
import threading

import pytest
from worker_case import START, Case, prediction

from tidegauge import backup
from tidegauge.errors import InputError, UnreadableError
from tidegauge.log import LogReader, Position
from tidegauge.window import SECOND


class Upto(LogReader):
    """A log that ends at a position, and forgets nothing."""

    end_at = Position(1 << 40, 0)

    def read(self, after, *, most=32 << 20):
        for position, batch in super().read(after, most=most):
            if position <= self.end_at:
                yield position, batch

    def release(self, upto):
        pass


def sees(case, name="m"):
    return {
        "windows": case.windows(name),
        "rows": sorted(map(str, case.rows(name))),
        "signals": case.signals(name),
    }


def filled(case, chance, begin, number):
    for n in range(begin, begin + number):
        at = START + n * SECOND
        twice = prediction(random.Random(n // 2), n // 2, at=START + n // 2 * SECOND)
        record = prediction(chance, n, at=at) if n % 5 else twice
        case.send([record], at, as_arrow=n % 2 == 0)


def test_under_load_it_is_a_state_that_existed(case, tmp_path):
    case._reader.close()
    case._reader = Upto(case.folder / "log")
    chance = random.Random(1)
    reference = [prediction(chance, n) for n in range(200)]
    case.pin("m", reference)
    worker, stop = case.worker, threading.Event()

    def work():
        while not stop.is_set():
            worker.turn()
            worker.commit()

    working = threading.Thread(target=work)
    working.start()
    made = []
    try:
        for number in range(3):
            filled(case, chance, number * 150, 150)
            target = tmp_path / f"backup-{number}"
            made.append(
                (target, backup.make(case.catalog, case._reader, case.store, case.folder, target))
            )
    finally:
        stop.set()
        working.join()
    assert made[0][1].position != made[2][1].position
    for number, (target, told) in enumerate(made):
        assert backup.verify(target) == []
        there = tmp_path / f"restored-{number}"
        backup.restore(target, there)
        restored = Case(there)
        again = Case(tmp_path / f"again-{number}")
        again.pin("m", reference)
        again._reader.close()
        again._reader = Upto(case.folder / "log")
        again._reader.end_at = Position.parse(told.position)
        again.count()
        again.write_parts()
        try:
            assert sees(restored) == sees(again)
            assert told.rows == len(restored.rows("m"))
        finally:
            restored.close()
            again.close()


def test_what_was_restored_counts_on(case, tmp_path):
    chance = random.Random(2)
    records = [prediction(chance, n, at=START + n * SECOND) for n in range(60)]
    case.send(records[:40], START + 40 * SECOND)
    case.count()
    backup.make(case.catalog, case._reader, case.store, case.folder, tmp_path / "backup")
    backup.restore(tmp_path / "backup", tmp_path / "there")
    restored = Case(tmp_path / "there")
    try:
        # Half of these were counted before.
        restored.send(records[20:], START + 60 * SECOND)
        restored.count()
        restored.write_parts()
        assert len(restored.rows("m")) == 60
        assert restored.signals("m")["duplicate", ""] == 20
    finally:
        restored.close()


def test_a_damaged_backup_is_not_restored(case, tmp_path):
    chance = random.Random(3)
    case.send([prediction(chance, n) for n in range(60)], START)
    case.count()
    target = tmp_path / "backup"
    backup.make(case.catalog, case._reader, case.store, case.folder, target)
    (part,) = (target / "store").rglob("*.parquet")
    content = bytearray(part.read_bytes())
    content[len(content) // 3] ^= 1
    part.write_bytes(content)
    with pytest.raises(UnreadableError, match="damaged"):
        backup.restore(target, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_nothing_is_overwritten(case, tmp_path):
    case.send([prediction(random.Random(4), 1)], START)
    case.count()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(InputError, match="not empty"):
        backup.make(case.catalog, case._reader, case.store, case.folder, tmp_path / "full")
    backup.make(case.catalog, case._reader, case.store, case.folder, tmp_path / "backup")
    with pytest.raises(InputError, match="not empty"):
        backup.restore(tmp_path / "backup", tmp_path / "full")
    with pytest.raises(InputError, match="no backup"):
        backup.restore(tmp_path / "full", tmp_path / "there")
