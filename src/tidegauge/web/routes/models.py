"""Models: list, make, change, archive, erase."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.catalog import audit, models, outcomes
from tidegauge.catalog.models import Changes, Model
from tidegauge.ingest.problem import ProblemError
from tidegauge.reference.task import Task
from tidegauge.rows.values import codes
from tidegauge.schema import near
from tidegauge.series.listed import Listed, listed
from tidegauge.series.reach import Reach
from tidegauge.web.routes.asked import (
    Closed,
    Cursor,
    Limit,
    Reader,
    Writer,
    checked_text,
    cursor_of,
    matching,
    model_in,
    moment,
    moment_or_none,
    now,
    read_cursor,
    who,
)
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/models", tags=["models"])
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Text = Annotated[str, Field(max_length=4000)]
Tags = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=256)]],
    Field(max_length=50),
]
Days = Annotated[int | None, Field(ge=1, le=3650)]
IfMatch = Annotated[str | None, Header(description="The ETag of what was seen.")]


class ModelShown(BaseModel):
    model_id: str
    task: Annotated[
        str | None, Field(description="What it does: as you said, or as its outputs look.")
    ]
    is_task_yours: Annotated[bool, Field(description="Whether you said so.")]
    owner: str
    description: str
    tags: Mapping[str, str]
    segments: Sequence[str]
    hot_days: int | None
    cold_days: int | None
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None
    watched: Annotated[bool, Field(description="Whether monitors judge it.")]
    positive_label: Annotated[
        str | None, Field(description="The class that precision, recall and the like are of.")
    ]
    positive_is_favourable: Annotated[
        bool | None, Field(description="Whether that is what people hope for: a loan, no fraud.")
    ]
    protected_attributes: Annotated[
        Sequence[str], Field(description="Segments whose groups are to be treated alike.")
    ]
    revision: int


class ModelListed(ModelShown):
    state: Literal["empty", "learning", "watched"]
    rows: Annotated[int, Field(description="Predictions that are kept.")]
    last_seen: Annotated[
        datetime | None, Field(description="The minute of the latest prediction; coarser if old.")
    ]
    rate_24h: Annotated[
        Sequence[int], Field(description="Predictions in each of the last 24 hours.")
    ]


class ModelPage(BaseModel):
    models: list[ModelListed]
    next: str | None


Class = Annotated[
    bool | int | str | None,
    Field(description="As labels have it: text, number or boolean. There is no default."),
]


class ModelWanted(Closed):
    model_id: Name
    task: Task | None = None
    positive_label: Class = None
    positive_is_favourable: bool | None = None
    owner: Text = ""
    description: Text = ""
    tags: Annotated[Tags, Field(default_factory=dict)]


class ModelChange(Closed):
    """What is not named stays as it is."""

    task: Task | None = None
    owner: Text = ""
    description: Text = ""
    tags: Annotated[Tags, Field(default_factory=dict)]
    positive_label: Class = None
    positive_is_favourable: bool | None = None
    protected_attributes: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=256)]] | None,
        Field(
            max_length=20,
            description="Declared segments, such as tags.gender or 'tags.gender & tags.age', whose"
            " groups are to be treated alike.",
        ),
    ] = None
    hot_days: Days = None
    cold_days: Days = None
    archived: bool = False


def fields_of(model: Model) -> dict[str, Any]:
    return {
        "model_id": model.name,
        "task": model.task or model.likely_task,
        "is_task_yours": model.task is not None,
        "owner": model.owner,
        "description": model.description,
        "tags": model.tags,
        "segments": model.segments,
        "hot_days": model.hot_days,
        "cold_days": model.cold_days,
        "created_at": moment(model.created_at),
        "changed_at": moment(model.changed_at),
        "archived_at": moment_or_none(model.archived_at),
        "watched": model.watched,
        "positive_label": model.positive,
        "positive_is_favourable": model.favourable,
        "protected_attributes": model.protected or (),
        "revision": model.revision,
    }


def listed_of(each: Listed) -> ModelListed:
    return ModelListed(
        **fields_of(each.model),
        state=each.state,
        rows=each.rows,
        last_seen=moment_or_none(each.last_at),
        rate_24h=each.hourly,
    )


@router.get("")
def list_models(
    request: Request,
    key: Reader,
    search: Annotated[str, Query(max_length=128, description="A part of the name.")] = "",
    cursor: Cursor = None,
    limit: Limit = 100,
    archived: Annotated[bool, Query(description="Also those that are archived.")] = False,  # noqa: FBT002 - a parameter of an address
) -> ModelPage:
    """The models of the tenant by name."""
    kept = state_of(request).kept
    after = read_cursor(cursor, str)[0] if cursor else ""
    with kept.catalog.read() as connection:
        found = models.listed(
            connection,
            key.tenant,
            after=checked_text(after),
            limit=limit + 1,
            search=checked_text(search),
            archived=archived,
        )
        reach = Reach.read(connection, kept.windows_for)
        shown = [listed_of(each) for each in listed(connection, reach, found[:limit], now())]
    following = cursor_of(found[limit - 1].name) if len(found) > limit else None
    return ModelPage(models=shown, next=following)


@router.post("", status_code=201)
def make_model(
    wanted: ModelWanted, request: Request, response: Response, key: Writer
) -> ModelShown:
    """Make a model known before its first prediction; one that is there is a conflict."""
    at = now()
    told = wanted.model_dump(exclude={"model_id", "positive_label", "positive_is_favourable"})
    told["positive"] = _class_of(wanted.positive_label)
    told["favourable"] = wanted.positive_is_favourable
    _check_texts(told)

    def make(connection: Connection) -> Model:
        if models.by_name(connection, key.tenant, wanted.model_id) is not None:
            raise ProblemError("state-conflict", f"there is a model {wanted.model_id!r} already")
        made = models.ensure(connection, key.tenant, [wanted.model_id], at)[wanted.model_id]
        made = models.change(connection, made.id, made.revision, at, **told)
        _note(connection, at, who(key), "model.make", made, told)
        return made

    return _answer(state_of(request).kept.catalog.write(make), response)


@router.get("/{model_id}")
def get_model(model_id: str, request: Request, response: Response, key: Reader) -> ModelListed:
    """A model; its ETag is what a change asks for."""
    kept = state_of(request).kept
    with kept.catalog.read() as connection:
        model = model_in(connection, key, model_id)
        reach = Reach.read(connection, kept.windows_for)
        (found,) = listed(connection, reach, [model], now())
    response.headers["ETag"] = _etag(model)
    return listed_of(found)


@router.patch("/{model_id}")
def change_model(
    model_id: str,
    wanted: ModelChange,
    request: Request,
    response: Response,
    key: Writer,
    if_match: IfMatch = None,
) -> ModelShown:
    """Change what is named, if nobody else did meanwhile."""
    at = now()
    told = wanted.model_dump(exclude_unset=True)
    _check_texts(told)
    of_others = ("archived", "positive_label", "positive_is_favourable", "protected_attributes")
    changes: Changes = {name: told[name] for name in told if name not in of_others}  # pyright: ignore[reportAssignmentType]
    if "positive_label" in told:
        changes["positive"] = _class_of(wanted.positive_label)
    if "positive_is_favourable" in told:
        changes["favourable"] = wanted.positive_is_favourable
    if "protected_attributes" in told:
        changes["protected"] = told["protected_attributes"] or []
    if "archived" in told:
        changes["archived_at"] = at if wanted.archived else None

    def change(connection: Connection) -> Model:
        model = model_in(connection, key, model_id)
        matching(if_match, _etag(model), "the model")
        _check_declared(model, changes.get("protected") or ())
        changed = models.change(connection, model.id, model.revision, at, **changes)
        if changed.task != model.task:
            outcomes.again(connection, model.id, at)
        _note(connection, at, who(key), "model.change", changed, told)
        return changed

    return _answer(state_of(request).kept.catalog.write(change), response)


@router.delete("/{model_id}", status_code=204)
def remove_model(
    model_id: str,
    request: Request,
    key: Writer,
    erase: Annotated[  # noqa: FBT002 - a parameter of an address
        bool, Query(description="For admins: remove the model, its rows and files for good.")
    ] = False,
) -> None:
    """Archive a model: out of the list, with all that is known of it.  Or erase it."""
    at = now()
    if erase and not key.may("admin"):
        raise ProblemError(
            "forbidden-role", f"the key {key.name!r} has the role {key.role!r}; this needs 'admin'"
        )

    def remove(connection: Connection) -> list[str]:
        model = model_in(connection, key, model_id)
        _note(connection, at, who(key), "model.erase" if erase else "model.archive", model, {})
        if erase:
            return models.erase(connection, model.id)
        models.archive(connection, model.id, model.revision, at)
        return []

    kept = state_of(request).kept
    for file in kept.catalog.write(remove):
        kept.store.delete(file)


def _check_declared(model: Model, attributes: Sequence[str]) -> None:
    for name in attributes:
        if name not in model.segments:
            detail = (
                f"{name!r} is no declared segment{near(name, list(model.segments))}: PUT"
                f" /api/v1/models/{model.name}/schema declares it"
            )
            raise ProblemError(
                "invalid-request",
                detail,
                [{"pointer": "/protected_attributes", "code": "bad-format", "detail": detail}],
            )


def _class_of(told: bool | int | str | None) -> str | None:  # noqa: FBT001 - a class may be one
    """The class as rows have it."""
    if told is None:
        return None
    coded = codes(np.array([told]))
    return coded.values[int(coded.codes[0])]


def _etag(model: Model) -> str:
    return f'"{model.revision}"'


def _answer(model: Model, response: Response) -> ModelShown:
    response.headers["ETag"] = _etag(model)
    return ModelShown(**fields_of(model))


def _check_texts(told: Mapping[str, object]) -> None:
    for each in told.values():
        for text in [*each, *each.values()] if isinstance(each, dict) else [each]:
            if isinstance(text, str):
                checked_text(text)


def _note(
    connection: Connection, at: int, by: str, what: str, model: Model, detail: Mapping[str, Any]
) -> None:
    subject = f"{model.tenant}/{model.name}"
    audit.add(connection, at=at, who=by, what=what, subject=subject, detail=detail)
