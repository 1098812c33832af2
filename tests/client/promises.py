"""The promises of the client (SDK-1 to SDK-13), each as a function that fails if it is broken.

`test_client_promises.py` runs them as they are, and each under the deliberate bug that it must
notice.
"""

import _thread
import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moods import MoodServer, closed_port

from tidegauge.client import Client, backoff
from tidegauge.client import sender as senders
from tidegauge.client import worker as workers

HERE = Path(__file__).parent
QUICK = settings(
    max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def child(scenario, url="", sabotage="", *, check=True, seconds=30, **environment):
    """What a process says, and how it ended."""
    done = subprocess.run(
        [sys.executable, str(HERE / "child.py"), scenario, url, sabotage],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, **environment},
    )
    if check:
        assert done.returncode == 0, done.stderr[-2_000:]
    said = json.loads(done.stdout.splitlines()[0]) if done.stdout else {}
    return said | {"code": done.returncode, "errors": done.stderr}


def balance(stats):
    ended = stats.acked + stats.rejected + stats.sampled_out + sum(stats.dropped.values())
    assert stats.calls == ended + stats.queued, stats
    assert stats.queued >= 0, stats


def sdk_1(sabotage=""):
    """The caller's thread asks nothing of the operating system, whatever the server does."""
    moods = ("up", "silent", "drip", "500", "429", "tls")
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(MoodServer(mood=mood)).url for mood in moods]
        said = child("audited", ",".join([*urls, closed_port()]), sabotage)
    for mood, found in zip([*moods, "refused"], said["found"], strict=True):
        assert found["events"] == [], mood
        assert found["calls"] == 5_001


class Hostile:
    """Raises whatever is asked of it."""

    def _no(self, *_):
        raise RuntimeError("asked")

    __repr__ = __str__ = __float__ = __int__ = __index__ = __bool__ = __eq__ = __hash__ = _no
    __len__ = __iter__ = __getitem__ = __call__ = __format__ = __bytes__ = __array__ = _no

    def __getattribute__(self, name):
        raise RuntimeError(name)


def _cycle():
    ring = {}
    ring["ring"] = ring
    return ring


def _deep():
    found = {}
    for _ in range(1_000):
        found = {"a": found}
    return found


def _boxed(item):
    box = np.empty((), dtype=object)
    box.fill(0)
    box[()] = [item]
    return box


ODD = [
    Hostile,
    lambda: [Hostile()],
    lambda: {"a": Hostile()},
    lambda: {object(): 1},
    _cycle,
    _deep,
    lambda: object,
    lambda: (each for each in "ab"),
    lambda: 10**5_000,
    lambda: "\ud800",
    lambda: "\0",
    lambda: b"bytes",
    lambda: {1, 2},
    lambda: np.float32(1.5),
    lambda: np.array([1, 2]),
    lambda: np.datetime64("NaT"),
    lambda: _boxed(Hostile()),
    lambda: 1j,
    lambda: range(3),
    type("Meta", (type,), {"__getattr__": Hostile._no})("Odd", (), {}),
    type("Text", (str,), {"__str__": Hostile._no, "__len__": Hostile._no}),
    type("Dict", (dict,), {"__iter__": Hostile._no, "keys": Hostile._no}),
]


@dataclass(frozen=True)
class Odd:
    """The place of an odd thing: hypothesis compares and prints what it draws."""

    place: int


def real(drawn):
    match drawn:
        case Odd():
            return ODD[drawn.place]()
        case dict():
            return {key: real(item) for key, item in drawn.items()}
        case list():
            return [real(item) for item in drawn]
    return drawn


ODDS = st.integers(0, len(ODD) - 1).map(Odd)
ANY = st.one_of(
    ODDS,
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
    st.dictionaries(st.text() | st.integers() | st.none(), ODDS | st.floats(), max_size=4),
    st.lists(ODDS | st.text(), max_size=4),
)
NAMES = st.sampled_from(
    [
        *("model_id", "prediction_id", "features", "tags", "probabilities", "timestamp", "x"),
        *("prediction_label", "prediction_score", "embeddings", "shap_values", "user_id", "error"),
    ]
)


def sdk_2(sabotage=""):  # noqa: ARG001 - what is sabotaged is in this process
    """No call raises, however odd its arguments are; Ctrl-C passes."""
    with MoodServer() as server, Client(server.url, "key", flush_interval=0.05) as client:

        @QUICK
        @given(st.dictionaries(NAMES, ANY))
        def call(drawn):
            fields = real(drawn)
            client.log(**fields)
            client.log_actual(**fields)
            client.log_batch(fields.get("features"), model_id="m")

        call()
        assert client.flush(20)
        stats = client.stats()
        balance(stats)
        assert stats.queued == 0
        assert stats.acked == len(server.stored)
        assert "internal" not in stats.dropped, client.stats()

        def interrupt(*_):
            raise KeyboardInterrupt

        with mock.patch("tidegauge.client.buffer.copied", interrupt):
            try:
                client.log(model_id="m", features={})
            except KeyboardInterrupt:
                pass
            else:
                raise AssertionError("Ctrl-C was swallowed")
        balance(client.stats())


