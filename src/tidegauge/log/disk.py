"""What must be done so that a file is still there, and whole, after a power loss."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tidegauge.failpoint import hit


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable: a file's own sync does not."""
    hit("log.before-directory-sync")
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    hit("log.after-directory-sync")


def write_whole(path: Path, body: bytes) -> None:
    """Write beside the target, sync, rename, sync the name: all of it is there, or none."""
    draft = draft_of(path)
    try:
        hit("log.before-whole-write")
        with draft.open("wb") as file:
            file.write(body)
            file.flush()
            hit("log.before-whole-sync")
            os.fsync(file.fileno())
        hit("log.before-whole-rename")
        draft.replace(path)
        hit("log.after-whole-rename")
    finally:
        draft.unlink(missing_ok=True)
    sync_directory(path.parent)


def draft_of(path: Path) -> Path:
    """A name that the next start removes; each target has one maker at a time."""
    return path.with_name(f".draft-{path.name}")


@contextmanager
def opened(path: Path, flags: int = os.O_RDONLY) -> Generator[int]:
    fd = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def write_zeros(fd: int, size: int, piece: int = 1 << 20) -> None:
    """Fill a file with zeros and sync as it goes: a large sync at once would hold up others'."""
    zeros = bytes(min(piece, size))
    at = 0
    while at < size:
        written = os.pwrite(fd, zeros[: size - at], at)
        if written == 0:
            raise OSError("a write of zeros wrote nothing")
        at += written
        os.fdatasync(fd)
    os.fsync(fd)
