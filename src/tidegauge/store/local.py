"""Parts as files under one directory: one machine, no services."""

import os
import secrets
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from tidegauge.failpoint import hit
from tidegauge.store.errors import MissingError
from tidegauge.store.names import checked

_DRAFT: Final = ".draft-"


class LocalStore:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        _make(directory)

    @contextmanager
    def create(self, name: str) -> Generator[BinaryIO]:
        path = self._path(name)
        _make(path.parent)
        draft = path.with_name(f"{_DRAFT}{secrets.token_hex(8)}")
        hit("store.before-draft")
        try:
            with draft.open("xb") as file:
                yield file
                file.flush()
                hit("store.before-sync")
                os.fdatasync(file.fileno())
            hit("store.before-rename")
            # pyarrow syncs nothing, and a rename alone may outlive what was written.
            draft.replace(path)
            hit("store.before-directory-sync")
        finally:
            draft.unlink(missing_ok=True)
        _sync(path.parent)
        hit("store.part-written")

    def size(self, name: str) -> int:
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            raise MissingError(name) from None

    def read(self, name: str, offset: int, size: int) -> bytes:
        try:
            fd = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise MissingError(name) from None
        try:
            return _read(fd, offset, size)
        finally:
            os.close(fd)

    def delete(self, name: str) -> None:
        hit("store.before-delete")
        self._path(name).unlink(missing_ok=True)
        hit("store.after-delete")

    def names(self, prefix: str = "") -> Iterator[str]:
        for path in self._files():
            name = path.relative_to(self.directory).as_posix()
            if not path.name.startswith(_DRAFT) and name.startswith(prefix):
                yield name

    def free(self) -> int:
        found = os.statvfs(self.directory)
        return found.f_bavail * found.f_frsize

    def sweep(self, listed: Collection[str], *, before: int) -> list[str]:
        known = frozenset(listed)
        swept: list[str] = []
        for path in self._files():
            name = path.relative_to(self.directory).as_posix()
            try:
                is_old = path.stat().st_mtime_ns // 1000 < before
            except FileNotFoundError:
                continue
            if is_old and name not in known:
                hit("store.before-sweep")
                path.unlink(missing_ok=True)
                if not path.name.startswith(_DRAFT):
                    swept.append(name)
        return swept

    def _files(self) -> Iterator[Path]:
        for folder, _folders, files in os.walk(self.directory):
            for file in files:
                yield Path(folder, file)

    def _path(self, name: str) -> Path:
        return self.directory / checked(name)


def _read(fd: int, offset: int, size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0:
        piece = os.pread(fd, size, offset)
        if not piece:
            break
        pieces.append(piece)
        offset, size = offset + len(piece), size - len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _make(directory: Path) -> None:
    """A folder whose name is durable, and those above it."""
    if directory.is_dir():
        return
    _make(directory.parent)
    hit("store.before-folder")
    directory.mkdir(exist_ok=True)
    _sync(directory.parent)


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
