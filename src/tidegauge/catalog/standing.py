"""Readings as they are asked for: of a model page by page, and how each monitor stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, Select, Table, and_, func, or_, select

from tidegauge.catalog.readings import Hour, Reading
from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import monitors, reading_hours, readings, targets
from tidegauge.catalog.upsert import pieces


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which of a model's readings; None is all of them."""

    model: int
    monitors: Sequence[str] | None = None
    version: str | None = None
    """ "" is all versions together."""
    segment: str | None = None
    """ "" is all rows."""


class Label(NamedTuple):
    """What a target is called outside."""

    monitor: str
    version: str
    segment: str


class Standing(NamedTuple):
    """How many targets of a monitor were last read with a status."""

    monitor: int
    status: str
    severity: str | None
    targets: int
    slot: int
    """The latest."""


class Place(NamedTuple):
    """The last of a page: the next begins behind it."""

    at: int
    target: int


def page(
    connection: Connection,
    asked: Asked,
    start: int,
    stop: int,
    *,
    limit: int,
    statuses: Sequence[str] | None = None,
    after: Place | None = None,
) -> list[Reading]:
    """Of slots in (start, stop], the latest first."""
    query = select(readings).where(
        readings.c.target.in_(_targets(asked)), readings.c.slot > start, readings.c.slot <= stop
    )
    if statuses is not None:
        query = query.where(readings.c.status.in_(statuses))
    return [
        read(Reading, row)
        for row in connection.execute(_paged(query, readings, "slot", after, limit))
    ]


def hour_page(
    connection: Connection,
    asked: Asked,
    start: int,
    stop: int,
    *,
    limit: int,
    breached: bool = False,
    after: Place | None = None,
) -> list[Hour]:
    """Of hours that begin in [start, stop), the latest first; or those with a breach."""
    hours = reading_hours.c
    query = select(reading_hours).where(
        hours.target.in_(_targets(asked)), hours.start >= start, hours.start < stop
    )
    if breached:
        query = query.where(hours.breaches > 0)
    return [
        read(Hour, row)
        for row in connection.execute(_paged(query, reading_hours, "start", after, limit))
    ]


def tally(connection: Connection, asked: Asked, start: int, stop: int) -> dict[str, int]:
    """By status, how many readings there are of slots in (start, stop]."""
    rows = connection.execute(
        select(readings.c.status, func.count())
        .where(
            readings.c.target.in_(_targets(asked)),
            readings.c.slot > start,
            readings.c.slot <= stop,
        )
        .group_by(readings.c.status)
    )
    return {row[0]: row[1] for row in rows}


def hour_tally(connection: Connection, asked: Asked, start: int, stop: int) -> tuple[int, int]:
    """Readings and breaches of hours that begin in [start, stop)."""
    hours = reading_hours.c
    row = connection.execute(
        select(func.sum(hours.readings), func.sum(hours.breaches)).where(
            hours.target.in_(_targets(asked)), hours.start >= start, hours.start < stop
        )
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


def labels(connection: Connection, ids: Iterable[int]) -> dict[int, Label]:
    found: dict[int, Label] = {}
    for some in pieces(sorted(set(ids))):
        rows = connection.execute(
            select(targets.c.id, monitors.c.name, targets.c.version, targets.c.segment)
            .join(monitors, targets.c.monitor == monitors.c.id)
            .where(targets.c.id.in_(some))
        )
        found |= {row.id: Label(row.name, row.version, row.segment) for row in rows}
    return found


def standing(connection: Connection, tenant: str) -> list[Standing]:
    """By the last reading of each target."""
    last = and_(readings.c.target == targets.c.id, readings.c.slot == targets.c.slot)
    rows = connection.execute(
        select(
            targets.c.monitor,
            readings.c.status,
            readings.c.severity,
            func.count().label("targets"),
            func.max(readings.c.slot).label("slot"),
        )
        .join(readings, last)
        .join(monitors, targets.c.monitor == monitors.c.id)
        .where(monitors.c.tenant == tenant)
        .group_by(targets.c.monitor, readings.c.status, readings.c.severity)
        .order_by(targets.c.monitor, readings.c.status, readings.c.severity)
    )
    return [Standing(*row) for row in rows]


def _targets(asked: Asked) -> Select[tuple[int]]:
    query = (
        select(targets.c.id)
        .join(monitors, targets.c.monitor == monitors.c.id)
        .where(targets.c.model == asked.model)
    )
    if asked.monitors is not None:
        query = query.where(monitors.c.name.in_(asked.monitors))
    if asked.version is not None:
        query = query.where(targets.c.version == asked.version)
    if asked.segment is not None:
        query = query.where(targets.c.segment == asked.segment)
    return query


def _paged(
    query: Select[tuple[object, ...]], table: Table, by: str, after: Place | None, limit: int
) -> Select[tuple[object, ...]]:
    at, target = table.c[by], table.c.target
    if after is not None:
        query = query.where(or_(at < after.at, and_(at == after.at, target < after.target)))
    return query.order_by(at.desc(), target.desc()).limit(limit)
