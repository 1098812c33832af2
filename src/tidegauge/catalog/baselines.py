"""Baselines: the profiles that windows are compared with, numbered and never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, func, insert, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import baselines
from tidegauge.catalog.upsert import pieces

Source = Literal["provisional", "learned", "upload", "range"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    model: int
    source: Source
    layout: int
    profile: bytes
    rows: int
    name: str
    first_at: int
    created_at: int
    created_by: str
    why: str
    version: str | None = None
    """The model version that it is for; None: any."""
    last_at: int | None = None
    file: str | None = None
    """Where its rows are kept, if they are."""
    labelled: int | None = None
    """Rows of its file whose truth is known."""
    truth: bytes | None = None
    """What these say of how good the model was, as outcomes are kept."""
    number: int = 0
    id: int = 0
    """Given by the catalog, as the number is."""

    @property
    def own_time(self) -> tuple[int, int] | None:
        """When its rows were: whatever is known of these in other ways is of the reference, too.
        None where they are somebody else's, or not for good."""
        if self.source not in {"learned", "range"}:
            return None
        return self.first_at, (self.last_at or self.first_at) + 1


def add(connection: Connection, new: Baseline) -> Baseline:
    """As the model's next."""
    last = connection.scalar(
        select(func.max(baselines.c.number)).where(baselines.c.model == new.model)
    )
    row = connection.execute(
        insert(baselines)
        .values(**written(new, leave=("id", "number")), number=(last or 0) + 1)
        .returning(*baselines.c)
    ).one()
    return read(Baseline, row)


def latest(connection: Connection, models: Iterable[int]) -> dict[int, Baseline]:
    """By model; those that have one."""
    found: dict[int, Baseline] = {}
    for some in pieces(models):
        last = (
            select(baselines.c.model, func.max(baselines.c.number).label("number"))
            .where(baselines.c.model.in_(some))
            .group_by(baselines.c.model)
            .subquery()
        )
        both = (baselines.c.model == last.c.model) & (baselines.c.number == last.c.number)
        for row in connection.execute(select(baselines).join(last, both)):
            found[row.model] = read(Baseline, row)
    return found


def ids(connection: Connection, models: Iterable[int]) -> dict[int, int]:
    """The id of the latest baseline of each model; of those that have one."""
    found: dict[int, int] = {}
    for some in pieces(models):
        rows = connection.execute(
            select(baselines.c.model, func.max(baselines.c.id))
            .where(baselines.c.model.in_(some))
            .group_by(baselines.c.model)
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def sources(connection: Connection, models: Iterable[int]) -> dict[int, Source]:
    """Where the latest baseline of each model is from; of those that have one."""
    found: dict[int, Source] = {}
    for some in pieces(models):
        rows = connection.execute(
            select(baselines.c.model, baselines.c.source)
            .where(baselines.c.model.in_(some))
            .order_by(baselines.c.model, baselines.c.number)
        )
        found.update((row.model, row.source) for row in rows)
    return found


def labelled(connection: Connection) -> list[int]:
    """The models of which some reference came with labels."""
    query = select(baselines.c.model).where(baselines.c.truth.is_not(None))
    return list(connection.scalars(query.distinct().order_by(baselines.c.model)))


def listed(connection: Connection, model: int) -> list[Baseline]:
    """The latest first."""
    rows = connection.execute(
        select(baselines).where(baselines.c.model == model).order_by(baselines.c.number.desc())
    )
    return [read(Baseline, row) for row in rows]


def files(connection: Connection) -> set[str]:
    """Where the rows of baselines are kept."""
    return {file for file in connection.scalars(select(baselines.c.file)) if file is not None}
