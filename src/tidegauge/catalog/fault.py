"""Which errors of a database pass by themselves, so that the whole transaction can run again.

Whether a transaction whose commit was not answered was kept is not known: it runs again too,
and what runs must recognise its own traces (`progress.advance` does).
"""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

COLLIDED: Final = "transactions collided"
BUSY: Final = "another process is writing"
FULL: Final = "the disk is full"
BRIEF: Final = {COLLIDED, BUSY}
"""Over in a moment, unlike all else."""

_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: "the disk fails",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
}

_POSTGRES: Final = {
    "40001": COLLIDED,
    "40P01": COLLIDED,
    "55P03": "it is locked",
    "53100": FULL,
    "53200": "it is out of memory",
    "53300": "it takes no more connections",
    "57P01": "it is being shut down",
    "57P02": "it crashed",
    "57P03": "it is starting or stopping",
    "57P05": "it closed an idle connection",
    "25P03": "it ended an idle transaction",
    "25P04": "it ended a long transaction",
    "25006": "it is read-only, as a standby is",
    "58030": "its disk fails",
}


_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def passing(error: BaseException) -> str | None:
    """What stands in the way, in words, where it may pass; None for an error that will not."""
    if isinstance(error, PoolTimeoutError):
        return "all connections are in use"
    if not isinstance(error, DBAPIError):
        return None
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(kind(error))
    state: str | None = getattr(cause, "sqlstate", None)
    if state is not None:
        return _POSTGRES.get(state, "the connection was lost" if state.startswith("08") else None)
    if error.connection_invalidated:
        return "the connection was lost"
    # A connection that could not be made has no code: only the driver's words.
    if isinstance(error, OperationalError):
        return f"{cause}".strip().partition("\n")[0] or "it does not answer"
    return None


def damage(error: BaseException) -> str | None:
    """What is wrong with the file, where that is so."""
    if isinstance(error, DBAPIError) and kind(error) in _DAMAGED:
        return str(error.orig)
    return None


def kind(error: DBAPIError) -> int:
    """SQLite's code for it: the lower byte of what the driver has, whose upper ones say more."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
