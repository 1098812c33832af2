"""What the writing and the reading process tell each other: two numbers in two files.

Neither is synced when it changes: one that a power loss takes back only delays.
"""

import logging
import mmap
import os
import re
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Self

from tidegauge.failpoint import hit
from tidegauge.log.batch import START, Position
from tidegauge.log.disk import opened

_SIZE = 16
_LINE = 64
_log = logging.getLogger("tidegauge.log")


class DurableEnd:
    """How far the log is durable, published by the writer after each sync, in shared memory.

    A reader must not go further, or it would commit results for a batch that a power loss takes
    back.  It holds for one boot of the machine: in another one it says nothing until the writer
    has recovered and publishes again.
    """

    def __init__(self, path: Path, *, write: bool) -> None:
        fd = os.open(path, (os.O_RDWR | os.O_CREAT) if write else os.O_RDONLY, 0o600)
        try:
            if write and os.fstat(fd).st_size != _SIZE:
                os.ftruncate(fd, _SIZE)
            access = mmap.ACCESS_WRITE if write else mmap.ACCESS_READ
            self._map = mmap.mmap(fd, _SIZE, access=access)
        finally:
            os.close(fd)
        # An aligned word of 8 bytes is stored and loaded whole.
        self._words = memoryview(self._map).cast("Q")

    @classmethod
    def beside(cls, directory: Path) -> Self | None:
        """The reader's; None where no writer has been yet."""
        try:
            return cls(directory / "durable", write=False)
        except (FileNotFoundError, ValueError):
            return None

    def publish(self, end: Position) -> None:
        self._words[0] = end.segment << 32 | end.offset
        self._words[1] = _BOOT

    def get(self) -> Position:
        if self._words[1] != _BOOT:
            return START
        word = self._words[0]
        return Position(word >> 32, word & 0xFFFF_FFFF)

    def close(self) -> None:
        self._words.release()
        self._map.close()


def _boot() -> int:
    try:
        text = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        text = "unknown"
    return zlib.crc32(text.encode()) + 1


_BOOT = _boot()


class Consumed:
    """Up to where the log is consumed, written by whoever consumes it.

    It is written in place, which needs no room: a full disk must not hinder the release that
    makes room.  What a crash leaves half written fails its checksum, and counts as nothing.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "consumed"
        self._is_doubtful = False

    def put(self, upto: Position) -> None:
        text = str(upto)
        line = f"{text} {zlib.crc32(text.encode())}\n".ljust(_LINE)
        try:
            hit("log.before-release")
            with opened(self._path, os.O_WRONLY | os.O_CREAT) as fd:
                os.pwrite(fd, line.encode(), 0)
            hit("log.after-release")
        except OSError as error:
            _log.warning("%s could not be written, which delays reuse: %s", self._path, error)

    def sync(self) -> None:
        """Before segments go: a start must not take them for missing."""
        if self._is_doubtful:
            # What a failed sync covered is gone from the disk's queue: only a new write brings
            # it there.
            self.put(self.get())
        self._is_doubtful = True
        with suppress(FileNotFoundError), opened(self._path) as fd:
            hit("log.before-release-sync")
            os.fsync(fd)
        self._is_doubtful = False

    def get(self) -> Position:
        """START where nothing is known: what was consumed then stays a while longer."""
        try:
            found = self._path.read_text(encoding="ascii", errors="replace")
        except OSError:
            return START
        match = re.fullmatch(r"(\d+:\d+) (\d+)\n *", found)
        if match is None or int(match[2]) != zlib.crc32(match[1].encode()):
            return START
        return Position.parse(match[1])
