"""Where rows are read from: a part, or a table of rows that are in no part yet."""

import errno
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import pyarrow.parquet as pq

from tidegauge.arrow import Table, pa
from tidegauge.store.bloom import excludes
from tidegauge.store.errors import DamagedError, StoreError
from tidegauge.store.keeping import Store
from tidegauge.store.part import AT, ID, RECEIVED, Part, micros
from tidegauge.store.verified import Verified
from tidegauge.store.where import Between, Filter, Is, Missing, Not, could

_DICTIONARY: Final = "RLE_DICTIONARY"
"""Of the other layouts, pyarrow makes no dictionary of some."""
Metadata = Any
"""`pyarrow.parquet.FileMetaData`."""


@dataclass(frozen=True)
class Piece:
    """Rows that are read at once: a row group of a part, or a table; the times are its ends."""

    source: "PartSource | TableSource"
    number: tuple[int, int]
    """Of the source and, in it, of the row group."""
    first_at: int
    last_at: int

    def read(self, columns: Sequence[str] | None) -> Table:
        return self.source.read(self.number[1], columns)


class TableSource:
    def __init__(self, number: int, table: Table) -> None:
        self._number = number
        self._table = table

    def pieces(self) -> list[Piece]:
        if not self._table.num_rows:
            return []
        times = micros(self._table[AT])
        return [Piece(self, (self._number, 0), int(times.min()), int(times.max()))]

    def read(self, group: int, columns: Sequence[str] | None) -> Table:
        del group
        return self._table if columns is None else _selected(self._table, columns)


class PartSource:
    """Its footer is read when its pieces are asked for, and rows when they are."""

    def __init__(self, store: Store, number: int, part: Part) -> None:
        self.part = part
        self.number = (number, -1)
        self.first_at = part.first_at
        self.last_at = part.last_at
        self._store = store
        self._metadata: Metadata = None

    def could(self, where: Sequence[Filter]) -> bool:
        """Whether it may have such rows, from what the catalog knows."""
        ends = {
            AT: (self.part.first_at, self.part.last_at),
            RECEIVED: (self.part.first_received, self.part.last_received),
        }
        return all(could(one, *ends[one.column]) for one in _plain(where) if one.column in ends)

    def pieces(self, where: Sequence[Filter] = ()) -> list[Piece]:
        with self._opened() as (file, raw):
            self._metadata = file.metadata
            return [
                Piece(self, (self.number[0], number), *_ends(chunks[AT]))
                for number, chunks in _groups(file.metadata, raw, where)
            ]

    def tables(
        self, columns: Sequence[str], where: Sequence[Filter], coded: Sequence[str] = ()
    ) -> Iterator[Table]:
        """The row groups that may have such rows, all of one opening of the file.  Texts of `coded`
        come as dictionaries where they are kept so."""
        with self._opened() as (file, raw):
            found = list(_groups(file.metadata, raw, where))
            texts = [
                each.name
                for each in file.schema_arrow
                if each.name in coded
                and pa.types.is_string(each.type)
                and all(_DICTIONARY in chunks[each.name].encodings for _number, chunks in found)
            ]
            reader = _reader(raw, file.metadata, texts) if texts else file
            for number, _chunks in found:
                yield _read(reader, number, columns)

    def schema(self) -> Any:  # noqa: ANN401 - pyarrow's
        with self._opened() as (file, _raw):
            return file.schema_arrow

    def read(self, group: int, columns: Sequence[str] | None) -> Table:
        with self._opened() as (file, _raw):
            return _read(file, group, columns)

    @contextmanager
    def _opened(self) -> Generator[tuple[Any, Verified]]:
        name = self.part.file
        raw = Verified(self._store, name, self.part.bytes, self.part.digest)
        try:
            with _reader(raw, self._metadata) as file:
                yield file, raw
        except StoreError:
            raise
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno not in (None, errno.EIO):
                # Not of the file: too many are open, say.
                raise
            raise DamagedError(name, f"it cannot be read ({error})") from error
        finally:
            with suppress(OSError):
                raw.close()


def _reader(raw: Verified, metadata: Metadata, coded: Sequence[str] = ()) -> Any:  # noqa: ANN401 - pyarrow's
    return pq.ParquetFile(
        pa.PythonFile(raw, mode="r"),
        metadata=metadata,
        pre_buffer=True,
        read_dictionary=list(coded) or None,
    )


def _groups(
    metadata: Metadata, raw: Verified, where: Sequence[Filter]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Those that may have such rows, each with its columns."""
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        chunks = {
            chunk.path_in_schema: chunk for chunk in map(group.column, range(group.num_columns))
        }
        if all(_could(one, chunks.get(one.column), raw) for one in _plain(where)) and all(
            _has(chunks, one.filter.column)
            for one in where
            if isinstance(one, Not) and isinstance(one.filter, Missing)
        ):
            yield number, chunks


def _read(file: Any, group: int, columns: Sequence[str] | None) -> Table:  # noqa: ANN401 - pyarrow's
    own = None
    if columns is not None:
        there = set(file.schema_arrow.names)
        own = [name for name in dict.fromkeys(columns) if name in there]
    table = file.read_row_group(group, columns=own)
    return table if own is None else table.select(own)


def _selected(table: Table, columns: Sequence[str]) -> Table:
    there = set(table.column_names)
    return table.select([name for name in dict.fromkeys(columns) if name in there])


def _plain(where: Sequence[Filter]) -> list[Is | Between]:
    """Those that the ends of a column can rule out."""
    return [one for one in where if isinstance(one, Is | Between)]


def _could(one: Is | Between, chunk: Any, raw: Verified) -> bool:  # noqa: ANN401 - pyarrow's
    if chunk is None:
        # Not there at all, unless it is a list.
        return True
    found = chunk.statistics
    if found is not None and found.has_min_max and not could(one, *_ends(chunk)):
        return False
    if isinstance(one, Is) and one.column == ID and chunk.bloom_filter_offset:
        return not excludes(raw, chunk.bloom_filter_offset, one.values)
    return True


def _has(chunks: dict[str, Any], column: str) -> bool:
    """Whether a row may have a value there."""
    chunk = chunks.get(column)
    if chunk is None:
        # A list is named by what is in it.
        return any(name.startswith(f"{column}.") for name in chunks)
    found = chunk.statistics
    return found is None or not found.has_null_count or found.null_count < chunk.num_values


def _ends(chunk: Any) -> tuple[Any, Any]:  # noqa: ANN401 - pyarrow's
    """The least and the greatest value of a column of a row group."""
    found = chunk.statistics
    if str(found.logical_type).startswith("Timestamp"):
        return found.min_raw, found.max_raw
    return found.min, found.max
