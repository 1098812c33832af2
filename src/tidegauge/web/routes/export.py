"""The rows of a model, streamed: for whoever works on them elsewhere."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from tidegauge.arrow import Table
from tidegauge.catalog import audit
from tidegauge.series.export import MEDIA, Format, Union, csv, parquet
from tidegauge.series.rows import Held, between
from tidegauge.store import Store
from tidegauge.store.source import PartSource
from tidegauge.store.unify import base_of
from tidegauge.web.routes.asked import (
    Reader,
    Time,
    micros,
    model_of,
    now,
    source_of,
    who,
)
from tidegauge.web.routes.personal import hidden, without
from tidegauge.web.routes.records import Kind, shown
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1", tags=["rows"])
_LINES = 1_000


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The rows.",
            "content": {
                media.partition(";")[0]: {"schema": {"type": "string"}} for media in MEDIA.values()
            },
        }
    },
)
def export_rows(
    request: Request,
    key: Reader,
    model_id: Annotated[str, Query(min_length=1, max_length=128)],
    kind: Annotated[Kind, Query(description="Of the records.")] = "predictions",
    start_time: Time = None,
    end_time: Time = None,
    format: Annotated[Format, Query(description="json is a record on each line.")] = "parquet",  # noqa: A002 - its name in the address
) -> StreamingResponse:
    """All rows of a span, a piece at a time, whatever their number."""
    state = state_of(request)
    model = model_of(request, key, model_id)
    start = None if start_time is None else micros(start_time)
    stop = None if end_time is None else micros(end_time)
    held = source_of(state).held(model, kind, start, stop)
    store, secret = state.kept.store, hidden(model, key)
    detail = {"kind": kind, "format": format, "start": start, "stop": stop}
    subject = f"{model.tenant}/{model.name}"
    at = now()
    state.kept.catalog.write(
        lambda c: audit.add(
            c, at=at, who=who(key), what="rows.export", subject=subject, detail=detail
        )
    )
    tables = (without(each, secret) for each in held.tables(store, between(start, stop)))
    if format == "json":
        body = _lines(tables)
    else:
        union = Union(_schemas(store, held, secret))
        body = (parquet if format == "parquet" else csv)(union, tables)
    ending = {"json": "ndjson"}.get(format, format)
    name = f'attachment; filename="{model.name}-{kind}.{ending}"'
    return StreamingResponse(body, media_type=MEDIA[format], headers={"Content-Disposition": name})


def _schemas(
    store: Store, held: Held, secret: frozenset[str]
) -> Iterator[list[tuple[str, object]]]:
    own = [PartSource(store, 0, part).schema() for part in held.parts]
    for schema in [*own, *(table.schema for table in held.tail)]:
        yield [(field.name, field.type) for field in schema if base_of(field.name) not in secret]


def _lines(tables: Iterable[Table]) -> Iterator[bytes]:
    for table in tables:
        for start in range(0, table.num_rows, _LINES):
            records = shown(table.slice(start, _LINES))
            yield b"".join(orjson.dumps(record) + b"\n" for record in records)
