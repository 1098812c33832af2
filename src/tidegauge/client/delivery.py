"""What became of records, told to a function of the user's in a thread of its own.

The worker never waits for it: where the function is too slow, news is left out and counted.
"""

import _thread
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

from tidegauge.client.books import Books, Reason
from tidegauge.client.quiet import Voice

_WAITING: Final = 1_000


@dataclass(frozen=True, slots=True)
class Rejection:
    """One record that the server refused, by its place in the batch."""

    index: int
    prediction_id: str | None
    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One batch, or one record that came into none, at its end."""

    kind: str
    model_id: str
    prediction_ids: tuple[str | None, ...]
    acked: int = 0
    duplicate: int = 0
    rejections: tuple[Rejection, ...] = ()
    dropped: Reason | None = None
    """Why all of it was dropped."""
    detail: str = ""


class Messenger:
    def __init__(
        self, call: Callable[[Delivery], object] | None, books: Books, voice: Voice
    ) -> None:
        self._call = call
        self._books = books
        self._voice = voice
        self.reset()

    def reset(self) -> None:
        self._queue: SimpleQueue[Delivery] = SimpleQueue()
        self._busy = False

    @property
    def is_wanted(self) -> bool:
        return self._call is not None

    def tell(self, delivery: Delivery) -> None:
        if self._call is None:
            return
        if self._queue.qsize() >= _WAITING:
            self._books.callback_failures.one()
            self._voice.say("callback", "on_delivery is too slow: some calls of it are left out")
            return
        self._queue.put(delivery)
        if not self._busy:
            self._busy = True
            try:
                _thread.start_new_thread(self._run, ())
            except (RuntimeError, MemoryError):
                self._busy = False

    def wait(self, until: float) -> None:
        """Let the function hear the last news, for so long."""
        while self._busy and self._queue.qsize() and time.monotonic() < until:
            time.sleep(0.002)

    def _run(self) -> None:
        queue, call = self._queue, self._call
        while call is not None:
            try:
                delivery = queue.get(timeout=10.0)
            except Empty:
                break
            try:
                call(delivery)
            except BaseException as error:  # noqa: BLE001 - of the user's, in a thread of ours
                self._books.callback_failures.one()
                self._voice.say("callback", f"on_delivery raised {type(error).__name__}")
        self._busy = False
        if queue.qsize():
            self._busy = True
            self._run()
