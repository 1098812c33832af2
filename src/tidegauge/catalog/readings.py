"""Readings: what each target's slots came to, and after some days only their hours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, null, select, update

from tidegauge.catalog import keyed
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import reading_hours, readings
from tidegauge.catalog.upsert import add_missing, replace
from tidegauge.window import HOUR, SECOND

Key = tuple[int, int]
"""Target, slot."""
_SEVERITIES: Final = ("low", "medium", "high", "critical")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    target: int
    slot: int
    """The end of the window that it is of."""
    status: str
    severity: str | None
    value: float | None
    n: int
    reason: str
    detail: Mapping[str, Any] | None
    revision: int
    made_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Hour:
    target: int
    start: int
    readings: int
    breaches: int
    low: float | None
    high: float | None
    last: float | None
    n: int
    severity: str | None
    """The worst."""


def add(connection: Connection, new: Sequence[Reading]) -> None:
    """Each slot of a target once: what is there stays."""
    add_missing(connection, readings, [written(each) for each in new])


def restate(connection: Connection, changed: Sequence[Reading]) -> None:
    """What was said of a slot is said anew, under a higher revision; what is gone stays gone."""
    if not changed:
        return
    key = {"target", "slot"}
    rest = {c.name: bindparam(f"new_{c.name}") for c in readings.c if c.name not in key}
    connection.execute(
        update(readings)
        .where(readings.c.target == bindparam("of"), readings.c.slot == bindparam("at"))
        .values(rest),
        [
            {"of": each.target, "at": each.slot, **_new(each, rest)}
            for each in sorted(changed, key=lambda each: (each.target, each.slot))
        ],
    )


def _new(each: Reading, names: Iterable[str]) -> dict[str, object]:
    return {f"new_{name}": getattr(each, name) for name in names}


def get(connection: Connection, keys: Iterable[Key]) -> dict[Key, Reading]:
    """Those that are there, by target and slot."""
    found = keyed.rows(connection, (readings.c.target, readings.c.slot), keys)
    return {(row.target, row.slot): read(Reading, row) for row in found}


def between(
    connection: Connection, targets: Sequence[int], start: int, stop: int, limit: int = 10_000
) -> list[Reading]:
    """Of slots in (start, stop], by target and time."""
    rows = connection.execute(
        select(readings)
        .where(readings.c.target.in_(targets), readings.c.slot > start, readings.c.slot <= stop)
        .order_by(readings.c.target, readings.c.slot)
        .limit(limit)
    )
    return [read(Reading, row) for row in rows]


def slots(connection: Connection, after: int, upto: int, most: int) -> list[int]:
    """Those that there are readings of, in (after, upto], the oldest first."""
    rows = connection.scalars(
        select(readings.c.slot)
        .where(readings.c.slot > after, readings.c.slot <= upto)
        .distinct()
        .order_by(readings.c.slot)
        .limit(most)
    )
    return list(rows)


def of_slot(connection: Connection, slot: int) -> list[Reading]:
    rows = connection.execute(select(readings).where(readings.c.slot == slot))
    return [read(Reading, row) for row in rows]


def breaches(connection: Connection, after: int, upto: int) -> list[Reading]:
    """Those of slots in (after, upto] that found something, without what they saw."""
    own = readings.c
    rows = connection.execute(
        select(*(c if c.name != "detail" else null().label("detail") for c in own))
        .where(own.slot > after, own.slot <= upto, own.status == "breach")
        .order_by(own.slot)
    )
    return [read(Reading, row) for row in rows]


def latest(connection: Connection, targets: Sequence[int]) -> dict[int, Reading]:
    """Of each target the last."""
    last = (
        select(readings.c.target, func.max(readings.c.slot).label("slot"))
        .where(readings.c.target.in_(targets))
        .group_by(readings.c.target)
        .subquery()
    )
    rows = connection.execute(
        select(readings).join(
            last, (readings.c.target == last.c.target) & (readings.c.slot == last.c.slot)
        )
    )
    return {row.target: read(Reading, row) for row in rows}


def last(
    connection: Connection, targets: Sequence[int], after: int, upto: int
) -> dict[int, Reading]:
    """Of each target the last of slots in (after, upto]."""
    slots = (
        select(readings.c.target, func.max(readings.c.slot).label("slot"))
        .where(readings.c.target.in_(targets), readings.c.slot > after, readings.c.slot <= upto)
        .group_by(readings.c.target)
    )
    keys = [(row.target, row.slot) for row in connection.execute(slots)]
    return {target: each for (target, _slot), each in get(connection, keys).items()}


def hours(connection: Connection, targets: Sequence[int], start: int, stop: int) -> list[Hour]:
    rows = connection.execute(
        select(reading_hours)
        .where(
            reading_hours.c.target.in_(targets),
            reading_hours.c.start >= start,
            reading_hours.c.start < stop,
        )
        .order_by(reading_hours.c.target, reading_hours.c.start)
    )
    return [read(Hour, row) for row in rows]


def down_sample(connection: Connection, before: int) -> int:
    """Make one hour of the readings of the oldest hour, where that is over by then; how many
    readings went."""
    hour = HOUR * SECOND
    oldest = connection.scalar(select(func.min(readings.c.slot)))
    if oldest is None:
        return 0
    start = (oldest - 1) // hour * hour
    stop = start + hour
    if stop > before:
        return 0
    inside = readings.c.slot <= stop
    made: dict[int, list[Reading]] = {}
    for row in connection.execute(select(readings).where(inside).order_by(readings.c.slot)):
        made.setdefault(row.target, []).append(read(Reading, row))
    rows = [written(_hour(target, start, some)) for target, some in made.items()]
    replace(connection, reading_hours, rows)
    return connection.execute(delete(readings).where(inside)).rowcount


def expire(connection: Connection, before: int) -> int:
    return connection.execute(delete(reading_hours).where(reading_hours.c.start < before)).rowcount


def _hour(target: int, start: int, some: Sequence[Reading]) -> Hour:
    values = [each.value for each in some if each.value is not None]
    told = [each.severity for each in some if each.severity is not None]
    return Hour(
        target=target,
        start=start,
        readings=len(some),
        breaches=len(told),
        low=min(values, default=None),
        high=max(values, default=None),
        last=values[-1] if values else None,
        n=sum(each.n for each in some),
        severity=max(told, key=_SEVERITIES.index, default=None),
    )
