"""Delivering: what is in the outbox goes out, each channel by itself, until it has arrived.

A try is written down before it is made and after it has ended, so that a crash between the two is
known for what it is.
"""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final, NamedTuple, TypeVar

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.alert import store
from tidegauge.alert.act import NAME as ALERTS
from tidegauge.alert.channels import ADAPTER, Channel
from tidegauge.alert.channels.errors import DeliveryError, RefusedError, UnavailableError
from tidegauge.alert.machine import Machine, channel_fingerprint
from tidegauge.alert.notice import Notice
from tidegauge.alert.outbox import LEASE, Line, Next, has_failed, is_late, pause_after
from tidegauge.alert.reach import Reach
from tidegauge.alert.settings import Settings
from tidegauge.catalog import Catalog, alerts, channels, notices, progress
from tidegauge.catalog.notices import Came, Kept, Waiting

T = TypeVar("T")
_PAUSE: Final = 0.5
_LONGEST: Final = 30.0
"""Seconds for one try, whatever a channel's own time-outs are."""
_AT_ONCE: Final = {"slack": 1, "teams": 2, "email": 2}
_MOST: Final = 8
_BETWEEN: Final = {"slack": 1.0, "teams": 0.25}
"""Seconds between two messages, where the other side asks for it."""
_log = structlog.stdlib.get_logger(__name__)
Place = tuple[str, str]


class Begun(NamedTuple):
    """One try."""

    next: Next
    row: Kept
    token: str


