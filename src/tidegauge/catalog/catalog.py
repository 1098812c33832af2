"""The catalog: all that is known, in one database, in transactions that are whole or not at all."""

import random
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, Self, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from tidegauge.catalog import engine, fault, migrate
from tidegauge.catalog.errors import FullError, UnavailableError
from tidegauge.errors import UnreadableError
from tidegauge.failpoint import hit

T = TypeVar("T")
PATIENCE: Final = 10.0
_LONGEST: Final = 2.0
"""Seconds between two tries: what is back is used at once, and is not stormed."""


def silent(reason: str) -> None:
    del reason


class Catalog:
    def __init__(self, engines: engine.Engines) -> None:
        self._engines = engines
        self._held = threading.local()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        patience: float | None = PATIENCE,
        waiting: Callable[[str], None] = silent,
    ) -> Self:
        """`sqlite:////path/catalog.db` or `postgresql://user@host/database`.

        A new database gets its tables; an older one gets what this version adds.  One that a
        newer version has made its own is refused, and left as it is.
        """
        address = engine.parse(url)
        engines = _patiently(
            lambda: migrate.prepare(address), patience, waiting, engine.shown(address)
        )
        return cls(engines)

    @property
    def address(self) -> str:
        """Without the password."""
        return engine.shown(self._engines.url)

    @property
    def dialect(self) -> str:
        return self._engines.url.get_backend_name()

    @contextmanager
    def read(self) -> Generator[Connection]:
        """A snapshot: all that is read through this connection is of one moment.

        Keep it short: what is deleted meanwhile keeps its room until the snapshot ends.
        """
        try:
            with self._snapshot() as connection:
                yield connection
        except SQLAlchemyError as error:
            _tell(error, self.address)
            raise

    def look(
        self,
        function: Callable[[Connection], T],
        *,
        patience: float | None = PATIENCE,
        waiting: Callable[[str], None] = silent,
    ) -> T:
        """What a function reads of one snapshot; where the database is lost it reads again, as
        long as `write` would."""

        def attempt() -> T:
            with self._snapshot() as connection:
                return function(connection)

        return _patiently(attempt, patience, waiting, self.address)

    @contextmanager
    def _snapshot(self) -> Generator[Connection]:
        with self._engines.reader.connect() as connection, connection.begin():
            if self.dialect != "sqlite":
                limit = text(f"SET LOCAL statement_timeout = '{engine.READ_SECONDS}s'")
                connection.execute(limit)
            yield connection

    def write(
        self,
        function: Callable[[Connection], T],
        *,
        patience: float | None = PATIENCE,
        waiting: Callable[[str], None] = silent,
    ) -> T:
        """Run a function in one transaction: all that it wrote is kept, or nothing.

        It sees the catalog as if it were alone.  Where the database is busy, collides or is
        lost, the function runs again from its start, for `patience` seconds (None: for ever);
        `waiting` is told why before each pause, and may raise to give up.  A commit whose answer
        was lost may have been kept and runs again: such a function first looks for its own
        traces, as `progress.advance` does.
        """
        if getattr(self._held, "writes", False):
            raise RuntimeError("a write inside a write would wait for itself: pass the connection")
        self._held.writes = True
        try:
            return _patiently(lambda: self._write(function), patience, waiting, self.address)
        finally:
            self._held.writes = False

    def _write(self, function: Callable[[Connection], T]) -> T:
        with self._engines.writer.connect() as connection, connection.begin() as transaction:
            result = function(connection)
            hit("catalog.before-commit")
            transaction.commit()
            hit("catalog.after-commit")
            return result

    def finish(self) -> None:
        """Take away what only older versions needed, once no process of theirs runs any more.

        After this they are refused.
        """
        migrate.finish(self._engines.url)

    def check(self) -> list[str]:
        """What is damaged, in words; nothing where all is well.  It reads the whole file."""
        if self.dialect != "sqlite":
            # PostgreSQL checks its pages as it reads them, where it was set up to.
            return []
        try:
            with self.read() as connection:
                found = connection.exec_driver_sql("PRAGMA quick_check(20)").scalars().all()
                orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(20)
        except UnreadableError as error:
            return [str(error)]
        damaged = [str(line) for line in found if line != "ok"]
        return damaged + [f"a row of {row[0]} belongs to no {row[2]}" for row in orphans]

    def close(self) -> None:
        self._engines.dispose()


def _patiently(
    attempt: Callable[[], T],
    patience: float | None,
    waiting: Callable[[str], None],
    address: str,
) -> T:
    end = None if patience is None else time.monotonic() + patience
    tries = 0
    while True:
        try:
            return attempt()
        except SQLAlchemyError as error:
            reason = fault.passing(error)
            pause = _pause(tries, reason)
            if reason is None or (end is not None and time.monotonic() + pause > end):
                _tell(error, address)
                raise
        tries += 1
        waiting(reason)
        time.sleep(pause)


def _pause(tries: int, reason: str | None) -> float:
    first, longest = (0.005, 0.1) if reason in fault.BRIEF else (0.05, _LONGEST)
    # Chance keeps those that collided from colliding again.
    return min(longest, first * 2 ** min(tries, 10)) * random.uniform(0.5, 1)  # noqa: S311


def _tell(error: SQLAlchemyError, address: str) -> None:
    """Raise what the caller is to know; not for an error that is nobody's fault but ours."""
    if (reason := fault.passing(error)) is not None:
        kind = FullError if reason == fault.FULL else UnavailableError
        raise kind(f"the catalog at {address} cannot be used now: {reason}") from error
    if (damage := fault.damage(error)) is not None:
        raise UnreadableError(
            f"the catalog at {address} is damaged: {damage}; restore it from a backup"
        ) from error
