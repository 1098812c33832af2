"""Everything that one catalog holds, into another that is empty, whatever databases they are."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Table, func, insert, select, text

from tidegauge.catalog.tables import about, metadata
from tidegauge.errors import InputError

_AT_ONCE: Final = 1_000


def copy(source: Connection, target: Connection) -> int:
    """All rows of all tables; how many there were."""
    total = 0
    for table in metadata.sorted_tables:
        if table is about:
            continue
        if target.scalar(select(func.count()).select_from(table)):
            raise InputError(f"the catalog to copy into holds {table.name} already: take a new one")
        for some in _read(source, table):
            target.execute(insert(table), some)
            total += len(some)
        _count_on(target, table)
    return total


def _read(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    order = list(table.primary_key.columns)
    rows = source.execution_options(yield_per=_AT_ONCE).execute(select(table).order_by(*order))
    for some in rows.mappings().partitions(_AT_ONCE):
        yield [dict(row) for row in some]


def _count_on(target: Connection, table: Table) -> None:
    """The next id follows the last one; SQLite does that by itself."""
    if target.dialect.name == "sqlite" or "id" not in table.columns:
        return
    sequence = target.scalar(
        text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name}
    )
    if sequence:
        last = target.scalar(select(func.max(table.c.id)))
        if last:
            target.execute(text("SELECT setval(:name, :last)"), {"name": sequence, "last": last})
