"""What a start finds in the directory, and makes of it: exactly the frames that are whole.

A crash may leave the last segment with a half-written end, which was never answered: it is cut
off.  Anything else that is not whole is damage: it is counted and said, the file is kept aside,
and what lies behind it counts all the same.  Nothing that could not be read is deleted.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tidegauge.failpoint import hit
from tidegauge.log.aside import Aside
from tidegauge.log.batch import START, Position
from tidegauge.log.disk import opened, sync_directory, write_whole
from tidegauge.log.frame import BATCH, HEADER, Identity, batch_of, parse
from tidegauge.log.index import Index
from tidegauge.log.marks import Consumed, DurableEnd
from tidegauge.log.names import right_names
from tidegauge.log.scan import Frame, last_byte, read, scan
from tidegauge.log.segment import Opening, index_path, listed, read_opening

_log = logging.getLogger("tidegauge.log")


@dataclass(slots=True)
class Held:
    """A segment that is not released."""

    number: int
    path: Path
    size: int
    """Of the file."""
    end: int
    batches: int = 0
    first_at: int | None = None
    is_saved: bool = True
    """Whether its index is in a file."""


@dataclass(slots=True)
class Recovered:
    stamp: int
    held: dict[int, Held] = field(default_factory=dict[int, Held])
    unsaved: dict[int, Index] = field(default_factory=dict[int, Index])
    damage: dict[Position, int] = field(default_factory=dict[Position, int])
    """How many frames could not be read, by where they begin."""
    torn_bytes: int = 0
    previous: Position = START
    """The end of the last segment."""
    next: int = 1
    """A number that no segment ever had."""


def recover(
    directory: Path,
    stamp: int,
    saved_index: Callable[[int], Index | None],
    learn: Callable[[Index], None],
) -> Recovered:
    """`learn` is given every index there is, oldest first: also those of released segments."""
    for draft in directory.glob(".draft-*"):
        draft.unlink()
    mark, consumed = _published(directory), Consumed(directory).get()
    named = listed(directory)
    recovery = _Recovery(directory, stamp, saved_index, mark)
    right_names(directory, stamp, recovery.found.damage)
    hit("log.recovery-named")
    segments, indexes = listed(directory), listed(directory, "index")
    used = [*named, *segments, *indexes, *Aside(directory).numbers()]
    recovery.found.next = max(*used, mark.segment, consumed.segment) + 1
    recovery.read_openings(segments)
    recovery.find_missing(segments, indexes, consumed)
    for number in sorted({*segments, *indexes}):
        path = segments.get(number)
        is_last = number == max(segments, default=0)
        index = saved_index(number)
        if path is not None:
            index = recovery.examined(path, number, index, is_last=is_last)
        if index is not None:
            learn(index)
    hit("log.recovered")
    return recovery.found


def _published(directory: Path) -> Position:
    durable = DurableEnd.beside(directory)
    if durable is None:
        return START
    try:
        return durable.get()
    finally:
        durable.close()


class _Recovery:
    def __init__(
        self,
        directory: Path,
        stamp: int,
        saved_index: Callable[[int], Index | None],
        mark: Position,
    ) -> None:
        self.found = Recovered(stamp)
        self._directory = directory
        self._stamp = stamp
        self._saved_index = saved_index
        self._mark = mark
        self._aside = Aside(directory)
        self._openings: dict[int, Opening] = {}
        self._ends: dict[int, int] = {}
        """Where segments ended, as the ones that follow them say."""

    def read_openings(self, segments: Mapping[int, Path]) -> None:
        for number, path in segments.items():
            with opened(path) as fd:
                opening = read_opening(fd, Identity(self._stamp, number))
            if opening is not None:
                self._openings[number] = opening
                self._ends[opening.previous] = opening.end

    def find_missing(
        self, segments: Mapping[int, Path], indexes: Iterable[int], consumed: Position
    ) -> None:
        """What should be there, by what the openings, the indexes and the mark say."""
        oldest = max((opening.oldest for opening in self._openings.values()), default=1)
        expected = {*self._ends.items(), self._mark}
        for number in indexes:
            is_released = number < max(oldest, consumed.segment) or number in segments
            index = None if is_released else self._saved_index(number)
            if index is not None:
                expected.add((number, index.end))
        for number, end in expected:
            if number < max(oldest, 1) or (number, end) <= consumed or number in segments:
                continue
            index = self._saved_index(number)
            lost = 1 if index is None else index.batches
            if end and lost:
                self.found.damage[Position(number, 0)] = lost
                _log.error("segment %d of %s is missing", number, self._directory)

    def examined(
        self, path: Path, number: int, saved: Index | None, *, is_last: bool
    ) -> Index | None:
        end = self._ends.get(number, None if saved is None else saved.end)
        size = path.stat().st_size
        index = saved
        if index is None or index.end != end or size < index.end or number not in self._openings:
            index = self._rebuilt(path, number, end, saved, is_last=is_last)
            size = path.stat().st_size
        if index.batches == 0 and not self._aside.has(path):
            path.unlink()
            index_path(self._directory, number).unlink(missing_ok=True)
            sync_directory(self._directory)
            return None
        held = Held(number, path, size, index.end, index.batches, index.first_at)
        if index is not saved:
            self._save(index, held)
        self.found.held[number] = held
        self.found.previous = Position(number, index.end)
        return index

    def _rebuilt(
        self, path: Path, number: int, end: int | None, saved: Index | None, *, is_last: bool
    ) -> Index:
        """The index of a segment, from the segment itself."""
        identity = Identity(self._stamp, number)
        index = Index(self._stamp, number)
        damage: dict[Position, int] = {}
        with opened(path, os.O_RDWR) as fd:
            size = os.fstat(fd).st_size
            for found in scan(fd, identity, 0, size if end is None else end):
                if not isinstance(found, Frame):
                    if end is not None or found.end < size:
                        damage[Position(number, found.start)] = found.frames
                    continue
                index.end = found.end
                if found.kind == BATCH:
                    index.add(batch_of(found.head), found.start, found.end)
            if end is None and self._mark.segment == number and self._mark.offset > index.end:
                damage[Position(number, index.end)] = 1
            elif end is None:
                self._torn(fd, path, identity, index.end)
            if end is not None:
                index.end = end
            elif is_last and not damage:
                hit("log.before-truncate")
                os.ftruncate(fd, index.end)
                os.fsync(fd)
        if damage:
            if saved is not None:
                first = min(damage)
                unexplained = saved.batches - index.batches - sum(damage.values())
                damage[first] += max(0, unexplained)
            self.found.damage |= damage
            self._aside.keep(path)
            _log.error("%s is damaged: %d frames could not be read", path, sum(damage.values()))
        return index

    def _torn(self, fd: int, path: Path, identity: Identity, end: int) -> None:
        """What a crash left behind the last whole frame, as far as it can be told from zeros
        or from what an earlier use of the file has left."""
        size = os.fstat(fd).st_size
        opening = self._openings.get(identity.segment)
        header = parse(read(fd, HEADER, end), 0, identity, end)
        torn = end
        if opening is not None and opening.is_blank:
            torn = last_byte(fd, end, size)
        elif header is not None:
            torn = min(end + header.size, size)
        if torn > end:
            self.found.torn_bytes += torn - end
            self._aside.torn(path, end, read(fd, torn - end, end))

    def _save(self, index: Index, held: Held) -> None:
        try:
            write_whole(index_path(self._directory, index.number), index.to_bytes())
        except OSError:
            # A full disk must not hinder the start: the keeper tries again.
            held.is_saved = False
            self.found.unsaved[index.number] = index
