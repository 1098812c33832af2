"""The shelf and the counts under their lock, and the unloading of what was let go, without it."""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic

from tidegauge.artifacts.shelf import Entry, Model, Shelf
from tidegauge.artifacts.shown import Stats
from tidegauge.errors import InputError

_log = logging.getLogger("tidegauge")


@dataclass(slots=True)
class Counts:
    loads: int = 0
    hits: int = 0
    misses: int = 0
    failures: int = 0
    load_seconds: float = 0.0


class Guarded(Generic[Model]):
    """`shelf`, `counts` and `is_closed` are read and changed while `lock` is held.

    `changed` tells those who wait for a load, or for a turn to load.
    """

    def __init__(self, shelf: Shelf[Model], unload: Callable[[Model], object] | None) -> None:
        self.unlock()
        self.shelf = shelf
        self.counts = Counts()
        self.is_closed = False
        self._unload = unload

    def unlock(self) -> None:
        """A lock that nobody holds, at the start and in the child of a fork."""
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)

    @contextmanager
    def locked(self) -> Generator[None, None, None]:
        """What is let go in the block is unloaded after it, by this thread."""
        gone: list[Entry[Model]] = []
        try:
            with self.lock:
                try:
                    yield
                finally:
                    gone, self.shelf.gone = self.shelf.gone, gone
        finally:
            self.unload(gone)

    def check_open(self) -> None:
        if self.is_closed:
            raise InputError("the cache is closed: make another one")

    def hit(self, entry: Entry[Model], now: float, user: int | None) -> Entry[Model]:
        if user is not None:
            entry.users.append(user)
        self.counts.hits += 1
        entry.uses += 1
        self.shelf.touch(entry, now)
        return entry

    def missed(self, entry: Entry[Model], now: float) -> None:
        """Handed to one who has waited, and is counted as its user already."""
        self.counts.misses += 1
        entry.uses += 1
        self.shelf.touch(entry, now)

    def stats(self) -> Stats:
        entries, counts = self.shelf.everything(), self.counts
        return Stats(
            loads=counts.loads,
            hits=counts.hits,
            misses=counts.misses,
            failures=counts.failures,
            evictions=self.shelf.evictions,
            count=len(entries),
            bytes=sum(entry.artifact.size_bytes for entry in entries),
            load_seconds=counts.load_seconds,
        )

    def unload(self, gone: list[Entry[Model]]) -> None:
        if self._unload is None:
            return
        for entry in gone:
            try:
                self._unload(entry.model)
            except Exception:  # noqa: BLE001 - the next one is unloaded all the same
                _log.exception("unloading %s failed", entry.key)
