"""Transactions: whole or not at all, run again when that helps, never counted twice."""

import sqlite3
import threading
from dataclasses import replace

import pytest
from catalog_counting import check, letter, step
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tidegauge.catalog import (
    Catalog,
    FencedError,
    UnavailableError,
    dead_letters,
    engine,
    models,
    progress,
    tables,
)
from tidegauge.errors import InputError, UnreadableError


def letters(connection):
    return [one.at for one in dead_letters.listed(connection, "default")]


def test_a_snapshot_does_not_move(catalog):
    catalog.write(lambda c: dead_letters.add(c, [letter(1)]))
    with catalog.read() as connection:
        assert letters(connection) == [1]
        catalog.write(lambda c: dead_letters.add(c, [letter(2)]))
        catalog.write(lambda c: models.ensure(c, "default", ["m"], 1))
        assert letters(connection) == [1]
        assert models.listed(connection, "default") == []
    with catalog.read() as connection:
        assert letters(connection) == [2, 1]


def test_what_reads_cannot_write(catalog):
    with pytest.raises(Exception, match=r"read-?only"), catalog.read() as connection:
        dead_letters.add(connection, [letter(1)])


def test_readers_racing_a_writer_never_see_half_a_step(catalog):
    """What `check` compares is of three tables: it fails when reads are of different moments."""
    mine = catalog.write(lambda c: progress.take(c, "worker"))
    failures, over = [], threading.Event()

    def look():
        seen = 0
        while not over.is_set():
            try:
                now = check(catalog)
                assert now >= seen
                seen = now
            except BaseException as error:  # noqa: BLE001 - told by the other thread
                failures.append(error)
                return

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(100):
        catalog.write(lambda c: step(c, mine.epoch, number))  # noqa: B023
    over.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert check(catalog) == 100


