"""Reports that go out by the calendar, as their owner wrote it, and when each is due next."""

from typing import NamedTuple

from sqlalchemy import Connection, select, update

from tidegauge.catalog import upsert
from tidegauge.catalog.documents import Documents, Kept
from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import report_turns as turns
from tidegauge.catalog.tables import reports

__all__ = [
    "Kept",
    "Turn",
    "add",
    "by_name",
    "change",
    "due",
    "listed",
    "plan",
    "remove",
    "turn",
    "turns_of",
]

_documents = Documents(reports, "report")
listed = _documents.listed
by_name = _documents.by_name
add = _documents.add
change = _documents.change
remove = _documents.remove


class Turn(NamedTuple):
    report: int
    due_at: int
    made_at: int
    """The last time; 0 is never."""
    failure: str
    """Why the last could not be made, of some models."""


def plan(connection: Connection, report: int, due_at: int) -> None:
    """Due then, and not before."""
    told = {"report": report, "due_at": due_at, "made_at": 0, "failure": ""}
    upsert.merge(connection, turns, [told], lambda new: {"due_at": new["due_at"]})


def turns_of(connection: Connection) -> dict[int, Turn]:
    return {row.report: Turn(*row) for row in connection.execute(select(turns))}


def due(connection: Connection, at: int) -> list[tuple[Kept, int]]:
    """What is due, the longest waiting first, and since when."""
    since = {
        row.report: row.due_at
        for row in connection.execute(select(turns).where(turns.c.due_at <= at))
    }
    rows = connection.execute(select(reports).where(reports.c.id.in_(since)))
    found = [(kept, since[kept.id]) for kept in (read(Kept, row) for row in rows)]
    return sorted(found, key=lambda each: each[1])


def turn(connection: Connection, before: tuple[Kept, int], next_at: int, at: int, why: str) -> bool:
    """It is made, and due again; False where another has made it."""
    kept, due_at = before
    done = connection.execute(
        update(turns)
        .where(turns.c.report == kept.id, turns.c.due_at == due_at)
        .values(due_at=next_at, made_at=at, failure=why)
    )
    return done.rowcount == 1
