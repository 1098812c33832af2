"""Rows by keys of several columns, found through the index, however large the table is.

`(a, b) IN ((1, 2), ...)` reads the whole table in SQLite, and becomes a thousand ORs in PostgreSQL.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Row, and_, select, values

from tidegauge.catalog.upsert import pieces


def rows(
    connection: Connection, columns: Sequence[Column[Any]], keys: Iterable[tuple[Any, ...]]
) -> Iterator[Row[Any]]:
    """Of the table that the columns are of, those with these values; a key is given once."""
    table = columns[0].table
    for some in pieces(dict.fromkeys(keys)):
        wanted = (
            values(*(Column(column.name, column.type) for column in columns), name="wanted")
            .data(some)
            .cte("wanted")
        )
        same = and_(*(column == wanted.c[column.name] for column in columns))
        yield from connection.execute(select(table).select_from(wanted.join(table, same)))
