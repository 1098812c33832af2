"""What became of every record, counted exactly.

`calls = acked + rejected + sampled_out + sum(dropped) + queued` at any moment: `queued` is what was
logged and has not come to an end, so a record that got lost would stay in it for ever.
"""

import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, get_args

from tidegauge.record import limits

Reason = Literal[
    "queue_full",
    "too_large",
    "too_deep",
    "serialize",
    "invalid",
    "rejected",
    "network_give_up",
    "rate_limited",
    "shutdown",
    "callback",
    "internal",
]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)

# Model ids come from callers: a made-up one for each record must not fill the memory.
_MODELS: Final = 1_000


class Tally:
    """A number that threads and signal handlers may raise at once, without a lock.

    Each step is one call into C, which nothing can interrupt: `n += 1` loses counts.
    """

    __slots__ = ("_ticks", "one")

    def __init__(self) -> None:
        self._ticks = itertools.count()
        self.one = self._ticks.__next__

    def add(self, number: int) -> None:
        deque(itertools.islice(self._ticks, number), maxlen=0)

    def __int__(self) -> int:
        # There is no other way to read a counter without moving it.
        return int(repr(self._ticks)[len("count(") : -1])


class _Drops:
    """The records of one model that were dropped for one reason."""

    __slots__ = ("first", "last", "number", "told")

    def __init__(self, at: int) -> None:
        self.number = Tally()
        self.told = 0
        self.first: int | None = at
        self.last = at


@dataclass(frozen=True, slots=True)
class Loss:
    """Drops that the server is told of, so that its windows say that they are partial."""

    model_id: str
    reason: Reason
    records: int
    first: int  # microseconds since 1970
    last: int

    def to_dict(self) -> dict[str, object]:
        return {
            "model_id": self.model_id,
            "reason": self.reason,
            "records": self.records,
            "from": self.first,
            "to": self.last,
        }


@dataclass(frozen=True, slots=True)
class Stats:
    """The books at one moment."""

    calls: int
    """Records that were handed over."""
    acked: int
    """The server has them for good."""
    duplicate: int
    """How many of those it had before."""
    rejected: int
    """The server refused them one by one."""
    sampled_out: int
    dropped: Mapping[str, int]
    """By reason."""
    queued: int
    """Not at an end yet."""
    batches: int
    retries: int
    bytes: int
    """Sent and acknowledged, compressed."""
    callback_failures: int
    """Calls of `on_delivery` that raised, or that were left out because it is too slow."""
    last_error: str


class Books:
    """Only the worker writes the plain numbers; the tallies are for everybody."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.calls = Tally()
        self.acked = 0
        self.duplicate = 0
        self.rejected = 0
        self.sampled_out = 0
        self.batches = 0
        self.retries = 0
        self.bytes = 0
        self.callback_failures = Tally()
        self.last_error = ""
        self._drops: dict[tuple[str, Reason], _Drops] = {}

    def drop(self, model_id: object, reason: Reason, at: int, records: int = 1) -> None:
        known = type(model_id) is str and len(model_id) <= limits.KEY
        key = (str(model_id) if known else "", reason)
        drops = self._drops.get(key)
        if drops is None:
            if len(self._drops) >= _MODELS:
                key = ("", reason)
            drops = self._drops.setdefault(key, _Drops(at))
        drops.last = at
        if drops.first is None:
            drops.first = at
        drops.number.add(records)

    def losses(self) -> list[Loss]:
        """The drops that no batch has carried yet; from now on one does."""
        found: list[Loss] = []
        for (model_id, reason), drops in list(self._drops.items()):
            fresh = int(drops.number) - drops.told
            if fresh > 0:
                first, drops.first = drops.first, None
                drops.told += fresh
                begin = drops.last if first is None else first
                found.append(Loss(model_id, reason, fresh, begin, drops.last))
        return found

    def not_told(self, losses: tuple[Loss, ...]) -> None:
        """The batch that carried them did not arrive."""
        for loss in losses:
            drops = self._drops[(loss.model_id, loss.reason)]
            drops.told -= loss.records
            drops.first = loss.first if drops.first is None else min(loss.first, drops.first)

    def dropped(self) -> dict[str, int]:
        found: dict[str, int] = dict.fromkeys(REASONS, 0)
        for (_model, reason), drops in list(self._drops.items()):
            found[reason] += int(drops.number)
        return found

    def stats(self) -> Stats:
        dropped = self.dropped()
        acked, rejected, sampled_out = self.acked, self.rejected, self.sampled_out
        ended = acked + rejected + sampled_out + sum(dropped.values())
        # Read last: a record is counted here before it is counted anywhere else.
        calls = int(self.calls)
        return Stats(
            calls=calls,
            acked=acked,
            duplicate=self.duplicate,
            rejected=rejected,
            sampled_out=sampled_out,
            dropped=MappingProxyType({key: number for key, number in dropped.items() if number}),
            queued=calls - ended,
            batches=self.batches,
            retries=self.retries,
            bytes=self.bytes,
            callback_failures=int(self.callback_failures),
            last_error=self.last_error,
        )
