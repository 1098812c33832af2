"""Watch a number of your own: a formula, a SELECT, or Python.

It is computed of the rows of each window, kept with the readings, and judged by conditions like any
other; without conditions it is only kept.
"""

import math
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AliasChoices, Field, model_validator

from tidegauge.arrow import Table, pc
from tidegauge.errors import InputError
from tidegauge.monitor.against import Against
from tidegauge.monitor.base import Base
from tidegauge.monitor.condition import Condition
from tidegauge.monitor.duration import Duration
from tidegauge.monitor.formula import Formula
from tidegauge.monitor.judged import Number, judged
from tidegauge.monitor.plugin import GROUP, Told, measured
from tidegauge.monitor.reading import Found, nothing
from tidegauge.monitor.view import View
from tidegauge.outcome.join import NONE, joined, latest
from tidegauge.series.tables import Tables
from tidegauge.store.sql import Limits, Rows, run_sql
from tidegauge.store.unify import unify
from tidegauge.window import DAY, HOUR, SECOND, floor

_LIMITS: Final = Limits(seconds=15.0, memory=1 << 30, rows=10)
_MOST: Final = 1_000_000
"""Rows that a plug-in is given."""


class Custom(Base):
    """A number of your own, by a formula, SQL or a plug-in."""

    kind: Literal["custom"] = "custom"
    formula: Annotated[
        str | None,
        Field(
            max_length=4_000,
            description="As 'sum(if(fp(), 1, 0) * -100)' or 'avg(features.amount) /"
            " avg(prediction_score)'; tp(), fp(), tn(), fn() and correct() are of the label.",
        ),
    ] = None
    sql: Annotated[
        str | None,
        Field(
            max_length=20_000,
            description="One SELECT over predictions, labels and feedback of the window; its first"
            " column is the value, a second one, `n`, how many rows that is of.",
        ),
    ] = None
    plugin: Annotated[
        str | None,
        Field(max_length=128, description=f"The name of an entry point of {GROUP!r}."),
    ] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Field(max_length=20, validation_alias=AliasChoices("conditions", "when")),
    ] = ()
    window: Annotated[Duration, Field(description="The span that a reading is of.")] = DAY
    every: Annotated[Duration, Field(description="How often.")] = HOUR
    for_count: Annotated[int, Field(ge=1, le=1000)] = 1
    is_restated: ClassVar[bool] = False

    @model_validator(mode="after")
    def _is_one(self) -> "Custom":
        told = [name for name in ("formula", "sql", "plugin") if getattr(self, name) is not None]
        if len(told) != 1:
            raise ValueError(f"give one of formula, sql, plugin; this has {len(told)}")
        for each in self.conditions:
            if each.is_relative and each.against is not None and each.against.kind in _NO_ROWS:
                raise ValueError(f"it is compared with rows before, not with {each.against}")
        if self.formula is not None:
            Formula.of(self.formula)
        return self

    def read(self, view: View) -> Found:
        tables = view.shared.tables
        if tables is None:
            return nothing("not_applicable", "the rows themselves are not read here")
        stop = view.slot
        now = self._told(tables, view, stop - self.window * SECOND, stop)
        if now.value is None or not math.isfinite(now.value):
            status = "no_data" if not now.n else "insufficient_data"
            return nothing(status, "nothing in the window tells it", now.n)
        if now.n < self.min_rows:
            return nothing(
                "insufficient_data", f"{now.n} rows, and {self.min_rows} are wanted", now.n
            )
        return judged(
            self.conditions,
            Number(self.name, now.value, now.n),
            lambda against: self._before(tables, view, against),
            usual=_USUAL,
            severity=self.severity,
        )

    def _before(self, tables: Tables, view: View, against: Against) -> float | None:
        size, start = self.window * SECOND, view.slot - self.window * SECOND
        back = against.seconds * SECOND
        if against.kind == "ago":
            told = self._told(tables, view, start - back, view.slot - back)
        elif against.kind == "last":
            # To the hour: what is asked for at each slot is then of the same rows for a while.
            upto = floor(start, HOUR)
            told = self._told(tables, view, upto - back, upto)
        else:
            told = self._told(tables, view, start - size, start)
        return told.value if told.n >= self.min_rows else None

    def _told(self, tables: Tables, view: View, start: int, stop: int) -> Told:
        model = view.subject.model
        if self.plugin is not None:
            rows = _joined(tables, view, start, stop)
            return measured(self.plugin, rows) if rows.num_rows else Told(None, 0)
        if self.formula is None:
            found = tables.of(model, start, stop)
            return _asked(self.sql or "", tables.only(found, view.version, view.segment))
        formula = Formula.of(self.formula)
        if formula.needs_positive and model.positive is None:
            raise InputError(
                f"nobody has said which class of {model.name} is the positive one: PATCH"
                f" /api/v1/models/{model.name} with positive_label"
            )
        found = tables.with_truth(model, start, stop)
        found = tables.only(found, view.version, view.segment)
        columns = {name: _columns_of(table) for name, table in found.items()}
        query = formula.query(columns["predictions"], columns["labels"], model.positive or "")
        return _asked(query, found)


_USUAL: Final = Against("last", 7 * DAY)
_NO_ROWS: Final = ("reference", "training", "previous version", "same hour")


def _columns_of(table: Rows | Table) -> list[str]:
    return table.columns() if isinstance(table, Rows) else table.column_names


def _asked(query: str, tables: Any) -> Told:  # noqa: ANN401 - as `run_sql` takes them
    found = run_sql(query, tables, _LIMITS).table
    if found.num_rows != 1:
        raise InputError(f"the query must come to one row, and this came to {found.num_rows}")
    value = _number(found.column(0)[0].as_py())
    n = found["n"][0].as_py() if "n" in found.column_names else None
    # Who does not say of how many rows it is has looked at that in the query.
    return Told(value, _ALL if n is None else int(n))


_ALL: Final = 1 << 31


def _number(told: Any) -> float | None:  # noqa: ANN401 - any value that SQL has
    try:
        return None if told is None else float(told)
    except (TypeError, ValueError):
        raise InputError(f"the first column must be a number, not {told!r}") from None


def _joined(tables: Tables, view: View, start: int, stop: int) -> Table:
    found = tables.with_truth(view.subject.model, start, stop)
    found = tables.only(found, view.version, view.segment)
    told = {name: _whole(table) for name, table in found.items()}
    if not told["predictions"].num_rows:
        return told["predictions"]
    predictions = told["predictions"]
    labels, feedback = (
        latest(told[name]) if told[name].num_rows else NONE for name in ("labels", "feedback")
    )
    known = joined(predictions, labels, feedback)
    ids = known["prediction_id"]
    rest = pc.invert(pc.is_in(predictions["prediction_id"], value_set=ids.combine_chunks()))
    return unify([known, predictions.filter(rest)])


def _whole(table: Rows | Table) -> Table:
    if not isinstance(table, Rows):
        return table
    rows, pieces = 0, list[Table]()
    for piece in table.pieces(table.columns()):
        rows += piece.num_rows
        if rows > _MOST:
            raise InputError(f"the window holds more than {_MOST:,} rows: take a shorter one")
        pieces.append(piece)
    return unify(pieces)
