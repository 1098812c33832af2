"""Signals: what was odd about the data of a model, counted by the hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, delete, func, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import signals
from tidegauge.catalog.upsert import merge, pieces


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    model: int
    code: str
    """"new-feature", "type-changed", "late", "skewed", "duplicate", "conflict", ..."""
    subject: str
    """The column, or ""."""
    start: int
    """Of the hour."""
    detail: str
    rows: int
    first_at: int
    last_at: int


def add(connection: Connection, seen: Sequence[Signal]) -> None:
    """Count these on top of what was counted in the same hours; the latest detail is kept."""
    merge(
        connection,
        signals,
        [written(signal) for signal in seen],
        lambda new: {
            "detail": new["detail"],
            "rows": signals.c.rows + new["rows"],
            "first_at": case(
                (new["first_at"] < signals.c.first_at, new["first_at"]), else_=signals.c.first_at
            ),
            "last_at": case(
                (new["last_at"] > signals.c.last_at, new["last_at"]), else_=signals.c.last_at
            ),
        },
    )


def of(
    connection: Connection, model: int, start: int, stop: int, *, code: str | None = None
) -> list[Signal]:
    """Those of hours that start in [start, stop), the latest first."""
    query = select(signals).where(
        signals.c.model == model, signals.c.start >= start, signals.c.start < stop
    )
    if code is not None:
        query = query.where(signals.c.code == code)
    rows = connection.execute(
        query.order_by(signals.c.start.desc(), signals.c.code, signals.c.subject)
    )
    return [read(Signal, row) for row in rows]


def last(connection: Connection, models: Iterable[int], code: str) -> dict[int, int]:
    """By model, when there was one of a kind the last time."""
    found: dict[int, int] = {}
    for some in pieces(models):
        rows = connection.execute(
            select(signals.c.model, func.max(signals.c.last_at))
            .where(signals.c.model.in_(some), signals.c.code == code)
            .group_by(signals.c.model)
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def expire(connection: Connection, before: int) -> int:
    return connection.execute(delete(signals).where(signals.c.start < before)).rowcount
