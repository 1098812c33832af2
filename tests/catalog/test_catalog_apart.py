"""A process that is cut off from PostgreSQL without a word: what it held, others get."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from partition import APART
from postgres_cluster import Cluster, binary
from tidegauge.catalog import Catalog, progress


@pytest.fixture
def line(apart):
    return apart().lines[0]


@pytest.fixture
def cluster(line):
    if binary("initdb") is None:
        pytest.skip("PostgreSQL is not installed; scripts/install-postgres does it")
    made = Cluster(listen_addresses=line.here.address)
    made.admit(APART)
    yield made
    made.remove()


def test_what_it_locked_is_free_though_the_server_was_still_telling_it_something(line, cluster):
    """Not idle, so that no time-out of a statement or a transaction ends it."""
    url = cluster.database()
    child = Path(__file__).with_name("catalog_holder.py")
    command = [sys.executable, child, cluster.by_network(url, line.here.address)]
    with (
        closing(Catalog.open(url)) as catalog,
        subprocess.Popen(
            [*line.there.said, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        try:
            assert process.stdout.readline() == "held\n"
            with line.cut():
                catalog.write(lambda connection: progress.lock(connection, "held"))
        finally:
            process.kill()
