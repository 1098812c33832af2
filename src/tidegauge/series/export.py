"""Rows of a model for use elsewhere: a piece at a time, in one schema throughout.

A column whose values changed their kind becomes one for each kind, as in a record:
`features.age` of the kind that came first, `features@text.age` beside it.
"""

import io
import tempfile
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import orjson
import pyarrow.csv
import pyarrow.parquet as pq

from tidegauge.arrow import Chunked, DataType, Table, pa
from tidegauge.store.unify import base_of

Format = Literal["parquet", "csv", "json"]
MEDIA: Final[dict[Format, str]] = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/x-ndjson",
}
_PIECE: Final = 1 << 20


class Union:
    """The columns of tables whose schemas are told one after the other."""

    def __init__(self, schemas: Iterable[Iterable[tuple[str, DataType]]]) -> None:
        self._types: dict[str, DataType] = {}
        for schema in schemas:
            for name, of in schema:
                self._meet(name, of)

    def _meet(self, name: str, of: DataType) -> None:
        home = self._home(name, of)
        known = self._types.get(home)
        if known is None or pa.types.is_null(known):
            self._types[home] = of
        elif known != of and not pa.types.is_null(of):
            self._types[home] = pa.float64() if _family(of) == "number" else known

    def _home(self, name: str, of: DataType) -> str:
        """The column that values of this kind go to."""
        known = self._types.get(name)
        if known is None or pa.types.is_null(known) or pa.types.is_null(of):
            return name
        if _family(known) == _family(of):
            return name
        head, dot, tail = base_of(name).partition(".")
        return f"{head}@{_family(of)}{dot}{tail}"

    @property
    def schema(self) -> object:
        return pa.schema(
            [
                (name, pa.string() if pa.types.is_null(of) else of)
                for name, of in self._types.items()
            ]
        )

    def fit(self, table: Table) -> Table:
        """The rows of one of the tables, in the columns of all."""
        found: dict[str, Chunked] = {}
        for name, column in zip(table.column_names, table.columns, strict=True):
            if not pa.types.is_null(column.type):
                found[self._home(name, column.type)] = column
        schema = self.schema
        return pa.table(
            [
                found[field.name].cast(field.type)
                if field.name in found
                else pa.nulls(table.num_rows, field.type)
                for field in schema  # pyright: ignore[reportGeneralTypeIssues]
            ],
            schema=schema,
        )


def _family(of: DataType) -> str:
    types = pa.types
    if types.is_integer(of) or types.is_floating(of):
        return "number"
    if types.is_boolean(of):
        return "boolean"
    return "text" if types.is_string(of) else str(of).partition("<")[0].partition("[")[0]


def parquet(union: Union, tables: Iterable[Table]) -> Iterator[bytes]:
    """Through a file: its end is written last, and tells where all else is."""
    with tempfile.TemporaryFile() as file:
        with pq.ParquetWriter(file, union.schema, compression="zstd") as writer:
            for table in tables:
                writer.write_table(union.fit(table))
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def csv(union: Union, tables: Iterable[Table]) -> Iterator[bytes]:
    """With a head; lists as JSON, what is missing as nothing."""
    yield _csv(union.fit(union.schema.empty_table()), head=True)  # pyright: ignore[reportAttributeAccessIssue]
    for table in tables:
        yield _csv(union.fit(table), head=False)


def _csv(table: Table, *, head: bool) -> bytes:
    columns = [
        pa.array(
            [None if v is None else orjson.dumps(v).decode() for v in column.to_pylist()]
        ).cast(pa.string())
        if pa.types.is_nested(column.type)
        else column
        for column in table.columns
    ]
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=head)
    pyarrow.csv.write_csv(pa.table(columns, names=table.column_names), sink, options)
    return sink.getvalue()
