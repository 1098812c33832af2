"""PostgreSQL as it is in real life: restarted, killed, full, and cutting connections."""

import os
import signal
import threading
import time
from contextlib import suppress

import psycopg
import pytest
from catalog_children import start, told
from catalog_counting import check, letter, place, step
from catalog_proxy import Relay

from postgres_cluster import Cluster, user
from tidegauge.catalog import (
    Catalog,
    UnavailableError,
    dead_letters,
    models,
    progress,
    series,
    windows,
)

RESTARTS = int(os.environ.get("TIDEGAUGE_KILLS", "2"))


@pytest.fixture
def own():
    """A server that the test may mistreat."""
    cluster = Cluster(max_connections=12)
    yield cluster
    cluster.remove()


@pytest.fixture
def catalog(postgres):
    opened = Catalog.open(postgres.database())
    yield opened
    opened.close()


def backend(connection):
    return connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
def test_a_restart_loses_and_doubles_nothing(own, mode):
    url = own.database()
    Catalog.open(url).close()
    seen = 0
    with start(url, 10**6) as child:
        for _ in range(RESTARTS):
            # It works before and after each, with no one's help.
            seen = told(child.stdout.readline() for _ in range(20))[-1]
            own.restart(mode)
        seen = told(child.stdout.readline() for _ in range(20))[-1]
        child.send_signal(signal.SIGTERM)
        rest = told(child.stdout)
    last = rest[-1] if rest else seen
    opened = Catalog.open(url)
    assert check(opened) in (last, last + 1)
    opened.close()


def test_one_that_stands_still_is_waited_for(own):
    url = own.database()
    Catalog.open(url).close()
    with start(url, 10**6) as child:
        told(child.stdout.readline() for _ in range(20))
        os.killpg(own.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.killpg(own.pid, signal.SIGCONT)
        last = told(child.stdout.readline() for _ in range(20))[-1]
        child.kill()
    opened = Catalog.open(url)
    assert check(opened) >= last
    opened.close()


@pytest.mark.parametrize("lose", ["commit", "answer"])
def test_a_commit_whose_answer_is_lost_counts_once(postgres, tmp_path, lose):
    relay = Relay(tmp_path, f"{postgres.directory}/.s.PGSQL.{postgres.port}")
    name = postgres.database().partition("@/")[2].partition("?")[0]
    catalog = Catalog.open(f"postgresql://{user()}@/{name}?host={tmp_path}&port=5432")
    mine = catalog.write(lambda c: progress.take(c, "worker"))
    runs, reasons = [], []

    def work(connection):
        runs.append(1)
        step(connection, mine.epoch, 0)
        if len(runs) == 1:
            relay.lose = lose

    catalog.write(work, waiting=reasons.append)
    assert (len(runs), relay.lost, reasons) == (2, 1, ["the connection was lost"])
    assert check(catalog) == 1
    catalog.close()
    relay.close()


def test_a_step_that_does_not_look_for_its_traces_would_count_twice(postgres, tmp_path):
    """What the test above is worth: the same, without `advance`."""
    relay = Relay(tmp_path, f"{postgres.directory}/.s.PGSQL.{postgres.port}")
    name = postgres.database().partition("@/")[2].partition("?")[0]
    catalog = Catalog.open(f"postgresql://{user()}@/{name}?host={tmp_path}&port=5432")
    runs = []

    def work(connection):
        runs.append(1)
        dead_letters.add(connection, [letter(1)])
        if len(runs) == 1:
            relay.lose = "answer"

    catalog.write(work)
    with catalog.read() as connection:
        found = [one.position for one in dead_letters.listed(connection, "default")]
    assert found == [place(1), place(1)]
    catalog.close()
    relay.close()


def test_a_connection_that_is_ended_by_the_server_is_replaced(catalog, postgres):
    runs = []

    def work(connection):
        runs.append(1)
        dead_letters.add(connection, [letter(1)])
        if len(runs) == 1:
            postgres.sql(f"SELECT pg_terminate_backend({backend(connection)})", "postgres")

    catalog.write(work)
    with catalog.read() as connection:
        assert len(dead_letters.listed(connection, "default")) == 1
    assert len(runs) == 2


def test_a_transaction_that_is_ended_for_idling_runs_again(postgres):
    url = postgres.database() + "&options=-c%20idle_in_transaction_session_timeout%3D50"
    catalog, runs = Catalog.open(url), []

    def work(connection):
        runs.append(1)
        dead_letters.add(connection, [letter(1)])
        if len(runs) == 1:
            time.sleep(0.3)

    catalog.write(work)
    assert len(runs) == 2
    with catalog.read() as connection:
        assert len(dead_letters.listed(connection, "default")) == 1
    catalog.close()


def test_a_frozen_process_does_not_hold_its_locks_for_ever(catalog):
    def setting(connection):
        name = "idle_in_transaction_session_timeout"
        return connection.exec_driver_sql(f"SHOW {name}").scalar()

    assert catalog.write(setting) == "1min"


def test_a_reader_is_told_who_it_is_and_how_long_it_may_take(catalog):
    with catalog.read() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("application_name", "statement_timeout", "transaction_isolation")
        ]
    assert shown == ["tidegauge", "1min", "repeatable read"]