@dataclass
class Delivering:
    catalog: Catalog
    reach: Reach
    clock: Callable[[], int]
    settings: Settings = field(default_factory=Settings)
    beat: int = 0
    """When it last went round."""
    chance: random.Random = field(default_factory=random.Random)
    _lines: dict[Place, Line] = field(default_factory=dict[Place, Line])
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _known: dict[int, tuple[int, Channel | None]] = field(
        default_factory=dict[int, tuple[int, Channel | None]]
    )

    def run(self, stop: threading.Event) -> None:
        asyncio.run(self._run(stop))

    async def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                began = await self.round()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                _log.error("delivering failed, and is tried again", error=repr(error)[:500])
                began = 0
            await self._pause(0.02 if began else _PAUSE)
        if self._tasks:
            # What is under way may end; what does not is known to be unknown.
            await asyncio.wait(self._tasks, timeout=15.0)

    async def _pause(self, seconds: float) -> None:
        """Less where a try ends: there is room for the next then."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)

    async def round(self) -> int:
        """Begin what can be begun; how many that were."""
        at = self.clock()
        places, there = await self._read(_read)
        found = self._channels(there)
        began = 0
        for place in places:
            began += await self._serve(place, found.get(place), at)
        self.beat = at
        return began

    async def _serve(self, place: Place, channel: Channel | None, at: int) -> int:
        line = self._lines.get(place)
        most = _AT_ONCE.get(channel.kind, _MOST) if channel else 0
        if channel and line and (len(line.busy) >= most or line.rests(at)):
            return 0
        rows = await self._read(lambda c: notices.waiting(c, *place))
        if line is None:
            line = self._lines[place] = await self._read(lambda c: _found(c, rows))
        if channel is None:
            await self._give_up(place, rows, "there is no such channel any more, or it is off", at)
            return 0
        late = [row for row in rows if is_late(row, at) and row.status != "sending"]
        if late:
            await self._give_up(place, late, "it could not be delivered in time", at)
            return 0
        chosen = list(
            line.due(rows, at, most - len(line.busy), combines=channel.kind != "pagerduty")
        )
        if not chosen:
            return 0
        begun = await self._write(lambda c: _begin(c, chosen, at))
        for each in begun:
            self._go(line, each, channel)
        return len(begun)

    def _go(self, line: Line, begun: Begun, channel: Channel) -> None:
        name = begun.next.row.of
        line.busy.add(name)
        task = asyncio.create_task(self._deliver(line, begun, channel))
        self._tasks.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            line.busy.discard(name)
            self._tasks.discard(done)
            if not done.cancelled() and (error := done.exception()) is not None:
                _log.error("a delivery failed", notice=begun.row.id, error=repr(error)[:500])

        task.add_done_callback(ended)

    async def _deliver(self, line: Line, begun: Begun, channel: Channel) -> None:
        failpoint.hit("notices.before-send")
        notice = begun.next.notice(begun.row, is_idempotent=channel.is_idempotent)
        came = await self._try(line, begun.row, notice, channel)
        failpoint.hit("notices.after-send")
        await self._write(lambda c: self._end(c, begun, came))
        failpoint.hit("notices.ended")
        await asyncio.sleep(_BETWEEN.get(channel.kind, 0.0))

    async def _try(self, line: Line, row: Kept, notice: Notice, channel: Channel) -> Came:
        tries = row.tries + 1
        try:
            async with asyncio.timeout(_LONGEST):
                receipt = await channel.send(notice, self.reach)
        except RefusedError as error:
            line.worked()
            return Came("dead", error.reason, str(error))
        except Exception as error:  # noqa: BLE001 - whatever a channel raises, it did not work
            answer, outcome, wait = _told(error)
            line.failed(self.clock(), wait)
            due = self.clock() + pause_after(tries, wait, self.chance)
            return Came("retry_wait", outcome, answer, due)
        if line.worked():
            _log.info("a channel works again", channel=row.channel)
        return Came("sent", "sent", receipt)

    def _end(self, connection: Connection, begun: Begun, came: Came) -> None:
        at, row = self.clock(), begun.row
        if not notices.end(connection, row.id, begun.token, at, came):
            return
        if came.status == "sent":
            for told in begun.next.told_by:
                answer = "told by the notice that it is over"
                notices.change(connection, told.id, status="combined", ended_at=at, answer=answer)
        if came.status != "retry_wait" and row.kind not in ("test", "heartbeat"):
            self._tell_health(
                connection,
                (row.tenant, row.channel),
                at,
                "" if came.status == "sent" else came.answer,
            )

    async def _give_up(self, place: Place, rows: Sequence[Waiting], why: str, at: int) -> None:
        def write(connection: Connection) -> None:
            for row in rows:
                notices.change(connection, row.id, status="dead", ended_at=at, answer=why)
            if any(row.kind != "heartbeat" for row in rows):
                self._tell_health(connection, place, at, why)

        await self._write(write)

    def _tell_health(self, connection: Connection, place: Place, at: int, why: str) -> None:
        """A channel that loses notices is an incident of its own, told on the others."""
        if not why and not alerts.has(connection, channel_fingerprint(*place)):
            return
        # What is read may be changed by nobody else until it is saved.
        progress.lock(connection, ALERTS)
        loaded = store.of_models(connection, [(place[0], "")], at)
        machine = Machine(loaded.book, self.settings, at)
        machine.channel(*place, why)
        loaded.save(connection, self.settings)

    def _channels(self, there: Sequence[channels.Kept]) -> dict[Place, Channel]:
        found: dict[Place, Channel] = {}
        for kept in there:
            known = self._known.get(kept.id)
            if known is None or known[0] != kept.revision:
                known = self._known[kept.id] = kept.revision, _channel(kept)
                self._lines.pop((kept.tenant, kept.name), None)
            if known[1] is not None and known[1].enabled:
                found[kept.tenant, kept.name] = known[1]
        return found

    async def _read(self, function: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(
            lambda: self.catalog.look(function, patience=None, waiting=_wait)
        )

    async def _write(self, function: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(
            lambda: self.catalog.write(function, patience=None, waiting=_wait)
        )


def _read(connection: Connection) -> tuple[list[Place], list[channels.Kept]]:
    places = notices.waited_for(connection)
    return places, channels.listed(connection) if places else []


def _found(connection: Connection, rows: Sequence[Waiting]) -> Line:
    """A line that another process has had."""
    failed = [row for row in rows if has_failed(row)]
    return Line.found(failed, notices.attempts_of(connection, [row.id for row in failed]))


def _begin(connection: Connection, chosen: Sequence[Next], at: int) -> list[Begun]:
    """Write down that they are tried now; what another has taken meanwhile is left to it."""
    kept = notices.some(connection, [each.row.id for each in chosen])
    begun = [
        Begun(each, row, token_hex(8))
        for each in chosen
        if (row := kept.get(each.row.id)) is not None and Waiting.of_row(row) == each.row
    ]
    return [
        each
        for each in begun
        if notices.begin(connection, each.row, token=each.token, at=at, until=at + LEASE)
    ]


def _channel(kept: channels.Kept) -> Channel | None:
    with contextlib.suppress(ValidationError):
        return ADAPTER.validate_python(kept.document)
    # No word of why: the document holds secrets.
    _log.error("a channel cannot be read", channel=kept.name)
    return None


def _told(error: Exception) -> tuple[str, str, float | None]:
    if isinstance(error, UnavailableError):
        return str(error), error.reason, error.retry_after
    if isinstance(error, DeliveryError):
        return str(error), error.reason, None
    if isinstance(error, TimeoutError):
        return "it took too long", "timeout", None
    # Its text may quote what it was given.
    return f"it failed: {type(error).__name__}", "failed", None


def _wait(reason: str) -> None:
    _log.warning("the catalog is waited for", reason=reason)
