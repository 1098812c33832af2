"""The one background thread of a client: takes what waits, makes batches, sends them, keeps books.

While the server does not answer, all wait, up to the limits of the queue.
"""

import _thread
import contextlib
import time
from collections import deque
from collections.abc import Callable
from queue import Empty
from typing import TYPE_CHECKING, Final

from tidegauge.client import exit as leaving
from tidegauge.client.books import Books
from tidegauge.client.buffer import Buffer, Mark, model_of
from tidegauge.client.delivery import Messenger
from tidegauge.client.outbox import Outbox
from tidegauge.client.quiet import Voice
from tidegauge.client.sender import Sender
from tidegauge.client.settings import Settings

if TYPE_CHECKING:
    from tidegauge.client.packer import Packer

# With a spool, what a crash can lose is at most this old.
_SPOOL_EVERY: Final = 0.1
# What processes left that ended after this one began.
_ADOPT_EVERY: Final = 5.0
_START_AGAIN: Final = 1.0
_MOMENT: Final = 0.1
# A client that is forgotten without `close()` tries for so long.
_LET_GO: Final = 60.0


class Worker:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.books = Books()
        self._voice = Voice()
        self.buffer = Buffer(
            self.books, settings.max_records, settings.max_bytes, settings.batch_rows
        )
        self.buffer.start = self.start
        self._messenger = Messenger(settings.on_delivery, self.books, self._voice)
        self._outbox = Outbox(settings, self.books, self._voice, self._messenger)
        leaving.prepare()
        self._sender = Sender(settings, self._outbox, self.books, self._voice)
        self._every = settings.flush_interval
        if settings.spool is not None:
            self._every = min(self._every, _SPOOL_EVERY)
        self._begin()
        leaving.known(self)

    def _begin(self) -> None:
        # Everything that a forked child must not share with its parent.
        self._starting = _thread.allocate_lock()
        self._start_at = 0.0
        self._leave_at: float | None = None
        self.abandoned = 0
        self._thread = 0
        self._marks: deque[tuple[int, Mark]] = deque()
        self._packer: Packer | None = None
        self._take_at = 0.0
        self._adopt_at = 0.0

    # In the caller's thread.

    def start(self) -> None:
        """Start the thread, if nobody does so at this moment.

        By the lowest of all means: `threading.Thread` takes a lock that a signal handler may find
        taken, and waits until the thread runs.
        """
        now = time.monotonic()
        if now < self._start_at or not self._starting.acquire(blocking=False):
            return
        try:
            if not self.buffer.running:
                self._start_at = now + _START_AGAIN
                leaving.running(self)
                self.buffer.running = True
                try:
                    _thread.start_new_thread(self._run, ())
                except (RuntimeError, MemoryError):
                    # No more threads, or the interpreter is on its way out.
                    self.buffer.running = False
        finally:
            self._starting.release()

    def flush(self) -> Callable[[], bool]:
        """Ask for all that was logged to be sent; the answer says whether it has been."""
        reached: list[None] = []
        if self.is_empty():
            return lambda: True
        self.buffer.items.append(Mark(lambda: reached.append(None)))
        self.start()
        self.buffer.wake()
        return lambda: bool(reached) or self.is_empty()

    def check(self, kind: str, fields: dict[str, object]) -> None:
        """Raise `UnfitError` for what would not be sent: slow, and for `strict` only."""
        from tidegauge.client.packer import Packer  # noqa: PLC0415 - it loads pyarrow

        packer = Packer(self._settings, self.books, self._voice, self._messenger)
        packer.checked(kind, fields, time.time_ns())

    def is_empty(self) -> bool:
        return self.books.stats().queued <= 0

    def is_own_thread(self) -> bool:
        return _thread.get_ident() == self._thread

    def leave(self, until: float) -> None:
        """Send what waits, take no more, and end by the moment given."""
        if self.buffer.closed and not self.buffer.running and self._is_done():
            return
        self.let_go(until)
        if self.is_own_thread():
            return
        if not self.buffer.running and not self._is_done():
            self._start_at = 0.0
            self.start()
            if not self.buffer.running:
                self._run()
        # A moment longer, for a worker that is about to see that its time is up.
        while self.buffer.running and time.monotonic() < until + _MOMENT:
            time.sleep(0.002)
        self._messenger.wait(until)
        self._abandon()

    def let_go(self, until: float | None = None) -> None:
        """Send what waits and end, and nobody waits for it."""
        self._leave_at = time.monotonic() + _LET_GO if until is None else until
        self._sender.hurry()
        self.buffer.close()
        if self.buffer.running:
            self.buffer.wake()

    def forget(self) -> None:
        """This is a forked child: what waits is the parent's."""
        was_closed = self.buffer.closed
        self.books.reset()
        self.buffer.reset()
        self._messenger.reset()
        self._outbox.forget()
        self._sender.forget()
        self._begin()
        if was_closed:
            self.buffer.close()

    # In its own thread.

    def _run(self) -> None:
        self._thread = _thread.get_ident()
        try:
            with contextlib.suppress(Exception):
                # Early, for a program that logs once and ends.
                self._sender.connect()
                self._make_packer()
            while not self._is_at_end():
                self._step()
        finally:
            self._thread = 0
            self.buffer.running = False
            if self.buffer.closed:
                self._abandon()
                self._messenger.wait(self._leave_at or 0.0)
                self._outbox.close()
                leaving.finished(self)
                self._sender.close()

    def _step(self) -> None:
        try:
            self._doze()
            self._take()
            self._sender.send(self._leave_at, self._is_pressed, self._close_books)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a fault of ours must not end it
            self.books.last_error = type(error).__name__
            self._voice.say("internal", f"a fault of the client: {type(error).__name__}")
            time.sleep(0.1)
        finally:
            self._close_books()

    def _doze(self) -> None:
        now = time.monotonic()
        until = self._take_at
        if self._outbox.waiting:
            until = min(until, self._sender.not_before)
        if self._is_pressed():
            until = now
        if self._leave_at is not None:
            until = min(
                until, self._sender.not_before if self._outbox.waiting else now, self._leave_at
            )
        with contextlib.suppress(Empty):
            self.buffer.signals.get(timeout=max(until - now, 0.0))

    def _take(self) -> None:
        """Make batches of all that waits, while there is room for them."""
        now = time.monotonic()
        self._take_at = now + self._every
        if now >= self._adopt_at and self._packer is not None:
            self._adopt_at = now + _ADOPT_EVERY
            self._outbox.adopt()
        while self.buffer.items and not self._is_late():
            self._take_some()
            if self._outbox.waiting and self._sender.can_send:
                # Send first, and come back for what is left.
                self._take_at = 0.0
                break

    def _take_some(self) -> None:
        packer = self._make_packer()
        rows = self._settings.batch_rows
        count = min(len(self.buffer.items), rows)
        # Counted before they are gone, so that the queue is never longer than it may be.
        self.buffer.settle(self._outbox.records + count, self._outbox.bytes)
        items = self.buffer.take(rows)
        try:
            for item in items:
                if isinstance(item, Mark):
                    continue
                if not isinstance(item, tuple):
                    packer.open += item.count
                    self.buffer.weighed_out(item.weight, item.count)
                    continue
                packer.open += 1
                if item[3]:
                    self.buffer.weighed_out(item[3], 1)
            with leaving.native:
                made = packer.pack(items)
            for batch in made:
                self._outbox.add(batch)
        finally:
            if packer.open:
                self.books.drop("", "internal", time.time_ns() // 1000, packer.open)
                packer.open = 0
            for item in items:
                if isinstance(item, Mark):
                    self._marks.append((packer.place, item))
            self.buffer.settle(self._outbox.records, self._outbox.bytes)

    def _make_packer(self) -> "Packer":
        if self._packer is not None:
            return self._packer
        with leaving.native:
            from tidegauge.client.packer import Packer  # noqa: PLC0415 - it loads pyarrow

            packer = Packer(self._settings, self.books, self._voice, self._messenger)
            self._packer = packer
        return packer

    def _close_books(self) -> None:
        """After each step: what waits, whose flush is done, what the callers lost."""
        self.buffer.settle(self._outbox.records, self._outbox.bytes)
        if self._marks:
            oldest = self._outbox.oldest()
            while self._marks and (oldest is None or oldest > self._marks[0][0]):
                self._marks.popleft()[1].done()
        lost = self.books.dropped()["queue_full"]
        if lost:
            self._voice.count("queue_full", lost)

    def _is_pressed(self) -> bool:
        return len(self.buffer.items) >= self._settings.batch_rows

    def _is_late(self) -> bool:
        return self._leave_at is not None and time.monotonic() >= self._leave_at

    def _is_done(self) -> bool:
        return not self.buffer.items and not self._outbox.waiting

    def _is_at_end(self) -> bool:
        return self.buffer.closed and (self._is_done() or self._is_late())

    def _abandon(self) -> None:
        """Time is up.  What is on disk stays there, for the next process."""
        while self.buffer.items:
            for item in self.buffer.take(1_000):
                if isinstance(item, Mark):
                    item.done()
                    continue
                single = isinstance(item, tuple)
                model_id = model_of(item[1]) if single else item.model_id
                records = 1 if single else item.count
                self.books.drop(model_id, "shutdown", time.time_ns() // 1000, records)
                self.abandoned += records
        self.abandoned += self._outbox.abandon()
