"""References: what a model's rows are compared with.  Listed, and given anew."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from tidegauge.catalog import baselines, schemas
from tidegauge.catalog.baselines import Baseline
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.record.limits import MIB
from tidegauge.series.adopted import adopted
from tidegauge.series.apart import made_apart
from tidegauge.series.reference import Made, of_span
from tidegauge.store import new_name
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    Closed,
    Reader,
    Writer,
    checked_text,
    micros,
    model_in,
    model_of,
    moment,
    moment_or_none,
    now,
    source_of,
    who,
)
from tidegauge.web.routes.trainings import TrainingShown, TrainingWanted, added
from tidegauge.web.state import State, state_of
from tidegauge.web.upload import ENDINGS, ending_of, uploaded

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["references"])
_LARGEST = MIB
W = TypeVar("W", bound=Closed)
_AT_ONCE = 1 << 20
_GIB = 1 << 30


class ReferenceShown(BaseModel):
    number: int
    source: Literal["provisional", "learned", "upload", "range"]
    name: str
    version: str | None
    rows: int
    first_at: datetime
    last_at: datetime | None
    is_current: bool
    has_file: bool
    labelled: Annotated[
        int, Field(description="Rows of the file whose truth it told: a baseline of performance.")
    ]
    created_at: datetime
    created_by: str
    why: str


class SpanWanted(Closed):
    """A reference of rows that the model has logged."""

    start_time: AwareDatetime
    end_time: AwareDatetime
    name: Annotated[str, Field(min_length=1, max_length=256)] = "span"
    version: Annotated[str | None, Field(max_length=128)] = None
    why: Annotated[str, Field(max_length=1000)] = ""


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    files = {media: {"schema": {"type": "string", "format": "binary"}} for media in ENDINGS}
    content = {"application/json": {"schema": schema}, **files}
    return {"requestBody": {"required": True, "content": content}}


_SPAN = SpanWanted.model_json_schema()
_METRICS = TrainingWanted.model_json_schema()
FileName = Annotated[str, Query(max_length=256, description="Of a reference from a file.")]
Why = Annotated[str, Query(max_length=1000, description="Of a reference from a file.")]


@router.get("/references")
def list_references(model_id: str, request: Request, key: Reader) -> list[ReferenceShown]:
    """All of them, the latest first: it is the one that rows are compared with."""
    with state_of(request).kept.catalog.read() as connection:
        model = model_in(connection, key, model_id)
        found = baselines.listed(connection, model.id)
    return [_shown(each, is_current=each is found[0]) for each in found]


@router.post("/references", status_code=201, openapi_extra=_body(_SPAN))
async def make_reference(
    model_id: str, request: Request, key: Writer, name: FileName = "upload", why: Why = ""
) -> ReferenceShown:
    """From now on compare with these: a span of logged rows (JSON), or a file of them.

    The windows that are there are counted again by the new reference's bins.
    """
    return await _make(model_id, request, key, name, why)


@router.post("/baseline", status_code=201, openapi_extra=_body({"anyOf": [_SPAN, _METRICS]}))
async def make_baseline(
    model_id: str, request: Request, key: Writer, name: FileName = "upload", why: Why = ""
) -> ReferenceShown | TrainingShown:
    """Rows as `/references` takes them, or metrics as `/training` does."""
    if ending_of(request) is not None or not _is_json(request):
        return await _make(model_id, request, key, name, why)
    document = _document(await _small(request))
    if isinstance(document, dict) and "metrics" in document:
        wanted = _checked(TrainingWanted, document)
        return await run_in_threadpool(added, state_of(request), key, model_id, wanted)
    span = _checked(SpanWanted, document)
    return await run_in_threadpool(_from_span, request, key, model_id, span)


async def _make(model_id: str, request: Request, key: Key, name: str, why: str) -> ReferenceShown:
    state = state_of(request)
    ending = ending_of(request)
    if ending is not None:
        await run_in_threadpool(model_of, request, key, model_id)
        folder, reserve = state.config.data / "uploads", int(state.config.keep.reserve_gib * _GIB)
        async with uploaded(request, folder, ending, reserve) as path:
            return await run_in_threadpool(
                _from_file, request, key, model_id, path, checked_text(name), checked_text(why)
            )
    if not _is_json(request):
        known = ", ".join(["application/json", *ENDINGS])
        raise ProblemError("unsupported-media-type", f"send one of {known}")
    wanted = _checked(SpanWanted, _document(await _small(request)))
    return await run_in_threadpool(_from_span, request, key, model_id, wanted)


def _is_json(request: Request) -> bool:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media == "application/json"


async def _small(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            raise ProblemError("too-large", "the document is over 1 MiB")
    return body


def _document(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise ProblemError("malformed-json", f"the body is not valid JSON: {error}") from None


def _checked(kind: type[W], document: object) -> W:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        faults: list[Fault] = [
            {
                "pointer": "".join(f"/{part}" for part in each["loc"]),
                "code": "bad-format",
                "detail": each["msg"].lower(),
            }
            for each in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise ProblemError("invalid-request", f"{len(faults)} faults in the body", faults) from None


def _from_span(request: Request, key: Key, model_id: str, wanted: SpanWanted) -> ReferenceShown:
    state = state_of(request)
    start, stop = micros(wanted.start_time), micros(wanted.end_time)
    if start >= stop:
        raise ProblemError("invalid-request", "end_time must be after start_time")
    for text in (wanted.name, wanted.why, wanted.version or ""):
        checked_text(text)
    model = model_of(request, key, model_id)
    held = source_of(state).held(model, "predictions", start, stop)
    schema = _schema(state, model.id)
    made = of_span(state.kept.store, held, start, stop, schema, wanted.version)
    return _adopted(state, key, model_id, made, wanted.name, wanted.why)


def _from_file(
    request: Request, key: Key, model_id: str, path: Path, name: str, why: str
) -> ReferenceShown:
    state = state_of(request)
    model = model_of(request, key, model_id)
    at = now()
    made = made_apart(path, _schema(state, model.id), at, model.task)
    file = new_name("references", model.id, at).removesuffix(".parquet") + path.suffix
    with path.open("rb") as source, state.kept.store.create(file) as target:
        while piece := source.read(_AT_ONCE):
            target.write(piece)
    try:
        return _adopted(state, key, model_id, made, name, why, file)
    except BaseException:
        state.kept.store.delete(file)
        raise


def _schema(state: State, model: int) -> Any:  # noqa: ANN401 - Schema | None
    with state.kept.catalog.read() as connection:
        found = schemas.latest(connection, [model]).get(model)
    return found.schema if found else None


def _adopted(
    state: State,
    key: Key,
    model_id: str,
    made: Made,
    name: str,
    why: str,
    file: str | None = None,
) -> ReferenceShown:
    at = now()

    def write(connection: Connection) -> Baseline:
        model, by = model_in(connection, key, model_id), who(key)
        return adopted(connection, model, made, name=name, at=at, by=by, why=why, file=file)

    return _shown(state.kept.catalog.write(write), is_current=True)


def _shown(baseline: Baseline, *, is_current: bool) -> ReferenceShown:
    return ReferenceShown(
        number=baseline.number,
        source=baseline.source,
        name=baseline.name,
        version=baseline.version,
        rows=baseline.rows,
        first_at=moment(baseline.first_at),
        last_at=moment_or_none(baseline.last_at),
        is_current=is_current,
        has_file=baseline.file is not None,
        labelled=baseline.labelled or 0,
        created_at=moment(baseline.created_at),
        created_by=baseline.created_by,
        why=baseline.why,
    )
