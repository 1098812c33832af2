"""Where many rows come in at once: frames, watched models, the middleware."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tidegauge.client.buffer import Many
from tidegauge.client.unfit import as_unfit
from tidegauge.client.worker import Worker

_POLL: Final = 0.002


class Door:
    def __init__(self, worker: Worker, rows: int) -> None:
        self._books = worker.books
        self._buffer = worker.buffer
        self.rows = rows
        """How many come in as one piece."""

    def count(self, model_id: object, records: int) -> bool:
        """Count records; if there is no room for them they are dropped, before they are copied."""
        self._books.calls.add(records)
        if self._buffer.has_room(records, 0):
            return True
        self._books.drop(model_id, self._buffer.why_not(), time.time_ns() // 1000, records)
        return False

    def put(self, many: Many) -> bool:
        """Take records that were counted."""
        return self._buffer.put_many(many)

    def drop(self, model_id: object, records: int, error: Exception) -> None:
        """Records that were counted and could not be copied."""
        self._books.drop(model_id, as_unfit(error).reason, time.time_ns() // 1000, records)

    def wait_for_room(self, records: int, size: int, until: float) -> None:
        while not self._buffer.has_room(records, size) and time.monotonic() < until:
            time.sleep(_POLL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The arguments of `log_batch`."""

    data: object
    kind: str
    shared: Mapping[str, object]
    renamed: Mapping[str, str | None]
    features: frozenset[str]

    def put(self, door: Door, wait: float) -> int:
        """How many rows are in the queue now.  Raises `UnfitError`, with the books in order."""
        from tidegauge.client import rows  # noqa: PLC0415 - not everybody has frames

        model_id, until, taken = self.shared.get("model_id"), time.monotonic() + wait, 0
        try:
            total = rows.length(self.data)
        except Exception as error:  # noqa: BLE001 - whatever the data is, the caller goes on
            # It is not known how many rows there were.
            if door.count(model_id, 1):
                door.drop(model_id, 1, error)
            raise as_unfit(error) from None
        for start in range(0, total, door.rows):
            count = min(door.rows, total - start)
            door.wait_for_room(count, 0, until)
            if not door.count(model_id, count):
                continue
            try:
                piece = rows.piece(self, start, count)
            except Exception as error:  # noqa: BLE001 - the same
                door.drop(model_id, count, error)
                raise as_unfit(error) from None
            door.wait_for_room(count, piece.weight, until)
            taken += count if door.put(piece) else 0
        return taken
