"""Tables of one model whose columns have changed their types, as one table; nothing is altered.

Numbers of several types become int64, uint64 or float64: the first that holds each of them
exactly.  What does not go into one column gets one of its own, with the kind in its name, as in a
record: `features@text.age` beside `features.age`.  The name without a kind is of the kind that
most rows have, and a row has its value in one of them at most.
"""

from collections.abc import Sequence
from typing import Final

from tidegauge.arrow import Chunked, DataType, Table, pa, pc
from tidegauge.record.columns import TIME

_NUMBERS: Final = (pa.int64(), pa.uint64(), pa.float64())
_Columns = dict[str, Chunked]


def unify(tables: Sequence[Table], columns: Sequence[str] | None = None) -> Table:
    """The rows of all, in order.  `columns` are those wanted, in this order: one that no table
    has is null throughout."""
    if columns is None and tables and all(each.schema == tables[0].schema for each in tables):
        return pa.concat_tables(tables)
    rows = [_columns(table) for table in tables]
    names = list(
        dict.fromkeys(name for own in rows for name in own) if columns is None else columns
    )
    lengths = [table.num_rows for table in tables]
    # First all that has to move, for it may move to a column that comes earlier.
    types: dict[str, DataType] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        types[name], aside = _split(rows, name)
        waiting += aside
        names[names.index(name) + 1 : names.index(name) + 1] = [
            each for each in aside if each not in names
        ]
    arrays = [_joined([own.get(name) for own in rows], lengths, types[name]) for name in names]
    if not names:
        return pa.table({"": pa.nulls(sum(lengths))}).select([])
    return pa.Table.from_arrays(arrays, names=names)


def _split(rows: Sequence[_Columns], name: str) -> tuple[DataType, list[str]]:
    """The type of a column, and the columns that its values of other kinds have been moved to."""
    pieces = [own[name] for own in rows if name in own and not pa.types.is_null(own[name].type)]
    types = list(dict.fromkeys(piece.type for piece in pieces))
    if len(types) <= 1:
        return (types[0] if types else pa.null()), []
    number = _number(pieces)
    kinds: dict[str, list[Chunked]] = {}
    for piece in pieces:
        kinds.setdefault(_kind(piece, number), []).append(piece)
    most = max(kinds, key=lambda kind: sum(map(len, kinds[kind])))
    # A column that is of a kind by its name stays so.
    most = next((kind for kind in kinds if _variant(name, kind) == name), most)
    aside: list[str] = []
    for own in rows:
        if name in own and not pa.types.is_null(own[name].type):
            kind = _kind(own[name], number)
            if kind != most:
                variant = _variant(name, kind)
                moved = own.pop(name)
                own[variant] = pc.coalesce(own[variant], moved) if variant in own else moved
                aside.append(variant)
    kept = kinds[most]
    of = number if number is not None and _is_number(kept[0].type) else _number(kept)
    return of or kept[0].type, list(dict.fromkeys(aside))


def _number(pieces: Sequence[Chunked]) -> DataType | None:
    """The type of number that holds exactly each number of these."""
    numbers = [piece for piece in pieces if _is_number(piece.type)]
    are_whole = all(pa.types.is_integer(piece.type) for piece in numbers)
    for of in _NUMBERS if are_whole else _NUMBERS[-1:]:
        if numbers and all(_is_exact(piece, of) for piece in numbers):
            return of
    return None


def _is_exact(piece: Chunked, of: DataType) -> bool:
    try:
        piece.cast(of)
    except pa.ArrowInvalid:
        return False
    return True


def _is_number(of: DataType) -> bool:
    return pa.types.is_integer(of) or pa.types.is_floating(of)


def _kind(piece: Chunked, number: DataType | None) -> str:
    of = piece.type
    if pa.types.is_floating(of) or (number is not None and _is_number(of)):
        return "number"
    if pa.types.is_integer(of):
        return "whole" if _is_exact(piece, pa.int64()) else "large"
    if pa.types.is_boolean(of):
        return "boolean"
    return "text" if pa.types.is_string(of) else str(of).partition("<")[0]


def base_of(name: str) -> str:
    """A column's name without the kind in it."""
    head, dot, tail = name.partition(".")
    return f"{head.partition('@')[0]}{dot}{tail}"


def _variant(name: str, kind: str) -> str:
    head, dot, tail = base_of(name).partition(".")
    return f"{head}@{kind}{dot}{tail}"


def _joined(pieces: Sequence[Chunked], lengths: Sequence[int], of: DataType) -> Chunked:
    chunks: list[Chunked] = []
    for piece, length in zip(pieces, lengths, strict=True):
        if piece is None or pa.types.is_null(piece.type):
            chunks.append(pa.nulls(length, of))
        else:
            chunks.extend(piece.cast(of).chunks)
    return pa.chunked_array(chunks, of)


def _columns(table: Table) -> _Columns:
    """With dictionaries and large texts as texts, and times in microseconds."""
    return {
        name: column.cast(of, safe=False) if (of := _plain(column.type)) != column.type else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _plain(of: DataType) -> DataType:
    if pa.types.is_dictionary(of):
        return _plain(of.value_type)
    if pa.types.is_large_string(of):
        return pa.string()
    if pa.types.is_timestamp(of):
        return TIME
    return of
