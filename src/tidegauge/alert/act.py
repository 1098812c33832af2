"""What people do to incidents, each in one transaction beside which nothing of the kind runs."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection

from tidegauge.alert import store
from tidegauge.alert.errors import ConflictError
from tidegauge.alert.incident import Incident
from tidegauge.alert.machine import Machine
from tidegauge.alert.settings import Settings
from tidegauge.catalog import Catalog, StaleError, incidents, progress
from tidegauge.monitor.severity import Severity

T = TypeVar("T")
NAME: Final = "alerts"
"""Of the progress that is locked."""


def now(connection: Connection) -> int:
    """The time that deadlines are held against: see `clock`."""
    found = progress.get(connection, NAME)
    return time.time_ns() // 1000 + int(found.detail.get("offset", 0) if found else 0)


def act(
    catalog: Catalog,
    settings: Settings,
    name: str,
    what: Callable[[Machine, Incident], None],
    *,
    revision: int | None = None,
) -> Incident:
    """Do something to an incident; `revision` is the one that was seen.

    KeyError where there is none, ConflictError where its state does not allow it, StaleError
    where it has changed since it was seen.
    """

    def write(connection: Connection) -> Incident:
        progress.lock(connection, NAME)
        kept = incidents.get(connection, name)
        if kept is None:
            raise KeyError(name)
        if revision is not None and kept.revision != revision:
            raise StaleError(f"incident {name} was changed meanwhile: read it again")
        at = now(connection)
        loaded = store.of_models(connection, [(kept.tenant, kept.model)], at)
        incident = loaded.book.incidents.get(name)
        if incident is None:
            raise ConflictError(f"the incident is {kept.state}", kept.state)
        what(Machine(loaded.book, settings, at), incident)
        loaded.save(connection, settings)
        return incident

    return catalog.write(write)


def raise_manually(
    catalog: Catalog, settings: Settings, tenant: str, model: str, title: str, severity: Severity
) -> Incident:
    """An alert by somebody's word, and the incident that it is in."""

    def write(connection: Connection) -> Incident:
        progress.lock(connection, NAME)
        at = now(connection)
        loaded = store.of_models(connection, [(tenant, model)], at)
        machine = Machine(loaded.book, settings, at)
        incident = machine.manual(tenant, model, title, severity)
        loaded.save(connection, settings)
        return incident

    return catalog.write(write)
