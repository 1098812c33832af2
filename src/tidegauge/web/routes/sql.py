"""One SELECT of a user over the rows of a model, in a process that can do nothing else."""

import base64
import math
import threading
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from tidegauge.arrow import Table
from tidegauge.catalog.models import Model
from tidegauge.ingest.problem import ProblemError
from tidegauge.series.tables import Tables
from tidegauge.store.sql import Limits, Rows, run_sql
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import Closed, Reader, micros, model_of, source_of
from tidegauge.web.routes.personal import hidden
from tidegauge.web.state import State, state_of

router = APIRouter(prefix="/api/v1", tags=["rows"])
_AT_ONCE: Final = threading.BoundedSemaphore(2)
_PATIENCE: Final = 10.0
_MEMORY: Final = 1 << 30


class SqlWanted(Closed):
    model_id: Annotated[str, Field(min_length=1, max_length=128)]
    sql: Annotated[
        str,
        Field(
            min_length=1,
            max_length=20_000,
            description="One SELECT over predictions, labels or feedback; column names hold dots,"
            ' so they are quoted: select avg("features.age") from predictions.',
        ),
    ]
    start_time: AwareDatetime | None = None
    end_time: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=10_000, description="Rows of the answer.")] = 1_000


class SqlColumn(BaseModel):
    name: str
    type: str


class SqlAnswer(BaseModel):
    columns: list[SqlColumn]
    rows: list[list[Any]]
    is_truncated: Annotated[bool, Field(description="There was more than the limits allow.")]


@router.post("/sql")
def run_query(wanted: SqlWanted, request: Request, key: Reader) -> SqlAnswer:
    """Ask about rows in SQL: refused, stopped or too much is an answer that says why."""
    state = state_of(request)
    model = model_of(request, key, wanted.model_id)
    tables = _tables(state, key, model, wanted)
    if not _AT_ONCE.acquire(timeout=_PATIENCE):
        raise ProblemError("rate-limited", "other queries are running", retry_after=5)
    try:
        answer = run_sql(wanted.sql, tables, Limits(rows=wanted.limit, memory=_MEMORY))
    finally:
        _AT_ONCE.release()
    table = answer.table
    columns = [[plain(value) for value in column.to_pylist()] for column in table.columns]
    return SqlAnswer(
        columns=[SqlColumn(name=field.name, type=str(field.type)) for field in table.schema],
        rows=[list(row) for row in zip(*columns, strict=True)],
        is_truncated=answer.is_truncated,
    )


def _tables(state: State, key: Key, model: Model, wanted: SqlWanted) -> Mapping[str, Rows | Table]:
    start = None if wanted.start_time is None else micros(wanted.start_time)
    stop = None if wanted.end_time is None else micros(wanted.end_time)
    tables = Tables(source_of(state), state.kept.store, hidden(model, key))
    return tables.of(model, start, stop)


def plain(value: Any) -> Any:  # noqa: ANN401 - any value that SQL has
    """As JSON can say it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return str(value)
