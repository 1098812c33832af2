"""The one thread that writes: what waits is written at once, synced once, then answered.

While a sync runs the next group gathers, so the busier the log, the larger the groups, and the
rate of syncs is the disk's own.  After a failed write or sync nothing more is written to that
file, and the sync is not tried again: the kernel forgets what it could not write, and a second
sync would say that all is well (Rebello et al., "Can applications recover from fsync failures?").
The next segment's opening says where the failed one ended.
"""

import errno
import logging
import threading
from collections import deque
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

from tidegauge.failpoint import hit
from tidegauge.log.batch import Batch, Position, State
from tidegauge.log.errors import FailedError, FullError, LogError, NoSpaceError
from tidegauge.log.frame import Identity, Parts, buffers
from tidegauge.log.ids import Ids
from tidegauge.log.index import Index
from tidegauge.log.keeper import Keeper
from tidegauge.log.marks import DurableEnd
from tidegauge.log.reader import LogReader
from tidegauge.log.recovery import Recovered
from tidegauge.log.segment import Opening, Segment, size_for

_GROUP_BYTES: Final = 8 << 20
_GROUP_BATCHES: Final = 4096
_PROBE_SECONDS: Final = 0.5
"""How often a log in trouble looks whether it is over, when nothing is appended."""
_log = logging.getLogger("tidegauge.log")


class Waiting(NamedTuple):
    batch: Batch
    parts: Parts
    future: Future[Position]


