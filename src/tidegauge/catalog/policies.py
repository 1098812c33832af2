"""Policies of retraining, as their owner wrote them, and how far each has come with each model."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from tidegauge.catalog import upsert
from tidegauge.catalog.documents import Documents, Kept
from tidegauge.catalog.tables import policies
from tidegauge.catalog.tables import policy_marks as marks

__all__ = [
    "ALL",
    "Kept",
    "Mark",
    "add",
    "by_name",
    "change",
    "listed",
    "mark",
    "mark_of",
    "marked",
    "remove",
]

ALL: Final = ""
"""The name of what holds where a policy says nothing else."""

_documents = Documents(policies, "policy")
by_name = _documents.by_name
add = _documents.add
change = _documents.change
remove = _documents.remove


def listed(connection: Connection, tenant: str | None = None) -> list[Kept]:
    """Those with a name."""
    return [each for each in _documents.listed(connection, tenant) if each.name != ALL]


class Mark(NamedTuple):
    policy: int
    model: int
    used_upto: int
    """Findings up to here start nothing any more."""
    due_at: int
    """By the calendar; 0 is never."""


def mark_of(connection: Connection, policy: int, model: int) -> Mark | None:
    query = select(marks).where(marks.c.policy == policy, marks.c.model == model)
    row = connection.execute(query).one_or_none()
    return None if row is None else Mark(*row)


def marked(connection: Connection) -> dict[tuple[int, int], Mark]:
    """All of them, by policy and model."""
    return {(row.policy, row.model): Mark(*row) for row in connection.execute(select(marks))}


def mark(connection: Connection, new: Iterable[Mark]) -> None:
    upsert.replace(connection, marks, [each._asdict() for each in new])
