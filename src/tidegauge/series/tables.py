"""The rows of a model as tables that SQL can name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from tidegauge.arrow import Table, pa
from tidegauge.catalog.models import Model
from tidegauge.record.fields import KINDS
from tidegauge.schema import segment_columns
from tidegauge.series.rows import Source, between
from tidegauge.series.segment import values_of
from tidegauge.store import Store
from tidegauge.store.sql import Rows
from tidegauge.store.unify import base_of
from tidegauge.window import DAY, SECOND

NAMES: Final = ("predictions", "labels", "feedback")
_VERSION: Final = "model_version"
_BEFORE: Final = 30 * DAY * SECOND
"""A label may come so long before its prediction."""


@dataclass(frozen=True, kw_only=True)
class Shown(Rows):
    """Without the columns that the asker may not see."""

    hidden: frozenset[str]

    def columns(self) -> list[str]:
        return [name for name in Rows.columns(self) if base_of(name) not in self.hidden]


@dataclass(frozen=True, kw_only=True)
class Only(Shown):
    """The rows of a version, or of a value of a segment."""

    version: str | None
    segment: str

    def pieces(self, columns: Sequence[str]) -> Iterator[Table]:
        column, _, value = self.segment.partition("=")
        wanted = {} if self.version is None else {_VERSION: self.version}
        if column:
            wanted[column] = value
        known = Rows.columns(self)
        needed = [
            name
            for name in known
            if base_of(name) in {part for each in wanted for part in segment_columns(each)}
        ]
        for table in Rows.pieces(self, list(dict.fromkeys([*columns, *needed]))):
            yield _of(table, wanted).select(list(columns))


def _of(table: Table, wanted: Mapping[str, str]) -> Table:
    own = np.ones(table.num_rows, dtype=np.bool_)
    for name, value in wanted.items():
        told = values_of(table, name)
        own &= told.codes == (told.names.index(value) if value in told.names else -1)
    return table if own.all() else table.filter(pa.array(own))


@dataclass(frozen=True)
class Tables:
    source: Source
    store: Store
    hidden: frozenset[str] = frozenset()
    """Columns that the asker may not see."""

    def of(self, model: Model, start: int | None, stop: int | None) -> Mapping[str, Rows | Table]:
        """All that happened in a span."""
        return {name: self._table(model, name, start, stop) for name in NAMES}

    def only(
        self, found: Mapping[str, Rows | Table], version: str | None, segment: str
    ) -> Mapping[str, Rows | Table]:
        """The same with the predictions of a version, or of a value of a segment; labels and
        feedback say of no segment."""
        rows = found["predictions"]
        if not isinstance(rows, Shown) or (version is None and not segment):
            return found
        told = {each.name: getattr(rows, each.name) for each in fields(rows)}
        return {**found, "predictions": Only(**told, version=version, segment=segment)}

    def with_truth(self, model: Model, start: int, stop: int) -> Mapping[str, Rows | Table]:
        """The predictions of a span, and whatever was said of them, whenever that was."""
        told = {
            name: self._table(model, name, start - _BEFORE, None)
            for name in NAMES
            if name != "predictions"
        }
        return {"predictions": self._table(model, "predictions", start, stop)} | told

    def _table(self, model: Model, kind: str, start: int | None, stop: int | None) -> Rows | Table:
        held = self.source.held(model, kind, start, stop)
        if not held.parts and not held.tail:
            return _empty(kind)
        return Shown(
            store=self.store,
            parts=held.parts,
            tail=held.tail,
            where=between(start, stop),
            hidden=self.hidden,
        )


def _empty(kind: str) -> Table:
    """A table without rows, of the fields that every row of its kind could have."""
    names = [name for name, field in KINDS[kind].fields.items() if not field.shape.is_map]
    return pa.table({name: pa.nulls(0) for name in names})
