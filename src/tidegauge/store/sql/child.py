"""One query in a process of its own, that may die: `python -m tidegauge.store.sql.child`.

On standard input a line of JSON: the query, the tables' columns, the limits.  It answers with the
columns that it needs, is given them as Arrow streams, and answers with one more.  Nothing can be
opened, written or connected to from here: no file descriptor but the three that it has, no byte
to a file, bounded memory and time.  DuckDB's own settings alone do not hold (measured: its
`memory_limit` let a 400 MB text by, and a time-out some functions).
"""

import json
import resource
import sys
from collections.abc import Mapping
from typing import Any

import duckdb

from tidegauge.arrow import Table, pa
from tidegauge.errors import InputError
from tidegauge.record.columns import TIME
from tidegauge.store.sql.check import check
from tidegauge.store.sql.pipe import receive, send
from tidegauge.store.unify import unify


def main() -> None:
    pa.set_cpu_count(1)
    job = json.loads(receive(sys.stdin.buffer))
    connection = _connection(job)
    connection.execute("set TimeZone = 'UTC'")
    _warm(connection)
    _close_doors(job)
    try:
        checked = check(connection, job["query"], job["tables"])
        send(sys.stdout.buffer, json.dumps({"columns": checked.columns}).encode())
        for name in checked.columns:
            connection.register(name, _table())
        connection.execute("set lock_configuration = true")
        table, is_truncated = _answer(connection, checked.query, job)
        send(sys.stdout.buffer, json.dumps({"truncated": is_truncated}).encode())
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        send(sys.stdout.buffer, sink.getvalue())
    except (InputError, duckdb.Error, pa.ArrowException, MemoryError) as error:
        send(sys.stdout.buffer, json.dumps({"refused": _said(error)}).encode())


def _said(error: Exception) -> str:
    """Without DuckDB's advice on settings, which nobody can change here."""
    what, _, _ = str(error).partition("\n\nPossible solutions")
    if isinstance(error, duckdb.BinderException) and "Referenced table" in what:
        what += '\n\nA column whose name has a dot in it needs double quotes: "features.age"'
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        what += "\n\nIt needs more memory than it may have: ask for less time or fewer columns"
    return what.strip()


def _connection(job: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        ":memory:",
        config={
            "allow_community_extensions": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_external_access": False,
            "temp_directory": "",
            "memory_limit": f"{job['memory'] // 2}B",
            "preserve_insertion_order": True,
            "python_enable_replacements": False,
            "threads": job["threads"],
        },
    )


def _warm(connection: duckdb.DuckDBPyConnection) -> None:
    """Load what is loaded late, while files can still be opened."""
    connection.register("warm", pa.table({"moment": pa.array([1], TIME)}))
    text = "select date_trunc('day', moment) from warm where moment > '1969-01-01'"
    connection.sql(text).to_arrow_reader(1).read_all()
    connection.execute("select json_serialize_sql('select 1')").fetchall()
    connection.unregister("warm")


def _close_doors(job: Mapping[str, Any]) -> None:
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_CPU, int(job["seconds"] * job["threads"]) + 1),
        (resource.RLIMIT_AS, _size() + job["memory"]),
    ):
        resource.setrlimit(limit, (most, most))


def _size() -> int:
    """Bytes of addresses that are taken already: libraries and stacks, hardly memory."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


def _table() -> Table:
    """Pieces may differ in their columns and types: they come as streams, until an empty one."""
    tables: list[Table] = []
    while body := receive(sys.stdin.buffer):
        with pa.ipc.open_stream(body) as stream:
            tables.append(stream.read_all())
    return unify(tables)


def _answer(
    connection: duckdb.DuckDBPyConnection, query: str, job: Mapping[str, Any]
) -> tuple[Table, bool]:
    reader = connection.sql(query).to_arrow_reader(2048)
    batches: list[Any] = []
    rows = size = 0
    for batch in reader:
        rows += batch.num_rows
        size += batch.nbytes
        if rows > job["rows"] or size > job["bytes"]:
            over = max(rows - job["rows"], 0)
            if size <= job["bytes"]:
                batches.append(batch.slice(0, batch.num_rows - over))
            return pa.Table.from_batches(batches, reader.schema), True
        batches.append(batch)
    return pa.Table.from_batches(batches, reader.schema), False


if __name__ == "__main__":
    main()
