"""Inserts that say what happens to a row that is there already; each database has its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Row = Mapping[str, Any]
AT_ONCE: Final = 500
"""Values in one statement: well below the limits of both databases, well above a round trip."""


def insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def add_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert those that are not there yet, leaving those that are."""
    if rows:
        statement = insert(connection, table).on_conflict_do_nothing()
        connection.execute(statement, _in_order(table, rows))


def replace(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert, or replace all but the key."""
    merge(connection, table, rows, lambda new: {name: new[name] for name in _rest(table)})


def merge(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    changed: Callable[[Mapping[str, Any]], Mapping[str, ColumnElement[Any]]],
) -> None:
    """Insert, or set what `changed` makes of the columns that would have been inserted."""
    if not rows:
        return
    statement = insert(connection, table)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_=dict(changed(dict(statement.excluded.items()))),
        ),
        _in_order(table, rows),
    )


def pieces(values: Iterable[T], most: int = AT_ONCE) -> Iterator[list[T]]:
    rest = iter(values)
    while piece := list(islice(rest, most)):
        yield piece


def _in_order(table: Table, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """By key: two transactions that lock the same rows then never wait for each other."""
    keys = [column.name for column in table.primary_key if column.name in rows[0]]
    return [dict(row) for row in sorted(rows, key=lambda row: [row[key] for key in keys])]


def _rest(table: Table) -> list[str]:
    return [column.name for column in table.columns if not column.primary_key]
