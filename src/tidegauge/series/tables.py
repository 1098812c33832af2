"""The rows of a model as tables that SQL can name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tidegauge.arrow import Table, pa
from tidegauge.catalog.models import Model
from tidegauge.record.fields import KINDS
from tidegauge.series.rows import Source, between
from tidegauge.store import Store
from tidegauge.store.sql import Rows
from tidegauge.store.unify import base_of
from tidegauge.window import DAY, SECOND

NAMES: Final = ("predictions", "labels", "feedback")
_BEFORE: Final = 30 * DAY * SECOND
"""A label may come so long before its prediction."""


@dataclass(frozen=True, kw_only=True)
class Shown(Rows):
    """Without the columns that the asker may not see."""

    hidden: frozenset[str]

    def columns(self) -> list[str]:
        return [name for name in Rows.columns(self) if base_of(name) not in self.hidden]


@dataclass(frozen=True)
class Tables:
    source: Source
    store: Store
    hidden: frozenset[str] = frozenset()
    """Columns that the asker may not see."""

    def of(self, model: Model, start: int | None, stop: int | None) -> Mapping[str, Rows | Table]:
        """All that happened in a span."""
        return {name: self._table(model, name, start, stop) for name in NAMES}

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