class Writer:
    def __init__(
        self,
        reader: LogReader,
        found: Recovered,
        ids: Ids,
        keeper: Keeper,
        durable: DurableEnd,
        *,
        segment: int,
        cap: int,
    ) -> None:
        self.trouble: LogError | None = None
        self.failures = 0
        self.last_failure = ""
        self._put_bytes = 0
        self._done_bytes = 0
        self._directory = reader.directory
        self._stamp = found.stamp
        self._previous = found.previous
        self._next = found.next
        self._keeper = keeper
        self._live = reader.live
        self._ids = ids
        self._publish = durable.publish
        self._segment_size = segment
        self._cap = cap
        self._segment: Segment | None = None
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._waiting: deque[Waiting] = deque()
        self._group: list[Waiting] = []
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    @property
    def state(self) -> State:
        match self.trouble:
            case None:
                return "ok"
            case FullError():
                return "full"
            case NoSpaceError():
                return "no-space"
            case _:
                return "failing"

    @property
    def waiting_bytes(self) -> int:
        """Two counts, because each is changed by one side alone."""
        return self._put_bytes - self._done_bytes

    def put(self, waiting: Waiting) -> None:
        """Called under a lock, and not after `close`."""
        self._put_bytes += waiting.parts.size
        self._queue.put(waiting)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._gather()
                if not self._waiting:
                    break
                self._step()
            except Exception as error:  # noqa: BLE001 - a fault of ours
                # It must not leave anyone waiting for ever.
                _log.exception("the log in %s could not write", self._directory)
                self._leave()
                left = [waiting for waiting in self._group if not waiting.future.done()]
                self._fail([*left, *self._waiting], FailedError(f"the log failed: {error!r}"))
                self._waiting.clear()
        self._leave()

    def _gather(self) -> None:
        """Take what waits, and wait if there is nothing, until the log is closed."""
        while not self._is_closing:
            try:
                if self._waiting:
                    item = self._queue.get_nowait()
                else:
                    item = self._queue.get(timeout=_PROBE_SECONDS if self.trouble else None)
            except Empty:
                if self._waiting:
                    return
                self._probe()
                continue
            if item is None:
                self._is_closing = True
            else:
                self._waiting.append(item)

    def _probe(self) -> None:
        try:
            self._open(0)
            self.trouble = None
        except LogError as error:
            self.trouble = error

    def _step(self) -> None:
        self._group, size = self._fitting()
        if self._group:
            self._commit(self._group, size)
            return
        first = self._waiting[0]
        try:
            self._open(first.parts.size)
        except LogError as error:
            # A smaller batch may fit where this one did not; a broken disk takes none.
            gone = 1 if isinstance(error, FullError) else len(self._waiting)
            self._fail([self._waiting.popleft() for _ in range(gone)], error)

    def _fitting(self) -> tuple[list[Waiting], int]:
        """As many as the segment has room for, and one write should hold."""
        group: list[Waiting] = []
        size = 0
        room = 0 if self._segment is None else self._segment.room
        while self._waiting and len(group) < _GROUP_BATCHES:
            more = size + self._waiting[0].parts.size
            if more > room or (group and more > _GROUP_BYTES):
                break
            group.append(self._waiting.popleft())
            size = more
        return group, size

    def _commit(self, group: list[Waiting], size: int) -> None:
        segment = self._segment
        assert segment is not None  # noqa: S101 - nothing fits in none
        pieces: list[bytes] = []
        ends: list[int] = []
        at = segment.end
        for waiting in group:
            pieces += buffers(waiting.parts, segment.identity, at)
            at += waiting.parts.size
            ends.append(at)
        try:
            hit("log.before-write")
            segment.write(pieces, size)
            hit("log.before-sync")
            segment.sync(size)
            hit("log.after-sync")
        except OSError as error:
            self._leave()
            self._fail(group, self._failure("written", error))
            return
        self._note(group, ends)
        self._publish(self._previous)
        self.trouble = None
        self._done_bytes += size
        hit("log.before-answer")
        for waiting, end in zip(group, ends, strict=True):
            waiting.future.set_result(Position(segment.number, end))
        hit("log.after-answer")

    def _note(self, group: list[Waiting], ends: list[int]) -> None:
        number = self._previous.segment
        index = self._live[number]
        for waiting, end in zip(group, ends, strict=True):
            hashed = index.add(waiting.batch, end - waiting.parts.size, end)
            if hashed is not None:
                self._ids.add(hashed, number)
        self._previous = Position(number, ends[-1])

    def _open(self, need: int) -> None:
        """Leave the segment and begin one with room for `need` bytes."""
        size = size_for(need, self._segment_size, is_spare_ready=self._keeper.has_spare())
        if self._keeper.bytes() + size > self._cap:
            self._tidy()
            if self._keeper.bytes() + size > self._cap:
                raise FullError(
                    f"the log in {self._directory} is full: {self._keeper.bytes():,} of"
                    f" {self._cap:,} bytes wait to be consumed; is a worker running? try later"
                )
        spare = self._keeper.take_spare(size)
        opening = Opening(
            *self._previous, self._keeper.oldest() or self._next, spare is None or spare.is_blank
        )
        identity = Identity(self._stamp, self._next)
        # Whatever becomes of it, no other segment gets this number.
        self._next += 1
        try:
            segment = Segment.create(
                self._directory, identity, opening, size, None if spare is None else spare.path
            )
        except OSError as error:
            raise self._failure("opened", error) from error
        if self._segment is not None:
            self._segment.close()
        self._segment = segment
        self._live[segment.number] = index = Index(self._stamp, segment.number)
        index.end = segment.end
        self._previous = Position(segment.number, segment.end)
        self._keeper.opened(segment)

    def _tidy(self) -> None:
        try:
            self._keeper.tidy()
        except OSError as error:
            raise self._failure("tidied", error) from error

    def _leave(self) -> None:
        if self._segment is not None:
            self._segment.close()
            self._segment = None
            self._keeper.left()

    def _failure(self, what: str, error: OSError) -> LogError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return NoSpaceError(
                f"no space left for the log in {self._directory}: nothing is taken until there is"
            )
        self.failures += 1
        self.last_failure = f"a segment of {self._directory} could not be {what}: {error}"
        _log.error("%s", self.last_failure)
        return FailedError(f"{self.last_failure}; check the disk")

    def _fail(self, group: list[Waiting], error: LogError) -> None:
        self.trouble = error
        for waiting in group:
            self._done_bytes += waiting.parts.size
            waiting.future.set_exception(error)
