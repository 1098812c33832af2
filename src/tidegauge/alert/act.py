"""What people do to incidents, each in one transaction beside which nothing of the kind runs."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from tidegauge.alert import store
from tidegauge.alert.condition import MANUAL
from tidegauge.alert.errors import ConflictError
from tidegauge.alert.ids import key_of
from tidegauge.alert.incident import Incident
from tidegauge.alert.machine import Machine
from tidegauge.alert.settings import Settings
from tidegauge.catalog import Catalog, StaleError, incidents, progress
from tidegauge.monitor.severity import Severity

Act = Callable[[Machine, Incident], None]
NAME: Final = "alerts"
"""Of the progress that is locked."""
_AT_ONCE: Final = 200
"""Incidents of one transaction: others wait for its end."""


def now(connection: Connection) -> int:
    """The time that deadlines are held against: see `clock`."""
    found = progress.get(connection, NAME)
    return time.time_ns() // 1000 + int(found.detail.get("offset", 0) if found else 0)


def act(
    catalog: Catalog,
    settings: Settings,
    name: str,
    what: Act,
    *,
    revision: int | None = None,
    tenant: str | None = None,
    even_closed: bool = False,
) -> Incident:
    """Do something to an incident; `revision` is the one that was seen.

    KeyError where there is none (of the tenant, if one is told), ConflictError where its state does
    not allow it, StaleError where it has changed since it was seen.
    """

    def write(connection: Connection) -> Incident:
        progress.lock(connection, NAME)
        kept = incidents.get(connection, name)
        if kept is None or tenant not in (None, kept.tenant):
            raise KeyError(name)
        if revision is not None and kept.revision != revision:
            raise StaleError(f"incident {name} was changed meanwhile: read it again")
        at = now(connection)
        if kept.state == "closed" and even_closed:
            loaded = store.load(connection, [], [kept], at)
        else:
            loaded = store.of_models(connection, [(kept.tenant, kept.model)], at)
        incident = loaded.book.incidents.get(name)
        if incident is None:
            raise ConflictError(f"the incident is {kept.state}", kept.state)
        what(Machine(loaded.book, settings, at), incident)
        loaded.save(connection, settings)
        return incident

    return catalog.write(write)


def act_on_many(
    catalog: Catalog, settings: Settings, names: Iterable[str], what: Act, *, tenant: str
) -> dict[str, Incident | ConflictError | None]:
    """The same to each of some: what it has become, why it could not be done, or None where there
    is no such incident."""
    done: dict[str, Incident | ConflictError | None] = {}
    wanted = list(dict.fromkeys(names))
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        done |= catalog.write(lambda c, some=some: _each(c, settings, some, what, tenant))
    return done


def _each(
    connection: Connection, settings: Settings, names: list[str], what: Act, tenant: str
) -> dict[str, Incident | ConflictError | None]:
    progress.lock(connection, NAME)
    at = now(connection)
    kept = {each.id: each for each in incidents.some(connection, names) if each.tenant == tenant}
    models = [(each.tenant, each.model) for each in kept.values()]
    loaded = store.of_models(connection, models, at)
    machine = Machine(loaded.book, settings, at)
    done: dict[str, Incident | ConflictError | None] = {}
    for name in names:
        there, incident = kept.get(name), loaded.book.incidents.get(name)
        if there is None:
            done[name] = None
        elif incident is None:
            done[name] = ConflictError(f"the incident is {there.state}", there.state)
        else:
            try:
                what(machine, incident)
            except ConflictError as error:
                done[name] = error
            else:
                done[name] = incident
    loaded.save(connection, settings)
    return done


def judge(machine: Machine, incident: Incident, who: str, text: str, *, is_useful: bool) -> None:
    """Whether it was worth the while of whoever was told; the last word counts."""
    incident.useful = {"useful": is_useful, "text": text, "who": who, "at": machine.at}
    machine.book.note(incident, machine.at, "feedback", who, useful=is_useful, text=text)


class Said(NamedTuple):
    """That something is wrong with a model, by the word of somebody or of something else."""

    model: str
    title: str
    severity: Severity
    description: str = ""


def raise_manually(
    catalog: Catalog, settings: Settings, tenant: str, said: Said, who: str
) -> Incident:
    """An alert by somebody's word, and the incident that it is in."""
    return tell(catalog, settings, tenant, [said], [], who)[0]


def tell(
    catalog: Catalog,
    settings: Settings,
    tenant: str,
    raised: Sequence[Said],
    ended: Sequence[Said],
    who: str,
) -> list[Incident]:
    """What is wrong, and what no longer is; the incidents of what is raised."""
    models = [(tenant, each.model) for each in (*raised, *ended)]

    def write(connection: Connection) -> list[Incident]:
        progress.lock(connection, NAME)
        at = now(connection)
        loaded = store.of_models(connection, models, at)
        machine = Machine(loaded.book, settings, at)
        told: list[Incident] = []
        for said in raised:
            name = manual_of(tenant, said.model, said.title)
            before = loaded.book.alerts.get(name)
            is_news = before is None or before.severity_now != said.severity or not before.incident
            incident = machine.manual(tenant, said.model, said.title, said.severity)
            if said.description:
                loaded.book.alerts[name].evidence = {"what": said.description}
            if is_news:
                machine.book.note(
                    incident, at, "raise", who, severity=said.severity, text=said.description
                )
            told.append(incident)
        names = [manual_of(tenant, each.model, each.title) for each in ended]
        over = [loaded.book.alerts[name] for name in names if name in loaded.book.alerts]
        machine.end(over, "cleared")
        loaded.save(connection, settings)
        return told

    return catalog.write(write)


def raise_of_ops(connection: Connection, settings: Settings, tenant: str, title: str) -> None:
    """Something of tidegauge itself that somebody has to see to, and say when it is done."""
    at = now(connection)
    loaded = store.of_models(connection, [(tenant, "")], at)
    Machine(loaded.book, settings, at).manual(tenant, "", title, "high", "ops")
    loaded.save(connection, settings)


def manual_of(tenant: str, model: str, title: str) -> str:
    """The fingerprint of what is said by hand: the same words again are the same alert."""
    return key_of(tenant, MANUAL, model, title)
