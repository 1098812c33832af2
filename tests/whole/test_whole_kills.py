"""The core check of the whole path: web, worker or both killed under load, again and again.

What a sender had answered with 200 is counted in windows and kept in parts, once; and nothing else.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from crash_ledger import Ledger, sending
from crash_server import CrashServer
from worker_case import Case

from tidegauge.window import RESOLUTIONS

KILLS = int(os.environ.get("TIDEGAUGE_KILLS", "8"))


class Worker:
    def __init__(self, data, said):
        self._words = [sys.executable, "-m", "tidegauge.cli", "worker", "--data", str(data)]
        self._said = said
        self.start()

    def start(self):
        self.process = subprocess.Popen(self._words, stdout=self._said, stderr=self._said)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        # It may be told before it has begun to listen.
        assert self.process.wait(60) in {0, -signal.SIGTERM}


@pytest.mark.parametrize("url", ["sqlite", "postgres"])
def test_what_was_answered_is_counted_once_whatever_is_killed(tmp_path, url, request, monkeypatch):
    if url == "postgres":
        monkeypatch.setenv("TIDEGAUGE_CATALOG_URL", request.getfixturevalue("postgres").database())
    chance = random.Random(3)
    ledger = Ledger()
    server = CrashServer(tmp_path / "data").start()
    with (tmp_path / "worker.log").open("w") as said:
        worker = Worker(server.data, said)
        try:
            with sending(server, ledger, sizes=(1, 20, 100)):
                for _ in range(KILLS if url == "sqlite" else max(KILLS // 4, 1)):
                    time.sleep(chance.uniform(0.2, 2.0))
                    whom = chance.choice(["web", "worker", "both"])
                    if whom != "web":
                        worker.kill()
                    if whom != "worker":
                        server.kill()
                        server.start()
                    if whom != "web":
                        worker.start()
                enough = len(ledger.acked) + 50
                while len(ledger.acked) < enough:
                    time.sleep(0.05)
            assert server.stop() == 0
            worker.stop()
        finally:
            server.end()
            worker.process.kill()
    check(ledger, Case(server.data, os.environ.get("TIDEGAUGE_CATALOG_URL")))


def check(ledger, case):
    """Rows and windows against the senders' own books."""
    try:
        case.count()
        case.write_parts()
        rows = Counter(row["prediction_id"] for row in case.rows("churn"))
        assert not ledger.wrong, ledger.wrong[:3]
        assert set(rows.values()) == {1}
        acked = {one for name in ledger.acked for one in ledger.posts[name].values}
        sent = {one for post in ledger.posts.values() for one in post.values}
        lost = acked - rows.keys()
        assert not lost, f"{len(lost)} predictions were acknowledged and are lost"
        assert not rows.keys() - sent
        assert len(acked) > 100
        # Every minute by its rows, and each coarser window by its minutes.
        found = case.windows("churn")
        for resolution in RESOLUTIONS:
            upto = case.worker._rolled.upto.get(resolution, 1 << 62)
            expected = Counter()
            for row in case.rows("churn"):
                at = int(row["timestamp"].timestamp() * 1e6)
                start = at - at % (resolution * 1_000_000)
                if start < upto:
                    expected[start] += 1
            counted = {key[3]: n for key, (n, _t, _p) in found.items() if key[2] == resolution}
            assert counted == expected
        assert set(case.signals("churn")) <= {("new-feature", "features.n")}
    finally:
        case.close()
