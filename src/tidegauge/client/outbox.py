"""Batches on their way, oldest first, in memory or in the spool; each comes to one end."""

from collections import deque
from time import time_ns
from typing import TYPE_CHECKING

from tidegauge.client.books import Books, Reason
from tidegauge.client.delivery import Delivery, Messenger, Rejection
from tidegauge.client.quiet import Voice
from tidegauge.client.settings import Settings

if TYPE_CHECKING:
    from tidegauge.client.answer import Accepted
    from tidegauge.client.batch import Batch
    from tidegauge.client.spool import Spool


class Outbox:
    def __init__(
        self, settings: Settings, books: Books, voice: Voice, messenger: Messenger
    ) -> None:
        self._settings = settings
        self._books = books
        self._voice = voice
        self._messenger = messenger
        self._spool: Spool | None = None
        self.forget()

    def forget(self) -> None:
        if self._spool is not None:
            self._spool.forget()
        settings = self._settings
        if settings.spool is not None:
            from tidegauge.client.spool import Spool  # noqa: PLC0415 - few clients have one

            self._spool = Spool(settings.spool, settings.spool_bytes, self._voice)
        self.waiting: deque[Batch] = deque()
        # Whoever takes a batch out of this counts it: at exit that may be another thread.
        self._open: dict[str, Batch] = {}
        self.records = 0
        self.bytes = 0

    def adopt(self) -> None:
        """Take over what a process that is no more left on disk."""
        if self._spool is None:
            return
        for batch in self._spool.adopted():
            self._books.calls.add(batch.rows)
            self._append(batch)

    def add(self, batch: "Batch") -> None:
        self._books.batches += 1
        if self._spool is not None:
            self._spool.save(batch)
        self._append(batch)

    def _append(self, batch: "Batch", *, first: bool = False) -> None:
        self._open[batch.id] = batch
        (self.waiting.appendleft if first else self.waiting.append)(batch)
        self._weigh(batch, 1)

    def first(self) -> "Batch | None":
        return self.waiting[0] if self.waiting else None

    def oldest(self) -> int | None:
        """The place of the batch that was made before all others."""
        return min((batch.place for batch in self.waiting), default=None)

    def put_back(self, batch: "Batch") -> None:
        """Let the others go first: it may be this batch that the server fails at."""
        if self.first() is batch:
            self.waiting.rotate(-1)

    def body(self, batch: "Batch") -> bytes | None:
        if batch.body is not None or self._spool is None:
            return batch.body
        body = self._spool.load(batch)
        if body is None:
            self.dropped(batch, "internal", "its file in the spool cannot be read")
        return body

    def accepted(self, batch: "Batch", verdict: "Accepted") -> None:
        if not self._end(batch):
            return
        books = self._books
        books.bytes += batch.size
        books.acked += verdict.acked
        books.duplicate += verdict.duplicate
        books.rejected += verdict.rejected
        if verdict.rejected:
            first = verdict.refusals[0] if verdict.refusals else None
            why = f"{first.pointer} {first.detail}" if first else "no reason was given"
            books.last_error = why
            self._voice.say(
                "rejected", f"the server rejected {verdict.rejected} {batch.kind}: {why}"
            )
        if not verdict.acked:
            # Nothing of it was taken, and the message of what was dropped before it neither.
            books.not_told(batch.losses)
        if self._messenger.is_wanted:
            ids = batch.prediction_ids or (None,) * batch.rows
            rejections = tuple(
                Rejection(each.index, ids[each.index], each.pointer, each.code, each.detail)
                for each in verdict.refusals
            )
            self._messenger.tell(
                Delivery(
                    kind=batch.kind,
                    model_id=batch.model_id,
                    prediction_ids=batch.prediction_ids,
                    acked=verdict.acked,
                    duplicate=verdict.duplicate,
                    rejections=rejections,
                )
            )

    def dropped(self, batch: "Batch", reason: Reason, why: str) -> None:
        if not self._end(batch):
            return
        self._books.not_told(batch.losses)
        self._books.drop(batch.model_id, reason, time_ns() // 1000, batch.rows)
        self._messenger.tell(
            Delivery(
                kind=batch.kind,
                model_id=batch.model_id,
                prediction_ids=batch.prediction_ids,
                dropped=reason,
                detail=why,
            )
        )

    def split(self, batch: "Batch", body: bytes) -> None:
        """The server takes less at once."""
        if batch.rows == 1:
            self.dropped(batch, "too_large", "the server takes no record of this size")
            return
        from tidegauge.client.batch import halves  # noqa: PLC0415 - it loads pyarrow

        two = halves(batch, body, self._settings.compression)
        # The halves are there before the whole is gone, for a process that dies in between.
        for half in reversed(two):
            if self._spool is not None:
                self._spool.save(half)
            self._append(half, first=True)
        if not self._end(batch):
            for half in two:
                self._end(half)

    def abandon(self) -> int:
        """Count what is in memory as lost; the answer is how many records that is."""
        records = 0
        for key in list(self._open):
            batch = self._open.get(key)
            if batch is not None and batch.path is None and self._open.pop(key, None):
                self._books.drop(batch.model_id, "shutdown", time_ns() // 1000, batch.rows)
                records += batch.rows
        return records

    def close(self) -> None:
        if self._spool is not None:
            self._spool.close()

    def _end(self, batch: "Batch") -> bool:
        """Whether it is here that the batch comes to its end."""
        try:
            self.waiting.remove(batch)
            self._weigh(batch, -1)
        except ValueError:
            pass
        if self._spool is not None:
            self._spool.remove(batch)
        return self._open.pop(batch.id, None) is not None

    def _weigh(self, batch: "Batch", sign: int) -> None:
        if batch.path is None:
            self.records += sign * batch.rows
            self.bytes += sign * batch.size
