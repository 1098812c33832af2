"""Those who look on: what changes is told to each as it comes.

One look at the catalog a second is for all listeners of this process.  Who is slower than what
comes is let go, and comes back with the place it was at; what a listener is told again by that it
knows by its names.  Whose key is good no longer is told so, and nothing more.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import structlog

from tidegauge.catalog import CatalogError
from tidegauge.ingest.problem import ProblemError
from tidegauge.web.keys import BadKeyError

Kind = Literal["reading", "incident", "notice"]
_EVERY: Final = 1.0
_STILL: Final = 15.0
"""A listener hears something at least so often."""
_MOST: Final = 200
"""Listeners of one process."""
_WAITING: Final = 20_000
"""Changes that wait for one listener."""
_log = structlog.stdlib.get_logger(__name__)


class Place(NamedTuple):
    """How far something is told."""

    slot: int
    """The last that was judged."""
    at: int
    """By the clock of the alerts."""

    def __str__(self) -> str:
        return f"{self.slot}-{self.at}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        with contextlib.suppress(ValueError):
            slot, at = (int(part) for part in text.split("-"))
            if 0 <= slot < 1 << 63 and 0 <= at < 1 << 63:
                return cls(slot, at)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    kind: Kind
    tenant: str
    model: str
    name: tuple[str | int, ...]
    """The same for the same change."""
    place: Place
    """Who is told this knows all until there."""
    text: str
    masked: str
    """For those who may not see personal data."""


class Look(NamedTuple):
    changes: Sequence[Change]
    place: Place
    is_whole: bool = True
    """Whether nothing lies between this and the place that was asked for."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    tenant: str
    kinds: frozenset[Kind]
    models: frozenset[str] | None
    """None is all."""
    check: Callable[[], None] = lambda: None
    """BadKeyError where who asked may hear no more."""

    def wants(self, change: Change) -> bool:
        return (
            change.tenant == self.tenant
            and change.kind in self.kinds
            and (self.models is None or change.model in self.models)
        )


class Ended(NamedTuple):
    """The last that is heard: why there is no more to come."""

    slug: str
    why: str


Heard = Change | Place | Ended | Literal["still", "missed"]
"""A change; where it begins; that nothing happened; or that not all can be told: read anew."""


@dataclass(eq=False)
class _Listener:
    asked: Asked
    queue: asyncio.Queue[Change | None] = field(
        default_factory=lambda: asyncio.Queue(maxsize=_WAITING)
    )
    is_left: bool = False

    def put(self, changes: Sequence[Change]) -> None:
        try:
            for change in changes:
                if self.asked.wants(change):
                    self.queue.put_nowait(change)
        except asyncio.QueueFull:
            self.leave()

    def leave(self) -> None:
        self.is_left = True
        with contextlib.suppress(asyncio.QueueFull):
            self.queue.put_nowait(None)

    async def next(self) -> Change | Ended | Literal["still"] | None:
        until = time.monotonic() + _STILL
        while not self.is_left:
            try:
                # By itself: whatever holds up the looks, a key that has ended holds up nobody.
                heard = await asyncio.wait_for(self.queue.get(), _EVERY)
            except TimeoutError:
                heard = "still"
            try:
                self.asked.check()
            except BadKeyError as error:
                return Ended(error.slug, str(error))
            if heard != "still" or time.monotonic() >= until:
                return heard
        return None


class Live:
    def __init__(self, look: Callable[[Place | None], Look]) -> None:
        self._look = look
        """All from a place on; of no place, where it is now."""
        self.is_leaving: Callable[[], bool] = lambda: False
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._place: Place | None = None

    async def listen(self, asked: Asked, since: Place | None) -> AsyncGenerator[Heard]:
        """Without end, until the listener is let go."""
        if len(self._listeners) >= _MOST:
            detail = f"{_MOST} listen already; ask page by page, or come later"
            raise ProblemError("unavailable", detail, retry_after=30)
        listener = _Listener(asked)
        self._listeners.add(listener)
        try:
            begun = await self._begin()
            if since is not None:
                missed = await asyncio.to_thread(self._look, since)
                if not missed.is_whole:
                    yield "missed"
                for change in missed.changes:
                    if asked.wants(change):
                        yield change
            yield begun
            while (heard := await listener.next()) is not None:
                yield heard
                if isinstance(heard, Ended):
                    return
        finally:
            self._listeners.discard(listener)

    async def _begin(self) -> Place:
        """From where on the listeners are told; the first of them has it looked up."""
        if self._place is None:
            place = (await asyncio.to_thread(self._look, None)).place
            self._place = self._place or place
        if self._task is None:
            self._task = asyncio.create_task(self._run(self._place))
        return self._place

    async def _run(self, place: Place) -> None:
        told: set[tuple[str | int, ...]] = set()
        try:
            while self._listeners and not self.is_leaving():
                await asyncio.sleep(_EVERY)
                try:
                    seen = await asyncio.to_thread(self._look, place)
                except CatalogError as error:
                    _log.warning("nothing is told to those who look on", error=str(error))
                    continue
                new = [each for each in seen.changes if each.name not in told]
                for each in list(self._listeners):
                    each.put(new)
                place = self._place = seen.place
                # The next look sees some of it again.
                told = {each.name for each in seen.changes}
        except Exception:  # noqa: BLE001 - whatever it is, they come back
            _log.exception("those who look on are let go")
        finally:
            self._task = self._place = None
            for each in list(self._listeners):
                each.leave()
