"""Pending: halves that wait for the other, such as a request for its response."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import pending
from tidegauge.catalog.upsert import pieces, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    kind: str
    key: str
    at: int
    body: bytes


def put(connection: Connection, new: Sequence[Pending]) -> None:
    replace(connection, pending, [written(half) for half in new])


def get(connection: Connection, kind: str, keys: Iterable[str]) -> dict[str, Pending]:
    """By key; those that wait."""
    found: dict[str, Pending] = {}
    for some in pieces(keys):
        rows = connection.execute(
            select(pending).where(pending.c.kind == kind, pending.c.key.in_(some))
        )
        found.update((row.key, read(Pending, row)) for row in rows)
    return found


def older(connection: Connection, kind: str, before: int, most: int) -> list[Pending]:
    """Those that wait since before a time, the oldest first."""
    rows = connection.execute(
        select(pending)
        .where(pending.c.kind == kind, pending.c.at < before)
        .order_by(pending.c.at, pending.c.key)
        .limit(most)
    )
    return [read(Pending, row) for row in rows]


def forget(connection: Connection, kind: str, keys: Iterable[str]) -> None:
    for some in pieces(keys):
        connection.execute(delete(pending).where(pending.c.kind == kind, pending.c.key.in_(some)))
