"""Migrations: to what the tables say, by one process, whole however often it is killed."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from tidegauge.catalog import Catalog, NewerError, engine, migrate, models, tables
from tidegauge.errors import InputError, UnreadableError

HEAD = max(path.name[:8] for path in migrate.SCRIPTS.glob("pre_*.py"))
MIGRATING = Path(__file__).parent / "catalog_migrating.py"

ADDS = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "pre_9001", "HEAD", None, None
def upgrade():
    op.add_column("models", sa.Column("colour", sa.Text()))
    op.execute("UPDATE models SET colour = name")
    op.add_column("models", sa.Column("shape", sa.Text()))
"""
# On SQLite there is nothing to do it beside, and nothing is done outside the one transaction.
INDEXES = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "pre_9002", "pre_9001", None, None
def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("models_by_colour", "models", ["colour"])
        return
    with op.get_context().autocommit_block():
        op.create_index(
            "models_by_colour", "models", ["colour"], if_not_exists=True,
            postgresql_concurrently=True,
        )
"""
TAKES = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "post_0001", None, ("post",), None
def upgrade():
    with op.batch_alter_table("models") as models:
        models.drop_column("description")
    op.execute("UPDATE about SET format = 2, version = '9.8.7'")
"""


@pytest.fixture
def scripts(tmp_path):
    """Of a later version: two revisions that add, and one that takes away."""
    later = tmp_path / "later"
    shutil.copytree(migrate.SCRIPTS, later, ignore=shutil.ignore_patterns("__pycache__"))
    (later / "pre_9001_adds.py").write_text(ADDS.replace("HEAD", HEAD))
    (later / "pre_9002_indexes.py").write_text(INDEXES)
    (later / "post_0001_takes.py").write_text(TAKES)
    return later


def columns(url, table="models"):
    looker = engine.only_look(engine.parse(url))
    with looker.connect() as connection:
        found = [column["name"] for column in inspect(connection).get_columns(table)]
    looker.dispose()
    return found


def prepared(url, scripts=migrate.SCRIPTS):
    migrate.prepare(engine.parse(url), scripts).dispose()


def test_the_revisions_make_what_the_tables_say(catalog):
    with catalog._engines.writer.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": migrate.REVISIONS, "compare_type": True}
        )
        assert compare_metadata(context, tables.metadata) == []
        found = inspect(connection)
        for table in tables.metadata.tables.values():
            assert found.get_pk_constraint(table.name)["constrained_columns"] == [
                column.name for column in table.primary_key
            ]


def test_a_catalog_that_is_there_is_opened_as_it_is(url):
    Catalog.open(url).close()
    first = Catalog.open(url)
    first.write(lambda c: models.ensure(c, "default", ["m"], 1))
    second = Catalog.open(url)
    with second.read() as connection:
        assert models.by_name(connection, "default", "m")
    first.close()
    second.close()


def test_many_that_open_a_new_one_at_once_make_it_once(url):
    starts, opened, failed = threading.Barrier(6), [], []

    def open_one():
        starts.wait()
        try:
            opened.append(Catalog.open(url))
        except BaseException as error:  # noqa: BLE001 - told by the other thread
            failed.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for one in opened:
        one.close()
    assert len(opened) == 6


def test_processes_that_open_a_new_one_at_once_make_it_once(url):
    program = f"from tidegauge.catalog import Catalog; Catalog.open({url!r}).close()"
    children = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]


def test_later_versions_add_first_and_take_away_when_told(url, scripts):
    prepared(url)
    old = Catalog.open(url)
    old.write(lambda c: models.ensure(c, "default", ["m"], 1))
    prepared(url, scripts)
    assert columns(url)[-2:] == ["colour", "shape"]
    # What runs still works, and starts again: it knows the format, and not the revisions.
    old.write(lambda c: models.ensure(c, "default", ["n"], 1))
    old.finish()
    Catalog.open(url).close()
    assert "description" in columns(url)
    old.close()
    migrate.finish(engine.parse(url), scripts)
    assert "description" not in columns(url)
    with pytest.raises(NewerError, match=r"9\.8\.7.*format 2.*which knows format 1"):
        Catalog.open(url)


def test_a_new_catalog_gets_what_the_later_version_needs(url, scripts):
    prepared(url, scripts)
    assert columns(url)[-2:] == ["colour", "shape"]
    assert "description" in columns(url)