def sdk_3(sabotage=""):
    """Memory is bounded, whatever the size of the records."""
    with MoodServer(mood="silent") as server:
        said = child("memory", server.url, sabotage)
    assert said["growth"] <= 80
    assert said["dropped"]["queue_full"] > 0
    assert said["queued"] <= 10_000 + 100


def sdk_4(sabotage=""):  # noqa: ARG001
    """The books are exact: an outage, a flood, bad records, a thread that dies, an exit."""
    with MoodServer(mood="500") as server, mock.patch.object(backoff, "CAP", 0.01):
        client = Client(server.url, "key", max_records=300, flush_interval=0.02, batch_rows=100)

        def flood():
            for place in range(500):
                client.log(model_id="m", features={"a": place})
                client.log(model_id="m", typo=1)

        flooding = [threading.Thread(target=flood) for _ in range(4)]
        for thread in flooding:
            thread.start()
        for thread in flooding:
            thread.join()
        balance(client.stats())
        # The thread dies of what it cannot catch, with records in its hands.
        with mock.patch("tidegauge.client.packer.Packer.pack", side_effect=BaseException("dies")):
            client.log(model_id="m")
            client._worker.buffer.wake()
            until = time.monotonic() + 5
            with mock.patch("sys.unraisablehook", return_value=None):
                while client._worker.buffer.running and time.monotonic() < until:
                    time.sleep(0.002)
        server.mood = "up"
        time.sleep(workers._START_AGAIN if client._worker._start_at > time.monotonic() else 0)
        client.log(model_id="m")
        assert client.flush(10)
        stats = client.stats()
        balance(stats)
        assert stats.queued == 0
        assert stats.calls == 4_002
        assert stats.acked == len(server.stored)
        # The server heard of every drop.
        client.log(model_id="m")
        assert client.flush(10)
        told = Counter()
        for (_model, reason), records in server.losses().items():
            told[reason] += records
        assert told == Counter(client.stats().dropped)
        client.close()
        balance(client.stats())


def sdk_5(sabotage=""):
    """Forks while threads log: nothing hangs, nothing is sent twice, nothing is lost."""
    with MoodServer() as server:
        said = child("forks", server.url, sabotage, seconds=90, EXIT_SECONDS="20")
        assert said["ended"] == [0] * 25
        counts = server.counts()
    assert max(counts.values()) == 1
    by_pid = Counter(each.split("-")[0] for each in counts if "-c-" in each)
    assert [by_pid[str(pid)] for pid in said["children"]] == [5] * 25
    assert said["acked"] == said["calls"] == len(counts) - 125


def sdk_6(sabotage=""):
    """Each way out of a process sends what was logged; a server that hangs does not hold it."""
    for way in ("normal", "sys.exit", "exception", "sigterm", "forgotten"):
        with MoodServer() as server:
            child(f"leaves:{way}", server.url, sabotage, check=False, EXIT_SECONDS="20")
            assert len(server.counts()) == 1_000, way
    for _ in range(3):
        with MoodServer() as server:
            child("leaves:short", server.url, sabotage, EXIT_SECONDS="20")
            assert len(server.counts()) == 1
    with MoodServer(mood="silent") as server, MoodServer() as other:
        said = child("leaves:normal", server.url, sabotage, OTHER=other.url)
        # A second client of the same process is not held by the first.
        assert len(other.counts()) == 1
        # 2.5 seconds, and what a busy machine takes to end a process; a request would take 20.
        assert time.monotonic() - said["at"] < 2.5 + 3


def sdk_7(sabotage=""):  # noqa: ARG001
    """Clients that failed together come back apart; what is refused is not tried again."""
    arrivals = []
    for seed in range(5_000):
        source, at, failures = senders.Backoff(random.Random(seed)), 0.0, 0
        while at < 120:  # the server is gone for two minutes
            failures += 1
            wait = source.after(failures)
            assert 0 <= wait <= 30
            at += wait
        arrivals.append(int(at - 120))
    # Full jitter comes to 1.97 times the mean in its first second; the rest is for chance.
    mean = len(arrivals) / 30
    assert max(Counter(arrivals).values()) <= 2.2 * mean
    asked = senders.Backoff(random.Random(0))
    assert 7 <= asked.after(1, 7.0) <= 7.5
    assert asked.after(1, 10_000.0) <= 300.5
    for status in ("400", "403", "404", "409", "415", "418", "422"):
        with MoodServer(mood=status) as server, Client(server.url, "key") as client:
            client.log(model_id="m")
            assert client.flush()
            assert len(server.requests) == 1, status


