"""Who speaks with whom is parted for a while, one way or both: when it is over nothing is lost, and
nothing is there twice."""

import json
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from crash_ledger import Ledger, sending, values_of
from crash_server import CrashServer
from test_whole_kills import check
from worker_case import Case

from partition import APART, partitions
from postgres_cluster import Cluster, binary
from tidegauge.catalog import Catalog, progress
from tidegauge.worker.commit import NAME as WORKER

_ROWS = 2_000
"""As many as are sent while it lasts: more than a client holds would be dropped, as it promises."""


@partitions
def test_a_client_and_its_server(tmp_path, apart, seconds, ways):
    (line,) = apart().lines
    with CrashServer(tmp_path / "data", "--host", line.here.address) as server:
        child = Path(__file__).with_name("partition_sender.py")
        pause = max(seconds / _ROWS, 0.01)
        with subprocess.Popen(
            [*line.there.said, sys.executable, child, server.url, server.admin, str(pause)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stdout.readline() == "under way\n"
                with line.cut(ways):
                    time.sleep(seconds)
                told, _ = process.communicate(timeout=120)
            finally:
                process.kill()
        assert server.stop() == 0
    sent, acked, dropped = json.loads(told)
    assert (acked, dropped) == (sent, 0)
    kept = Counter(one for batch in server.batches() for one in values_of(batch))
    assert kept == Counter(f"p-{number}" for number in range(sent))


@partitions
def test_a_worker_and_its_catalog(tmp_path, apart, monkeypatch, seconds, ways):
    if binary("initdb") is None:
        pytest.skip("PostgreSQL is not installed; scripts/install-postgres does it")
    (line,) = apart().lines
    cluster = Cluster(listen_addresses=line.here.address)
    cluster.admit(APART)
    url = cluster.database()
    ledger = Ledger()
    monkeypatch.setenv("TIDEGAUGE_CATALOG_URL", url)
    server = CrashServer(tmp_path / "data").start()
    monkeypatch.setenv("TIDEGAUGE_CATALOG_URL", cluster.by_network(url, line.here.address))
    command = [sys.executable, "-m", "tidegauge.cli", "worker", "--data", server.data]
    try:
        with (tmp_path / "worker.log").open("w") as said:
            worker = subprocess.Popen([*line.there.said, *command], stdout=said, stderr=said)
        with closing(Catalog.open(url)) as catalog, sending(server, ledger, sizes=(1, 20, 100)):
            goes_on(catalog)
            with line.cut(ways):
                time.sleep(seconds)
            goes_on(catalog)
            goes_on(catalog)
        assert server.stop() == 0
        worker.terminate()
        assert worker.wait(60) == 0
        check(ledger, Case(server.data, url))
    finally:
        server.end()
        worker.kill()
        worker.wait()
        cluster.remove()


def goes_on(catalog, patience=120):
    """The worker counts what comes."""
    end, before = time.monotonic() + patience, None
    while True:
        with catalog.read() as connection:
            found = progress.get(connection, WORKER)
        if found is not None:
            before = before or found.position
            if found.position != before:
                return
        assert time.monotonic() < end, f"it stays at {before}"
        time.sleep(0.05)
