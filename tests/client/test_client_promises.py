"""The promises SDK-1 to SDK-13, and that each test notices the bug that it is there for."""

import pytest
from client_sabotages import SABOTAGES
from promises import PROMISES, child

# Done in a process of their own, which applies the sabotage itself.
APART = {"sdk_1", "sdk_3", "sdk_5", "sdk_6", "sdk_9", "sdk_12"}


def run(name, words, sabotage=""):
    arguments = (words,) if name == "sdk_11" else ()
    PROMISES[name](*arguments, sabotage=sabotage)


@pytest.mark.parametrize("name", PROMISES)
def test_it_is_kept(name, words):
    run(name, words)


@pytest.mark.parametrize("name", PROMISES)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_its_test_notices_the_bug(name, words):
    if name in APART:
        with pytest.raises(AssertionError):
            run(name, words, name)
        return
    with SABOTAGES[name](), pytest.raises((AssertionError, Exception)):
        run(name, words)


def test_every_promise_has_its_bug():
    assert SABOTAGES.keys() == PROMISES.keys()


@pytest.mark.parametrize("way", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_lose_nothing(way, server):
    said = child(way, server.url, EXIT_SECONDS="20")
    told = server.counts()
    assert [told[f"{pid}-mp"] for pid in said["pids"]] == [1, 1]
    assert told["parent"] == (1 if way == "fork" else 0)


def test_what_another_exit_handler_logs_is_sent(server):
    child("leaves:late", server.url, EXIT_SECONDS="20")
    assert server.counts()["late"] == 1
