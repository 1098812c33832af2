"""Sends batches, oldest first, and waits where the server is not to be had.

A batch has the same body and the same id until the server says what became of it.
"""

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tidegauge.client.backoff import Backoff
from tidegauge.client.books import Books
from tidegauge.client.exit import native
from tidegauge.client.outbox import Outbox
from tidegauge.client.quiet import Voice
from tidegauge.client.settings import Settings

if TYPE_CHECKING:
    from tidegauge.client.answer import TryAgain
    from tidegauge.client.batch import Batch
    from tidegauge.client.transport import Transport

# The server knows the ids of batches for 24 hours.
GIVE_UP: Final = 23 * 3600.0
_BARRED: Final = 300.0


class Sender:
    def __init__(self, settings: Settings, outbox: Outbox, books: Books, voice: Voice) -> None:
        self._settings = settings
        self._outbox = outbox
        self._books = books
        self._voice = voice
        self.forget()

    def forget(self) -> None:
        """In a forked child: the connection is the parent's."""
        self._transport: Transport | None = None
        self._backoff = Backoff(random.Random())  # noqa: S311 - jitter is no secret
        self._failures = 0
        self._was_rate = False
        self._is_barred = False
        self.not_before = 0.0

    def hurry(self) -> None:
        """The end is near: try once more at once, unless the key is wrong."""
        self._failures = 0
        if not self._is_barred:
            self.not_before = 0.0

    @property
    def can_send(self) -> bool:
        return time.monotonic() >= self.not_before

    def send(
        self, until: float | None, is_pressed: Callable[[], bool], done: Callable[[], None]
    ) -> None:
        """Send what waits, until the moment given or until there is more to take."""
        while (batch := self._outbox.first()) is not None:
            if not self.can_send or (until is not None and time.monotonic() >= until):
                return
            if time.time() - batch.born > GIVE_UP:
                reason = "rate_limited" if self._was_rate else "network_give_up"
                self._outbox.dropped(batch, reason, "too old")
                continue
            body = self._outbox.body(batch)
            if body is None:
                continue
            self._post(batch, body, until)
            done()
            if is_pressed():
                return

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _post(self, batch: "Batch", body: bytes, until: float | None) -> None:
        transport = self.connect()
        from tidegauge.client import answer  # noqa: PLC0415 - loaded with the transport

        left = None if until is None else max(until - time.monotonic(), 0.01)
        self._books.retries += batch.attempts > 0
        batch.attempts += 1
        verdict = answer.judge(transport.post(batch.kind, batch.id, body, left), batch.rows)
        match verdict:
            case answer.TryAgain():
                self._wait(batch, verdict)
                return
            case answer.Accepted():
                self._is_barred = False
                self._outbox.accepted(batch, verdict)
            case answer.TooLarge():
                with native:
                    self._outbox.split(batch, body)
            case answer.Refused():
                if verdict.is_barred:
                    self._is_barred = True
                    self.not_before = time.monotonic() + _BARRED
                self._books.last_error = verdict.why
                words = "; nothing is sent for 5 minutes" if verdict.is_barred else ""
                self._voice.say(f"refused:{verdict.why[:10]}", f"refused: {verdict.why}{words}")
                self._outbox.dropped(batch, "rejected", verdict.why)
        self._failures = 0
        self._was_rate = False

    def _wait(self, batch: "Batch", verdict: "TryAgain") -> None:
        self._failures += 1
        self._was_rate = verdict.is_rate
        if verdict.is_fault:
            self._outbox.put_back(batch)
        pause = self._backoff.after(self._failures, verdict.retry_after)
        self.not_before = time.monotonic() + pause
        self._books.last_error = verdict.why
        words = f"{self._settings.url} did not take a batch: {verdict.why}"
        self._voice.say(f"again:{verdict.why[:10]}", words)

    def connect(self) -> "Transport":
        if self._transport is not None:
            return self._transport
        with native:
            from tidegauge.client.transport import Transport  # noqa: PLC0415 - it loads httpcore

            settings = self._settings
            self._transport = Transport(settings.url, settings.api_key, settings.timeout)
        return self._transport
