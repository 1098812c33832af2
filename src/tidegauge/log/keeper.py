"""House-keeping on a thread of its own, so that no append waits for it: the indexes of full
segments, the room of released ones, and files that wait to be segments."""

import logging
import os
import secrets
import threading
from contextlib import suppress
from typing import Final

from tidegauge.failpoint import hit
from tidegauge.log.aside import Aside
from tidegauge.log.batch import Position
from tidegauge.log.disk import draft_of, opened, sync_directory, write_whole, write_zeros
from tidegauge.log.ids import Ids
from tidegauge.log.marks import Consumed
from tidegauge.log.reader import LogReader
from tidegauge.log.recovery import Held, Recovered
from tidegauge.log.segment import Segment, Spare, index_path, segment_path

_READY: Final = 1
"""Spares that are made when there are fewer."""
_SPARES: Final = 3
"""Spares that are kept of released segments: a log that is consumed as it grows makes none."""
_log = logging.getLogger("tidegauge.log")


class Keeper:
    def __init__(self, reader: LogReader, ids: Ids, found: Recovered, segment: int) -> None:
        directory = reader.directory
        self.held = found.held
        """Every segment that is not released, in order; the last may be written to."""
        self._directory = directory
        self._reader = reader
        self._ids = ids
        self._segment = segment
        self._active = 0
        self._aside = Aside(directory)
        self._consumed = Consumed(directory)
        self._spares: list[Spare] = []
        for path in sorted(directory.glob("spare-*.log")):
            if path.stat().st_size == segment and len(self._spares) < _SPARES:
                self._spares.append(Spare(path, is_blank=False))
            else:
                path.unlink()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="log-keeper", daemon=True)
        self._thread.start()
        self.wake()

    def wake(self) -> None:
        self._wake.set()

    def opened(self, segment: Segment) -> None:
        """A segment is written to, and so the one before is full."""
        path = segment_path(self._directory, segment.number)
        # First, so that it is never taken for a full one.  The writer waits for no lock here:
        # the other side may hold it through a sync.
        self._active = segment.number
        self.held[segment.number] = Held(
            segment.number, path, segment.size, segment.end, is_saved=False
        )
        self.wake()

    def left(self) -> None:
        """No segment is written to."""
        self._active = 0
        self.wake()

    def has_spare(self) -> bool:
        return bool(self._spares)

    def take_spare(self, size: int) -> Spare | None:
        """Only the writer takes them."""
        return self._spares.pop() if self._spares and size == self._segment else None

    def bytes(self) -> int:
        return sum(held.size for held in list(self.held.values()))

    def oldest(self) -> int:
        """The number of the oldest segment that is held, 0 for none."""
        return next(iter(list(self.held)), 0)

    def unread(self) -> tuple[int, int | None]:
        """Bytes that are not released, and since when the oldest batch in them waits."""
        consumed = self._consumed.get()
        unread, oldest_at = 0, None
        for held in list(self.held.values()):
            index = self._reader.live.get(held.number)
            end, first_at = (index.end, index.first_at) if index else (held.end, held.first_at)
            if Position(held.number, end) > consumed:
                unread += end - (consumed.offset if held.number == consumed.segment else 0)
                oldest_at = first_at if oldest_at is None else oldest_at
        return unread, oldest_at

    def tidy(self) -> None:
        """Also called by the writer when it needs room at once."""
        with self._lock:
            self._save()
            self._free()
            self._ids.prune(self._directory)

    def close(self) -> None:
        self._is_closing = True
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            closing = self._is_closing
            try:
                self.tidy()
                if not closing:
                    self._prepare()
            except OSError as error:
                # Nothing is lost by it, and the next time may do better.
                _log.warning("house-keeping of the log in %s failed: %s", self._directory, error)
            if closing:
                return

    def _save(self) -> None:
        for held in list(self.held.values()):
            if held.is_saved or held.number == self._active:
                continue
            index = self._reader.live[held.number]
            hit("log.before-index")
            write_whole(index_path(self._directory, held.number), index.to_bytes())
            hit("log.after-index")
            held.end, held.batches, held.first_at = index.end, index.batches, index.first_at
            held.is_saved = True
            self._ids.saved(index)
            del self._reader.live[held.number]

    def _free(self) -> None:
        """Give back the segments that are consumed; their batch ids stay, in the index files."""
        consumed = self._consumed.get()
        freed: list[Held] = []
        for held in list(self.held.values()):
            if held.number == self._active or not held.is_saved or not _is_released(held, consumed):
                break
            freed.append(held)
        if not freed:
            return
        self._consumed.sync()
        sync_directory(self._directory)
        spares: list[Spare] = []
        for held in freed:
            hit("log.before-recycle")
            is_wanted = len(self._spares) + len(spares) < _SPARES and held.size == self._segment
            if is_wanted and not self._aside.has(held.path):
                spare = self._directory / f"spare-{held.number:012}.log"
                held.path.rename(spare)
                spares.append(Spare(spare, is_blank=False))
            else:
                held.path.unlink(missing_ok=True)
            hit("log.after-recycle")
            del self.held[held.number]
            self._ids.released(held.number)
        # Before one is written to again: else a power loss could give it its old name back.
        sync_directory(self._directory)
        self._spares.extend(spares)

    def _prepare(self) -> None:
        """Fill files with zeros: writing over blocks that are there already is what makes a
        sync quick, as the file system has nothing of its own to note."""
        while self.held and len(self._spares) < _READY and not self._is_closing:
            space = os.statvfs(self._directory)
            if space.f_bavail * space.f_frsize < 4 * self._segment:
                return
            made = Spare(self._directory / f"spare-{secrets.token_hex(6)}.log", is_blank=True)
            draft = draft_of(made.path)
            hit("log.before-spare")
            try:
                with opened(draft, os.O_RDWR | os.O_CREAT) as fd:
                    write_zeros(fd, self._segment)
                draft.rename(made.path)
            finally:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)
            sync_directory(self._directory)
            hit("log.after-spare")
            self._spares.append(made)


def _is_released(held: Held, consumed: Position) -> bool:
    return Position(held.number, held.end) <= consumed