@pytest.mark.parametrize("point", ["statement", "commit"])
def test_killed_at_any_moment_it_completes_when_run_again(
    url, scripts, request, tmp_path, point, monkeypatch
):
    # A kill at a commit leaves one behind it half done: as many as there are, and the last.
    revisions = len(list(scripts.glob("p*_*.py"))) + 4
    most, stride = 40 if point == "statement" else revisions, 1
    if url.startswith("sqlite"):
        urls = [f"sqlite:///{tmp_path}/{number}.db" for number in range(most)]
    else:
        cluster = request.getfixturevalue("postgres")
        urls = [cluster.database() for _ in range(most)]
        # A connection each costs; the nightly run is for every single one.
        stride = 3 if point == "statement" and "TIDEGAUGE_KILLS" not in os.environ else 1
    done = subprocess.run(
        [sys.executable, str(MIGRATING), point, str(stride), str(scripts), *urls],
        capture_output=True,
        text=True,
        check=True,
    )
    *kills, last = [line.split(" ") for line in done.stdout.splitlines()]
    assert (done.stderr, last) == ("", ["0", "post_0001,pre_9002"])
    assert {code for code, _ in kills} == {"-9"}
    assert len(kills) >= (40 // stride if point == "statement" else 2)
    left = [heads for _, heads in kills if heads]
    monkeypatch.setattr(migrate, "FORMAT", 2)
    for used, _ in zip(urls, [*left, last], strict=False):
        migrate.finish(engine.parse(used), scripts)
        found = columns(used)
        assert found[-2:] == ["colour", "shape"]
        assert "description" not in found
    if not url.startswith("sqlite"):
        assert len(set(left)) >= 4


class TestSqlite:
    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "catalog.db"
        Catalog.open(f"sqlite:///{path}").close()
        return path

    @staticmethod
    def bytes_of(directory):
        return {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in directory.iterdir()
            if not file.name.endswith("-shm")
        }

    @pytest.mark.parametrize("is_open", [False, True])
    def test_a_newer_one_is_refused_and_left_as_it_is(self, path, is_open):
        """Also where its last changes are in the log beside it, as after a crash."""
        newer = sqlite3.connect(path)
        newer.execute("UPDATE about SET format = 2, version = '9.8.7'")
        newer.execute("INSERT INTO revisions VALUES ('pre_0099')")
        newer.commit()
        if is_open:
            shutil.copytree(path.parent, crashed := path.parent / "crashed")
            assert (crashed / "catalog.db-wal").stat().st_size
            path = crashed / "catalog.db"
        newer.close()
        before = self.bytes_of(path.parent)
        for _ in range(3):
            with pytest.raises(NewerError, match=r"tidegauge 9\.8\.7"):
                Catalog.open(f"sqlite:///{path}")
        # SQLite makes its log, empty, to look at a file, and only what may write removes it.
        empty = hashlib.sha256(b"").hexdigest()
        assert self.bytes_of(path.parent) == {"catalog.db-wal": empty, **before}

    def test_a_database_of_something_else_is_refused_and_left_as_it_is(self, tmp_path):
        other = sqlite3.connect(tmp_path / "other.db")
        other.execute("CREATE TABLE models (name TEXT)")
        other.close()
        before = self.bytes_of(tmp_path)
        with pytest.raises(InputError, match="a database of its own"):
            Catalog.open(f"sqlite:///{tmp_path}/other.db")
        assert self.bytes_of(tmp_path) == before

    def test_a_file_that_is_none_is_refused_and_left_as_it_is(self, tmp_path):
        (tmp_path / "catalog.db").write_bytes(b"PAR1" * 5000)
        before = self.bytes_of(tmp_path)
        with pytest.raises(UnreadableError, match="restore it from a backup"):
            Catalog.open(f"sqlite:///{tmp_path}/catalog.db")
        assert self.bytes_of(tmp_path) == before

    def test_a_missing_directory_is_told(self, tmp_path):
        with pytest.raises(InputError, match="nowhere does not exist"):
            Catalog.open(f"sqlite:///{tmp_path}/nowhere/catalog.db")

    def test_an_odd_path_is_a_path(self, tmp_path):
        directory = tmp_path / "a b?#%41é"
        directory.mkdir()
        address = engine.URL.create("sqlite", database=str(directory / "c%20.db"))
        Catalog.open(address.render_as_string()).close()
        assert [file.name for file in directory.iterdir()] == ["c%20.db"]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("catalog.db", "is not one"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://x/y", "not in 'mysql'"),
    ],
)
def test_an_address_that_is_none_is_told(address, told):
    with pytest.raises(InputError, match=told):
        Catalog.open(address)


def test_what_postgresql_needs_is_told_without_the_password():
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from tidegauge.catalog import Catalog\n"
        "Catalog.open('postgresql://me:secret@nowhere/db')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert "pip install tidegauge[postgres]" in done.stderr
    assert "secret" not in done.stderr
