"""Several processes at one catalog: killed, stopped and fenced off, each step counts once."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
from catalog_children import finish, start, told
from catalog_counting import check

from tidegauge.catalog import Catalog

KILLS = int(os.environ.get("TIDEGAUGE_KILLS", "3"))


@pytest.fixture
def counted(url):
    """How many steps there are, after all else; each must be there once."""

    def count():
        opened = Catalog.open(url, patience=30)
        try:
            assert opened.check() == []
            return check(opened)
        finally:
            opened.close()

    return count


def test_a_step_is_there_when_it_was_told(url, counted):
    assert finish(url, 20) == (0, list(range(1, 21)))
    assert counted() == 20


@pytest.mark.parametrize(("point", "kept"), [("before-commit", 4), ("after-commit", 5)])
def test_a_process_that_is_killed_at_a_commit_is_gone_on_from(url, counted, point, kept):
    # The first commit is that of taking over.
    code, steps = finish(url, 20, TIDEGAUGE_FAILPOINT=f"catalog.{point}:kill@6")
    assert (code, steps) == (-9, [1, 2, 3, 4])
    assert counted() == kept
    assert finish(url, 5)[0] == 0
    assert counted() == kept + 5


def test_nothing_that_was_told_is_lost_to_a_kill_at_any_moment(url, counted):
    counted()
    for _ in range(KILLS):
        before = counted()
        with start(url, 10**6) as child:
            moment = random.randint(2, 60)
            steps = told(child.stdout.readline() for _ in range(moment))
            child.send_signal(signal.SIGKILL)
            steps += told(child.stdout)
        assert steps[0] == before + 1
        # One may have been committed and not told.
        assert counted() in (steps[-1], steps[-1] + 1)


def test_two_that_take_the_work_from_each_other_count_each_step_once(url, counted):
    counted()
    with start(url, 60) as first, start(url, 60) as second:
        told_by = [first.stdout.read(), second.stdout.read()]
    assert (first.returncode, second.returncode) == (0, 0)
    steps = [step for out in told_by for step in told(out.splitlines())]
    assert sorted(steps) == list(range(1, 121))
    assert counted() == 120


def test_one_that_slept_through_its_successor_is_fenced_off(url, counted):
    with start(url, 10, "--stop-at", "5") as sleeper:
        out = [sleeper.stdout.readline() for _ in range(6)]
        assert out[-1] == "stopping\n"
        wait_until_stopped(sleeper.pid)
        code, steps = finish(url, 7)
        assert (code, steps) == (0, list(range(6, 13)))
        sleeper.send_signal(signal.SIGCONT)
        rest = sleeper.stdout.read()
    assert sleeper.returncode == 0
    assert rest.splitlines()[0] == "fenced"
    assert told(rest.splitlines()) == list(range(13, 18))
    assert counted() == 17


def wait_until_stopped(pid):
    while True:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.01)
