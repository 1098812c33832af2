"""The schema of a model: what its columns are taken for, shown and edited."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.catalog import audit, baselines, models, outcomes, schemas
from tidegauge.catalog.baselines import Baseline
from tidegauge.catalog.models import Changes, Model
from tidegauge.catalog.schemas import ModelSchema
from tidegauge.errors import InputError
from tidegauge.ingest.problem import ProblemError
from tidegauge.reference.fit import adopt
from tidegauge.schema import Kind, Role, Schema, segment_columns
from tidegauge.series.apart import made_apart
from tidegauge.series.reference import Made, of_span
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    Closed,
    Reader,
    Writer,
    checked_text,
    matching,
    model_in,
    moment,
    now,
    source_of,
    who,
)
from tidegauge.web.state import State, state_of

router = APIRouter(prefix="/api/v1/models/{model_id}/schema", tags=["models"])
IfMatch = Annotated[str | None, Header(description="The ETag of what was seen.")]


class ColumnShown(BaseModel):
    name: str
    kind: Kind
    role: Role
    why: str


class SchemaShown(BaseModel):
    model_id: str
    number: Annotated[int | None, Field(description="None before the first prediction.")]
    columns: list[ColumnShown]
    segments: Sequence[str]
    created_at: datetime | None
    created_by: str | None
    why: str | None
    numbers: Annotated[list[int], Field(description="Of all versions, the latest first.")]
    revision: Annotated[int, Field(description="Of the model, as its ETag has it.")]


_GROUPS: Final = ("entity_id", "environment", "experiment_id", "variant")
"""Fields of a prediction that say what it belongs to, whatever the schema takes them for."""


class ColumnWanted(Closed):
    kind: Kind | None = None
    role: Role | None = None


class SchemaWanted(Closed):
    """What is not named stays as it is."""

    columns: Annotated[dict[str, ColumnWanted], Field(default_factory=dict, max_length=10_000)]
    segments: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=256)]] | None,
        Field(
            max_length=20,
            description="Columns whose values are each watched by themselves, or several of them"
            " together: 'tags.gender & tags.age'.",
        ),
    ] = None
    why: Annotated[str, Field(max_length=1000)] = ""


@router.get("")
def get_schema(model_id: str, request: Request, response: Response, key: Reader) -> SchemaShown:
    """What each column is taken for, and why; its ETag is the model's."""
    with state_of(request).kept.catalog.read() as connection:
        model = model_in(connection, key, model_id)
        response.headers["ETag"] = _etag(model.revision)
        return _shown(model, schemas.listed(connection, model.id))


@router.put("")
def put_schema(
    model_id: str,
    wanted: SchemaWanted,
    request: Request,
    response: Response,
    key: Writer,
    if_match: IfMatch = None,
) -> SchemaShown:
    """Say what columns are, and which segments are watched.

    The rows of the present reference are counted anew, and the windows by it.
    """
    state = state_of(request)
    at = now()
    with state.kept.catalog.read() as connection:
        model = model_in(connection, key, model_id)
        if if_match is not None:
            matching(if_match, _etag(model.revision), "the model")
        found = schemas.latest(connection, [model.id]).get(model.id)
        baseline = baselines.latest(connection, [model.id]).get(model.id)
    edited = _edited(found, wanted) if wanted.columns else None
    if wanted.segments is not None:
        _check_segments(wanted.segments, edited or (found.schema if found else None))
    made = None
    if edited is not None and baseline is not None:
        made = _made(state, model, baseline, edited, at)

    def write(connection: Connection) -> SchemaShown:
        now_there = baselines.latest(connection, [model.id]).get(model.id)
        if baseline and (now_there is None or now_there.id != baseline.id):
            raise ProblemError("state-conflict", "the model got another reference meanwhile")
        if made is not None and baseline is not None:
            _adopt(connection, key, baseline, made, at, wanted.why)
        changes: Changes = {} if wanted.segments is None else {"segments": wanted.segments}
        changed = models.change(connection, model.id, model.revision, at, **changes)
        if changed.segments != model.segments:
            outcomes.again(connection, model.id, at)
        audit.add(
            connection,
            at=at,
            who=who(key),
            what="schema.change",
            subject=f"{model.tenant}/{model.name}",
            detail=wanted.model_dump(),
        )
        return _shown(changed, schemas.listed(connection, model.id))

    checked_text(wanted.why)
    shown = state.kept.catalog.write(write)
    response.headers["ETag"] = _etag(shown.revision)
    return shown


def _edited(found: ModelSchema | None, wanted: SchemaWanted) -> Schema:
    if found is None:
        raise ProblemError("state-conflict", "the model has no columns yet: send predictions")
    schema = found.schema
    for name, told in wanted.columns.items():
        if told.kind is not None:
            schema = schema.edit({name: told.kind})
        if told.role is not None:
            schema = schema.edit({name: told.role})
    return schema


def _check_segments(segments: Sequence[str], schema: Schema | None) -> None:
    for name in (each for segment in segments for each in segment_columns(segment)):
        checked_text(name)
        is_tag = name.startswith("tags.") or name in _GROUPS
        column = schema[name] if schema and name in schema else None
        if not is_tag and (column is None or column.kind not in ("category", "boolean")):
            raise InputError(
                f"{name!r} cannot be a segment: take a tag (tags.region), {', '.join(_GROUPS)}, or"
                " a column that is a category or boolean"
            )


def _made(state: State, model: Model, baseline: Baseline, schema: Schema, at: int) -> Made:
    """The present reference, its columns taken for something else."""
    store = state.kept.store
    if baseline.file is not None:
        return made_apart(store.directory / baseline.file, schema, at)
    start, stop = baseline.first_at, (baseline.last_at or baseline.first_at) + 1
    if baseline.source == "provisional":
        # It will be made anew of all rows, with what is said here of them.
        start, stop = 0, at
    held = source_of(state).held(model, "predictions", start, stop)
    try:
        return of_span(store, held, start, stop, schema, baseline.version)
    except InputError as error:
        raise ProblemError(
            "state-conflict", f"the rows of the reference are not there any more: {error}"
        ) from None


def _adopt(
    connection: Connection, key: Key, baseline: Baseline, made: Made, at: int, why: str
) -> None:
    adopt(
        connection,
        baseline.model,
        made.profile,
        source=baseline.source,
        name=baseline.name,
        first_at=baseline.first_at,
        last_at=baseline.last_at,
        at=at,
        by=who(key),
        why=why or "the schema was edited",
        file=baseline.file,
        version=baseline.version,
    )


def _shown(model: Model, found: Sequence[ModelSchema]) -> SchemaShown:
    latest = found[0] if found else None
    return SchemaShown(
        model_id=model.name,
        number=latest.number if latest else None,
        columns=[
            ColumnShown(name=each.name, kind=each.kind, role=each.role, why=each.why)
            for each in (latest.schema if latest else ())
        ],
        segments=model.segments,
        created_at=moment(latest.created_at) if latest else None,
        created_by=latest.created_by if latest else None,
        why=latest.why if latest else None,
        numbers=[each.number for each in found],
        revision=model.revision,
    )


def _etag(revision: int) -> str:
    return f'"{revision}"'
