"""Incidents, and what happened to each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from tidegauge.catalog import keyed
from tidegauge.catalog.errors import StaleError
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import incident_events, incidents, notices
from tidegauge.catalog.upsert import pieces

LIVE: Final = ("open", "acknowledged")
UNENDED: Final = (*LIVE, "resolved")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    id: str
    tenant: str
    key: str
    model: str
    family: str
    state: str
    severity: str
    title: str
    owner: str
    opened_at: int
    changed_at: int
    due_at: int | None
    """When time itself will change it."""
    revision: int
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    incident: str
    seq: int
    at: int
    kind: str
    who: str
    detail: Mapping[str, Any]


class Tally(NamedTuple):
    state: str
    severity: str
    family: str
    incidents: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which of a tenant's; None is all."""

    tenant: str
    models: Sequence[str] | None = None
    families: Sequence[str] | None = None
    states: Sequence[str] | None = None
    severities: Sequence[str] | None = None
    start: int | None = None
    stop: int | None = None
    """Opened in [start, stop)."""


def get(connection: Connection, name: str) -> Kept | None:
    row = connection.execute(select(incidents).where(incidents.c.id == name)).one_or_none()
    return None if row is None else read(Kept, row)


def unended(connection: Connection) -> list[Kept]:
    """Those that can still change."""
    # Of one that is closed somebody may still have to be told.
    is_unended = or_(incidents.c.state.in_(UNENDED), incidents.c.due_at.is_not(None))
    query = select(incidents).where(is_unended).order_by(incidents.c.id)
    return [read(Kept, row) for row in connection.execute(query)]


def unended_of(connection: Connection, models: Iterable[tuple[str, str]]) -> list[Kept]:
    """By tenant and name of the model."""
    found = keyed.rows(connection, (incidents.c.tenant, incidents.c.model), models)
    kept = (read(Kept, row) for row in found if row.state in UNENDED or row.due_at is not None)
    return sorted(kept, key=lambda each: each.id)


def some(connection: Connection, names: Iterable[str]) -> list[Kept]:
    found: list[Kept] = []
    for piece in pieces(sorted(set(names))):
        rows = connection.execute(select(incidents).where(incidents.c.id.in_(piece)))
        found += [read(Kept, row) for row in rows]
    return found


def due(connection: Connection, at: int) -> list[tuple[str, str]]:
    """The models of those that time changes by now."""
    rows = connection.execute(
        select(incidents.c.tenant, incidents.c.model).where(incidents.c.due_at <= at).distinct()
    )
    return [(row.tenant, row.model) for row in rows]


def next_due(connection: Connection) -> int | None:
    return connection.scalar(select(func.min(incidents.c.due_at)))


def page(
    connection: Connection,
    asked: Asked,
    *,
    after: tuple[int, str] | None = None,
    limit: int = 100,
) -> list[Kept]:
    """The latest first."""
    opened, name = incidents.c.opened_at, incidents.c.id
    query = select(incidents).where(*_where(asked))
    if after is not None:
        query = query.where(or_(opened < after[0], and_(opened == after[0], name < after[1])))
    rows = connection.execute(query.order_by(opened.desc(), name.desc()).limit(limit))
    return [read(Kept, row) for row in rows]


def everything(connection: Connection, asked: Asked) -> list[Kept]:
    """The latest first."""
    query = select(incidents).where(*_where(asked))
    rows = connection.execute(query.order_by(incidents.c.opened_at.desc(), incidents.c.id.desc()))
    return [read(Kept, row) for row in rows]


def tally(connection: Connection, asked: Asked) -> list[Tally]:
    by = (incidents.c.state, incidents.c.severity, incidents.c.family)
    rows = connection.execute(select(*by, func.count()).where(*_where(asked)).group_by(*by))
    return [Tally(*row) for row in rows]


def add(connection: Connection, new: Sequence[Kept]) -> None:
    if new:
        rows = [written(each) for each in sorted(new, key=lambda each: each.id)]
        connection.execute(insert(incidents), rows)


def change(connection: Connection, before: int, after: Kept) -> None:
    """From one revision to the next; StaleError where another was quicker."""
    done = connection.execute(
        update(incidents)
        .where(incidents.c.id == after.id, incidents.c.revision == before)
        .values(written(after))
    )
    if not done.rowcount:
        raise StaleError(f"incident {after.id} was changed meanwhile: read it again")


def note(connection: Connection, new: Sequence[Event]) -> None:
    if new:
        connection.execute(insert(incident_events), [written(each) for each in new])


def events(connection: Connection, incident: str) -> list[Event]:
    rows = connection.execute(
        select(incident_events)
        .where(incident_events.c.incident == incident)
        .order_by(incident_events.c.seq)
    )
    return [read(Event, row) for row in rows]


def noted(connection: Connection, asked: Asked, kinds: Sequence[str]) -> list[Event]:
    """What happened of some kinds to those that are asked for, in order."""
    rows = connection.execute(
        select(incident_events)
        .join(incidents, incidents.c.id == incident_events.c.incident)
        .where(*_where(asked), incident_events.c.kind.in_(kinds))
        .order_by(incident_events.c.incident, incident_events.c.seq)
    )
    return [read(Event, row) for row in rows]


def happened(connection: Connection, since: int) -> list[Event]:
    """To all incidents from then on, in order."""
    event = incident_events.c
    rows = connection.execute(
        select(incident_events)
        .where(event.at >= since)
        .order_by(event.at, event.incident, event.seq)
    )
    return [read(Event, row) for row in rows]


def expire(connection: Connection, before: int, most: int = 500) -> int:
    """Forget what was closed long ago; how many went."""
    old = select(incidents.c.id).where(
        incidents.c.state == "closed", incidents.c.changed_at < before
    )
    names = list(connection.scalars(old.order_by(incidents.c.id).limit(most)))
    if names:
        connection.execute(delete(notices).where(notices.c.incident.in_(names)))
        connection.execute(delete(incident_events).where(incident_events.c.incident.in_(names)))
        connection.execute(delete(incidents).where(incidents.c.id.in_(names)))
    return len(names)


def _where(asked: Asked) -> list[ColumnElement[bool]]:
    found = [incidents.c.tenant == asked.tenant]
    chosen = (
        (incidents.c.model, asked.models),
        (incidents.c.family, asked.families),
        (incidents.c.state, asked.states),
        (incidents.c.severity, asked.severities),
    )
    found += [column.in_(values) for column, values in chosen if values is not None]
    if asked.start is not None:
        found.append(incidents.c.opened_at >= asked.start)
    if asked.stop is not None:
        found.append(incidents.c.opened_at < asked.stop)
    return found