def test_no_more_connections_are_waited_for(own):
    url = own.database()
    Catalog.open(url).close()
    catalog, hogs, reasons = Catalog.open(url), [], []
    with suppress(psycopg.OperationalError):
        while True:
            hogs.append(psycopg.connect(url))

    def waiting(reason):
        reasons.append(reason)
        if len(reasons) == 2:
            for hog in hogs:
                hog.close()

    with pytest.raises(UnavailableError, match=r"no more connections|too many clients"):
        catalog.write(lambda _: None, patience=0)
    with (
        pytest.raises(UnavailableError, match=r"no more connections|too many clients"),
        catalog.read(),
    ):
        pass
    catalog.write(lambda c: dead_letters.add(c, [letter(1)]), waiting=waiting)
    assert len(reasons) >= 2
    catalog.close()


def test_more_threads_than_connections_wait_for_one_another(catalog):
    """30 connections at most, however many ask."""
    starts, done = threading.Barrier(40), []

    def work(number):
        starts.wait()
        catalog.write(lambda c: dead_letters.add(c, [letter(number)]), patience=None)
        done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(40))
    with catalog.read() as connection:
        assert len(dead_letters.listed(connection, "default")) == 40


def test_a_deadlock_is_run_again(catalog):
    """Two that lock two rows in opposite order: the server picks one, which tries again."""
    for name in ("a", "b"):
        catalog.write(lambda c: progress.take(c, name))  # noqa: B023
    both, runs = threading.Barrier(2), []

    def work(first, second):
        tries = []

        def lock(connection):
            tries.append(1)
            runs.append(1)
            progress.hold(connection, first, 1)
            if len(tries) == 1:
                both.wait()
            progress.hold(connection, second, 1)

        catalog.write(lock)

    threads = [threading.Thread(target=work, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Once each, and at least one of them again.
    assert len(runs) >= 3


def test_rows_are_put_in_one_order_so_that_none_wait_for_each_other(catalog):
    def make(connection):
        key = (models.ensure(connection, "default", ["m"], 1)["m"].id, "1", "")
        one = series.ensure(connection, [key])[key]
        return [
            windows.Window(series=one, resolution=60, start=n, rows=1, traffic=b"", changed_at=1)
            for n in range(1000)
        ]

    many, starts = catalog.write(make), threading.Barrier(2)

    def work(rows):
        for _ in range(5):
            starts.wait()
            catalog.write(lambda c: windows.put(c, rows), patience=None)

    threads = [threading.Thread(target=work, args=(rows,)) for rows in (many, many[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with catalog.read() as connection:
        assert [w.revision for w in windows.rolled(connection, 60, 0, 10**9)] == [10] * 1000
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert connection.exec_driver_sql(deadlocks).scalar() == 0


def test_a_server_that_is_not_there_is_told_without_the_password():
    with pytest.raises(UnavailableError) as raised:
        Catalog.open("postgresql://me:secret@localhost:1/db", patience=0.1)
    assert "secret" not in str(raised.value)
    assert "postgresql://me:***@localhost:1/db" in str(raised.value)
