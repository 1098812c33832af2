"""Parts: the list of the files that hold rows.  What is not listed here does not exist."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from tidegauge.catalog.errors import StaleError
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import parts
from tidegauge.catalog.upsert import add_missing, pieces
from tidegauge.store import part as stored


@dataclass(frozen=True, kw_only=True)
class Part(stored.Part):
    """What the store tells of a part, and what is known of it beyond."""

    model: int
    kind: str
    """"predictions", "labels", ..."""
    day: int
    """Since 1970, of the first row's event."""
    created_at: int
    level: int = 0
    """How often its rows were merged."""
    replaced_at: int | None = None
    """When others took its place, or its rows were old: its file may be deleted once no reader
    that has listed it can be left."""
    id: int = 0
    """Given by the catalog."""


class Totals(NamedTuple):
    parts: int
    rows: int
    bytes: int


def add(connection: Connection, new: Sequence[Part]) -> list[int]:
    """List parts, and give their ids.  One whose file is listed already is left as it is."""
    add_missing(connection, parts, [written(part, leave=("id",)) for part in new])
    ids: dict[str, int] = {}
    for some in pieces(part.file for part in new):
        rows = connection.execute(select(parts.c.file, parts.c.id).where(parts.c.file.in_(some)))
        ids.update((row.file, row.id) for row in rows)
    return [ids[part.file] for part in new]


def live(
    connection: Connection,
    model: int,
    kind: str,
    first_at: int | None = None,
    last_at: int | None = None,
) -> list[Part]:
    """The parts that may hold rows with an event time from `first_at` to `last_at`, both
    included, by their first."""
    query = select(parts).where(
        parts.c.model == model, parts.c.kind == kind, parts.c.replaced_at.is_(None)
    )
    if first_at is not None:
        query = query.where(parts.c.last_at >= first_at)
    if last_at is not None:
        query = query.where(parts.c.first_at <= last_at)
    rows = connection.execute(query.order_by(parts.c.first_at, parts.c.id))
    return [read(Part, row) for row in rows]


def replace(
    connection: Connection, old_ids: Iterable[int], new: Sequence[Part], at: int
) -> list[int]:
    """Put parts in the place of others; none, where the rows of the old ones are to go.

    StaleError where one of the old is gone or replaced already: then the new ones must not be
    listed, as their rows are elsewhere too.  Where the new ones are listed it was done before.
    """
    listed = [part.file for part in new]
    if new and len(_known(connection, listed)) == len(set(listed)):
        return add(connection, new)
    old = sorted(set(old_ids))
    changed = 0
    for some in pieces(old):
        changed += connection.execute(
            update(parts)
            .where(parts.c.id.in_(some), parts.c.replaced_at.is_(None))
            .values(replaced_at=at)
        ).rowcount
    if changed != len(old):
        raise StaleError(
            f"{len(old) - changed} of {len(old)} parts are no longer in use: plan anew"
        )
    return add(connection, new)


def doomed(connection: Connection, before: int, most: int = 1000) -> list[Part]:
    """Parts that were replaced before a time: delete their files, then forget them."""
    rows = connection.execute(
        select(parts)
        .where(parts.c.replaced_at < before)
        .order_by(parts.c.replaced_at, parts.c.id)
        .limit(most)
    )
    return [read(Part, row) for row in rows]


def forget(connection: Connection, ids: Iterable[int]) -> None:
    """Of those that were replaced; a part in use is never forgotten."""
    for some in pieces(ids):
        connection.execute(
            delete(parts).where(parts.c.id.in_(some), parts.c.replaced_at.is_not(None))
        )


def rows(connection: Connection, models: Iterable[int], kind: str) -> dict[int, int]:
    """By model: rows of a kind that are in parts; of those that have some."""
    found: dict[int, int] = {}
    for some in pieces(models):
        listed = connection.execute(
            select(parts.c.model, func.sum(parts.c.rows))
            .where(parts.c.model.in_(some), parts.c.kind == kind, parts.c.replaced_at.is_(None))
            .group_by(parts.c.model)
        )
        found.update((row[0], int(row[1])) for row in listed)
    return found


class Held(NamedTuple):
    model: int
    kind: str
    parts: int
    first_last_at: int
    """The earliest time at which a part of them ends."""


def held(connection: Connection) -> list[Held]:
    """What there is, by model and kind."""
    rows = connection.execute(
        select(parts.c.model, parts.c.kind, func.count(), func.min(parts.c.last_at))
        .where(parts.c.replaced_at.is_(None))
        .group_by(parts.c.model, parts.c.kind)
        .order_by(parts.c.model, parts.c.kind)
    )
    return [Held(*row) for row in rows]


def files(connection: Connection) -> set[str]:
    """All that may not be swept: those in use, and those that a reader may still have."""
    return set(connection.scalars(select(parts.c.file)))


def totals(connection: Connection, model: int | None = None) -> Totals:
    """Of what is in use, of one model or all."""
    query = select(
        func.count(),
        func.coalesce(func.sum(parts.c.rows), 0),
        func.coalesce(func.sum(parts.c.bytes), 0),
    ).where(parts.c.replaced_at.is_(None))
    if model is not None:
        query = query.where(parts.c.model == model)
    count, rows, size = connection.execute(query).one()
    return Totals(count, int(rows), int(size))


def _known(connection: Connection, files: Sequence[str]) -> set[str]:
    return {
        file
        for some in pieces(files)
        for file in connection.scalars(select(parts.c.file).where(parts.c.file.in_(some)))
    }
