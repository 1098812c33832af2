"""The log as files in one directory: one machine, no services.

000000000012.log    a segment: frames of batches, written in order and never changed
000000000012.index  what is in it; stays for its batch ids when the segment is released
spare-*.log         files with their blocks allocated, to be the next segments
durable, consumed   how far it is durable, and how far it is consumed
stamp, lock         which log it is, and who writes to it
aside/              what could not be read
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

from tidegauge.errors import InputError
from tidegauge.log.aside import Aside
from tidegauge.log.batch import START, Batch, Health, Place, Position, Seen
from tidegauge.log.disk import sync_directory
from tidegauge.log.errors import ClosedError, FailedError, FullError
from tidegauge.log.frame import batch_parts
from tidegauge.log.ids import MOST as MOST_IDS
from tidegauge.log.ids import Ids, now
from tidegauge.log.keeper import Keeper
from tidegauge.log.lock import Lock
from tidegauge.log.marks import DurableEnd
from tidegauge.log.reader import MOST, LogReader
from tidegauge.log.recovery import recover
from tidegauge.log.stamp import make_stamp
from tidegauge.log.writer import Waiting, Writer


class LocalLog:
    def __init__(
        self,
        directory: Path,
        *,
        cap: int = 8 << 30,
        segment: int = 64 << 20,
        waiting: int = 256 << 20,
        most_ids: int = MOST_IDS,
        clock: Callable[[], int] = now,
    ) -> None:
        """`waiting` is how many bytes may wait for the disk.

        `clock` tells the time in microseconds since 1970, for how long a batch id is known.
        """
        if segment % 8 or segment < 8192 or cap < 2 * segment:
            raise InputError(
                f"a log of {cap} bytes in segments of {segment}: a segment is at least 8,192"
                " bytes, a multiple of 8, and the log has room for two"
            )
        directory = Path(directory)
        _make(directory)
        self._most_waiting = waiting
        self._is_closed = False
        self._lock = Lock(directory / "lock")
        try:
            stamp = make_stamp(directory)
            self._reader = reader = LogReader(directory)
            self._ids = Ids(reader, clock, most_ids)
            self._found = recover(directory, stamp, reader.saved_index, self._ids.learn)
            self._ids.released_but(self._found.held)
            reader.damage |= self._found.damage
            reader.live |= self._found.unsaved
            self._durable = DurableEnd(directory / "durable", write=True)
            # Beyond all that was ever given: the next segment begins there.
            self._durable.publish(Position(self._found.next, 0))
        except BaseException as error:
            self._lock.release()
            if isinstance(error, OSError):
                raise FailedError(
                    f"the log in {directory} cannot be opened: {error}; check the disk"
                ) from error
            raise
        self._aside = Aside(directory)
        self._keeper = Keeper(reader, self._ids, self._found, segment)
        self._writer = Writer(
            reader, self._found, self._ids, self._keeper, self._durable, segment=segment, cap=cap
        )
        self._appending = threading.Lock()

    def append(self, batch: Batch) -> Future[Position]:
        parts = batch_parts(batch)
        future: Future[Position] = Future()
        # It is in the group soon: who cancels would not know whether it became durable.
        future.set_running_or_notify_cancel()
        with self._appending:
            if self._is_closed:
                raise ClosedError("the log is closed")
            if self._writer.waiting_bytes > self._most_waiting:
                raise FullError(
                    f"{self._writer.waiting_bytes:,} bytes already wait for the disk; try later"
                )
            self._writer.put(Waiting(batch, parts, future))
        return future

    def seen(self, tenant: str, batch_id: str) -> Seen | None:
        return self._ids.find(tenant, batch_id)

    def read(self, after: Position, *, most: int = MOST) -> Iterator[tuple[Position, Batch]]:
        return self._reader.read(after, most=most)

    def get(self, place: Place) -> Batch | None:
        return self._reader.get(place)

    def end(self) -> Position:
        return self._reader.end()

    def where(
        self, tenant: str, model: str, kind: str | None = None, after: Position = START
    ) -> list[Place]:
        return self._reader.where(tenant, model, kind, after)

    def release(self, upto: Position) -> None:
        self._reader.release(upto)
        self._keeper.wake()

    def health(self) -> Health:
        writer, keeper = self._writer, self._keeper
        unread, oldest_at = keeper.unread()
        return Health(
            state=writer.state,
            detail=str(writer.trouble or writer.last_failure),
            bytes=keeper.bytes(),
            segments=len(keeper.held),
            oldest_at=oldest_at,
            unread_bytes=unread,
            aside=self._aside.files(),
            damaged=self._reader.damaged,
            torn_bytes=self._found.torn_bytes,
            failures=writer.failures,
        )

    def close(self) -> None:
        with self._appending:
            if self._is_closed:
                return
            self._is_closed = True
        self._writer.close()
        self._keeper.close()
        self._reader.close()
        self._durable.close()
        self._lock.release()


def _make(directory: Path) -> None:
    if not directory.is_dir():
        directory.mkdir(parents=True, exist_ok=True)
        sync_directory(directory.parent)
