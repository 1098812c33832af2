"""Which batch ids are known: their hashes in memory, all else in the indexes' files.

A hash costs about 100 bytes here, so two million are bounded to 200 MB; beyond that the oldest
segments' ids are forgotten first.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Final

from tidegauge.failpoint import hit
from tidegauge.log.batch import Seen
from tidegauge.log.disk import write_whole
from tidegauge.log.index import Index, hash_of
from tidegauge.log.reader import LogReader
from tidegauge.log.segment import index_path

KEPT: Final = 24 * 3600 * 1_000_000
"""Microseconds for which a retry is known."""
MOST: Final = 2_000_000
_MERGED: Final = 32
"""Index files of released segments that become one: there may be thousands a day."""


def now() -> int:
    return time.time_ns() // 1000


@dataclass(slots=True)
class _File:
    count: int
    last_at: int
    is_released: bool = False
    is_merged: bool = False


class Ids:
    def __init__(self, reader: LogReader, clock: Callable[[], int] = now, most: int = MOST) -> None:
        self._reader = reader
        self._clock = clock
        self._most = most
        self._numbers: dict[int, int] = {}
        """The number of the index that has the id of a hash."""
        self._files: dict[int, _File] = {}

    def find(self, tenant: str, batch_id: str) -> Seen | None:
        hashed = hash_of(tenant, batch_id)
        number = self._numbers.get(hashed)
        if number is None:
            return None
        # It may have been merged into another between one line and the next.
        index = self._reader.index_of(number)
        index = index or self._reader.index_of(self._numbers.get(hashed, number))
        entry = None if index is None else index.find(hashed, tenant, batch_id)
        return entry.seen if entry and entry.at > self._clock() - KEPT else None

    def add(self, hashed: int, number: int) -> None:
        self._numbers[hashed] = number

    def learn(self, index: Index) -> None:
        """From a file; the oldest first, so that the latest batch with an id is found."""
        self._numbers.update(zip(index.hashes, repeat(index.number)))
        self.saved(index)

    def saved(self, index: Index) -> None:
        self._files[index.number] = _File(len(index.hashes), index.last_at)

    def released(self, number: int) -> None:
        """Its segment is gone: its index is there for the ids alone."""
        self._files[number].is_released = True

    def released_but(self, held: Iterable[int]) -> None:
        for number in self._files.keys() - set(held):
            self.released(number)

    def prune(self, directory: Path) -> None:
        """Forget what is old, or too much; merge what is in small files."""
        oldest = self._clock() - KEPT
        known = sum(file.count for file in self._files.values())
        for number, file in sorted(self._files.items()):
            is_old = file.is_released and file.last_at <= oldest
            if is_old or known > self._most or (file.is_released and not file.count):
                known -= file.count
                self._forget(directory, number, file)
        small = [n for n, f in sorted(self._files.items()) if f.is_released and not f.is_merged]
        if len(small) >= _MERGED:
            self._merge(directory, small, oldest)

    def _forget(self, directory: Path, number: int, file: _File) -> None:
        if file.count:
            index = self._reader.index_of(number)
            for hashed in () if index is None else index.hashes:
                if self._numbers.get(hashed) == number:
                    del self._numbers[hashed]
            file.count = 0
        if file.is_released:
            hit("log.before-forget")
            index_path(directory, number).unlink(missing_ok=True)
            self._reader.forget_index(number)
            del self._files[number]

    def _merge(self, directory: Path, numbers: list[int], oldest: int) -> None:
        indexes = [index for n in numbers if (index := self._reader.saved_index(n)) is not None]
        merged = Index(indexes[-1].stamp, numbers[-1])
        for index in indexes:
            merged.take(index, oldest)
        hit("log.before-merge")
        write_whole(index_path(directory, merged.number), merged.to_bytes())
        hit("log.after-merge")
        self._reader.forget_index(merged.number)
        gone = set(numbers)
        here = [hashed for hashed in merged.hashes if self._numbers.get(hashed) in gone]
        self._numbers.update(zip(here, repeat(merged.number)))
        self._files[merged.number] = _File(
            len(merged.hashes), merged.last_at, is_released=True, is_merged=True
        )
        for number in numbers[:-1]:
            index_path(directory, number).unlink(missing_ok=True)
            self._reader.forget_index(number)
            del self._files[number]
