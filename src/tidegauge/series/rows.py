"""The rows of a model at one moment: its parts, and the tail that is still in the log.

The worker may write the tail out and let go of the log between our look at the catalog and our
look at the log: then we look again.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from tidegauge.arrow import Table
from tidegauge.catalog import Catalog, parts, progress, tails
from tidegauge.catalog.models import Model
from tidegauge.errors import TidegaugeError
from tidegauge.log import Position, ReadableLog
from tidegauge.reference.fit import MOST, sample_of
from tidegauge.series.memory import Memory
from tidegauge.store import Between, Filter, Part, Store, scan
from tidegauge.store.unify import unify
from tidegauge.tail.read import Tail, tables_of, unpacked

_TRIES: Final = 5
_AT_ONCE: Final = 4


TailKey = tuple[int, str, str, str, bytes | None]
"""Model and kind, from where to where in the log, and what is left out between them."""


class MovedError(TidegaugeError):
    """Rows have left the log while they were looked for."""


@dataclass(frozen=True)
class Held:
    """Of one kind of record."""

    parts: Sequence[Part]
    tail: Sequence[Table]

    def tables(self, store: Store, where: Sequence[Filter] = ()) -> Iterator[Table]:
        """All rows that satisfy the conditions, a part at a time."""
        for part in self.parts:
            table = scan(store, [part], where=where)
            if table.num_rows:
                yield table
        for table in self.tail:
            found = scan(store, [], [table], where=where)
            if found.num_rows:
                yield found


@dataclass(frozen=True)
class Source:
    """Where rows are read."""

    catalog: Catalog
    log: ReadableLog
    reading: AbstractContextManager[object]
    """Held while the log is read."""
    met: Memory[TailKey, list[Table]]
    """The tails asked for last, each up to 16 MB: whoever reads a page reads the next."""

    def held(
        self,
        model: Model,
        kind: str = "predictions",
        first_at: int | None = None,
        last_at: int | None = None,
    ) -> Held:
        for attempt in range(_TRIES):
            try:
                return self._held(model, kind, first_at, last_at)
            except MovedError:
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError

    def _held(self, model: Model, kind: str, first_at: int | None, last_at: int | None) -> Held:
        with self.catalog.read() as connection:
            listed = parts.live(connection, model.id, kind, first_at, last_at)
            left = [tail for tail in tails.of(connection, model.id) if tail.kind == kind]
            begun = progress.get(connection, "worker")
        upto = begun.position if begun else progress.START
        found = [
            table
            for tail in left
            for table in self.met.get(
                (model.id, kind, tail.position, upto, tail.dropped),
                lambda tail=tail: self._read(model, tail, upto),
            )
        ]
        # What the store knows of a part is part of what the catalog knows.
        return Held(listed, found)  # pyright: ignore[reportArgumentType]

    def _read(self, model: Model, tail: tails.Tail, upto: str) -> list[Table]:
        where = Tail(
            model.tenant,
            model.name,
            tail.kind,
            Position.parse(tail.position),
            Position.parse(upto),
            unpacked(tail.dropped),
        )
        with self.reading:
            tables = [table for table in tables_of(self.log, where) if table.num_rows]
        if sum(table.num_rows for table in tables) != tail.rows:
            raise MovedError(f"rows of {model.name!r} have left the log")
        return [unify(tables)] if tables else []


def sampled(tables: Iterator[Table]) -> Table | None:
    """As many rows as a reference is made of, the same in whatever pieces they come."""
    kept: list[Table] = []
    for table in tables:
        kept.append(table)
        if sum(each.num_rows for each in kept) > _AT_ONCE * MOST:
            kept = [sample_of(unify(kept))]
    return sample_of(unify(kept)) if kept else None


def between(start: int | None, stop: int | None) -> list[Filter]:
    """The condition that a row happened in a span."""
    return [] if start is None and stop is None else [Between("timestamp", start, stop)]
