"""Batches as files in a directory, so that an outage or a crash loses little.

A process has a directory of its own in the one that is given, which it holds by a lock on a file;
the operating system lets go of it when the process dies, and the next process sends what is there,
under the ids that it had.  A file is written beside its place and renamed, and carries a checksum.
It is not synced: it outlives the process, not the machine.
"""

import contextlib
import json
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from tidegauge.client.quiet import Voice
from tidegauge.failpoint import hit

if TYPE_CHECKING:
    from tidegauge.client.batch import Batch

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: what a process leaves is not taken over
    fcntl = None

_SUFFIX: Final = ".batch"


class Spool:
    def __init__(self, directory: str | os.PathLike[str], max_bytes: int, voice: Voice) -> None:
        self._root = Path(directory)
        self._max_bytes = max_bytes
        self._voice = voice
        self._own: Path | None = None
        self._held: dict[Path, int] = {}
        self._used = 0

    def save(self, batch: "Batch") -> None:
        """Move the body to disk, or leave it in memory if that cannot be."""
        body = batch.body
        if body is None:
            return
        if self._used + len(body) > self._max_bytes:
            self._voice.say("spool", "the spool is full; what comes now waits in memory")
            return
        said = {
            "kind": batch.kind,
            "model_id": batch.model_id,
            "rows": batch.rows,
            "id": batch.id,
            "born": batch.born,
            "crc": zlib.crc32(body),
        }
        draft: Path | None = None
        try:
            if self._own is None:
                self._own = self._make_own()
            path = self._own / f"{batch.id}{_SUFFIX}"
            draft = path.with_suffix(".draft")
            hit("spool.before-write")
            draft.write_bytes(json.dumps(said).encode() + b"\n" + body)
            hit("spool.before-rename")
            draft.replace(path)
            hit("spool.after-rename")
        except OSError as error:
            self._voice.say(
                "spool", f"the spool cannot be written ({error.strerror}); using memory"
            )
            if draft is not None:
                with contextlib.suppress(OSError):
                    draft.unlink()
            return
        self._used += len(body)
        batch.path = path
        batch.body = None

    def load(self, batch: "Batch") -> bytes | None:
        found = None if batch.path is None else self._read(batch.path)
        return None if found is None else found[1]

    def remove(self, batch: "Batch") -> None:
        if batch.path is not None:
            self._used -= batch.size
            with contextlib.suppress(OSError):
                batch.path.unlink()

    def adopted(self) -> "list[Batch]":
        """What processes left that are no more, in the order in which it was made.

        To be asked now and then: the one before may take a while to end.
        """
        if fcntl is None:
            return []
        from tidegauge.client.batch import Batch  # noqa: PLC0415 - it loads pyarrow

        found: list[Batch] = []
        for path in self._left_behind():
            if path.suffix != _SUFFIX:
                with contextlib.suppress(OSError):
                    path.unlink()
                continue
            read = self._read(path)
            if read is None:
                continue
            said, body = read
            self._used += len(body)
            found.append(
                Batch(
                    kind=str(said["kind"]),
                    model_id=str(said["model_id"]),
                    rows=int(str(said["rows"])),
                    size=len(body),
                    body=None,
                    place=0,
                    id=str(said["id"]),
                    born=float(str(said["born"])),
                    path=path,
                )
            )
        return sorted(found, key=lambda batch: batch.id)

    def close(self) -> None:
        for directory in self._held:
            if any(directory.glob(f"*{_SUFFIX}")):
                continue
            with contextlib.suppress(OSError):
                (directory / "lock").unlink()
                directory.rmdir()
        self.forget()

    def forget(self) -> None:
        """In a forked child: the locks are the parent's, and are to end with it."""
        for lock in self._held.values():
            with contextlib.suppress(OSError):
                os.close(lock)
        self._held = {}
        self._own = None

    def _make_own(self) -> Path:
        while True:
            own = self._root / uuid4().hex
            own.mkdir(parents=True, mode=0o700)
            # Another process may have taken it for one that is left behind.
            if self._lock(own):
                return own

    def _lock(self, directory: Path) -> bool:
        """Whether the directory is ours now."""
        try:
            lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return False
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
                return False
        self._held[directory] = lock
        return True

    def _left_behind(self) -> list[Path]:
        try:
            there = [each for each in self._root.iterdir() if each.is_dir()]
        except OSError:
            return []
        return [
            path
            for directory in there
            if directory not in self._held and self._lock(directory)
            for path in sorted(directory.iterdir())
            if path.name != "lock" and path.suffix != ".corrupt"
        ]

    def _read(self, path: Path) -> tuple[dict[str, object], bytes] | None:
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            said: dict[str, object] = json.loads(head)
            if said["crc"] == zlib.crc32(body):
                return said, body
        except (OSError, ValueError, KeyError, TypeError):
            pass
        self._voice.say("spool-corrupt", f"a damaged file of the spool was set aside: {path.name}")
        with contextlib.suppress(OSError):
            path.replace(path.with_suffix(".corrupt"))
        return None
