"""Segments: the files that a log is made of.

A file gets the name of a segment only when its first frame, the opening, is durable in it.  The
opening says where the segment before it ended.  That settles what belongs to a segment whose
last writes failed: nothing behind that end, whatever the disk made of it.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple, Self

from tidegauge.failpoint import hit
from tidegauge.log.disk import draft_of, sync_directory
from tidegauge.log.frame import OPENING, Identity, buffers, note_of, note_parts
from tidegauge.log.scan import frame_at

_OPENING_ROOM = 4096
_SHORT = 4 << 20


def segment_path(directory: Path, number: int) -> Path:
    return directory / f"{number:012}.log"


def index_path(directory: Path, number: int) -> Path:
    return directory / f"{number:012}.index"


def listed(directory: Path, ending: str = "log") -> dict[int, Path]:
    """The segments (or indexes) in a directory, in order."""
    found = re.compile(rf"(\d{{12,}})\.{ending}")
    numbers = {
        int(match[1]): path for path in directory.iterdir() if (match := found.fullmatch(path.name))
    }
    return dict(sorted(numbers.items()))


class Spare(NamedTuple):
    """A file that waits to be a segment: its blocks are allocated, which makes syncs cheap."""

    path: Path
    is_blank: bool
    """Of zeros; else it holds frames of an earlier segment."""


class Opening(NamedTuple):
    previous: int
    """The number of the segment before, 0 for none."""
    end: int
    """Where that one ended."""
    oldest: int
    """The oldest segment that was not yet released then."""
    is_blank: bool
    """Whether the file was of zeros before."""


def read_opening(fd: int, identity: Identity) -> Opening | None:
    frame = frame_at(fd, identity, 0, min(_OPENING_ROOM, os.fstat(fd).st_size))
    if frame is None or frame.kind != OPENING:
        return None
    note = note_of(frame.head)
    return Opening(note["previous"], note["end"], note["oldest"], note["is_blank"])


class Segment:
    """The one that is written to."""

    def __init__(self, fd: int, identity: Identity, end: int, size: int) -> None:
        self._fd = fd
        self.identity = identity
        self.number = identity.segment
        self.end = end
        """Durable up to here."""
        self.size = size

    @classmethod
    def create(
        cls, directory: Path, identity: Identity, opening: Opening, size: int, spare: Path | None
    ) -> Self:
        path = segment_path(directory, identity.segment)
        draft = spare or draft_of(path)
        parts = note_parts(OPENING, opening._asdict())
        hit("log.before-create")
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if spare is None and size <= _SHORT:
                os.pwrite(fd, bytes(size), 0)
            elif spare is None:
                os.posix_fallocate(fd, 0, size)
            self = cls(fd, identity, 0, size)
            hit("log.before-opening")
            self.write(buffers(parts, identity, 0), parts.size)
            # All of it, not only the data: the file may be new, and so its size.
            os.fsync(fd)
            self.end = parts.size
            hit("log.before-segment-rename")
            draft.rename(path)
            hit("log.after-segment-rename")
            sync_directory(directory)
        except BaseException:
            os.close(fd)
            draft.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise
        hit("log.after-create")
        return self

    def write(self, pieces: list[bytes], size: int) -> None:
        """Behind the end, which stays: nothing is there until it is synced."""
        if len(pieces) > os.sysconf("SC_IOV_MAX"):
            pieces = [b"".join(pieces)]
        written = os.pwritev(self._fd, pieces, self.end)
        if written != size:
            raise OSError(f"only {written:,} of {size:,} bytes were written")

    def sync(self, size: int) -> None:
        os.fdatasync(self._fd)
        self.end += size

    @property
    def room(self) -> int:
        return self.size - self.end

    def close(self) -> None:
        os.close(self._fd)


def size_for(need: int, usual: int, *, is_spare_ready: bool) -> int:
    """How large the next segment is.  Without a spare it is short, so that its blocks can be
    written at once: where blocks are only promised, each sync has the file system's notes to
    write too, which is several times slower."""
    least = -(-(need + _OPENING_ROOM) // 8) * 8
    return max(usual if is_spare_ready else min(usual, _SHORT), least)
