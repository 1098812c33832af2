"""Requests and responses that come apart, joined over commits and restarts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
from sqlalchemy import Connection

from tidegauge.catalog import pending
from tidegauge.catalog.pending import Pending
from tidegauge.record.halves import Halves
from tidegauge.window import MINUTE, SECOND

KIND: Final = "half"
PATIENCE: Final = 10 * MINUTE * SECOND
_AT_ONCE: Final = 10_000
_FOREVER: Final = 1 << 62

Record = dict[str, object]


@dataclass
class Joiner:
    """Those that wait, and what changed of them since the last commit."""

    _waiting: dict[str, Halves] = field(default_factory=dict[str, Halves])
    """By tenant."""
    _changed: dict[str, Pending | None] = field(default_factory=dict[str, Pending | None])

    def load(self, connection: Connection) -> None:
        """As the last commit left them."""
        for each in pending.older(connection, KIND, _FOREVER, 1_000_000):
            half = orjson.loads(each.body)
            self._of(each.key.partition("/")[0]).add(half, now=each.at)

    def take(self, tenant: str, halves: Sequence[Record], at: int) -> Iterator[tuple[str, Record]]:
        """The records that these complete, and those whose other half did not come in time, each
        with its model."""
        waiting = self._of(tenant)
        for late in waiting.given_up(now=at):
            self._changed[_key(tenant, late)] = None
            yield str(late["model_id"]), late
        for half in halves:
            whole = waiting.add(half, now=at)
            key = _key(tenant, half)
            if whole is None:
                self._changed[key] = Pending(kind=KIND, key=key, at=at, body=orjson.dumps(half))
            else:
                self._changed[key] = None
                yield str(whole["model_id"]), whole

    def put(self, connection: Connection) -> None:
        pending.put(connection, [each for each in self._changed.values() if each is not None])
        gone = [key for key, each in self._changed.items() if each is None]
        pending.forget(connection, KIND, gone)

    def saved(self) -> None:
        self._changed.clear()

    def _of(self, tenant: str) -> Halves:
        return self._waiting.setdefault(tenant, Halves(PATIENCE))


def _key(tenant: str, record: Mapping[str, object]) -> str:
    return f"{tenant}/{record['model_id']}/{record['prediction_id']}"
