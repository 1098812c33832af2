"""A disk that fails or is full, at any call: nothing that was answered is lost."""

import errno
import os
import shutil

import pytest
from log_batches import append_all, batch, numbers, seeded, small_log
from log_child import Ledger
from log_crash import check, recorded
from log_crash_images import image, read_journal

from tidegauge.log import FailedError, FullError, LocalLog, NoSpaceError, Position
from tidegauge.log.marks import Consumed
from tidegauge.log.segment import Segment

COUNT = 40
STEP = int(os.environ.get("TIDEGAUGE_FAULT_STEP", "3"))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("write", errno.ENOSPC),
        ("write", errno.EIO),
        ("write", 0),
        ("sync", errno.EIO),
    ],
    ids=["write-full", "write-error", "write-short", "sync-error"],
)
def test_a_fault_at_any_call_loses_nothing(tmp_path, call, error):
    at = 1
    while one_fault(tmp_path / str(at), call, at, error):
        at += STEP
    assert at > 1


def one_fault(folder, call, at, error):
    """Whether the fault came before the child was done."""
    folder.mkdir()
    code = recorded(folder, COUNT, FAULT=call, FAULT_AT=str(at), FAULT_ERRNO=str(error))
    events = read_journal(folder / "journal")
    ledger = Ledger(folder / "ledger")
    if code == 0:
        answered = ledger.numbers("acked") + ledger.numbers("failed")
        assert sorted(answered) == list(range(COUNT))
    else:
        # A log that could not be opened says so at once.
        assert not ledger.numbers("sent")
    after_loss = folder / "after-loss"
    after_loss.mkdir()
    image(events, folder / "log", after_loss / "log", "nothing", seeded(0))
    shutil.copy(folder / "ledger", after_loss / "ledger")
    check(after_loss)
    check(folder)
    return any(event.op == "!" for event in events)


class Disk:
    """Fails when it is told to."""

    def __init__(self, monkeypatch):
        self.error = None
        self.at = {"write", "sync", "create"}
        for name in ("write", "sync"):
            monkeypatch.setattr(Segment, name, self._failing(name, getattr(Segment, name)))
        create = self._failing("create", Segment.create)
        monkeypatch.setattr(Segment, "create", create)

    def _failing(self, name, real):
        def call(*words):
            if self.error is not None and name in self.at:
                raise OSError(self.error, os.strerror(self.error))
            return real(*words)

        return call


def test_a_failed_sync_is_told_and_its_segment_is_left(tmp_path, monkeypatch):
    disk = Disk(monkeypatch)
    log = small_log(tmp_path / "log")
    (before,) = append_all(log, [batch(0)])
    disk.error = errno.EIO
    with pytest.raises(FailedError, match="check the disk"):
        log.append(batch(1)).result(10)
    assert log.health().state == "failing"
    assert log.health().failures >= 1
    disk.error = None
    (after,) = append_all(log, [batch(2)])
    assert after.segment > before.segment
    assert numbers(log) == [0, 2]
    assert log.health().state == "ok"
    assert "Input/output error" in log.health().detail
    log.close()
    # What was answered with an error does not come back.
    log = small_log(tmp_path / "log")
    assert numbers(log) == [0, 2]
    assert log.health().damaged == 0
    log.close()


def test_a_full_disk_is_told_and_the_log_goes_on_when_there_is_space(tmp_path, monkeypatch):
    disk = Disk(monkeypatch)
    log = small_log(tmp_path / "log")
    for cycle in range(5):
        disk.error = errno.ENOSPC
        for i in range(3):
            with pytest.raises(NoSpaceError, match="no space left"):
                log.append(batch(900 + i)).result(10)
        assert log.health().state == "no-space"
        disk.error = None
        append_all(log, [batch(cycle)])
        assert log.health().state == "ok"
    assert numbers(log) == list(range(5))
    log.close()


def test_trouble_ends_by_itself_when_nothing_is_appended(tmp_path, monkeypatch):
    monkeypatch.setattr("tidegauge.log.writer._PROBE_SECONDS", 0.001)
    disk = Disk(monkeypatch)
    log = small_log(tmp_path / "log")
    disk.error = errno.ENOSPC
    with pytest.raises(NoSpaceError):
        log.append(batch(1)).result(10)
    disk.error = None
    while log.health().state != "ok":
        pass
    log.close()


def test_a_log_that_nobody_consumes_is_full_at_its_cap(tmp_path):
    log = LocalLog(tmp_path / "log", segment=8192, cap=4 * 8192)
    futures = [log.append(batch(i)) for i in range(100)]
    errors = [future.exception(10) for future in futures]
    taken = [future.result() for future, error in zip(futures, errors, strict=True) if not error]
    assert "is a worker running" in str(errors[-1])
    assert {type(error) for error in errors[len(taken) :]} == {FullError}
    assert log.health().state == "full"
    assert log.health().bytes <= 4 * 8192
    with pytest.raises(FullError):
        log.append(batch(1001)).result(10)
    log.release(taken[len(taken) // 2])
    append_all(log, [batch(2000)])
    assert log.health().state == "ok"
    log.close()


def test_too_much_that_waits_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("tidegauge.log.writer._GROUP_BATCHES", 1)
    log = small_log(tmp_path / "log", waiting=5000)
    futures = []

    def flood():
        while True:
            futures.append(log.append(batch(len(futures), size=4000)))

    with pytest.raises(FullError, match="wait for the disk"):
        flood()
    assert len(futures) >= 2
    for future in futures:
        future.result(10)
    append_all(log, [batch(5)])
    log.close()


def test_a_note_whose_sync_failed_is_written_again(tmp_path, monkeypatch):
    consumed = Consumed(tmp_path)
    consumed.put(Position(3, 40))
    sync, calls = os.fsync, []

    def failing_once(fd):
        calls.append((tmp_path / "consumed").stat().st_mtime_ns)
        if len(calls) == 1:
            raise OSError(errno.EIO, "broken")
        sync(fd)

    monkeypatch.setattr(os, "fsync", failing_once)
    with pytest.raises(OSError, match="broken"):
        consumed.sync()
    os.utime(tmp_path / "consumed", ns=(0, 0))
    consumed.sync()
    assert calls[1] > 0
    os.utime(tmp_path / "consumed", ns=(0, 0))
    consumed.sync()
    assert calls[2] == 0
    assert consumed.get() == Position(3, 40)
