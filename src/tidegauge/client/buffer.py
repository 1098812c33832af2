"""Where records wait between the caller's thread and the worker's.

The caller's side is `put`: no lock, no wait, nothing of the operating system but the clock.  It may
be interrupted anywhere by a signal handler or a finalizer that calls it again.
"""

import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, Protocol

from tidegauge.client.books import Books, Reason, Tally
from tidegauge.client.snapshot import PLAIN, copied, weight
from tidegauge.client.unfit import UnfitError
from tidegauge.record import limits

Single = tuple[str, dict[str, object], int, int]
"""Kind, fields, nanoseconds since 1970, weight (0 where it was not weighed)."""

_KIB: Final = 1024
# A record of a mebibyte on the wire has at most four bytes a character here, and its names.
_NEVER_FITS: Final = 8 * limits.RECORD
# After so many light records in a row it is taken that the next ones are light.
_LIGHT_AGAIN: Final = 64
# One record in so many is weighed while all are light.
_WEIGHED: Final = 16


class Many(Protocol):
    """Rows that came together: one item that counts as many records."""

    @property
    def kind(self) -> str: ...
    @property
    def model_id(self) -> object: ...
    @property
    def count(self) -> int: ...
    @property
    def weight(self) -> int: ...
    @property
    def at(self) -> int: ...
    def rows(self) -> list[dict[str, object]]: ...


class Mark:
    """A place in the queue: all that was put before it has come to an end when `done` is called."""

    __slots__ = ("done",)

    def __init__(self, done: Callable[[], object]) -> None:
        self.done = done


# After a `Many` come its count less one of None, so that the length of the queue is the number of
# records in it, which the caller can read without a lock.
Item = Single | Many | Mark | None


class Buffer:
    def __init__(self, books: Books, max_records: int, max_bytes: int, wake_at: int) -> None:
        self._books = books
        self._max_records = max_records
        self._max_kib = max_bytes // _KIB
        self._share = max_bytes // max_records
        self._wake_at = min(wake_at, max_records)
        self.start: Callable[[], None] = lambda: None
        self.reset()

    def reset(self) -> None:
        self.items: deque[Item] = deque()
        self.signals: SimpleQueue[None] = SimpleQueue()
        self.running = False
        self.closed = False
        self._signalled = False
        self._room = self._max_records
        # Until the worker has seen some records, each is weighed.
        self._careful = True
        self._light = 0
        self._is_tight = False
        self._weighed_in = Tally()
        self._weighed_out = 0
        self._kib_in = Tally()
        self._kib_out = 0
        self._waiting_kib = 0

    def put(self, kind: str, fields: dict[str, object], number: int) -> bool:
        """Take a record.  `fields` is the caller's no more."""
        now = time.time_ns()
        items = self.items
        if len(items) >= self._room:
            self._refuse(model_of(fields), now)
            return False
        try:
            for name, value in fields.items():
                if type(value) not in PLAIN:
                    fields[name] = copied(value)
            size = 0
            if self._careful or not number % _WEIGHED:
                size = self._weigh(fields)
        except BaseException as error:
            # Whatever the caller's objects do, the caller goes on; only Ctrl-C goes to the caller.
            self._books.drop(model_of(fields), _reason(error), now // 1000)
            if not isinstance(error, Exception):
                raise
            return False
        items.append((kind, fields, now, size))
        if not self.running:
            self.start()
        elif len(items) >= self._wake_at and not self._signalled:
            self.wake()
        return True

    def put_many(self, many: Many) -> bool:
        if len(self.items) + many.count > self._room or self._is_over(many.weight):
            self._refuse(many.model_id, many.at, many.count)
            return False
        self._count_in(many.weight, many.count)
        self.items.extend([many, *[None] * (many.count - 1)])
        if not self.running:
            self.start()
        elif len(self.items) >= self._wake_at and not self._signalled:
            self.wake()
        return True

    def has_room(self, records: int, size: int) -> bool:
        return self.closed or (len(self.items) + records <= self._room and not self._is_over(size))

    def why_not(self) -> Reason:
        return "shutdown" if self.closed else "queue_full"

    def wake(self) -> None:
        self._signalled = True
        self.signals.put(None)

    def close(self) -> None:
        self.closed = True
        self._room = -1

    def _refuse(self, model_id: object, now: int, records: int = 1) -> None:
        self._books.drop(model_id, self.why_not(), now // 1000, records)
        if not self.running and not self.closed:
            self.start()

    def _weigh(self, fields: dict[str, object]) -> int:
        size = weight(fields)
        if size > _NEVER_FITS:
            raise UnfitError("too_large", "a record far above what the server takes")
        if size > self._share:
            self._careful = True
            self._light = 0
        if not self._careful:
            return 0
        if self._is_over(size):
            raise UnfitError("queue_full", "the queue holds as many bytes as it may")
        self._count_in(size, 1)
        self._light += 1
        if self._light > _LIGHT_AGAIN and not self._is_tight:
            self._light = 0
            # What was weighed is part of what the others may take.
            weighed_kib = int(self._kib_in) - self._kib_out
            self._careful = weighed_kib * 4 > self._max_kib
        return size

    def _is_over(self, size: int) -> bool:
        kib, weighed = int(self._kib_in) - self._kib_out, int(self._weighed_in) - self._weighed_out
        light = max(len(self.items) - weighed, 0) * self._share // _KIB
        return kib + light + self._waiting_kib + size // _KIB > self._max_kib

    def _count_in(self, size: int, records: int) -> None:
        self._kib_in.add(_whole_kib(size))
        self._weighed_in.add(records)

    # The worker's side.

    def take(self, most: int) -> list[Single | Many | Mark]:
        """The oldest records, with no more than `most` of them unless they came together."""
        self._signalled = False
        items, taken = self.items, list[Single | Many | Mark]()
        for _ in range(most):
            try:
                item = items.popleft()
            except IndexError:
                break
            if item is not None:
                taken.append(item)
        return taken

    def weighed_out(self, size: int, records: int) -> None:
        self._kib_out += _whole_kib(size)
        self._weighed_out += records

    def settle(self, waiting_records: int, waiting_bytes: int) -> None:
        """Told by the worker after each step: what waits on its side."""
        if not self.closed:
            self._room = self._max_records - waiting_records
        self._waiting_kib = waiting_bytes // _KIB
        self._is_tight = self._waiting_kib * 2 > self._max_kib
        if self._is_tight:
            self._careful = True


def model_of(fields: dict[str, object]) -> str:
    """The model of a record that is dropped.  It may be anything, so nothing is asked of it."""
    for name in ("model_id", "model_name"):
        found = fields.get(name)
        if type(found) is str:
            return found
    return ""


def _reason(error: BaseException) -> Reason:
    if isinstance(error, UnfitError):
        return error.reason
    if isinstance(error, RecursionError):
        return "too_deep"
    return "serialize" if isinstance(error, Exception) else "internal"


def _whole_kib(size: int) -> int:
    return -(-size // _KIB)
