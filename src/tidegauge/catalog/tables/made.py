"""What tables are made of."""

from typing import Any, Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from tidegauge.catalog.columns import Id, Json, Key, Micros

NAMES: Final = {
    "pk": "%(table_name)s_pk",
    "uq": "%(table_name)s_by_%(column_0_N_name)s",
    "fk": "%(table_name)s_of_%(column_0_name)s",
    "ix": "%(table_name)s_by_%(column_0_N_name)s",
    "ck": "%(table_name)s_%(constraint_name)s",
}

Kind = TypeEngine[Any] | type[TypeEngine[Any]]
metadata: Final = MetaData(naming_convention=NAMES)


def own_id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def of_model(*, primary_key: bool = False) -> Column[int]:
    """Whatever belongs to a model goes with it."""
    return Column(
        "model",
        Id,
        ForeignKey("models.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        autoincrement=False,
    )


def key(name: str, kind: Kind = Key) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def of_series() -> Column[int]:
    return Column(
        "series",
        Id,
        ForeignKey("series.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


def column(name: str, kind: Kind) -> Column[Any]:
    return Column(name, kind, nullable=False)


def table(name: str, *content: SchemaItem, counts: bool = False) -> Table:
    """`counts`: an id is never given twice, so that what remembers one cannot meet another."""
    return Table(name, metadata, *content, sqlite_autoincrement=counts)


def documents(name: str) -> Table:
    """What a tenant has by name, as its owner wrote it."""
    return table(
        name,
        own_id(),
        column("tenant", Key),
        column("name", Key),
        column("document", Json),
        column("origin", Key),
        column("revision", Integer),
        column("created_at", Micros),
        column("changed_at", Micros),
        column("changed_by", Key),
        UniqueConstraint("tenant", "name"),
        counts=True,
    )
