"""One writer at a time, and a dead one is no hindrance."""

import os

import pytest
from log_batches import append_all, batch, numbers, small_log
from log_crash import check, finish, start

from tidegauge.log import LockedError


def test_a_second_log_on_a_directory_is_refused_and_told_who_has_it(tmp_path):
    log = small_log(tmp_path / "log")
    for _ in range(20):
        with pytest.raises(LockedError, match=f"process {os.getpid()}"):
            small_log(tmp_path / "log")
    append_all(log, [batch(1)])
    assert numbers(log) == [1]
    log.close()
    small_log(tmp_path / "log").close()


def test_a_second_process_is_refused(tmp_path):
    log = small_log(tmp_path / "log")
    assert finish(tmp_path, 10) == 1
    log.close()


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    for _ in range(3):
        assert finish(tmp_path, 50, TIDEGAUGE_FAILPOINT="log.after-sync:kill@2") == -9
    check(tmp_path)


def test_a_child_of_the_writer_does_not_keep_the_lock(tmp_path):
    log = small_log(tmp_path / "log")
    (tmp_path / "elsewhere").mkdir()
    child = start(tmp_path / "elsewhere", 10**6)
    log.close()
    small_log(tmp_path / "log").close()
    child.kill()
    child.wait()
