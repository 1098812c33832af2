"""The reading half of a log in a directory: beside the writer, or in a process of its own."""

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from tidegauge.errors import InputError, UnreadableError
from tidegauge.log.aside import Aside
from tidegauge.log.batch import START, Batch, Place, Position
from tidegauge.log.disk import opened
from tidegauge.log.frame import BATCH, Identity, batch_of
from tidegauge.log.index import Index
from tidegauge.log.marks import Consumed, DurableEnd
from tidegauge.log.scan import Frame, Hole, frame_at, scan
from tidegauge.log.segment import Opening, index_path, listed, read_opening, segment_path
from tidegauge.log.stamp import read_stamp

MOST: Final = 64 << 20
_INDEXES_KEPT: Final = 16
_log = logging.getLogger("tidegauge.log")


class LogReader:
    """For one thread, except for what the writer shares with it."""

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)
        self.live: dict[int, Index] = {}
        """The indexes that the writer of this process has not yet put in files."""
        self._aside = Aside(self.directory)
        self._consumed = Consumed(self.directory)
        self._durable: DurableEnd | None = None
        self._stamp: int | None = None
        self.damage: dict[Position, int] = {}
        """Frames that were found unreadable, by where they begin."""
        self._ends: dict[int, int] = {}
        self._grown: dict[int, Index] = {}
        self._indexes: OrderedDict[int, Index] = OrderedDict()
        self._indexes_lock = threading.Lock()

    @property
    def damaged(self) -> int:
        """Frames that were found unreadable, each counted once."""
        return sum(self.damage.values())

    def end(self) -> Position:
        if self._durable is None:
            self._durable = DurableEnd.beside(self.directory)
        return START if self._durable is None else self._durable.get()

    def read(self, after: Position, *, most: int = MOST) -> Iterator[tuple[Position, Batch]]:
        given = 0
        for number, limit in self._spans(after):
            start = after.offset if number == after.segment else 0
            for frame in self._frames(number, start, limit):
                if frame.kind != BATCH:
                    continue
                yield Position(number, frame.end), batch_of(frame.head, frame.body)
                given += frame.end - frame.start
                if given >= most:
                    return

    def get(self, place: Place) -> Batch | None:
        number, end = place.position
        try:
            with opened(segment_path(self.directory, number)) as fd:
                frame = frame_at(fd, self._identity(number), end - place.bytes, place.bytes)
                return None if frame is None else batch_of(frame.head, frame.body)
        except FileNotFoundError:
            return None

    def where(
        self, tenant: str, model: str, kind: str | None = None, after: Position = START
    ) -> list[Place]:
        found: list[Place] = []
        after = max(after, self._consumed.get())
        for number, limit in self._spans(after):
            start = after.offset if number == after.segment else 0
            found += self._index(number, limit).places(tenant, model, kind, start)
        return found

    def release(self, upto: Position) -> None:
        if upto > self.end():
            raise InputError(
                f"{upto} cannot be released: the log in {self.directory} ends at {self.end()}"
            )
        if upto > self._consumed.get():
            self._consumed.put(upto)

    def close(self) -> None:
        if self._durable is not None:
            self._durable.close()
            self._durable = None

    def saved_index(self, number: int) -> Index | None:
        """From its file, if that is whole and of this log."""
        try:
            index = Index.of(index_path(self.directory, number).read_bytes())
        except (OSError, UnreadableError, ValueError, KeyError):
            return None
        is_own = (index.stamp, index.number) == self._identity(number)
        return index if is_own else None

    def index_of(self, number: int) -> Index | None:
        """The index of a full segment, kept for a while: who asks once often asks again."""
        live = self.live.get(number)
        if live is not None:
            return live
        with self._indexes_lock:
            index = self._indexes.get(number) or self.saved_index(number)
            if index is not None:
                self._indexes[number] = index
                while len(self._indexes) > _INDEXES_KEPT:
                    self._indexes.popitem(last=False)
            return index

    def forget_index(self, number: int) -> None:
        with self._indexes_lock:
            self._indexes.pop(number, None)

    def _identity(self, number: int) -> Identity:
        if self._stamp is None:
            self._stamp = read_stamp(self.directory)
        return Identity(self._stamp or 0, number)

    def _spans(self, after: Position) -> list[tuple[int, int]]:
        """The segments that hold something durable after a position, and where each ends."""
        end = self.end()
        if end == START:
            return []  # no writer has been here yet
        numbers = [n for n in listed(self.directory) if after.segment <= n <= end.segment]
        return [
            (number, end.offset if number == end.segment else self._end(number, numbers))
            for number in numbers
        ]

    def _end(self, number: int, numbers: list[int]) -> int:
        """Where a full segment ends: as the one that follows it says, or its index."""
        if number not in self._ends:
            for later in numbers:
                opening = self._opening(later) if later > number else None
                if opening is not None and opening.previous == number:
                    self._ends[number] = opening.end
                    return opening.end
            index = self.index_of(number)
            path = segment_path(self.directory, number)
            if index is not None:
                return index.end
            with suppress(FileNotFoundError):
                # Without either it is damaged twice over, and all that is whole is taken.
                return path.stat().st_size
            return 0  # released since it was listed
        return self._ends[number]

    def _opening(self, number: int) -> Opening | None:
        with suppress(FileNotFoundError), opened(segment_path(self.directory, number)) as fd:
            return read_opening(fd, self._identity(number))
        return None

    def _frames(self, number: int, start: int, limit: int) -> Iterator[Frame]:
        path = segment_path(self.directory, number)
        try:
            with opened(path) as fd:
                for found in scan(fd, self._identity(number), start, limit):
                    if isinstance(found, Frame):
                        yield found
                    elif not _is_at(path, fd):
                        return  # released and recycled while we read
                    else:
                        self._note(path, Position(number, found.start), found)
        except FileNotFoundError:
            return  # released

    def _note(self, path: Path, at: Position, hole: Hole) -> None:
        if at not in self.damage:
            self.damage[at] = hole.frames
            _log.error("%s: bytes %d to %d are damaged", path, hole.start, hole.end)
            self._aside.keep(path)

    def _index(self, number: int, limit: int) -> Index:
        """Of a segment that is not full the other process has none yet: it is made here."""
        index = self.index_of(number)
        if index is None:
            identity = self._identity(number)
            index = self._grown.setdefault(number, Index(identity.stamp, number))
            for frame in self._frames(number, index.end, limit):
                if frame.kind == BATCH:
                    index.add(batch_of(frame.head), frame.start, frame.end)
            index.end = limit
        else:
            self._grown.pop(number, None)
        return index


def _is_at(path: Path, fd: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except FileNotFoundError:
        return False
