"""The predictions of the last 24 hours, to tell a repeated one from a new one, over restarts.

For each prediction its id and its content are kept as 64 bits each: in sorted runs, and in a
journal that holds what no run holds yet.  Files are listed in the catalog, with how many rows of
them count, by the same transaction that counts the predictions.

A run is read where it lies, in its file: of each row about two bytes are in memory, and what the
system keeps of the file it can let go.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Self
from zlib import crc32

import numpy as np
import structlog

from tidegauge import failpoint
from tidegauge.arrays import Counts, Flags, Hashes
from tidegauge.catalog.id_runs import IdRun
from tidegauge.log.disk import sync_directory
from tidegauge.record.identity import new_id
from tidegauge.window import DAY, HOUR, SECOND

_log = structlog.stdlib.get_logger(__name__)
KEPT: Final = DAY * SECOND
_ROW: Final = 16
_MOST: Final = 2_000_000
"""Rows of a journal before it becomes a run."""
_BITS: Final = 8
"""Of the filter, for each row: one in eight lookups of what is not there has to look further."""
_BLOCK: Final = 16
"""Rows of a file that are looked through for a key: they lie on a page, or on two."""

Rows = Hashes
"""[rows, 2]: the key and the content of each."""


class Repeats(NamedTuple):
    again: Flags
    conflict: Flags
    """Of those, the ones that say something else than the first."""


@dataclass(frozen=True, eq=False)
class Run:
    keys: Hashes
    contents: Hashes

    @classmethod
    def of(cls, keys: Hashes, contents: Hashes) -> "Run":
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], contents[order])

    def merge(self, other: "Run") -> "Run":
        return Run.of(
            np.concatenate([self.keys, other.keys]),
            np.concatenate([self.contents, other.contents]),
        )

    def find(self, keys: Hashes) -> Counts:
        """Where each key is; -1 where it is not."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        places = np.searchsorted(self.keys, keys)
        places[places == len(self.keys)] = 0
        places[self.keys[places] != keys] = -1
        return places


@dataclass(frozen=True, eq=False)
class Sealed:
    """A run that stays in its file."""

    keys: Hashes
    contents: Hashes
    steps: Hashes
    """The first key of each block."""
    filter: np.ndarray[tuple[int], np.dtype[np.uint8]]

    @classmethod
    def of(cls, rows: Rows) -> Self:
        keys = rows[:, 0]
        bits = max(1 << (len(keys) * _BITS - 1).bit_length(), 64)
        flags = np.zeros(bits, dtype=np.uint8)
        flags[keys >> _shift(bits)] = 1
        return cls(keys, rows[:, 1], keys[::_BLOCK].copy(), np.packbits(flags, bitorder="little"))

    def find(self, keys: Hashes) -> Counts:
        """Where each key is; -1 where it is not."""
        found = np.full(len(keys), -1)
        if not len(self.keys):
            return found
        bit = keys >> _shift(len(self.filter) * 8)
        asked = np.flatnonzero(self.filter[bit >> np.uint64(3)] >> (bit & np.uint64(7)) & 1)
        block = np.searchsorted(self.steps, keys[asked], side="right") - 1
        places = np.maximum(block, 0)[:, None] * _BLOCK + np.arange(_BLOCK)
        np.minimum(places, len(self.keys) - 1, out=places)
        row, column = np.nonzero(self.keys[places] == keys[asked, None])
        found[asked[row]] = places[row, column]
        return found


def _shift(bits: int) -> np.uint64:
    return np.uint64(64 - (bits.bit_length() - 1))


@dataclass
class _Journal:
    name: str
    rows: int = 0
    first_at: int = 0
    last_at: int = 0


