"""Unmatched: the ids of labels whose prediction has not come, in the pieces in which they came."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import unmatched
from tidegauge.catalog.upsert import pieces


@dataclass(frozen=True, kw_only=True, slots=True)
class Unmatched:
    model: int
    rows: int
    at: int
    since: str
    """How far was counted when they were looked for, and when they began to wait, if that is
    further: whoever was counting meanwhile did not know of them, so they are looked for once more
    when more is counted.  "" after that."""
    body: bytes
    id: int = 0


def add(connection: Connection, new: Iterable[Unmatched]) -> None:
    rows = [written(each, leave={"id"}) for each in new]
    if rows:
        connection.execute(unmatched.insert(), rows)


def of(connection: Connection, model: int) -> list[Unmatched]:
    rows = connection.execute(
        select(unmatched).where(unmatched.c.model == model).order_by(unmatched.c.id)
    )
    return [read(Unmatched, row) for row in rows]


def models(connection: Connection) -> set[int]:
    """Those with labels that wait."""
    return set(connection.scalars(select(unmatched.c.model).distinct()))


def again(connection: Connection, position: str) -> list[int]:
    """Those with some to be looked for once more, where so much is counted by now."""
    query = select(unmatched.c.model).where(unmatched.c.since.not_in(["", position]))
    return sorted(connection.scalars(query.distinct()))


def count(connection: Connection, model: int) -> int:
    query = select(func.coalesce(func.sum(unmatched.c.rows), 0))
    return int(connection.scalar(query.where(unmatched.c.model == model)) or 0)


def remove(connection: Connection, ids: Iterable[int]) -> None:
    for some in pieces(ids):
        connection.execute(delete(unmatched).where(unmatched.c.id.in_(some)))


def expire(connection: Connection, before: int) -> int:
    return connection.execute(delete(unmatched).where(unmatched.c.at < before)).rowcount
