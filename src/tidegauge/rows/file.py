"""Rows in a Parquet or CSV file, read piece by piece, so that it may be larger than memory."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from tidegauge.arrow import DataType, Table, pa
from tidegauge.errors import InputError, UnreadableError
from tidegauge.rows.frame import Frame, from_arrow

SMALL = 256 << 20
"""Bytes of decoded rows up to which a file is read whole."""
_PIECE = 6_500_000
"""Values decoded at once."""
_BLOCK = 16 << 20
_BUFFER = 1 << 18
"""Bytes of each column held while decoding, instead of all of a row group."""


class Parquet:
    nan_is_missing = False

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        try:
            with pq.ParquetFile(path) as file:
                self.columns = file.schema_arrow.names
                self.count: int = file.metadata.num_rows
                groups = range(file.metadata.num_row_groups)
                # As it lies in the file, or as plain numbers, whichever is more.
                encoded = sum(file.metadata.row_group(i).total_byte_size for i in groups)
                self.bytes = max(encoded, self.count * len(self.columns) * 8)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(path, "Parquet", error) from error

    def head(self, rows: int) -> Frame:
        return next(self._read(self.columns, rows), from_arrow(self._empty(), self.name))

    def whole(self) -> Frame:
        try:
            # The decoder's own threads would use more than the one core that is asked for.
            return from_arrow(pq.read_table(self._path, use_threads=False), self.name)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self._path, "Parquet", error) from error

    def chunks(self, columns: list[str]) -> Iterator[Frame]:
        return self._read(columns, max(1, _PIECE // max(len(columns), 1)))

    def _read(self, columns: list[str], rows: int) -> Iterator[Frame]:
        try:
            with pq.ParquetFile(self._path, pre_buffer=False, buffer_size=_BUFFER) as file:
                for batch in file.iter_batches(rows, columns=columns, use_threads=False):
                    yield from_arrow(pa.Table.from_batches([batch]), self.name)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self._path, "Parquet", error) from error

    def _empty(self) -> Table:
        return pq.read_schema(self._path).empty_table()


class Csv:
    nan_is_missing = False

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.count: int | None = None
        self._path = path
        self.bytes = path.stat().st_size * 2
        # A column may look like numbers for a million rows and then hold a word.  The types are
        # settled over the whole file first, so that no later piece can contradict an earlier.
        self._types: dict[str, DataType] = {}
        self.columns = self._settle()

    def _settle(self) -> list[str]:
        while True:
            try:
                with self._open() as reader:
                    self.count = sum(batch.num_rows for batch in reader)
                    return self._named(reader.schema)
            except pa.ArrowInvalid as error:
                if not self._demote(str(error)):
                    raise _unreadable(self._path, "CSV", error) from error
            except OSError as error:
                raise _unreadable(self._path, "CSV", error) from error

    def _named(self, schema: Any) -> list[str]:  # noqa: ANN401 - as all of pyarrow
        for field in schema:
            if pa.types.is_binary(field.type):
                raise UnreadableError(
                    f"{self.name} cannot be read as CSV: column {field.name!r} is not UTF-8; "
                    "save the file as UTF-8"
                )
        return schema.names

    def _demote(self, message: str) -> bool:
        found = re.match(r"In CSV column #(\d+)", message)
        if not found:
            return False
        names = (
            pc_csv.open_csv(
                self._path, convert_options=pc_csv.ConvertOptions(column_types={})
            ).schema.names
            if not self._types
            else None
        )
        name = (names or self._names())[int(found[1])]
        if self._types.get(name) == pa.string():
            return False
        self._types[name] = pa.string()
        return True

    def _names(self) -> list[str]:
        with self._open() as reader:
            return reader.schema.names

    def _open(self) -> Any:  # noqa: ANN401 - as all of pyarrow
        return pc_csv.open_csv(
            self._path,
            read_options=pc_csv.ReadOptions(block_size=_BLOCK, use_threads=False),
            convert_options=pc_csv.ConvertOptions(
                column_types=self._types, strings_can_be_null=True
            ),
        )

    def head(self, rows: int) -> Frame:
        first = next(self.chunks(self.columns), None)
        return self.whole() if first is None else first.head(rows)

    def whole(self) -> Frame:
        with self._open() as reader:
            return from_arrow(reader.read_all(), self.name)

    def chunks(self, columns: list[str]) -> Iterator[Frame]:
        with self._open() as reader:
            for batch in reader:
                yield from_arrow(pa.Table.from_batches([batch]).select(columns), self.name)


def open_file(path: Path) -> Frame | Parquet | Csv:
    """By its ending, or for want of one by its first bytes."""
    if not path.exists():
        near = (
            sorted(p.name for p in path.parent.glob(f"*{path.suffix}"))[:5]
            if path.parent.is_dir()
            else []
        )
        hint = f"; in that folder: {', '.join(near)}" if near else ""
        raise UnreadableError(f"no file {str(path)!r}{hint}")
    if path.is_dir():
        raise UnreadableError(f"{str(path)!r} is a folder; name one Parquet or CSV file")
    if path.stat().st_size == 0:
        raise UnreadableError(f"{str(path)!r} is empty: 0 bytes")
    with path.open("rb") as file:
        magic = file.read(4)
    file_ = Parquet(path) if magic == b"PAR1" else _csv(path, magic)
    repeated = {name for name in file_.columns if file_.columns.count(name) > 1}
    if repeated:
        name = min(repeated)
        raise InputError(f"{path.name}: column {name!r} comes more than once; rename or drop one")
    return file_.whole() if file_.bytes <= SMALL else file_


def _csv(path: Path, magic: bytes) -> Csv:
    if path.suffix.lower() in (".parquet", ".pq"):
        raise UnreadableError(f"{path.name} does not start as a Parquet file does; is it complete?")
    if b"\0" in magic or magic[:2] in (b"PK", b"\x1f\x8b", b"\x80\x04"):
        raise UnreadableError(f"{path.name} is neither Parquet nor CSV; convert it to one of them")
    return Csv(path)


def _unreadable(path: Path, kind: str, error: Exception) -> UnreadableError:
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return UnreadableError(f"{path.name} cannot be read as {kind}: {first[:300]}")