@dataclass
class Ids:
    directory: Path
    _runs: dict[str, tuple[Sealed, IdRun]] = field(default_factory=dict[str, tuple[Sealed, IdRun]])
    """Sealed, by file."""
    _fresh: list[Run] = field(default_factory=list[Run])
    """What is in the journal or on its way there, each run at least twice as long as the next."""
    _unwritten: list[tuple[Hashes, Hashes]] = field(default_factory=list[tuple[Hashes, Hashes]])
    _journal: _Journal = field(default_factory=lambda: _Journal(f"{new_id()}.ids"))
    _earlier: list[IdRun] = field(default_factory=list[IdRun])
    """Journals of workers before this one.  They are read and never written to: whoever was
    fenced off may not know it yet."""

    @classmethod
    def open(cls, directory: Path, listed: Sequence[IdRun]) -> "Ids":
        """From the files that the catalog lists; others are what a crash left behind."""
        directory.mkdir(parents=True, exist_ok=True)
        for stray in {path.name for path in directory.iterdir()} - {each.file for each in listed}:
            (directory / stray).unlink()
        ids = cls(directory)
        for each in listed:
            rows = _mapped(directory / each.file, each)
            if each.sealed:
                ids._runs[each.file] = Sealed.of(rows), each
            else:
                ids._add(Run.of(rows[:, 0], rows[:, 1]))
                ids._earlier.append(each)
        return ids

    def meet(self, keys: Hashes, contents: Hashes) -> Repeats:
        """Which rows repeat an earlier one; the others are remembered from now on."""
        again, conflict = _within(keys, contents)
        for run in [*self._fresh, *(run for run, _file in self._runs.values())]:
            places = run.find(keys)
            there = places >= 0
            if there.any():
                conflict = np.where(there, run.contents[places] != contents, conflict)
                again |= there
        new = ~again
        if new.any():
            self._remember(keys[new], contents[new])
        return Repeats(again, conflict & again)

    def _remember(self, keys: Hashes, contents: Hashes) -> None:
        self._unwritten.append((keys, contents))
        self._add(Run.of(keys, contents))

    def _add(self, run: Run) -> None:
        while self._fresh and len(self._fresh[-1].keys) < 2 * len(run.keys):
            run = self._fresh.pop().merge(run)
        self._fresh.append(run)

    def write(self, at: int) -> Iterator[IdRun]:
        """Make what was met durable; what is given is to be listed."""
        journal = self._journal
        if self._unwritten:
            rows = np.concatenate(
                [np.stack(pair, axis=1) for pair in self._unwritten], dtype=np.uint64
            )
            _append(self.directory / journal.name, journal.rows * _ROW, rows.tobytes())
            self._unwritten.clear()
            journal.first_at = journal.first_at or at
            journal.last_at = at
            journal.rows += len(rows)
            failpoint.hit("worker.ids-written")
        if journal.rows:
            yield IdRun(
                file=journal.name,
                rows=journal.rows,
                sealed=False,
                digest=None,
                first_at=journal.first_at,
                last_at=journal.last_at,
            )

    def seal(self, at: int) -> tuple[list[IdRun], list[str]]:
        """Turn a full journal into a run and forget what is too old: files to list and to drop.

        The dropped ones are deleted by `delete`, once the catalog no longer lists them.
        """
        dropped = [name for name, (_run, each) in self._runs.items() if each.last_at < at - KEPT]
        for name in dropped:
            del self._runs[name]
        journal = self._journal
        rows = journal.rows + sum(each.rows for each in self._earlier)
        begins = [each.first_at for each in (*self._earlier, journal) if each.rows]
        is_due = begins and (rows >= _MOST or at - min(begins) >= HOUR * SECOND)
        if self._unwritten or not is_due:
            return [], dropped
        run = self._fresh[0]
        for other in self._fresh[1:]:
            run = run.merge(other)
        last_at = max(each.last_at for each in (*self._earlier, journal))
        content = np.stack([run.keys, run.contents], axis=1)
        sealed = IdRun(
            file=f"{new_id()}.run",
            rows=rows,
            sealed=True,
            digest=digest_of(content.data),
            first_at=min(begins),
            last_at=last_at,
        )
        path = self.directory / sealed.file
        _append(path, 0, content.data)
        failpoint.hit("worker.ids-sealed")
        self._runs[sealed.file] = Sealed.of(_mapped(path, sealed)), sealed
        self._fresh = []
        gone = [*(each.file for each in self._earlier), journal.name]
        self._journal, self._earlier = _Journal(f"{new_id()}.ids"), []
        return [sealed], [*dropped, *gone]

    def delete(self, files: Sequence[str]) -> None:
        for file in files:
            (self.directory / file).unlink(missing_ok=True)


def _within(keys: Hashes, contents: Hashes) -> tuple[Flags, Flags]:
    """Which rows repeat an earlier one of the same rows."""
    again = np.zeros(len(keys), dtype=np.bool_)
    conflict = np.zeros(len(keys), dtype=np.bool_)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    is_first = np.append(True, ordered[1:] != ordered[:-1])[: len(keys)]
    if not is_first.all():
        first = order[np.flatnonzero(is_first)[np.cumsum(is_first) - 1]]
        again[order] = ~is_first
        conflict[order] = contents[order] != contents[first]
    return again, conflict


def _append(path: Path, at: int, data: bytes | memoryview) -> None:
    is_new = not path.exists()
    with path.open("wb" if is_new else "r+b") as file:
        file.seek(at)
        file.write(data)
        file.truncate()
        file.flush()
        os.fdatasync(file.fileno())
    if is_new:
        sync_directory(path.parent)


def digest_of(content: bytes | memoryview) -> str:
    return f"{crc32(content):08x}"


def _mapped(path: Path, listed: IdRun) -> Rows:
    """As they lie in the file: those that count, or that are left of them."""
    rows = min(listed.rows, path.stat().st_size // _ROW)
    if not rows:
        found = np.empty((0, 2), dtype=np.uint64)
    else:
        found = np.memmap(path, np.uint64, "r", shape=(rows, 2)).view(np.ndarray)
    if listed.digest is not None and digest_of(found.data) != listed.digest:
        _log.error("ids are damaged: repeats of what came then may count twice", file=path.name)
        # A row that was hit matches nothing; to drop the others would let all of them repeat.
    return found
