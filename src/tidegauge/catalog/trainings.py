"""Trainings: what a model's makers measured of it, in numbered sets that are never changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import trainings


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    id: int
    model: int
    number: int
    version: str
    """ "" is of all versions."""
    name: str
    metrics: Mapping[str, float]
    created_at: int
    created_by: str


def add(
    connection: Connection,
    model: int,
    metrics: Mapping[str, float],
    *,
    version: str,
    name: str,
    at: int,
    by: str,
) -> Training:
    """The next set."""
    last = connection.scalar(select(func.max(trainings.c.number)).where(trainings.c.model == model))
    row = connection.execute(
        insert(trainings)
        .values(
            model=model,
            number=(last or 0) + 1,
            version=version,
            name=name,
            metrics=dict(metrics),
            created_at=at,
            created_by=by,
        )
        .returning(*trainings.c)
    ).one()
    return read(Training, row)


def listed(connection: Connection, model: int) -> list[Training]:
    """The latest first."""
    rows = connection.execute(
        select(trainings).where(trainings.c.model == model).order_by(trainings.c.number.desc())
    )
    return [read(Training, row) for row in rows]
