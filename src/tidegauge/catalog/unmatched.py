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
    again: bool
    """They are to be looked for once more: predictions that came while they were looked for the
    first time were not told to be waited for."""
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


def again(connection: Connection) -> list[int]:
    """Those with some to be looked for once more."""
    query = select(unmatched.c.model).where(unmatched.c.again).distinct()
    return sorted(connection.scalars(query))


def count(connection: Connection, model: int) -> int:
    query = select(func.coalesce(func.sum(unmatched.c.rows), 0))
    return int(connection.scalar(query.where(unmatched.c.model == model)) or 0)


def remove(connection: Connection, ids: Iterable[int]) -> None:
    for some in pieces(ids):
        connection.execute(delete(unmatched).where(unmatched.c.id.in_(some)))


def expire(connection: Connection, before: int) -> int:
    return connection.execute(delete(unmatched).where(unmatched.c.at < before)).rowcount
