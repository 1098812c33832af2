"""A few entries by their id, in one file that is replaced as a whole, by whichever process."""

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from tidegauge.errors import InputError
from tidegauge.failpoint import hit

T = TypeVar("T")
_FRESH_S = 1.0


class WholeFile(Generic[T]):
    """What another process writes is seen within a second."""

    def __init__(
        self, path: Path, read: Callable[[dict[str, Any]], T], write: Callable[[T], dict[str, Any]]
    ) -> None:
        self._path = path
        self._lock = path.with_name(f".{path.stem}.lock")
        self._load = read
        self._dump = write
        self._seen: tuple[int, int] | None = None
        self._held: dict[str, T] = {}
        self._looked_at = 0.0

    def at(self, now: float = 0.0) -> Mapping[str, T]:
        """The entries, as they were a second ago at the most; without a time, as they are."""
        if now and now - self._looked_at < _FRESH_S:
            return self._held
        self._looked_at = now
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._held, self._seen = {}, None
            return self._held
        if self._seen != (stat.st_mtime_ns, stat.st_ino):
            self._held = self._read()
            self._seen = (stat.st_mtime_ns, stat.st_ino)
        return self._held

    @contextlib.contextmanager
    def changing(self) -> Generator[dict[str, T], None, None]:
        """One change at a time: the file is whole before and after."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            held = self._read()
            yield held
            draft = self._path.with_suffix(".draft")
            hit("web.before-file-write")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump([self._dump(each) for each in held.values()], file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            hit("web.before-file-rename")
            draft.replace(self._path)
            hit("web.after-file-rename")
            _sync_directory(self._path.parent)
            self._held, self._seen = held, None

    def _read(self) -> dict[str, T]:
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        try:
            return {each["id"]: self._load(each) for each in json.loads(text)}
        except (ValueError, TypeError, KeyError):
            message = f"{self._path} is damaged: restore it, or remove it to begin anew"
            raise InputError(message) from None


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
