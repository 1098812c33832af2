"""What of the outbox is sent next: the order of what one incident has to say, how long a failed
try is waited out, and what is too late to be said by itself.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from tidegauge.alert.notice import Notice, unpacked
from tidegauge.catalog.notices import Attempt, Kept, Waiting

_SECOND: Final = 1_000_000
LEASE: Final = 60 * _SECOND
"""A try that has not ended by then is nobody's."""
PATIENCE: Final = 72 * 3600 * _SECOND
_HEARTBEATS: Final = 300 * _SECOND
_PAUSES: Final = (5, 30, 120, 300)
_LONGEST: Final = 600
_SPREAD: Final = 0.2
_NOTED: Final = 2 * _SECOND
"""The end of a try is written down a little after its pause has begun."""
_PROBE: Final = 30 * _SECOND
_FAILURES: Final = 3
"""In a row, before a channel is only tried now and then."""


class Next(NamedTuple):
    """What is to be sent."""

    row: Waiting
    told_by: Sequence[Waiting] = ()
    """What it says along with itself: these are never sent."""

    def notice(self, kept: Kept, *, is_idempotent: bool) -> Notice:
        notice = unpacked(kept.body)
        if self.told_by:
            return replace(notice, was_untold=True)
        if self.row.status == "sending" and not is_idempotent:
            return replace(notice, is_possible_duplicate=True)
        return notice


def pause_after(tries: int, retry_after: float | None, chance: random.Random) -> int:
    """Microseconds."""
    if retry_after is not None:
        return round(retry_after * _SECOND)
    seconds = _PAUSES[tries - 1] if tries <= len(_PAUSES) else _LONGEST
    spread = chance.uniform(1 - _SPREAD, 1 + _SPREAD) if tries > len(_PAUSES) else 1.0
    return round(seconds * spread * _SECOND)


def _is_ours(pause: int, tries: int) -> bool:
    """Whether it is how long we wait of ourselves."""
    is_one_of_few = tries <= len(_PAUSES)
    ours = (_PAUSES[tries - 1] if is_one_of_few else _LONGEST) * _SECOND
    return abs(pause - ours) <= (_NOTED if is_one_of_few else _SPREAD * ours)


def has_failed(row: Waiting) -> bool:
    """So often that its channel does not work."""
    return row.status == "retry_wait" and row.tries >= _FAILURES


def is_late(row: Waiting, at: int) -> bool:
    return at - row.made_at > (_HEARTBEATS if row.kind == "heartbeat" else PATIENCE)


@dataclass
class Line:
    """What waits for one channel, and how the channel fares."""

    failures: int = 0
    """In a row."""
    probe_at: int = 0
    """While it is broken, when it is tried again."""
    busy: set[str] = field(default_factory=set[str])
    """Incidents that a try is under way for; of what is of none, the notice."""

    @classmethod
    def found(cls, failed: Iterable[Waiting], tried: Mapping[str, Sequence[Attempt]]) -> "Line":
        """As whoever had it before has left it: by what has failed, and how it was tried."""
        ends: list[tuple[int, int]] = []
        for row in failed:
            ended = tried[row.id][-1].ended_at
            if row.due_at is not None and ended is not None:
                wait = row.due_at - ended
                # A probe does not wait for our own patience, but for the channel's word.
                ends.append((ended, _PROBE if _is_ours(wait, row.tries) else max(_PROBE, wait)))
        if not ends:
            return cls()
        return cls(failures=_FAILURES, probe_at=sum(max(ends)))

    @property
    def is_broken(self) -> bool:
        return self.failures >= _FAILURES

    def failed(self, at: int, retry_after: float | None) -> None:
        self.failures += 1
        wait = _PROBE if retry_after is None else max(_PROBE, round(retry_after * _SECOND))
        self.probe_at = at + wait

    def worked(self) -> bool:
        """True when it had been broken: whatever waits may go now."""
        was_broken, self.failures = self.is_broken, 0
        return was_broken

    def rests(self, at: int) -> bool:
        """Whether nothing can begin now, whatever waits."""
        return self.is_broken and (at < self.probe_at or bool(self.busy))

    def due(self, rows: Iterable[Waiting], at: int, room: int, *, combines: bool) -> Iterator[Next]:
        """At most `room` of them, in the order of each incident; of a broken one a probe."""
        if self.rests(at):
            return
        room = min(room, 1) if self.is_broken else room
        for name, some in _by_incident(rows).items():
            if room <= 0:
                return
            if name in self.busy or not self._is_due(some[0], at):
                continue
            yield _next(some, combines=combines)
            room -= 1

    def _is_due(self, row: Waiting, at: int) -> bool:
        if row.status == "sending":
            return row.lease_until is None or row.lease_until <= at
        return self.is_broken or row.due_at is None or row.due_at <= at


def _by_incident(rows: Iterable[Waiting]) -> dict[str, list[Waiting]]:
    found: dict[str, list[Waiting]] = {}
    for row in rows:
        found.setdefault(row.of, []).append(row)
    return found


def _next(some: Sequence[Waiting], *, combines: bool) -> Next:
    head, last = some[0], some[-1]
    is_unknown = head.status == "sending"
    # What is to stop the model has to be heard, whatever came of it.
    is_told = head.kind != "open" or any(each.kind == "halt" for each in some)
    if combines and not is_told and last.kind == "resolved" and not is_unknown:
        # It was open and is over, and nobody has heard of it: one message says both.
        return Next(last, some[:-1])
    return Next(head)
