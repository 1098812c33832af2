"""Targets: each part of each model's rows that a monitor watches, and what is remembered of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from tidegauge.catalog import keyed
from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import models, monitors, targets
from tidegauge.catalog.upsert import add_missing, pieces

_NAMED: Final = (
    select(
        targets.c.id,
        models.c.tenant,
        models.c.name.label("model"),
        monitors.c.name.label("monitor"),
        targets.c.version,
        targets.c.segment,
    )
    .join(models, targets.c.model == models.c.id)
    .join(monitors, targets.c.monitor == monitors.c.id)
)


class Of(NamedTuple):
    monitor: int
    model: int
    version: str
    """ "" is all of them."""
    segment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    id: int
    monitor: int
    model: int
    version: str
    segment: str
    slot: int | None
    """The last that was judged."""
    rule: bytes | None
    """What was learned of its past."""
    state: bytes | None
    """What is remembered from slot to slot."""

    @property
    def of(self) -> Of:
        return Of(self.monitor, self.model, self.version, self.segment)


class Told(NamedTuple):
    """What a slot leaves behind."""

    target: int
    slot: int
    state: bytes | None
    rule: bytes | None = None
    """None where it is the one that is there."""


def ensure(connection: Connection, wanted: Iterable[Of]) -> dict[Of, Target]:
    keys = sorted(set(wanted))
    found = _found(connection, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        add_missing(connection, targets, [key._asdict() for key in missing])
        found |= _found(connection, missing)
    return found


def of_models(connection: Connection, models: Sequence[int]) -> dict[Of, Target]:
    found: dict[Of, Target] = {}
    for some in pieces(models):
        rows = connection.execute(select(targets).where(targets.c.model.in_(some)))
        found.update((each.of, each) for each in (read(Target, row) for row in rows))
    return found


def of_model(connection: Connection, model: int) -> list[Target]:
    rows = connection.execute(select(targets).where(targets.c.model == model))
    return [read(Target, row) for row in rows]


def remember(connection: Connection, told: Sequence[Told]) -> None:
    """Only ever forward: a slot that is judged is judged."""
    ordered = sorted(told, key=lambda each: each.target)
    changed = update(targets).where(targets.c.id == bindparam("of"))
    if ordered:
        connection.execute(
            changed.values(slot=bindparam("to"), state=bindparam("left")),
            [{"of": each.target, "to": each.slot, "left": each.state} for each in ordered],
        )
    new = [{"of": each.target, "what": each.rule} for each in ordered if each.rule is not None]
    if new:
        connection.execute(changed.values(rule=bindparam("what")), new)


def forget(connection: Connection, ids: Iterable[int]) -> None:
    for some in pieces(ids):
        connection.execute(delete(targets).where(targets.c.id.in_(some)))


def _found(connection: Connection, keys: Sequence[Of]) -> dict[Of, Target]:
    columns = (targets.c.monitor, targets.c.model, targets.c.version, targets.c.segment)
    found = [read(Target, row) for row in keyed.rows(connection, columns, keys)]
    return {each.of: each for each in found}


class Named(NamedTuple):
    """A target as it is called outside."""

    tenant: str
    model: str
    monitor: str
    version: str
    segment: str


def by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Target]:
    found: dict[int, Target] = {}
    for some in pieces(sorted(set(ids))):
        rows = connection.execute(select(targets).where(targets.c.id.in_(some)))
        found |= {row.id: read(Target, row) for row in rows}
    return found


def named(connection: Connection, ids: Iterable[int]) -> dict[int, Named]:
    found: dict[int, Named] = {}
    for some in pieces(sorted(set(ids))):
        rows = connection.execute(_NAMED.where(targets.c.id.in_(some)))
        found |= {row[0]: Named(*row[1:]) for row in rows}
    return found


def named_of(connection: Connection, tenant: str) -> list[Named]:
    """All of a tenant's."""
    rows = connection.execute(_NAMED.where(models.c.tenant == tenant).order_by(targets.c.id))
    return [Named(*row[1:]) for row in rows]
