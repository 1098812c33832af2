"""A part: rows of one kind of one model, sorted by time, as one immutable Parquet file.

zstd, the layout of each column found by trial; row groups of 50,000 rows with the least and the
greatest value of each column, so that a stretch of time is read without the rest; a Bloom filter
for each group's prediction ids, so that one id is.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
import pyarrow.parquet as pq

from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.errors import InputError
from tidegauge.store.digest import Digester
from tidegauge.store.encoding import Encodings, options
from tidegauge.store.keeping import Store

GROUP: Final = 50_000
AT: Final = "timestamp"
RECEIVED: Final = "received_at"
ID: Final = "prediction_id"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What the catalog keeps of a part.  Times are microseconds, both ends included."""

    file: str
    rows: int
    bytes: int
    digest: str
    first_at: int
    last_at: int
    first_received: int
    last_received: int


def write(store: Store, table: Table, *, name: str, encodings: Encodings | None = None) -> Part:
    """Make rows durable as a part.  The table needs `timestamp` and `received_at`, no null in
    them, and may lie in any order.  Only the catalog makes the part count."""
    table = in_order(table)
    with writing(store, name, table, encodings or Encodings()) as writer:
        writer.add(table)
    return writer.part


@contextmanager
def writing(store: Store, name: str, sample: Table, encodings: Encodings) -> Generator["Writer"]:
    """A part to be filled with rows of the sample's schema; it is kept when the block ends well."""
    with store.create(name) as file:
        writer = Writer(file, name, sample, encodings)
        try:
            yield writer
            if not writer.rows:
                raise InputError(f"{name}: a part needs rows")
        finally:
            writer.close()


class Writer:
    def __init__(self, file: BinaryIO, name: str, sample: Table, encodings: Encodings) -> None:
        self.rows = 0
        self._name = name
        self._digester = Digester()
        self._times: dict[str, tuple[int, int]] = {}
        has_id = ID in sample.column_names and pa.types.is_string(sample.schema.field(ID).type)
        bloom = {ID: {"ndv": min(GROUP, max(sample.num_rows, 1)), "fpp": 0.01}} if has_id else None
        self._parquet = pq.ParquetWriter(
            pa.PythonFile(_Digesting(file, self._digester), mode="w"),
            sample.schema,
            write_page_index=True,
            bloom_filter_options=bloom,
            **options(encodings.of(sample)),
        )

    def add(self, table: Table) -> None:
        """Rows that are not earlier than those before."""
        if table.num_rows == 0:
            return
        for name in (AT, RECEIVED):
            low, high = _ends(table[name])
            first, last = self._times.get(name, (low, high))
            self._times[name] = (min(first, low), max(last, high))
        self._parquet.write_table(table, row_group_size=GROUP)
        self.rows += table.num_rows

    def close(self) -> None:
        self._parquet.close()

    @property
    def part(self) -> Part:
        """Once it is written."""
        first_at, last_at = self._times[AT]
        first_received, last_received = self._times[RECEIVED]
        return Part(
            file=self._name,
            rows=self.rows,
            bytes=self._digester.size,
            digest=self._digester.text(),
            first_at=first_at,
            last_at=last_at,
            first_received=first_received,
            last_received=last_received,
        )


class _Digesting:
    """What pyarrow writes to: the file, and the checksums of what goes into it."""

    closed = False

    def __init__(self, file: BinaryIO, digester: Digester) -> None:
        self._file = file
        self._digester = digester

    def write(self, piece: bytes) -> int:
        self._digester.update(piece)
        return self._file.write(piece)

    def flush(self) -> None: ...

    def close(self) -> None: ...


def in_order(table: Table) -> Table:
    """By time; rows of one time stay as they were."""
    check(table)
    times = micros(table[AT])
    if bool(np.all(times[:-1] <= times[1:])):
        return table
    return table.take(np.argsort(times, kind="stable"))


def check(table: Table) -> None:
    for name in (AT, RECEIVED):
        if name not in table.column_names or table[name].null_count:
            raise InputError(f"rows to keep need a {name!r} each: {name!r} is missing")


def micros(times: Chunked) -> np.ndarray:
    """Moments as integers: microseconds since 1970."""
    return times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()


def _ends(times: Chunked) -> tuple[int, int]:
    found = pc.min_max(times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())).as_py()
    return found["min"], found["max"]
