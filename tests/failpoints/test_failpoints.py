"""Failpoints: refused outside tests, exact in tests, and there wherever something is durable."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tidegauge
from tidegauge.failpoint import names

SOURCE = Path(tidegauge.__file__).parent
DURABLE = re.compile(r"os\.(fsync|fdatasync|pwritev?|ftruncate|link|rename|replace)\(|\.rename\(")
PASSING = (
    "from tidegauge.failpoint import hit\nfor i in range(5):\n hit('a.b'); print(i, flush=True)"
)


def run(**environment):
    return subprocess.run(
        [sys.executable, "-c", PASSING],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_nothing_happens_when_none_is_set():
    assert run().stdout.split() == list("01234")


def test_they_are_refused_outside_tests():
    done = run(TIDEGAUGE_FAILPOINT="a.b:kill")
    assert done.returncode == 1
    assert "fail on purpose" in done.stderr


@pytest.mark.parametrize(("action", "code"), [("kill", -9), ("exit", 70), ("raise", 1)])
def test_one_acts_when_it_is_passed_the_nth_time(action, code):
    done = run(TIDEGAUGE_FAILPOINT=f"x:kill,a.b:{action}@3", TIDEGAUGE_TEST="1")
    assert done.returncode == code
    assert done.stdout.split() == ["0", "1"]


def test_it_acts_once():
    done = run(TIDEGAUGE_FAILPOINT="a.b:sleep@2", TIDEGAUGE_TEST="1")
    assert done.stdout.split() == list("01234")


@pytest.mark.parametrize("text", ["a.b", "a.b:burn", "a.b:kill@0", ":kill"])
def test_what_is_no_failpoint_is_told(text):
    done = run(TIDEGAUGE_FAILPOINT=text, TIDEGAUGE_TEST="1")
    assert done.returncode == 1
    assert "is no name:action@n" in done.stderr


def test_every_file_that_makes_something_durable_has_a_failpoint():
    pointed = {path for path, _ in names(SOURCE)}
    durable = {path for path in SOURCE.rglob("*.py") if DURABLE.search(path.read_text("utf-8"))}
    assert durable
    assert not {str(path) for path in durable - pointed}
