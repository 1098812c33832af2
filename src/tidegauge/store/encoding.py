"""How the values of each column are laid out before zstd: found by trial on the column itself.

No rule guesses well.  Measured on real columns, the best layout halves a column against Parquet's
default (a dictionary until it is full), and it is another one for prices, counters, ids and sensor
values.  A trial writes a sample in each layout that the type allows and keeps the smallest.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow.parquet as pq

from tidegauge.arrow import DataType, Table, pa

DICTIONARY: Final = "DICTIONARY"
PLAIN: Final = "PLAIN"
_LEVEL: Final = 3
_SAMPLE: Final = 8192
_PIECES: Final = 2
_EVERY: Final = 256
"""Parts after which a column is tried again: a few an hour at most, so once in some days."""
_BETTER: Final = 0.97
"""Only a layout this much smaller replaces the first of the list, which costs least to read."""
_WORTH: Final = 1 / 32
"""Bytes of a row that it saves at the least: few beside a constant column, that takes none."""


class Encodings:
    """What the trials of one kind of rows of one model found; keep it, for a trial costs as much
    as a part.  It may be lost: the next part tries again."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[str, int]] = {}
        """By the column's name and type: the layout, and the rows that it was tried on."""
        self._parts = 0

    def of(self, table: Table) -> dict[str, str]:
        """The layout of each column, by the name that Parquet gives its values."""
        self._parts += 1
        if self._parts % _EVERY == 0:
            self._found.clear()
        sample: Table = None
        plan: dict[str, str] = {}
        for field in table.schema:
            name, of = _leaf(field.name, field.type)
            layout, rows = self._found.get((name, str(of)), (DICTIONARY, 0))
            # What few rows have told is not believed of many.
            if 4 * rows <= min(table.num_rows, _SAMPLE):
                sample = _sample(table) if sample is None else sample
                column = sample.select([field.name])
                if column[0].null_count < column.num_rows:
                    layout = _smallest(column, name, _layouts(of))
                    self._found[name, str(of)] = layout, column.num_rows
            plan[name] = layout
        return plan


def options(plan: dict[str, str]) -> dict[str, Any]:
    """Of a Parquet writer."""
    return {
        "compression": "zstd",
        "compression_level": _LEVEL,
        "use_dictionary": [name for name, layout in plan.items() if layout == DICTIONARY] or False,
        "column_encoding": {
            name: layout for name, layout in plan.items() if layout not in (DICTIONARY, PLAIN)
        }
        or None,
    }


def _leaf(name: str, of: DataType) -> tuple[str, DataType]:
    while pa.types.is_list(of) or pa.types.is_large_list(of):
        name, of = f"{name}.list.element", of.value_type
    return name, of


def _layouts(of: DataType) -> tuple[str, ...]:
    if pa.types.is_floating(of):
        return (DICTIONARY, PLAIN, "BYTE_STREAM_SPLIT")
    if pa.types.is_integer(of) or pa.types.is_timestamp(of):
        return (DICTIONARY, PLAIN, "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT")
    if pa.types.is_string(of) or pa.types.is_binary(of):
        return (DICTIONARY, PLAIN, "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY")
    return (PLAIN,)


def _sample(table: Table) -> Table:
    """Rows in a row, from a few places: neighbours are what a layout makes use of."""
    return pa.concat_tables(_pieces(table)).combine_chunks()


def _pieces(table: Table) -> Iterator[Table]:
    size = _SAMPLE // _PIECES
    if table.num_rows <= _SAMPLE:
        yield table
        return
    for number in range(_PIECES):
        yield table.slice((table.num_rows - size) * number // (_PIECES - 1), size)


def _smallest(column: Table, name: str, layouts: Iterable[str]) -> str:
    best, least = PLAIN, float("inf")
    for layout in layouts:
        size = _size(column, {name: layout})
        if size < least * _BETTER - _WORTH * column.num_rows:
            best, least = layout, size
    return best


def _size(column: Table, plan: dict[str, str]) -> int:
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, column.schema, store_schema=False, **options(plan)) as writer:
        writer.write_table(column)
    with pq.ParquetFile(pa.BufferReader(sink.getvalue())) as file:
        return file.metadata.row_group(0).column(0).total_compressed_size
