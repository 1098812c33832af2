"""Segments that are used again, and what outlives them: the ids of their batches."""

from itertools import count

import pytest
from log_batches import NOON, append_all, batch, numbers, seeded, small_log

from tidegauge.errors import InputError
from tidegauge.log import START, LocalLog

HOUR = 3600 * 1_000_000


def settled(log):
    """After the keeper has done what it can."""
    log._keeper.tidy()
    return log


def fill_and_release(log, first, last):
    for start in range(first, last, 24):
        positions = append_all(log, [batch(i) for i in range(start, min(start + 24, last))])
        log.release(positions[-1])
    settled(log)


def test_what_a_recycled_file_held_before_never_comes_back(tmp_path):
    """Restarts in the middle of segments that hold older frames behind their end."""
    chance = seeded(3)
    number = count()
    log = small_log(tmp_path / "log")
    progress, read = START, []
    for _ in range(60):
        append_all(log, [batch(next(number), size=592) for _ in range(chance.randrange(1, 30))])
        for position, found in log.read(progress):
            read.append(found.batch_id)
            progress = position
        log.release(progress)
        settled(log)
        if chance.random() < 0.4:
            log.close()
            for path in (tmp_path / "log").glob("*.index"):
                if chance.random() < 0.5:
                    path.unlink()
            log = small_log(tmp_path / "log")
    log.close()
    assert read == [f"id-{i}" for i in range(next(number))]


def test_a_released_file_is_used_again(tmp_path):
    log = small_log(tmp_path / "log")
    fill_and_release(log, 0, 100)
    before = {path.stat().st_ino for path in (tmp_path / "log").glob("*.log")}
    fill_and_release(log, 100, 200)
    after = {path.stat().st_ino for path in (tmp_path / "log").glob("*.log")}
    assert before & after
    assert len(after) < 8
    log.close()


def test_ids_outlive_their_segments_in_a_few_files(tmp_path):
    log = small_log(tmp_path / "log")
    fill_and_release(log, 0, 1500)
    assert log.health().segments < 4
    assert len(list((tmp_path / "log").glob("*.index"))) < 45
    for _ in range(2):
        assert all(log.seen("acme", f"id-{i}").digest == b"digest of %d" % i for i in range(1500))
        log.close()
        log = small_log(tmp_path / "log")
        assert log.health().damaged == 0
    log.close()


def test_old_ids_are_forgotten_with_their_files(tmp_path):
    time = NOON
    log = small_log(tmp_path / "log", clock=lambda: time)
    fill_and_release(log, 0, 500)
    time = NOON + 24 * HOUR + 1
    positions = append_all(log, [batch(i, at=time) for i in range(500, 540)])
    log.release(positions[-1])
    settled(log)
    assert log.seen("acme", "id-3") is None
    assert log.seen("acme", "id-510") is not None
    assert len(list((tmp_path / "log").glob("*.index"))) < 6
    assert len(log._ids._numbers) < 60
    log.close()


def test_no_more_ids_are_kept_than_are_asked_for(tmp_path):
    log = small_log(tmp_path / "log", most_ids=100)
    fill_and_release(log, 0, 1000)
    assert len(log._ids._numbers) < 130
    assert log.seen("acme", "id-999") is not None
    assert log.seen("acme", "id-1") is None
    log.close()
    log = settled(small_log(tmp_path / "log", most_ids=100))
    assert len(log._ids._numbers) < 130
    log.close()


def test_the_latest_of_two_batches_with_one_id_is_seen(tmp_path):
    log = small_log(tmp_path / "log")
    append_all(log, [batch(1)])
    later = batch(1, size=50)
    object.__setattr__(later, "answer", b"later")
    append_all(log, [later])
    assert log.seen("acme", "id-1").answer == b"later"
    log.close()
    log = small_log(tmp_path / "log")
    assert log.seen("acme", "id-1").answer == b"later"
    log.close()


def test_a_lost_note_of_what_is_consumed_only_delays(tmp_path):
    log = small_log(tmp_path / "log")
    first = append_all(log, [batch(i) for i in range(40)])
    waits = log.health().unread_bytes
    log.release(first[3])
    assert log.health().unread_bytes < waits
    log.close()
    (tmp_path / "log" / "consumed").write_bytes(b"9999:9999 123\n")
    log = small_log(tmp_path / "log")
    assert log.health().unread_bytes == waits
    assert log.health().damaged == 0
    positions = append_all(log, [batch(i) for i in range(40, 60)])
    assert numbers(log, positions[0]) == list(range(41, 60))
    log.close()


def test_many_starts_leave_no_files_behind(tmp_path):
    for i in range(10):
        log = small_log(tmp_path / "log")
        (position,) = append_all(log, [batch(i)])
        log.release(position)
        log.close()
    log = settled(small_log(tmp_path / "log"))
    assert log.health().bytes == 0
    assert log.seen("acme", "id-0") is not None
    log.close()
    before = sorted((tmp_path / "log").iterdir())
    for _ in range(3):
        small_log(tmp_path / "log").close()
    assert sorted((tmp_path / "log").iterdir()) == before


@pytest.mark.parametrize("options", [{"segment": 100}, {"segment": 8193}, {"cap": 9000}])
def test_sizes_that_cannot_work_are_refused(tmp_path, options):
    with pytest.raises(InputError, match="a segment is at least"):
        LocalLog(tmp_path / "log", **({"segment": 8192, "cap": 1 << 20} | options))
    assert not (tmp_path / "log").exists()
