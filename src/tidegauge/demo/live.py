"""Traffic as it happens, through the client that anybody would use."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tidegauge.arrow import Table
from tidegauge.client import Client
from tidegauge.client.fields import KindName
from tidegauge.demo.made import Fault
from tidegauge.demo.stream import Stream
from tidegauge.record.columns import to_records
from tidegauge.window import SECOND

TICK: Final = 1.0
"""Seconds between two looks at the clock."""
# So few are logged one by one, as a service does that answers one request at a time.
_FEW: Final = 3
# Seconds to wait for room, where a lot has happened since the last time: the laptop slept.
_PATIENCE: Final = 30.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Sent:
    """What was handed to the client since it was last told."""

    calls: Counter[str] = field(default_factory=Counter[str])
    """By model."""
    labels: int = 0
    feedback: int = 0


class Live:
    """New calls of the streams, and what becomes known of these and of the calls before them."""

    def __init__(
        self,
        client: Client,
        streams: Sequence[Stream],
        past: Sequence[Stream] = (),
        answer: Callable[[Table], Table] = lambda rows: rows,
    ) -> None:
        """`answer` says what another version answers, where one serves."""
        self._client = client
        self._streams = streams
        self._past = past
        self._answer = answer
        self._upto = min(stream.start for stream in streams)
        self.sent = Sent()

    def send(self, now: int) -> None:
        """All that happened since the last time."""
        start, self._upto = self._upto, max(now, self._upto)
        for stream in self._streams:
            rows = self._answer(stream.rows(start, self._upto))
            self._log("predictions", rows)
            self.sent.calls[stream.model.model_id] += rows.num_rows
        for stream in (*self._past, *self._streams):
            labels = stream.labels(start, self._upto)
            self._log("labels", labels)
            self.sent.labels += labels.num_rows
            feedback = stream.feedback(start, self._upto)
            self._log("feedback", feedback)
            self.sent.feedback += feedback.num_rows

    def started(self, start: int, stop: int) -> list[Fault]:
        """The faults that begin in a span."""
        return [
            fault
            for stream in self._streams
            for fault in stream.model.faults
            if start <= fault.start < stop
        ]

    def take(self) -> Sent:
        sent, self.sent = self.sent, Sent()
        return sent

    def _log(self, kind: KindName, table: Table) -> None:
        if table.num_rows > _FEW:
            self._client.log_batch(table, kind=kind, wait=_PATIENCE)
            return
        log = {
            "predictions": self._client.log,
            "labels": self._client.log_actual,
            "feedback": self._client.log_feedback,
        }[kind]
        for record in _records(table):
            log(**record)


def run(
    live: Live,
    clock: Callable[[], float],
    sleep: Callable[[float], object],
    tell: Callable[[Sent, list[Fault]], object],
    *,
    every: int,
) -> None:
    """Send until somebody interrupts, and tell every so many seconds what was sent."""
    told = _micros(clock())
    while True:
        now = _micros(clock())
        live.send(now)
        faults = live.started(told, now)
        if faults or now - told >= every * SECOND:
            tell(live.take(), faults)
            told = now
        sleep(TICK)


def _micros(seconds: float) -> int:
    return int(seconds * SECOND)


def _records(table: Table) -> list[dict[str, Any]]:
    """Rows as the arguments of a call of the client."""
    found: list[dict[str, Any]] = to_records(table)
    for record in found:
        record["timestamp"] = _EPOCH + timedelta(microseconds=record["timestamp"])
    return found
