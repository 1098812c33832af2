"""Schemas: what the columns of a model are, in numbered versions that are never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from tidegauge.catalog.tables import schemas
from tidegauge.catalog.upsert import pieces
from tidegauge.schema import Column, Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSchema:
    id: int
    model: int
    number: int
    schema: Schema
    created_at: int
    created_by: str
    why: str


def add(
    connection: Connection, model: int, schema: Schema, *, at: int, by: str, why: str
) -> ModelSchema:
    """The next version."""
    last = connection.scalar(select(func.max(schemas.c.number)).where(schemas.c.model == model))
    columns = [[column.name, column.kind, column.role, column.why] for column in schema]
    row = connection.execute(
        insert(schemas)
        .values(
            model=model,
            number=(last or 0) + 1,
            columns=columns,
            created_at=at,
            created_by=by,
            why=why,
        )
        .returning(*schemas.c)
    ).one()
    return _read(row)


def latest(connection: Connection, models: Iterable[int]) -> dict[int, ModelSchema]:
    """By model; those that have one."""
    found: dict[int, ModelSchema] = {}
    for some in pieces(models):
        last = (
            select(schemas.c.model, func.max(schemas.c.number).label("number"))
            .where(schemas.c.model.in_(some))
            .group_by(schemas.c.model)
            .subquery()
        )
        both = (schemas.c.model == last.c.model) & (schemas.c.number == last.c.number)
        for row in connection.execute(select(schemas).join(last, both)):
            found[row.model] = _read(row)
    return found


def listed(connection: Connection, model: int) -> list[ModelSchema]:
    """The latest first."""
    rows = connection.execute(
        select(schemas).where(schemas.c.model == model).order_by(schemas.c.number.desc())
    )
    return [_read(row) for row in rows]


def _read(row: Row[Any]) -> ModelSchema:
    return ModelSchema(
        id=row.id,
        model=row.model,
        number=row.number,
        schema=Schema(
            tuple(
                Column(name=name, kind=kind, role=role, why=why)
                for name, kind, role, why in row.columns
            )
        ),
        created_at=row.created_at,
        created_by=row.created_by,
        why=row.why,
    )
