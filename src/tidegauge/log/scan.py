"""Going through the frames of a file: whole ones in order, and what lies between them.

A frame with a damaged body is stepped over by its length, which the header's own checksum
vouches for.  Behind a damaged header the next whole one of this file is searched for.  So every
whole frame is found, whatever comes before it, and each byte is looked at once or twice.
"""

import os
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from tidegauge.log.frame import HEADER, MAGIC, Buffer, Header, Identity, parse

_WINDOW: Final = 1 << 20
_PAGE: Final = 4096


class Frame(NamedTuple):
    start: int
    end: int
    kind: int
    head: Buffer
    body: Buffer


class Hole(NamedTuple):
    """What is no whole frame of this file."""

    start: int
    end: int
    frames: int
    """How many were lost, as far as can be told: at least one."""


def scan(fd: int, identity: Identity, start: int, limit: int) -> Iterator[Frame | Hole]:
    """Frames from `start`, which is where one begins, up to `limit`."""
    window = _Window(fd, limit)
    at = start
    hole: int | None = None
    lost = 0
    searching = False
    while at < limit:
        header = parse(window.get(at, HEADER), 0, identity, at)
        if header is None or at + header.size > limit:
            hole = at if hole is None else hole
            lost += not searching
            searching = True
            at = window.find(at + 8)
            continue
        searching = False
        payload = window.get(at + HEADER, header.head + header.body)
        if _is_whole(payload, header):
            if hole is not None:
                yield Hole(hole, at, lost)
                hole, lost = None, 0
            head, body = payload[: header.head], payload[header.head :]
            yield Frame(at, at + header.size, header.kind, head, body)
        else:
            hole = at if hole is None else hole
            lost += 1
        at += header.size
    if hole is not None:
        yield Hole(hole, limit, lost)


def frame_at(fd: int, identity: Identity, start: int, size: int) -> Frame | None:
    """The frame that begins here, if it is whole."""
    first = next(scan(fd, identity, start, start + size), None)
    return first if isinstance(first, Frame) and first.start == start else None


def last_byte(fd: int, start: int, limit: int) -> int:
    """The end of the last byte that is not zero, or `start`."""
    window = _Window(fd, limit)
    end = limit
    while end > start:
        at = max(start, end - _WINDOW)
        found = bytes(window.get(at, end - at))
        if kept := found.rstrip(b"\0"):
            return at + len(kept)
        end = at
    return start


def _is_whole(payload: Buffer, header: Header) -> bool:
    return len(payload) == header.head + header.body and zlib.crc32(payload) == header.check


class _Window:
    """The bytes of a file, read in pieces large enough for many small frames."""

    def __init__(self, fd: int, limit: int) -> None:
        self._fd = fd
        self._limit = limit
        self._start = 0
        self._bytes = b""

    def get(self, at: int, size: int) -> memoryview:
        """Fewer at the end of the file."""
        size = min(size, self._limit - at)
        if not self._start <= at <= at + size <= self._start + len(self._bytes):
            self._bytes = read(self._fd, max(size, min(_WINDOW, self._limit - at)), at)
            self._start = at
        first = at - self._start
        return memoryview(self._bytes)[first : first + size]

    def find(self, at: int) -> int:
        """Where the next header could begin, or the limit."""
        while at < self._limit:
            # Headers lie at multiples of 8, so none lies across the end of a window.
            size = min(_WINDOW, self._limit - at)
            self.get(at, size)
            found = self._bytes.find(MAGIC, at - self._start)
            while found >= 0 and (self._start + found) % 8:
                found = self._bytes.find(MAGIC, found + 1)
            if found >= 0:
                return self._start + found
            at += size
        return self._limit


def read(fd: int, size: int, at: int) -> bytes:
    """Where the disk cannot read a page, zeros stand for it: no whole frame is made of those."""
    try:
        return os.pread(fd, size, at)
    except OSError:
        if size <= _PAGE:
            return bytes(size)
    return b"".join(read(fd, min(_PAGE, size - step), at + step) for step in range(0, size, _PAGE))
