"""Alerts: the conditions that are not as they always were."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, cast, delete, func, select

from tidegauge.catalog import keyed
from tidegauge.catalog.columns import Micros
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import alerts
from tidegauge.catalog.upsert import pieces, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    fingerprint: str
    tenant: str
    model: str
    rule: str
    state: str
    incident: str | None
    rearm_at: int | None
    body: Mapping[str, Any]


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
    """Begun in [start, stop)."""


def all_of(connection: Connection) -> list[Kept]:
    return _found(connection)


def of_models(connection: Connection, models: Iterable[tuple[str, str]]) -> list[Kept]:
    """By tenant and name."""
    found = keyed.rows(connection, (alerts.c.tenant, alerts.c.model), models)
    return sorted((read(Kept, row) for row in found), key=lambda each: each.fingerprint)


def of_incident(connection: Connection, incident: str) -> list[Kept]:
    return _found(connection, alerts.c.incident == incident)


def has(connection: Connection, fingerprint: str) -> bool:
    found = select(alerts.c.fingerprint).where(alerts.c.fingerprint == fingerprint)
    return connection.scalar(found) is not None


def to_rearm(connection: Connection, at: int) -> list[Kept]:
    """Those that were resolved by hand, go on, and may speak again."""
    return _found(connection, alerts.c.rearm_at <= at, alerts.c.state == "firing")


def listed(
    connection: Connection, asked: Asked, *, after: str = "", limit: int = 100
) -> list[Kept]:
    query = select(alerts).where(*_where(asked), alerts.c.fingerprint > after)
    rows = connection.execute(query.order_by(alerts.c.fingerprint).limit(limit))
    return [read(Kept, row) for row in rows]


def put(connection: Connection, changed: Sequence[Kept]) -> None:
    replace(connection, alerts, [written(each) for each in changed])


def remove(connection: Connection, fingerprints: Iterable[str]) -> None:
    for some in pieces(sorted(fingerprints)):
        connection.execute(delete(alerts).where(alerts.c.fingerprint.in_(some)))


def _where(asked: Asked) -> list[ColumnElement[bool]]:
    body = alerts.c.body
    found = [alerts.c.tenant == asked.tenant]
    chosen = (
        (alerts.c.model, asked.models),
        (alerts.c.state, asked.states),
        (body["family"].as_string(), asked.families),
        (body["severity_now"].as_string(), asked.severities),
    )
    found += [column.in_(values) for column, values in chosen if values is not None]
    times = (cast(body[name].as_string(), Micros) for name in ("active_since", "fired_at"))
    began = func.coalesce(*times, 0)
    if asked.start is not None:
        found.append(began >= asked.start)
    if asked.stop is not None:
        found.append(began < asked.stop)
    return found


def _found(connection: Connection, *where: ColumnElement[bool]) -> list[Kept]:
    query = select(alerts).where(*where).order_by(alerts.c.fingerprint)
    return [read(Kept, row) for row in connection.execute(query)]
