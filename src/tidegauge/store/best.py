"""The rows that a query has chosen so far: their keys, not yet what is asked for of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from tidegauge.arrow import Table, pa, pc
from tidegauge.errors import InputError
from tidegauge.store.part import AT, ID, micros
from tidegauge.store.source import PartSource, Piece
from tidegauge.store.unify import unify
from tidegauge.store.where import Between, Filter, columns_of, mask

Order = Literal["oldest", "newest"]
_KEYS: Final = pa.schema(
    [("at", pa.int64()), ("id", pa.string()), ("piece", pa.int64()), ("row", pa.int64())]
)


@dataclass(frozen=True)
class Cursor:
    """After which row to go on: its time and id, and how many rows with these were given."""

    at: int
    id: str
    given: int = 1


class Best:
    def __init__(self, order: Order, limit: int | None, after: Cursor | None) -> None:
        if limit is not None and limit < 1:
            raise InputError(f"a limit of {limit} rows asks for nothing: make it 1 or more")
        self._order = order
        self._limit = limit
        self._after = after
        given = after.given if after else 0
        self._most = None if limit is None else limit + given + 1
        """Keys that matter: those asked for, those the cursor skips, and whether any follow."""
        self._pieces: list[Piece] = []
        self._waiting: list[Table] = [_KEYS.empty_table()]
        self._rows = 0
        self._bound: int | None = None
        """The time after which a row is beyond the limit."""

    @property
    def where(self) -> list[Filter]:
        if self._after is None:
            return []
        at = self._after.at
        return [Between(AT, at, None) if self._order == "oldest" else Between(AT, None, at + 1)]

    def is_settled_before(self, piece: Piece | PartSource) -> bool:
        if self._bound is None:
            return False
        if self._order == "oldest":
            return piece.first_at > self._bound
        return piece.last_at < self._bound

    def look(self, piece: Piece, where: Sequence[Filter]) -> None:
        table = piece.read([AT, ID, *columns_of(where)])
        ids = pa.nulls(table.num_rows, pa.string())
        if ID in table.column_names:
            ids = table[ID].cast(pa.string())
        number = np.full(table.num_rows, len(self._pieces))
        keys = pa.Table.from_arrays(
            [
                pa.array(micros(table[AT])),
                pc.fill_null(ids, ""),
                pa.array(number),
                pa.array(np.arange(table.num_rows)),
            ],
            schema=_KEYS,
        )
        chosen = mask(table, where)
        if chosen is not None:
            keys = keys.filter(chosen)
        keys = self._past(keys)
        if keys.num_rows == 0:
            return
        self._pieces.append(piece)
        self._waiting.append(keys)
        self._rows += keys.num_rows
        if self._most is not None and self._rows >= self._most:
            self._cut()

    def _past(self, keys: Table) -> Table:
        """Without those of the cursor's own time that come before it."""
        if self._after is None:
            return keys
        is_past = pc.greater_equal if self._order == "oldest" else pc.less_equal
        elsewhere = pc.not_equal(keys["at"], self._after.at)
        return keys.filter(pc.or_(elsewhere, is_past(keys["id"], self._after.id)))

    def _cut(self) -> None:
        keys = self._sorted().slice(0, self._most)
        self._waiting = [keys.combine_chunks()]
        self._rows = keys.num_rows
        self._bound = keys["at"][-1].as_py()

    def _sorted(self) -> Table:
        # By piece and row already, for they came so.
        keys = pa.concat_tables(self._waiting)
        times = keys["at"].to_numpy()
        indices = np.argsort(times if self._order == "oldest" else -times, kind="stable")
        times = times[indices]
        same = times[1:] == times[:-1]
        if same.any():
            # Sorting by a text is slow, and few rows have one time.
            tied = np.concatenate([[False], same]) | np.concatenate([same, [False]])
            some = keys.take(indices[tied])
            way = "ascending" if self._order == "oldest" else "descending"
            ranks = [("at", way), ("id", way), ("piece", "ascending"), ("row", "ascending")]
            indices[tied] = indices[tied][pc.sort_indices(some, sort_keys=ranks).to_numpy()]
        return keys.take(indices)

    def end(self, columns: Sequence[str] | None) -> tuple[Table, Cursor | None]:
        keys = self._sorted()
        start = min(self._after.given, self._tied(keys, self._after)) if self._after else 0
        stop = keys.num_rows if self._limit is None else min(start + self._limit, keys.num_rows)
        after = None
        if stop < keys.num_rows:
            last = Cursor(keys["at"][stop - 1].as_py(), keys["id"][stop - 1].as_py())
            after = Cursor(last.at, last.id, self._tied(keys.slice(0, stop), last))
        return self._rows_of(keys.slice(start, stop - start), columns), after

    def _tied(self, keys: Table, one: Cursor) -> int:
        same = pc.and_(pc.equal(keys["at"], one.at), pc.equal(keys["id"], one.id))
        return pc.sum(same).as_py() or 0

    def _rows_of(self, keys: Table, columns: Sequence[str] | None) -> Table:
        if columns is not None and not columns:
            # To be counted: to take rows of no columns gives none.
            return pa.table({"": pa.nulls(keys.num_rows)}).select([])
        numbers, rows = keys["piece"].to_numpy(), keys["row"].to_numpy()
        grouped = np.argsort(numbers, kind="stable")
        tables: list[Table] = []
        for part in np.split(grouped, np.flatnonzero(np.diff(numbers[grouped])) + 1):
            if len(part):
                piece = self._pieces[int(numbers[part[0]])]
                tables.append(piece.read(columns).take(rows[part]))
        table = unify(tables, columns)
        if bool(np.all(grouped[:-1] <= grouped[1:])):
            return table
        return table.take(np.argsort(grouped, kind="stable"))
