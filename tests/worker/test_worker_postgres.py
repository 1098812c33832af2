"""INF-1: the same numbers with PostgreSQL, which is restarted and killed meanwhile."""

import random
import threading
import time

import pytest
from test_worker_counts import stream
from worker_case import Case, prediction

from postgres_cluster import Cluster
from tidegauge import backup
from tidegauge.catalog import Catalog, models, parts, progress
from tidegauge.worker import loop


def sent(case, received, reference):
    case.pin("m", reference, segments=["tags.region"])
    for record, at in received:
        case.send([record], at)


@pytest.fixture
def story():
    chance = random.Random(5)
    return [prediction(chance, n) for n in range(300)], stream(chance, 200)


@pytest.fixture
def plain(tmp_path, story):
    """The same with SQLite, undisturbed."""
    reference, received = story
    case = Case(tmp_path / "plain")
    sent(case, received, reference)
    case.count()
    case.write_parts()
    yield case
    case.close()


def sees(case):
    return case.kept_windows("m"), case.signals("m"), sorted(map(str, case.rows("m")))


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
def test_restarts_of_the_database_change_no_number(tmp_path, story, plain, mode, monkeypatch):
    reference, received = story
    cluster = Cluster()
    case = None
    try:
        case = Case(tmp_path / "case", cluster.database())
        sent(case, received, reference)
        worker, stop = case.worker, threading.Event()
        # Small turns, so that there are many commits to hit.
        monkeypatch.setattr(loop, "_AT_ONCE", 4_000)
        restarting = threading.Thread(target=restarts, args=(cluster, mode, stop))
        restarting.start()
        while worker.turn():
            worker.commit()
        stop.set()
        restarting.join()
        case.write_parts()
        assert sees(case) == sees(plain)
    finally:
        if case:
            case.close()
        cluster.remove()


def restarts(cluster, mode, stop):
    while not stop.is_set():
        time.sleep(0.3)
        cluster.restart(mode)


def test_a_backup_of_either_restores_to_postgresql(tmp_path, plain, postgres):
    target = tmp_path / "backup"
    told = backup.make(plain.catalog, plain._reader, plain.store, plain.folder, target)
    url = postgres.database()
    backup.restore(target, tmp_path / "there", url)
    restored = Case(tmp_path / "there", url)
    try:
        assert sees(restored) == sees(plain)
        assert restored.progress().position == progress.START
        # New rows get numbers behind the old ones.
        chance = random.Random(9)
        restored.send([prediction(chance, "new", model="other")], told.counted_at + 1)
        restored.count()
        restored.write_parts()
        assert len(restored.rows("other")) == 1
        again = tmp_path / "again"
        backup.make(restored.catalog, restored._reader, restored.store, restored.folder, again)
    finally:
        restored.close()
    copied = Catalog.open(f"sqlite:///{again}/catalog.db")
    try:
        with copied.read() as connection:
            assert models.by_name(connection, "default", "other") is not None
            assert parts.totals(connection).rows == told.rows + 1
    finally:
        copied.close()
