"""Dead letters: what could not be counted, kept for a person to look at and send again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import dead_letters

MOST: Final = 64 * 1024
"""Bytes of a body that are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    at: int
    tenant: str
    model: str
    kind: str
    reason: str
    detail: str
    body: bytes
    size: int
    """Bytes that the body had before it was cut."""
    position: str
    """Of the log."""
    id: int = 0


def add(connection: Connection, new: Sequence[DeadLetter]) -> None:
    if new:
        kept = [replace(letter, body=letter.body[:MOST]) for letter in new]
        rows = [written(letter, leave=("id",)) for letter in kept]
        connection.execute(insert(dead_letters), rows)


def listed(
    connection: Connection, tenant: str, *, before: int | None = None, limit: int = 100
) -> list[DeadLetter]:
    """A page, the latest first; the next one is `before` the last id of this."""
    query = select(dead_letters).where(dead_letters.c.tenant == tenant)
    if before is not None:
        query = query.where(dead_letters.c.id < before)
    rows = connection.execute(query.order_by(dead_letters.c.id.desc()).limit(limit))
    return [read(DeadLetter, row) for row in rows]


def expire(connection: Connection, before: int) -> int:
    return connection.execute(delete(dead_letters).where(dead_letters.c.at < before)).rowcount
