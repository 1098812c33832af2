"""The rows of a model: the newest first, those still in the log included."""

import math
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.arrow import Table
from tidegauge.ingest.problem import ProblemError
from tidegauge.record.columns import place, to_records
from tidegauge.record.fields import PREDICTIONS
from tidegauge.store import Between, Filter, Is, page
from tidegauge.store import Cursor as After
from tidegauge.web.routes.asked import (
    Cursor,
    Reader,
    Time,
    Version,
    checked_text,
    cursor_of,
    micros,
    model_of,
    moment,
    read_cursor,
    source_of,
)
from tidegauge.web.routes.personal import check_not_hidden, hidden, without
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])
_TAKEN: Final = frozenset(
    {"start_time", "end_time", "version", "prediction_id", "cursor", "limit", "kind"}
)
_SHORT: Final = {"feature": "features", "tag": "tags"}
_TIMES: Final = ("timestamp", "received_at")
Kind = Literal["predictions", "labels", "feedback", "explanations"]


class Records(BaseModel):
    records: Annotated[
        list[dict[str, Any]],
        Field(description='As they were logged; numbers that JSON lacks as "NaN", "Infinity".'),
    ]
    next: str | None


@router.get("/records")
def get_records(  # noqa: PLR0913, PLR0917 - the filters of a list
    model_id: str,
    request: Request,
    key: Reader,
    start_time: Time = None,
    end_time: Time = None,
    version: Version = None,
    prediction_id: Annotated[str | None, Query(max_length=512)] = None,
    kind: Annotated[Kind, Query(description="Of the records.")] = "predictions",
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Records:
    """Rows that satisfy all conditions; `feature.plan=pro`, `tag.region=eu` or
    `prediction_label=fraud` are conditions as well."""
    state = state_of(request)
    model = model_of(request, key, model_id)
    secret = hidden(model, key)
    start = None if start_time is None else micros(start_time)
    stop = None if end_time is None else micros(end_time)
    where: list[Filter] = [Between("timestamp", start, stop)] if start or stop else []
    if version is not None:
        where.append(Is("model_version", checked_text(version)))
    if prediction_id is not None:
        where.append(Is("prediction_id", prediction_id))
    own = _conditions(request)
    check_not_hidden([each.column for each in own], secret)
    held = source_of(state).held(model, kind, start, stop)
    after = After(*read_cursor(cursor, int, str, int)) if cursor else None
    found = page(
        state.kept.store,
        held.parts,
        held.tail,
        where=[*where, *own],
        order="newest",
        limit=limit,
        after=after,
    )
    following = found.after
    return Records(
        records=shown(without(found.table, secret)),
        next=cursor_of(following.at, following.id, following.given) if following else None,
    )


def _conditions(request: Request) -> list[Is]:
    found: list[Is] = []
    for name, value in request.query_params.multi_items():
        if name in _TAKEN:
            continue
        head, dot, rest = name.partition(".")
        column = f"{_SHORT.get(head, head)}{dot}{rest}"
        field = PREDICTIONS.fields.get(place(column)[0])
        if field is None or field.shape.is_map != bool(dot):
            raise ProblemError(
                "invalid-request",
                f"no parameter and no field {name[:100]!r}: conditions are written as"
                " feature.plan=pro, tag.region=eu, prediction_label=fraud",
            )
        found.append(Is(column, *_values(value)))
    return found


def _values(text: str) -> list[str | float | bool]:
    """All that a text in an address may mean."""
    found: list[str | float | bool] = [text]
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        whole = text.lstrip("+-").isdecimal() and len(text) < 25
        found.append(int(text) if whole else number)
    if text in ("true", "false"):
        found.append(text == "true")
    return found


def shown(table: Table) -> list[dict[str, Any]]:
    """Rows as JSON has them."""
    records: list[dict[str, Any]] = to_records(table)
    for record in records:
        for name in _TIMES:
            if name in record:
                record[name] = _time(record[name])
        for name, value in record.items():
            if isinstance(value, dict):
                record[name] = {key: _plain(item) for key, item in value.items()}
            else:
                record[name] = _plain(value)
    return records


def _time(at: int) -> datetime | int:
    try:
        return moment(at)
    except OverflowError:
        return at


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a record
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
