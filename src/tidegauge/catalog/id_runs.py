"""Runs of prediction ids: files that say which ids were counted, and how much of each is true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import id_runs
from tidegauge.catalog.upsert import pieces, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class IdRun:
    file: str
    rows: int
    """How many of the file are committed; what follows was never counted."""
    sealed: bool
    digest: str | None
    first_at: int
    last_at: int


def put(connection: Connection, changed: Sequence[IdRun]) -> None:
    replace(connection, id_runs, [written(run) for run in changed])


def all(connection: Connection) -> list[IdRun]:  # noqa: A001 - reads as `id_runs.all`
    rows = connection.execute(select(id_runs).order_by(id_runs.c.first_at, id_runs.c.file))
    return [read(IdRun, row) for row in rows]


def forget(connection: Connection, files: Iterable[str]) -> None:
    for some in pieces(files):
        connection.execute(delete(id_runs).where(id_runs.c.file.in_(some)))
