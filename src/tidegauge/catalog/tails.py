"""Tails: from which position of the log on a model's rows are not in a part yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import tails
from tidegauge.catalog.upsert import pieces, replace

Blob = bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Tail:
    model: int
    kind: str
    position: str
    """Rows of batches that end after it are not in a part."""
    rows: int
    bytes: int
    since: int
    """When the oldest of them was received."""
    dropped: Blob | None = None
    """Which of them are repeats of others."""


def put(connection: Connection, changed: Sequence[Tail]) -> None:
    replace(connection, tails, [written(tail) for tail in changed])


def all(connection: Connection) -> list[Tail]:  # noqa: A001 - reads as `tails.all`
    rows = connection.execute(select(tails).order_by(tails.c.model, tails.c.kind))
    return [read(Tail, row) for row in rows]


def of(connection: Connection, model: int) -> list[Tail]:
    rows = connection.execute(select(tails).where(tails.c.model == model).order_by(tails.c.kind))
    return [read(Tail, row) for row in rows]


def rows(connection: Connection, models: Iterable[int], kind: str) -> dict[int, int]:
    """By model: rows of a kind that are in no part; of those that have some."""
    found: dict[int, int] = {}
    for some in pieces(models):
        listed = connection.execute(
            select(tails.c.model, tails.c.rows).where(tails.c.model.in_(some), tails.c.kind == kind)
        )
        found.update((row.model, row.rows) for row in listed)
    return found


def forget(connection: Connection, keys: Iterable[tuple[int, str]]) -> None:
    """By model and kind."""
    for model, kind in keys:
        connection.execute(delete(tails).where(tails.c.model == model, tails.c.kind == kind))
