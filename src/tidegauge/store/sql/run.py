"""The parent's side: it starts the child, feeds it, and ends it."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from tidegauge.arrow import Table, pa
from tidegauge.errors import InputError
from tidegauge.record.columns import to_stream
from tidegauge.store.errors import StoreError
from tidegauge.store.keeping import Store
from tidegauge.store.part import AT, Part
from tidegauge.store.scan import scan
from tidegauge.store.source import PartSource
from tidegauge.store.sql.pipe import receive, send
from tidegauge.store.where import Filter

_GRACE: Final = 10.0
"""Seconds in which a process that has closed its pipes is gone."""
_SLACK: Final = 1 << 20
"""Of an answer in Arrow: its headers."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    seconds: float = 30.0
    memory: int = 2 << 30
    threads: int = 1
    read: int = 512 << 20
    """Bytes of rows that a query may need."""
    rows: int = 10_000
    """Of the answer."""
    bytes: int = 16 << 20
    """Of the answer."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A table of parts and of rows that are in no part yet."""

    store: Store
    parts: Sequence[Part]
    tail: Sequence[Table] = ()
    where: Sequence[Filter] = ()

    def columns(self) -> list[str]:
        found = [PartSource(self.store, 0, part).schema().names for part in self.parts]
        found += [table.column_names for table in self.tail]
        return list(dict.fromkeys(name for own in found for name in own))

    def pieces(self, columns: Sequence[str]) -> Iterator[Table]:
        for part in self.parts:
            yield scan(self.store, [part], columns=columns, where=self.where)
        for table in self.tail:
            yield scan(self.store, [], [table], columns=columns, where=self.where)


@dataclass(frozen=True)
class Answer:
    table: Table
    is_truncated: bool
    """There was more than the limits allow."""


def run_sql(query: str, tables: Mapping[str, Rows | Table], limits: Limits | None = None) -> Answer:
    """What is refused, fails or takes too much is an `InputError` with the reason; a part that is
    damaged is a `DamagedError`."""
    limits = limits or Limits()
    columns = {name: _columns(table) for name, table in tables.items()}
    job = {"query": query, "tables": columns, **asdict(limits)}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tidegauge.store.sql.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        # Nothing of ours: it may hold secrets.
        env={
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "MALLOC_ARENA_MAX": "2",
            "PYTHONPATH": str(Path(__file__).parents[3]),
        },
    )
    late = threading.Event()
    timer = threading.Timer(limits.seconds, _end, (process, late))
    timer.start()
    try:
        return _talk(process, tables, job, limits)
    except (BrokenPipeError, EOFError):
        if late.is_set():
            raise InputError(
                f"the query was stopped after {limits.seconds:g} s: ask for less time or fewer"
                " columns, or summarise"
            ) from None
        if process.wait(_GRACE) == 1:
            raise StoreError("the query's process failed by itself: report this query") from None
        raise InputError(
            f"the query was stopped: it took more than {limits.memory >> 20} MiB of memory or all"
            " of its time; ask for less time or fewer columns, or summarise"
        ) from None
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):
                pipe.close()  # pyright: ignore[reportOptionalMemberAccess]


def _end(process: "subprocess.Popen[bytes]", late: threading.Event) -> None:
    late.set()
    process.kill()


def _talk(
    process: "subprocess.Popen[bytes]",
    tables: Mapping[str, Rows | Table],
    job: Mapping[str, Any],
    limits: Limits,
) -> Answer:
    inward, outward = process.stdin, process.stdout
    if inward is None or outward is None:
        raise EOFError
    send(inward, json.dumps(job).encode())
    needed = _answer(outward)["columns"]
    left = limits.read
    for name, columns in needed.items():
        for piece in _pieces(tables[name], columns):
            body = to_stream(piece)
            left -= len(body)
            if left < 0:
                raise InputError(
                    f"the query needs more than {limits.read >> 20} MiB of rows: ask for less time"
                    " or fewer columns"
                )
            send(inward, body)
        send(inward, b"")
    is_truncated = _answer(outward)["truncated"]
    with pa.ipc.open_stream(receive(outward, 2 * limits.bytes + _SLACK)) as stream:
        table = stream.read_all()
    # The child ran what a user wrote: forged offsets would crash whoever touches a value.
    table.validate(full=True)
    return Answer(table, is_truncated)


def _answer(pipe: IO[bytes]) -> dict[str, Any]:
    found = json.loads(receive(pipe, _SLACK * 16))
    if "refused" in found:
        raise InputError(found["refused"])
    return found


def _columns(table: Rows | Table) -> list[str]:
    return table.columns() if isinstance(table, Rows) else table.column_names


def _pieces(table: Rows | Table, columns: Sequence[str]) -> Iterator[Table]:
    if isinstance(table, Rows):
        yield from table.pieces(columns or [AT])
    else:
        # A table without columns has no rows to count.
        yield table.select(list(columns) or table.column_names[:1])
