"""Two processes tell people of one catalog, and one of them is stopped or cut off in the middle:
everybody is told once, and what comes too late changes nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from alert_case import MINUTE, Case
from channel_server import serving
from sqlalchemy import select

from partition import APART, partitions
from postgres_cluster import Cluster, binary
from tidegauge.alert.settings import Settings
from tidegauge.catalog import Catalog, tables

SECONDS = int(os.environ.get("TIDEGAUGE_APART", "0"))
"""As long as one is stopped or cut off at least; without it as long as it takes the other."""
PATIENT = SECONDS > 0
LEASE = "60" if PATIENT else "3"
MANY = 40
SIGNED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
QUICK = {
    "connect_timeout": 2,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 2000,
    "options": "-c idle_in_transaction_session_timeout=2s",
}
"""What half a minute is for else."""


class Two:
    """A notifier in a network of its own and one here, a catalog and a receiver."""

    def __init__(self, apart, stack):
        if binary("initdb") is None:
            pytest.skip("PostgreSQL is not installed; scripts/install-postgres does it")
        self.apart = apart(2)
        self.to_catalog, self.to_channel = self.apart.lines
        cluster = Cluster(listen_addresses=self.to_catalog.here.address)
        stack.callback(cluster.remove)
        cluster.admit(APART)
        url = cluster.database()
        options = {} if PATIENT else QUICK
        self.url = cluster.by_network(url, self.to_catalog.here.address, **options)
        self.catalog = Catalog.open(url)
        stack.callback(self.catalog.close)
        self.case = Case(self.catalog, Settings(group_wait_s=0))
        self.server = stack.enter_context(serving(host=self.to_channel.here.address))
        hook = f"http://{self.to_channel.here.address}:{self.server.port}/"
        self.case.channel("hook", kind="webhook", secrets=[SIGNED], url=hook, cap=10_000)
        self.models = []

    def breaks(self, many=MANY):
        """So many more models, each of which somebody is to be told of once."""
        self.models += [f"model-{len(self.models) + number}" for number in range(many)]
        for _number in range(2):
            self.case.time += MINUTE
            self.case.judge({(model, "latency"): "high" for model in self.models})

    @contextmanager
    def notifier(self, *, is_apart=False, point=""):
        child = Path(__file__).with_name("alert_child.py")
        command = [sys.executable, child, self.url, "serve", LEASE]
        environment = {**os.environ, "TIDEGAUGE_TEST": "1", "TIDEGAUGE_FAILPOINT": point}
        with subprocess.Popen(
            [*(self.apart.inside if is_apart else []), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        ) as process:
            try:
                assert process.stdout.readline() == "ready\n"
                yield process
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
                assert process.wait(120) == 0
            finally:
                process.kill()

    def heard(self):
        return len(self.server.heard)

    def is_all_told(self):
        rows = self.case.notices()
        return len(rows) == len(self.models) and {row.status for row in rows} == {"sent"}

    def attempts(self):
        with self.catalog.read() as connection:
            return list(connection.execute(select(tables.attempts)))

    def check(self):
        """Told once where each knows a notice by its id, and of all."""
        bodies = {said.headers["webhook-id"]: json.loads(said.body) for said in self.server.heard}
        told = Counter(body["subject"] for body in bodies.values())
        assert told == Counter(self.models)
        assert bodies.keys() == {row.id for row in self.case.notices()}


@pytest.fixture
def two(apart):
    with ExitStack() as stack:
        yield Two(apart, stack)


def wait_until(what, seconds=300):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_stopped(process):
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_what_a_stopped_one_commits_afterwards_is_refused(two):
    two.breaks()
    with two.notifier(is_apart=True, point="notices.after-send:stop@5") as leader:
        wait_until(lambda: is_stopped(leader))
        begun = time.monotonic()
        cut_short = [each for each in two.attempts() if each.ended_at is None]
        assert cut_short
        with two.notifier():
            two.breaks()
            wait_until(two.is_all_told)
            wait_until(lambda: time.monotonic() >= begun + SECONDS, 2 * SECONDS + 1)
            kept = {row.id: row for row in two.case.notices()}
            leader.send_signal(signal.SIGCONT)
            # That it goes on is seen by what it takes part in.
            two.breaks()
            wait_until(two.is_all_told)
    assert {row.id: row for row in two.case.notices() if row.id in kept} == kept
    # Its tries have no end: what they came to it could not say.
    tried = {(each.notice, each.number): each.ended_at for each in two.attempts()}
    assert all(tried[each.notice, each.number] is None for each in cut_short)
    assert two.heard() > len(two.models)
    two.check()


def test_a_try_is_ended_by_whoever_has_it_now(two):
    """One wakes while another, which has taken over what it had, has not come to an end either."""
    two.breaks(8)
    with two.notifier(is_apart=True, point="notices.after-send:stop@5") as first:
        wait_until(lambda: is_stopped(first))
        cut_short = {each.notice for each in two.attempts() if each.ended_at is None}
        with two.notifier(point="notices.before-send:stop") as second:
            wait_until(lambda: is_stopped(second))
            taken = {each.notice for each in two.attempts() if each.number == 2}
            assert taken
            assert taken <= cut_short
            first.send_signal(signal.SIGCONT)
            two.breaks(8)
            wait_until(two.is_all_told)
    tried = {(each.notice, each.number): each.outcome for each in two.attempts()}
    for name in taken:
        assert [tried[name, number] for number in (1, 2, 3)] == ["sending", "sending", "sent"]
    two.check()


WAYS = ["out and in", "in", *(["out"] if PATIENT else [])]


@pytest.mark.parametrize("ways", WAYS)
def test_one_that_is_cut_off_from_the_catalog_loses_and_doubles_nothing(two, ways):
    two.breaks()
    with two.notifier(is_apart=True):
        wait_until(lambda: two.heard() >= 5)
        with two.to_catalog.cut(ways):
            begun = time.monotonic()
            with two.notifier():
                wait_until(two.is_all_told)
                wait_until(lambda: time.monotonic() >= begun + SECONDS, 2 * SECONDS + 1)
        two.breaks()
        wait_until(two.is_all_told)
    two.check()


@partitions
def test_one_that_is_cut_off_from_a_channel_loses_and_doubles_nothing(two, seconds, ways):
    two.breaks()
    with two.notifier(is_apart=True):
        wait_until(lambda: two.heard() >= 5)
        with two.to_channel.cut(ways):
            time.sleep(seconds)
        wait_until(two.is_all_told, seconds + 300)
    two.check()
