"""Estimators: what was learned from labelled rows of a model, numbered and never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import estimators


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimator:
    model: int
    version: str
    """ "" is for all versions that have none of their own."""
    baseline: int | None
    """The reference whose time it was learned from; None: the first rows with labels."""
    fitted_at: int
    first_at: int
    last_at: int
    """Of the rows that it was learned from: the end of their time."""
    rows: int
    """That had labels then."""
    body: bytes
    """Empty where nothing could be learned."""
    doubt: str | None
    """Why nothing could be learned, or why it is not to be trusted."""
    number: int = 0
    """Given by the catalog."""


def add(connection: Connection, new: Estimator) -> Estimator:
    """As the model's next."""
    last = connection.scalar(
        select(func.max(estimators.c.number)).where(estimators.c.model == new.model)
    )
    row = connection.execute(
        insert(estimators)
        .values(**written(new, leave=("number",)), number=(last or 0) + 1)
        .returning(*estimators.c)
    ).one()
    return read(Estimator, row)


def of(connection: Connection, model: int) -> list[Estimator]:
    """The earliest first."""
    rows = connection.execute(
        select(estimators).where(estimators.c.model == model).order_by(estimators.c.number)
    )
    return [read(Estimator, row) for row in rows]


def in_use(every: Iterable[Estimator]) -> Mapping[str, Estimator]:
    """By version, the latest that could be learned; `every` in the order of their numbers."""
    return {each.version: each for each in every if each.body}
