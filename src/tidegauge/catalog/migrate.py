"""Bringing a catalog up to what this version needs.

Revisions come on two branches.  `pre` ones only add, and run before the new code starts, while
older processes still work; `post` ones take away what only older code used, run when none of it
is left (`finish`), and raise the format that a program must know.  So a program may open a
catalog that has `pre` revisions it does not know, as long as it knows the format.

One process migrates at a time.  Each revision is kept whole with its mark, or not at all.
"""

import logging
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, event, func, inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from tidegauge.catalog import engine, fault
from tidegauge.catalog.errors import NewerError
from tidegauge.catalog.tables import about, metadata
from tidegauge.errors import InputError, UnreadableError
from tidegauge.failpoint import hit
from tidegauge.version import VERSION

FORMAT: Final = 1
"""Raised by one with each `post` revision: that is what refuses older programs."""
SCRIPTS: Final = Path(__file__).parent / "migrations"
REVISIONS: Final = "revisions"
"""The table of what was run."""
Branch = Literal["pre", "post"]
_LOCK: Final = 0x7469_6465_6761_7567
"""The key of PostgreSQL's advisory lock: "tidegaug"."""
_LOCK_WAIT: Final = "5s"
"""How long a revision may queue for a table: everyone else queues for that table behind it."""
# Alembic's operations work through a variable of its module.
_one_at_a_time = threading.Lock()


class State(NamedTuple):
    heads: tuple[str, ...]
    format: int
    version: str


NOTHING: Final = State((), 0, "")


def prepare(url: URL, scripts: Path = SCRIPTS) -> engine.Engines:
    """Engines on a catalog that has all that this version needs."""
    script = _scripts(scripts)
    state = _look(url)
    if state is None or _steps(script, "pre", state.heads):
        _migrate(url, script, "pre")
    return engine.engines(url)


def finish(url: URL, scripts: Path = SCRIPTS) -> None:
    script = _scripts(scripts)
    _migrate(url, script, "pre")
    _migrate(url, script, "post")


def _scripts(directory: Path) -> ScriptDirectory:
    return ScriptDirectory(directory, version_locations=[directory])


def _look(url: URL) -> State | None:
    """What is there, changing nothing; None where only a look that may repair can tell."""
    is_file = url.get_backend_name() == "sqlite"
    if is_file:
        path = Path(str(url.database))
        if not path.parent.is_dir():
            raise InputError(f"the catalog's directory {path.parent} does not exist: make it first")
        if not path.exists() or not path.stat().st_size:
            return None
    looker = engine.only_look(url)
    try:
        with looker.connect() as connection:
            return _checked(connection, url)
    except DatabaseError as error:
        if not is_file or fault.passing(error) is not None:
            raise
        if fault.kind(error) == sqlite3.SQLITE_READONLY:
            return None  # killed in the very first transaction
        raise UnreadableError(
            f"the catalog {url.database} cannot be read: {error.orig}; restore it from a backup"
        ) from error
    finally:
        looker.dispose()


def _checked(connection: Connection, url: URL) -> State:
    """Raises where the database is not for us."""
    state = _state(connection)
    if state.format > FORMAT:
        raise NewerError(
            f"the catalog at {engine.shown(url)} belongs to tidegauge {state.version} or"
            f" newer (format {state.format}); this is {VERSION}, which knows format {FORMAT}:"
            " run that version, or restore a backup from before"
        )
    if not state.format and metadata.tables.keys() & inspect(connection).get_table_names():
        raise InputError(
            f"the database at {engine.shown(url)} has tables of something else under names"
            " that the catalog needs; give the catalog a database of its own"
        )
    return state


def _state(connection: Connection) -> State:
    heads = _context(connection).get_current_heads()
    if not heads:
        return NOTHING
    row = connection.execute(select(about.c.format, about.c.version)).one()
    return State(heads, row.format, row.version)


def _context(connection: Connection, **options: object) -> MigrationContext:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return MigrationContext.configure(
        connection,
        opts={"version_table": REVISIONS, "transaction_per_migration": True, **options},
    )


def _steps(script: ScriptDirectory, branch: Branch, heads: Sequence[str]) -> list[Script]:
    """The revisions of a branch that are not there yet, the oldest first."""
    every = {revision.revision: revision for revision in script.walk_revisions()}
    if not set(heads) <= every.keys():
        # A newer version was here, and has run all that we know.
        return []
    done = {
        revision.revision for head in heads for revision in script.iterate_revisions(head, "base")
    }
    return [
        revision
        for name, revision in reversed(every.items())
        if branch in revision.branch_labels and name not in done
    ]


def _migrate(url: URL, script: ScriptDirectory, branch: Branch) -> None:
    def steps(heads: tuple[str, ...], context: MigrationContext) -> list[Any]:
        del context
        return [
            MigrationStep.upgrade_from_script(script.revision_map, revision)
            for revision in _steps(script, branch, heads)
        ]

    with _one_at_a_time, _alone(url) as connection:
        # Again: another process may have been here since.
        _checked(connection, url)
        _settle(connection)
        context = _context(connection, fn=steps, script=script)
        with Operations.context(context), context.begin_transaction():
            context.run_migrations()


@contextmanager
def _alone(url: URL) -> Generator[Connection]:
    """A connection that no other process migrates beside, until it is closed or its process dies.

    SQLite: one transaction around all.  PostgreSQL: a lock of the connection, and a transaction
    each revision, because some statements (`CREATE INDEX CONCURRENTLY`) want none.
    """
    migrator = engine.migrator(url)
    try:
        with migrator.connect() as connection:
            event.listen(connection, "before_cursor_execute", _before_statement)
            event.listen(connection, "commit", _before_commit)
            if url.get_backend_name() == "sqlite":
                with connection.begin():
                    yield connection
            else:
                connection.execute(text(f"SET lock_timeout = '{_LOCK_WAIT}'"))
                connection.execute(select(func.pg_advisory_lock(_LOCK)))
                connection.commit()
                yield connection
    finally:
        migrator.dispose()


def _settle(connection: Connection) -> None:
    """End the transaction of looking, where it is not the one around all."""
    if connection.dialect.name != "sqlite":
        connection.commit()


def _before_statement(*_: object) -> None:
    hit("catalog.before-migration-statement")


def _before_commit(*_: object) -> None:
    hit("catalog.before-migration-commit")