def test_an_error_leaves_nothing(catalog):
    def fail(connection):
        dead_letters.add(connection, [letter(1)])
        models.ensure(connection, "default", ["m"], 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        catalog.write(fail)
    with catalog.read() as connection:
        assert letters(connection) == []
    assert catalog.write(lambda c: models.ensure(c, "default", ["m"], 1))


def test_an_error_that_does_not_pass_is_raised_at_once_and_tells_no_values(catalog):
    runs = []

    def collide(connection):
        runs.append(1)
        row = {"name": "secret", "epoch": 0, "position": "", "at": 0, "detail": {}}
        connection.execute(tables.progress.insert(), [row])
        connection.execute(tables.progress.insert(), [row])

    with pytest.raises(IntegrityError) as raised:
        catalog.write(collide, patience=None)
    assert runs == [1]
    assert "[SQL parameters hidden" in str(raised.value)


def test_a_write_inside_a_write_is_told_not_waited_for(catalog):
    with pytest.raises(RuntimeError, match="pass the connection"):
        catalog.write(lambda _: catalog.write(lambda _: None))
    assert catalog.write(lambda _: 5) == 5


def test_writes_are_as_if_alone(catalog, url):
    """Each reads, then writes what it makes of that.  On PostgreSQL they collide and run again;
    on SQLite they wait for each other before they begin."""
    other = Catalog.open(url)
    runs, starts = [], threading.Barrier(4)
    catalog.write(lambda c: progress.take(c, "sum"))

    def add(connection):
        runs.append(1)
        now = connection.scalar(text("SELECT at FROM progress WHERE name = 'sum'"))
        connection.execute(text("UPDATE progress SET at = :at"), {"at": now + 1})

    def work(one):
        starts.wait()
        for _ in range(25):
            one.write(add, patience=None)

    ways = (catalog, other, catalog, other)
    threads = [threading.Thread(target=work, args=(one,)) for one in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with catalog.read() as connection:
        assert progress.get(connection, "sum").at == 100
    assert len(runs) == 100 if catalog.dialect == "sqlite" else len(runs) > 100
    other.close()


def test_two_that_make_the_same_model_agree(catalog, url):
    """All ways in which two can make what neither has seen."""
    other, ids, starts = Catalog.open(url), [], threading.Barrier(2)

    def make(one):
        for number in range(30):
            starts.wait()
            found = one.write(lambda c: models.ensure(c, "default", [f"m{number}", "same"], 1))  # noqa: B023
            ids.append((number, found[f"m{number}"].id))

    threads = [threading.Thread(target=make, args=(one,)) for one in (catalog, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert len(ids) == 60
    assert len(set(ids)) == 30


class TestProgress:
    def test_it_starts_at_the_start_and_each_taker_has_an_epoch(self, connection):
        assert progress.get(connection, "worker") is None
        first = progress.take(connection, "worker")
        assert (first.epoch, first.position, first.at, first.detail) == (1, "0:0", 0, {})
        assert progress.take(connection, "worker").epoch == 2
        assert progress.take(connection, "other").epoch == 1

    def test_it_goes_on_from_where_it_is(self, connection):
        progress.take(connection, "worker")
        assert progress.advance(connection, "worker", 1, "0:0", "0:9", 5, {"a": [1]})
        assert progress.get(connection, "worker") == progress.Progress(
            name="worker", epoch=1, position="0:9", at=5, detail={"a": [1]}
        )
        with pytest.raises(FencedError, match="is at 0:9, not at 0:5"):
            progress.advance(connection, "worker", 1, "0:5", "0:7", 6, {})

    def test_a_step_that_was_committed_is_recognised(self, connection):
        progress.take(connection, "worker")
        assert progress.advance(connection, "worker", 1, "0:0", "0:9", 5, {"a": 1})
        assert not progress.advance(connection, "worker", 1, "0:0", "0:9", 6, {"a": 2})
        assert progress.get(connection, "worker").detail == {"a": 1}

    def test_a_step_that_stays_is_a_step(self, connection):
        progress.take(connection, "worker")
        assert progress.advance(connection, "worker", 1, "0:0", "0:0", 5, {})
        assert progress.get(connection, "worker").at == 5

    def test_an_earlier_epoch_is_fenced_off(self, connection):
        progress.take(connection, "worker")
        progress.advance(connection, "worker", 1, "0:0", "0:9", 5, {})
        progress.take(connection, "worker")
        for old, new in (("0:9", "1:0"), ("0:0", "0:9"), ("0:9", "0:9")):
            with pytest.raises(FencedError, match="epoch 2"):
                progress.advance(connection, "worker", 1, old, new, 6, {})
        with pytest.raises(FencedError):
            progress.hold(connection, "worker", 1)
        assert progress.hold(connection, "worker", 2).position == "0:9"
        with pytest.raises(FencedError, match="nobody's"):
            progress.hold(connection, "never", 1)


class TestSqlite:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "catalog.db"

    @pytest.fixture
    def here(self, path):
        catalog = Catalog.open(f"sqlite:///{path}")
        yield catalog
        catalog.close()

    def test_it_is_set_up_to_lose_nothing(self, here, path):
        def settings(connection):
            names = ("journal_mode", "synchronous", "foreign_keys")
            return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

        assert here.write(settings) == ["wal", 2, 1]
        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_file_system_that_does_not_suit_is_told(self, path):
        """As over a network: here, a way of locking that shares no memory."""
        path.touch()
        with pytest.raises(InputError, match="put it on a local disk"):
            engine._connect(f"file:{path}?mode=rw&vfs=unix-dotfile")

    def test_another_process_that_writes_is_waited_for(self, here, path):
        hog = sqlite3.connect(path, isolation_level=None)
        hog.execute("BEGIN IMMEDIATE")
        reasons = []

        def waiting(reason):
            reasons.append(reason)
            hog.execute("COMMIT")

        here.write(lambda c: dead_letters.add(c, [letter(1)]), waiting=waiting)
        assert reasons == ["another process is writing"]
        hog.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="another process is writing"):
            here.write(lambda c: dead_letters.add(c, [letter(2)]), patience=0)
        hog.close()
        with here.read() as connection:
            assert letters(connection) == [1]

    def test_who_waits_for_ever_can_be_told_to_give_up(self, here, path):
        hog = sqlite3.connect(path, isolation_level=None)
        hog.execute("BEGIN IMMEDIATE")

        def stop(_):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            here.write(lambda _: None, patience=None, waiting=stop)
        hog.close()
        assert here.write(lambda _: 1) == 1

    def test_a_full_disk_is_waited_out(self, here):
        runs = []

        def fill(connection):
            if not runs:
                now = connection.exec_driver_sql("PRAGMA page_count").scalar()
                connection.exec_driver_sql(f"PRAGMA max_page_count={now + 3}")
            runs.append(1)
            for number in range(20):
                one = replace(letter(number), body=b"x" * 10_000)
                dead_letters.add(connection, [one])

        def make_room(reason):
            assert reason == "the disk is full"
            with here._engines.writer.connect() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count=1000000")

        here.write(fill, waiting=make_room)
        assert len(runs) == 2
        with here.read() as connection:
            assert len(dead_letters.listed(connection, "default", limit=999)) == 20

    def test_damage_is_found(self, here, path):
        def fill(connection):
            many = [replace(letter(number), body=b"x" * 1000) for number in range(2000)]
            dead_letters.add(connection, many)

        here.write(fill)
        assert here.check() == []
        here.close()
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(size // 2)
            file.write(b"\xff" * (size // 2))
        again = Catalog.open(f"sqlite:///{path}")
        assert again.check()
        with pytest.raises(UnreadableError, match=r"is damaged: .*; restore it from a backup"):
            again.write(lambda c: dead_letters.listed(c, "default", limit=9999))
        again.close()

    def test_many_threads_read_at_once(self, here):
        starts, seen = threading.Barrier(50), []

        def look():
            with here.read() as connection:
                starts.wait()
                seen.append(letters(connection))

        threads = [threading.Thread(target=look) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [[]] * 50
