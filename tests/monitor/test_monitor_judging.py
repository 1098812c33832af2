"""The judge as a process: it judges beside the worker, survives its death, and ends what hangs."""

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest
from test_monitor_judge import Judging as Told
from worker_case import prediction

from tidegauge.config import Config
from tidegauge.worker.judging import Judging

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def told(case):
    """A model that four monitors watch."""
    now = time.time_ns() // 1000
    chance = random.Random(1)
    case.send([prediction(chance, n, at=now) for n in range(50)], now)
    case.count()
    made = Told(case)
    made.write(
        "monitors:\n"
        + "".join(
            f"  - {{name: {name}, metric: predictions, conditions: [{{max: 1000000}}]}}\n"
            for name in NAMES
        )
    )
    return made


class Running:
    """A parent, and what its child has judged."""

    def __init__(self, told, limit=30.0):
        self._told = told
        config = Config(data=told.case.folder, catalog={"url": told.case.url})
        self.judging = Judging(config, limit=limit)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.judging.run, args=(self._stop,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def child(self):
        while (process := self.judging._process) is None or process.poll() is not None:
            time.sleep(0.01)
        return process

    def wait(self, count):
        """So many readings of each monitor."""
        while True:
            found = {name: self._told.readings(name) for name in NAMES}
            if all(len(each) >= count for each in found.values()):
                return found
            assert self._thread.is_alive()
            time.sleep(0.1)


def test_it_judges_and_ends_with_its_parent(told):
    with Running(told) as running:
        found = running.wait(1)
        child = running.child()
    assert child.poll() == 0
    assert {each[0].status for each in found.values()} <= {"ok", "no_data"}


def test_killed_it_starts_again(told):
    with Running(told) as running:
        running.wait(1)
        first = running.child()
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert running.child().pid != first.pid


def test_what_hangs_is_ended_and_told_and_the_others_go_on(told, monkeypatch):
    # It stops in the midst of the third monitor.
    monkeypatch.setenv("TIDEGAUGE_TEST", "1")
    monkeypatch.setenv("TIDEGAUGE_FAILPOINT", "judge.reading:stop@3")
    with Running(told, limit=2.0) as running:
        first = running.child()
        monkeypatch.delenv("TIDEGAUGE_FAILPOINT")
        found = running.wait(1)
        assert running.child().pid != first.pid
    statuses = {name: each[0].status for name, each in found.items()}
    assert statuses.pop("c") == "error"
    assert "longer than one monitor may" in found["c"][0].reason
    assert "error" not in statuses.values()


def test_it_ends_when_its_parent_was_killed(told):
    with Running(told) as running:
        running.wait(1)
        child = running.child()
        # As when the parent dies: nobody holds the other end.
        child.stdin.close()
        assert child.wait(30) == 0
    assert not Path(f"/proc/{child.pid}").exists()
