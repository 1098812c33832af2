"""All models of a tenant at a glance: who needs somebody, and how good each was lately."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.alert.personal import title_without_values
from tidegauge.catalog import models
from tidegauge.series.fleet import Course, Standing, courses, standings
from tidegauge.series.health import Status
from tidegauge.series.outcome import is_better_less
from tidegauge.series.reach import Reach
from tidegauge.web.routes.asked import Reader, moment, moment_or_none, now
from tidegauge.web.routes.personal import hidden
from tidegauge.web.routes.status import waiting
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/fleet", tags=["fleet"])
_MOST: Final = 100_000
_AT_ONCE: Final = 100


class Trouble(BaseModel):
    incident_id: str
    title: str
    severity: Literal["low", "medium", "high", "critical"]
    state: Literal["open", "acknowledged"]
    opened_at: datetime


class FleetModel(BaseModel):
    model_id: str
    task: str | None
    owner: str
    description: str
    tags: Mapping[str, str]
    state: Literal["empty", "learning", "watched"]
    status: Annotated[Status, Field(description="By its open incidents.")]
    watched: bool
    incidents: int
    worst: Annotated[Trouble | None, Field(description="The gravest of its open incidents.")]
    rows: int
    last_seen: datetime | None
    rate_24h: Sequence[int]


class FleetShown(BaseModel):
    timestamp: datetime
    data_time: Annotated[
        datetime | None, Field(description="When the last batch that is counted was received.")
    ]
    lag_seconds: float
    summary: str
    statuses: Mapping[Status, int]
    models: Annotated[list[FleetModel], Field(description="Those that need somebody first.")]


class CourseShown(BaseModel):
    model_id: str
    metric: str | None
    is_better_less: bool
    values: Annotated[
        Sequence[float | None], Field(description="In each of the last 14 days, today last.")
    ]
    coverage: Annotated[
        float | None, Field(description="The share of these days' predictions with a label.")
    ]


@router.get("")
def get_fleet(
    request: Request,
    key: Reader,
    model: Annotated[
        list[str] | None,
        Query(max_length=_AT_ONCE, description="Only these; several by repeating `model`."),
    ] = None,
) -> FleetShown:
    """Every model that is not archived: how it stands, and what is the matter."""
    state, at = state_of(request), now()
    told = waiting(state)
    with state.kept.catalog.read() as connection:
        reach = Reach.read(connection, state.kept.windows_for)
        every = (
            models.listed(connection, key.tenant, limit=_MOST)
            if model is None
            else models.named(connection, key.tenant, model)
        )
        found = standings(connection, reach, key.tenant, every, at)
    statuses: dict[Status, int] = {}
    for each in found:
        statuses[each.status] = statuses.get(each.status, 0) + 1
    return FleetShown(
        timestamp=moment(at),
        data_time=moment_or_none(told.counted_at),
        lag_seconds=told.lag_seconds,
        summary=_sentence(found),
        statuses=statuses,
        models=[_model(each, hidden(each.listed.model, key)) for each in found],
    )


@router.get("/performance")
def get_courses(
    request: Request,
    key: Reader,
    model: Annotated[
        list[str], Query(max_length=_AT_ONCE, description="Several by repeating `model`.")
    ],
) -> list[CourseShown]:
    """How good some models were in the last two weeks; what is not there is left out."""
    state, at = state_of(request), now()
    with state.kept.catalog.read() as connection:
        reach = Reach.read(connection, state.kept.windows_for)
        asked = models.named(connection, key.tenant, model)
        found = courses(connection, reach, asked, at)
    return [_course(each.name, course) for each, course in zip(asked, found, strict=True)]


def _sentence(found: Sequence[Standing]) -> str:
    if not found:
        return "No model has been seen yet."
    need = sum(bool(each.incidents) for each in found)
    unseen = sum(each.listed.state == "empty" for each in found)
    models = "model" if len(found) == 1 else "models"
    if need:
        verb = "needs" if need == 1 else "need"
        return f"{need} of {len(found)} {models} {verb} you."
    if unseen == len(found):
        return "No prediction has come yet."
    return "All is calm: no model needs you."


def _model(one: Standing, secret: frozenset[str]) -> FleetModel:
    model = one.listed.model
    worst = one.incidents[0] if one.incidents else None
    return FleetModel(
        model_id=model.name,
        task=model.task or model.likely_task,
        owner=model.owner,
        description=model.description,
        tags=model.tags,
        state=one.listed.state,
        status=one.status,
        watched=model.watched,
        incidents=len(one.incidents),
        worst=worst
        and Trouble(
            incident_id=worst.id,
            title=title_without_values(worst.title, worst.model, worst.family, secret),
            severity=worst.severity,  # pyright: ignore[reportArgumentType] - checked by pydantic
            state=worst.state,  # pyright: ignore[reportArgumentType] - as above
            opened_at=moment(worst.opened_at),
        ),
        rows=one.listed.rows,
        last_seen=moment_or_none(one.listed.last_at),
        rate_24h=one.listed.hourly,
    )


def _course(name: str, course: Course) -> CourseShown:
    return CourseShown(
        model_id=name,
        metric=course.metric,
        is_better_less=course.metric is not None and is_better_less(course.metric),
        values=course.values,
        coverage=course.coverage,
    )
