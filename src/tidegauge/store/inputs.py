"""The parts of a merge as tables of one schema, counted as they are read."""

from collections.abc import Sequence
from itertools import chain

from tidegauge.arrow import DataType, Table, pa
from tidegauge.store.errors import DamagedError
from tidegauge.store.keeping import Store
from tidegauge.store.multiset import WRAP, multiset
from tidegauge.store.part import Part
from tidegauge.store.source import PartSource, Piece
from tidegauge.store.unify import base_of, unify


class Inputs:
    def __init__(self, store: Store, parts: Sequence[Part]) -> None:
        self.rows = 0
        self.multiset = 0
        """Of the rows that were read, as they were stored."""
        sources = [PartSource(store, number, part) for number, part in enumerate(parts)]
        found = [source.pieces() for source in sources]
        self.pieces = sorted(chain(*found), key=lambda piece: (piece.first_at, piece.number))
        types = _types([source.schema() for source in sources])
        self._clashing = _clashing(types)
        self._unified: Table = None
        self._starts: dict[tuple[int, int], int] = {}
        fields = [
            (name, next(iter(of), pa.null()))
            for name, of in types.items()
            if name not in self._clashing
        ]
        if self._clashing:
            self._unify()
            fields += [(field.name, field.type) for field in self._unified.schema]
        self._schema = pa.schema(fields)
        for part, pieces in zip(parts, found, strict=True):
            if not pieces:
                raise DamagedError(part.file, "it has no rows")

    def _unify(self) -> None:
        """Columns that have changed their types are settled over all rows, before one is kept."""
        tables = [piece.read(self._clashing) for piece in self.pieces]
        self._unified = unify(tables)
        start = 0
        for piece, table in zip(self.pieces, tables, strict=True):
            self._starts[piece.number] = start
            start += table.num_rows

    def read(self, piece: Piece) -> Table:
        table = piece.read(None)
        self.rows += table.num_rows
        self.multiset = (self.multiset + multiset(table)) % WRAP
        arrays = {name: table[name] for name in table.column_names}
        if self._clashing:
            own = self._unified.slice(self._starts[piece.number], table.num_rows)
            arrays |= {name: own[name] for name in own.column_names}
        return pa.table(
            [
                arrays[field.name].cast(field.type)
                if field.name in arrays
                else pa.nulls(table.num_rows, field.type)
                for field in self._schema
            ],
            schema=self._schema,
        )


def _types(schemas: Sequence[object]) -> dict[str, list[DataType]]:
    """The types that each column has somewhere, besides that of nulls alone."""
    found: dict[str, list[DataType]] = {}
    for schema in schemas:
        for field in schema:  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
            types = found.setdefault(field.name, [])
            if not pa.types.is_null(field.type) and field.type not in types:
                types.append(field.type)
    return found


def _clashing(types: dict[str, list[DataType]]) -> list[str]:
    """With the columns that hold other kinds of the same: a value may move from one to another."""
    bases = {base_of(name) for name, found in types.items() if len(found) > 1}
    return [name for name in types if base_of(name) in bases]
