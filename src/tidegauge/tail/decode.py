"""Batches of the log as Arrow tables, in the types that parts and windows know."""

from collections.abc import Mapping
from typing import Final

import orjson

from tidegauge.arrow import Chunked, DataType, Table, pa, pc
from tidegauge.log import Batch, Clock, Piece
from tidegauge.record.columns import TIME, from_stream, to_table
from tidegauge.record.fields import KINDS, PREDICTIONS, Kind

RECEIVED: Final = "received_at"
AHEAD: Final = "sender_ahead"
"""By how many microseconds the sender's clock was wrong, where it was."""
_KIND_OF: Final[Mapping[str, Kind]] = {"history": PREDICTIONS, **KINDS}


class UndecodableError(Exception):
    """A piece that holds no rows we can read."""


def decode(piece: Piece, batch: Batch) -> Table:
    """The rows of a piece; `timestamp` is when each happened, `received_at` when it came."""
    try:
        if piece.encoding == "arrow":
            table = plain(from_stream(piece.body))
        else:
            table = to_table(orjson.loads(piece.body), _KIND_OF[piece.kind])
    except (pa.ArrowException, ValueError, TypeError, KeyError, OSError) as error:
        raise UndecodableError(f"{type(error).__name__}: {error}"[:500]) from error
    if table.num_rows != piece.rows:
        message = f"holds {table.num_rows} rows, and {piece.rows} were announced"
        raise UndecodableError(message)
    table = with_clock(stamped(table, batch.at), batch.clock)
    return as_if_live(table) if piece.kind == "history" else table


def stamped(table: Table, at: int) -> Table:
    """With the time of receipt, which stands in for the time of a row that tells none."""
    received = pa.chunked_array([pa.repeat(pa.scalar(at, TIME), table.num_rows)])
    if "timestamp" not in table.column_names:
        table = table.append_column("timestamp", received)
    elif table["timestamp"].null_count:
        place = table.column_names.index("timestamp")
        filled = pc.fill_null(table["timestamp"], pa.scalar(at, TIME))
        table = table.set_column(place, "timestamp", filled)
    return table.append_column(RECEIVED, received)


def with_clock(table: Table, clock: Clock | None) -> Table:
    """With how wrong the sender's clock was, where it was."""
    if clock is None:
        return table
    ahead = pa.repeat(pa.scalar(clock.ahead, pa.int64()), table.num_rows)
    return table.append_column(AHEAD, pa.chunked_array([ahead]))


def as_if_live(table: Table) -> Table:
    """History: each row as if it had come when it happened."""
    return table.drop_columns([RECEIVED]).append_column(RECEIVED, table["timestamp"])


def plain(table: Table) -> Table:
    """Each column in the one type of its family, so that tables of one model can be joined."""
    types = [_plain_type(column.type) for column in table.schema]
    if types == table.schema.types:
        return table.replace_schema_metadata(None)
    columns = [_cast(column, of) for column, of in zip(table.columns, types, strict=True)]
    return pa.Table.from_arrays(columns, names=table.column_names)


def _cast(column: Chunked, of: DataType) -> Chunked:
    if column.type == of:
        return column
    # Nanoseconds lose their last digits; nothing else loses any.
    return column.cast(of, safe=not pa.types.is_timestamp(of))


def _plain_type(of: DataType) -> DataType:
    types = pa.types
    if types.is_dictionary(of):
        of = of.value_type
    if types.is_large_string(of):
        return pa.string()
    if types.is_uint64(of):
        return of
    if types.is_integer(of):
        return pa.int64()
    if types.is_float32(of):
        return pa.float64()
    if types.is_timestamp(of):
        return TIME
    if types.is_list(of) or types.is_large_list(of) or types.is_fixed_size_list(of):
        return pa.list_(
            _plain_type(of.value_type) if types.is_large_string(of.value_type) else of.value_type
        )
    return of
