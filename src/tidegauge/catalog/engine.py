"""Connections to SQLite and PostgreSQL, set up so that both keep the same promises.

SQLite: one file, a write-ahead log, synced at every commit.  Writers wait for one another in this
process first, then for other processes; readers never wait.
PostgreSQL: what writes is serializable, so that a function sees the catalog as if it were alone,
as it is with SQLite; what reads has a snapshot.
"""

import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, QueuePool

from tidegauge.errors import InputError

FROZEN_SECONDS: Final = 60
"""After which PostgreSQL ends a transaction in which nothing happens: its process is stopped or cut
off, and holds the locks that its successor needs."""
GONE_SECONDS: Final = 30
"""After which whoever is gone without a word is no longer waited for: by us, where it is the
server, and by the server, which may be in the middle of telling us something and hold locks."""
READ_SECONDS: Final = 60
"""After which PostgreSQL ends a statement of a reader: it holds back the clean-up of all tables."""
_OF_SERVER: Final = {
    "idle_in_transaction_session_timeout": f"{FROZEN_SECONDS}s",
    # On a socket of the same machine these say nothing, and do no harm.
    "tcp_keepalives_idle": f"{GONE_SECONDS // 2}",
    "tcp_keepalives_interval": f"{GONE_SECONDS // 6}",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": f"{GONE_SECONDS}s",
}
_BUSY: Final = 1.0
"""Seconds that SQLite itself waits for another process; beyond it we do, and say so."""
_LOG: Final = 64 << 20
"""Bytes that the log may keep when it is empty."""
_ALIKE: Final[dict[str, Any]] = {
    "json_serializer": partial(json.dumps, separators=(",", ":"), allow_nan=False),
    # Values are the users' own, and errors go to logs.
    "hide_parameters": True,
}


@dataclass(frozen=True, kw_only=True)
class Engines:
    url: URL
    reader: Engine
    writer: Engine

    def dispose(self) -> None:
        # The reader's connections may not be the last: SQLite's last one empties the log into
        # the file, which one that may not write cannot do.
        self.reader.dispose()
        self.writer.dispose()


def parse(url: str) -> URL:
    """The address, checked.  A password in it is never shown."""
    try:
        found = make_url(url)
    except ArgumentError:
        raise InputError(
            "the catalog's address is not one: write sqlite:////path/to/catalog.db or"
            " postgresql://user@host/database"
        ) from None
    name = found.get_backend_name()
    if name == "sqlite":
        if not found.database or found.database == ":memory:":
            raise InputError("the catalog needs a file: write sqlite:////path/to/catalog.db")
        return found.set(drivername="sqlite+pysqlite")
    if name in ("postgresql", "postgres"):
        if find_spec("psycopg") is None:
            raise InputError("a catalog in PostgreSQL needs: pip install tidegauge[postgres]")
        return found.set(drivername="postgresql+psycopg")
    raise InputError(f"the catalog can be in SQLite or PostgreSQL, not in {name!r}")


def shown(url: URL) -> str:
    """As it was written, without the password."""
    return url.set(drivername=url.get_backend_name()).render_as_string()


def engines(url: URL) -> Engines:
    return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgres(url)


def only_look(url: URL) -> Engine:
    """An engine that cannot change anything, not even by closing."""
    if url.get_backend_name() == "sqlite":
        connect = partial(_connect, f"file:{quote(str(url.database))}?mode=ro")
        return _sqlite_engine(connect, _begin("BEGIN"), poolclass=NullPool)
    return _postgres_engine(url, poolclass=NullPool).execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )


def migrator(url: URL) -> Engine:
    """For one connection that is closed when it is done."""
    if url.get_backend_name() == "sqlite":
        connect = partial(_connect, _writable(url))
        return _sqlite_engine(connect, _begin("BEGIN IMMEDIATE"), poolclass=NullPool)
    return _postgres_engine(url, poolclass=NullPool)


def _writable(url: URL) -> str:
    path = Path(str(url.database)).absolute()
    # It may hold what only its owner should read; SQLite gives its other files the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return f"file:{quote(str(path))}?mode=rw"


def _sqlite(url: URL) -> Engines:
    address = _writable(url)
    return Engines(
        url=url,
        reader=_sqlite_engine(
            partial(_connect, address, "PRAGMA query_only=ON"),
            _begin("BEGIN"),
            pool_size=8,
            max_overflow=-1,
        ),
        # Several would only meet in SQLite's own waiting, which is neither fair nor prompt.
        writer=_sqlite_engine(
            partial(_connect, address),
            _begin("BEGIN IMMEDIATE"),
            pool_size=1,
            max_overflow=0,
            pool_timeout=10,
        ),
    )


def _sqlite_engine(
    connect: Callable[[], sqlite3.Connection],
    begin: Callable[[Connection], None],
    **pool: Any,  # noqa: ANN401 - as create_engine's
) -> Engine:
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        **{"poolclass": QueuePool, **pool},
        **_ALIKE,
    )
    event.listen(engine, "begin", begin)
    return engine


def _connect(address: str, *more: str) -> sqlite3.Connection:
    # No isolation level: the driver would begin transactions late, and not at all for tables.
    connection = sqlite3.connect(
        address, uri=True, isolation_level=None, check_same_thread=False, timeout=_BUSY
    )
    try:
        for pragma in ("PRAGMA foreign_keys=ON", "PRAGMA synchronous=FULL", *more):
            connection.execute(pragma).close()
        if not address.endswith("?mode=ro"):
            _log_ahead(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


def _log_ahead(connection: sqlite3.Connection, address: str) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        # It needs memory that processes share, and says so only in this answer.
        raise InputError(
            f"the catalog's file system does not suit SQLite ({address}): put it on a local disk,"
            " or use PostgreSQL"
        )
    # After a long reader or a large write, the log gives its room back.
    connection.execute(f"PRAGMA journal_size_limit={_LOG}").close()


def _begin(statement: str) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return begin


def _postgres(url: URL) -> Engines:
    engine = _postgres_engine(
        url, pool_pre_ping=True, pool_size=10, max_overflow=20, pool_timeout=10
    )
    return Engines(
        url=url,
        # The two share one pool.
        reader=engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        ),
        writer=engine.execution_options(isolation_level="SERIALIZABLE"),
    )


def _postgres_engine(url: URL, **pool: Any) -> Engine:  # noqa: ANN401 - as create_engine's
    asked = {
        "application_name": "tidegauge",
        "connect_timeout": "10",
        "options": " ".join(f"-c {name}={value}" for name, value in _OF_SERVER.items()),
        "keepalives_idle": f"{GONE_SECONDS // 2}",
        "keepalives_interval": f"{GONE_SECONDS // 6}",
        "keepalives_count": "3",
        "tcp_user_timeout": f"{GONE_SECONDS * 1000}",
    }
    return create_engine(
        url,
        connect_args={key: value for key, value in asked.items() if key not in url.query},
        **pool,
        **_ALIKE,
    )
