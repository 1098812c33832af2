"""The audit: who did what, when.  It is written in the transaction of what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import audit


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    id: int
    at: int
    who: str
    what: str
    subject: str
    detail: Mapping[str, Any]


def add(
    connection: Connection, *, at: int, who: str, what: str, subject: str, detail: Mapping[str, Any]
) -> None:
    connection.execute(
        insert(audit).values(at=at, who=who, what=what, subject=subject, detail=dict(detail))
    )


def listed(
    connection: Connection, *, about: str = "", before: int | None = None, limit: int = 100
) -> list[Entry]:
    """A page, the latest first; the next one is `before` the last id of this.  `about` is what
    the subjects begin with."""
    query = select(audit)
    if about:
        query = query.where(audit.c.subject.startswith(about, autoescape=True))
    if before is not None:
        query = query.where(audit.c.id < before)
    rows = connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
    return [read(Entry, row) for row in rows]