def sdk_8(sabotage=""):  # noqa: ARG001
    """Answers that get lost after the commit leave nothing twice."""
    with MoodServer() as server, mock.patch.object(backoff, "CAP", 0.01):
        source = random.Random(1)
        server.first.extend("lost" if source.random() < 0.3 else "up" for _ in range(60))
        with Client(server.url, "key", flush_interval=0.01, batch_rows=20) as client:
            told = [client.log(model_id="m") for _ in range(1_000)]
            assert client.flush(20)
            stats = client.stats()
        assert stats.retries > 5
        assert Counter(told) == server.counts()
        assert stats.acked == 1_000
        assert stats.duplicate > 0


def sdk_9(sabotage=""):
    """Calls from signal handlers, finalizers and logging handlers neither hang nor get lost."""
    with MoodServer() as server:
        said = child("reentrant", server.url, sabotage)
    assert said["calls"] == said["acked"] == said["expected"] == len(server.counts())


def sdk_10(sabotage=""):  # noqa: ARG001
    """Many threads, exact counts, one thread of ours."""
    with MoodServer() as server:
        client = Client(server.url, "key", max_records=100_000)
        started = mock.Mock(wraps=_thread.start_new_thread)

        def calls():
            for _ in range(1_000):
                client.log(model_id="m")

        calling = [threading.Thread(target=calls) for _ in range(16)]
        # `threading` took its own reference long ago, so what comes here is ours.
        with mock.patch("_thread.start_new_thread", started):
            for thread in calling:
                thread.start()
            for thread in calling:
                thread.join()
        client.log(model_id="m")
        assert started.call_count == 1
        assert client.flush(20)
        stats = client.stats()
        balance(stats)
        assert stats.calls == stats.acked == 16_001 == len(server.counts())
        client.close()


def sdk_11(words, sabotage=""):  # noqa: ARG001
    """One line a minute for each sort of fault, none with the key; a wrong key stops it."""
    for mood in ("500", "garbage", "400", "429"):
        with (
            MoodServer(mood=mood, retry_after="0") as server,
            mock.patch.object(backoff, "CAP", 0.001),
        ):
            client = Client(server.url, "canary-key", flush_interval=0.01, batch_rows=1)
            for _ in range(20):
                client.log(model_id="m")
            server.wait_for(10)
            client.close(timeout=0)
    with MoodServer(mood="401") as server:
        client = Client(server.url, "canary-key", flush_interval=0.01, batch_rows=1)
        for _ in range(20):
            client.log(model_id="m")
        server.wait_for(1)
        assert not client.flush(0.3)
        assert len(server.requests) == 1
        client.close(timeout=0)
    said = words()
    assert 0 < len(said) <= 5 * 2
    assert not any("canary" in each for each in said)
    assert sum("5 minutes" in each for each in said) == 1


def sdk_12(sabotage=""):
    """An import starts nothing, opens nothing and loads nothing heavy."""
    said = child("imports", "", sabotage)
    assert said["events"] == []
    assert said["threads"] == 1
    assert said["heavy"] == []


VALUES = st.one_of(st.floats(allow_nan=False), st.booleans(), st.text("abc", max_size=5))


def sdk_13(sabotage=""):  # noqa: ARG001
    """What is stored is what was logged, though the caller changes it right after."""
    with MoodServer() as server, Client(server.url, "key", flush_interval=5) as client:
        expected = {}

        @QUICK
        @given(
            st.dictionaries(st.sampled_from("abcdef"), VALUES, min_size=1),
            st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=3),
        )
        def mutate(features, vector):
            array = np.array(vector)
            tags, nested = {"t": "before"}, {"n": {"x": 1.0}}
            told = client.log(
                model_id="m",
                features=features | nested,
                tags=tags,
                embeddings={"list": vector, "array": array},
            )
            told_2 = client.log(model_id="m", features=features)
            expected[told] = (dict(features) | {"n.x": 1.0}, {"t": "before"}, list(vector))
            expected[told_2] = (dict(features), None, None)
            for name in features:
                features[name] = "changed"
            features["new"] = 1.0
            tags["t"] = "after"
            nested["n"]["x"] = 2.0
            vector[0] = array[0] = 9.0

        mutate()
        assert client.flush(20)
        for record in server.records():
            features, tags, vector = expected[record["prediction_id"]]
            found = {k: v for k, v in record["features"].items() if v is not None}
            assert found == features
            assert record.get("tags") == tags
            told = record.get("embeddings")
            assert told == (None if vector is None else {"list": vector, "array": vector})


PROMISES = {name: each for name, each in list(globals().items()) if name.startswith("sdk_")}
