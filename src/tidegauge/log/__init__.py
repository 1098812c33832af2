"""The log: every accepted batch, durable before it is answered, until its results are committed.

One writer (the web process) appends, one reader (the worker) reads in order, commits a position
with its results in one transaction, and releases what it no longer needs.  A reader that crashes
reads again after the last position it committed, so each batch counts exactly once.

`LocalLog` and `LogReader` are the two halves for one machine: segment files in one directory.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Protocol

from tidegauge.log.batch import START, Batch, Clock, Health, Piece, Place, Position, Seen, State
from tidegauge.log.errors import (
    ClosedError,
    FailedError,
    FullError,
    LockedError,
    LogError,
    NoSpaceError,
)
from tidegauge.log.local import LocalLog
from tidegauge.log.reader import MOST, LogReader

__all__ = [
    "MOST",
    "START",
    "Batch",
    "Clock",
    "ClosedError",
    "FailedError",
    "FullError",
    "Health",
    "LocalLog",
    "LockedError",
    "Log",
    "LogError",
    "LogReader",
    "NoSpaceError",
    "Piece",
    "Place",
    "Position",
    "ReadableLog",
    "Seen",
    "State",
]


class ReadableLog(Protocol):
    """The reading half.  One process may hold it while another holds the whole."""

    def read(self, after: Position, *, most: int = MOST) -> Iterator[tuple[Position, Batch]]:
        """The batches that end after a position, in order, until about `most` bytes are given.

        Each comes with the position of its end: commit that with the results, and read again
        after it.  Nothing is given that a power loss could still take back.  What is damaged
        is counted and left out, never what comes after it.
        """
        ...

    def get(self, place: Place) -> Batch | None:
        """The batch at a place, or None where it is released or damaged."""
        ...

    def end(self) -> Position:
        """Up to here everything is durable.  It may lie past the last batch that can be read, so
        a reader is done when `read` gives nothing, not when it has come to the end."""
        ...

    def where(
        self, tenant: str, model: str, kind: str | None = None, after: Position = START
    ) -> list[Place]:
        """The batches that hold rows of a model and are not released, in order."""
        ...

    def release(self, upto: Position) -> None:
        """Everything up to here is consumed: its room may be used again.

        A lost release only delays that; a later one stands for all before it.
        """
        ...

    def close(self) -> None: ...


class Log(ReadableLog, Protocol):
    def append(self, batch: Batch) -> Future[Position]:
        """Take a batch; the future resolves when it is durable, never before.

        It never blocks and the future cannot be cancelled.  What the log cannot take is an
        error of the future: `FullError`, `NoSpaceError`, `FailedError`; or is raised at once:
        `ClosedError`, `FullError` when too much waits, `InputError` for a batch too large.
        """
        ...

    def seen(self, tenant: str, batch_id: str) -> Seen | None:
        """What a batch with this id was, if one became durable in the last 24 hours.

        It is known before the batch's future resolves, and over restarts.
        """
        ...

    def health(self) -> Health: ...

    def close(self) -> None:
        """Wait for what was appended to become durable, then take no more."""
        ...
