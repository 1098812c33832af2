"""Series: one version of a model, and one segment of its rows, under a number."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from tidegauge.catalog import keyed
from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import series
from tidegauge.catalog.upsert import add_missing, pieces

Key = tuple[int, str, str]
"""Model, version, segment ("" is all rows)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    id: int
    model: int
    version: str
    segment: str


def ensure(connection: Connection, keys: Iterable[Key]) -> dict[Key, int]:
    """The numbers of these series; those that are new are made."""
    wanted = sorted(set(keys))
    found = _numbers(connection, wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        add_missing(
            connection,
            series,
            [
                {"model": model, "version": version, "segment": segment}
                for model, version, segment in missing
            ],
        )
        found |= _numbers(connection, missing)
    return found


def of(connection: Connection, model: int) -> list[Series]:
    rows = connection.execute(
        select(series).where(series.c.model == model).order_by(series.c.version, series.c.segment)
    )
    return [read(Series, row) for row in rows]


def of_models(connection: Connection, models: Iterable[int]) -> dict[int, list[Series]]:
    found: dict[int, list[Series]] = {}
    for some in pieces(models):
        query = select(series).where(series.c.model.in_(some))
        for row in connection.execute(query.order_by(series.c.version, series.c.segment)):
            found.setdefault(row.model, []).append(read(Series, row))
    return found


def models_of(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """By number, the model; of those that are there."""
    found: dict[int, int] = {}
    for some in pieces(ids):
        rows = connection.execute(select(series.c.id, series.c.model).where(series.c.id.in_(some)))
        found.update((row.id, row.model) for row in rows)
    return found


def whole(connection: Connection, models: Iterable[int]) -> dict[int, int]:
    """By number, the model: the series of all rows of each version of some models."""
    found: dict[int, int] = {}
    for some in pieces(models):
        rows = connection.execute(
            select(series.c.id, series.c.model).where(
                series.c.model.in_(some), series.c.segment == ""
            )
        )
        found.update((row.id, row.model) for row in rows)
    return found


def _numbers(connection: Connection, keys: Iterable[Key]) -> dict[Key, int]:
    key = (series.c.model, series.c.version, series.c.segment)
    return {
        (row.model, row.version, row.segment): row.id for row in keyed.rows(connection, key, keys)
    }
