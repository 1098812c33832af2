"""Reports by the calendar: of which models, when, over how long, and on which channels."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.alert.schedule import Schedule
from tidegauge.catalog import reports
from tidegauge.catalog.reports import Kept, Turn
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    Reader,
    Writer,
    checked_text,
    matching,
    moment,
    moment_or_none,
    who,
)
from tidegauge.web.routes.channels import NAME, problem_of, unfit
from tidegauge.web.routes.noted import audited, etag
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/reports", tags=["channels"])
Name = Annotated[str, Path(pattern=NAME)]
IfMatch = Annotated[str | None, Header(description="The ETag of what was seen, if that matters.")]
Document = Annotated[
    dict[str, Any],
    Field(description="`models`, `channels`, `rule`, `at`, `timezone`, `days`, `enabled`."),
]
_MOST: Final = 200
_PAGERS: Final = ("pagerduty", "alertmanager")
"""What they are told wakes somebody."""


class ScheduleShown(BaseModel):
    name: str
    document: Document
    enabled: bool
    revision: int
    changed_at: datetime
    changed_by: str
    next_at: Annotated[datetime | None, Field(description="null of one that is off.")]
    last_at: datetime | None
    failure: Annotated[str, Field(description="Of which models the last could not be made.")]


@router.get("")
def list_schedules(request: Request, key: Reader) -> list[ScheduleShown]:
    with state_of(request).kept.catalog.read() as connection:
        turns = reports.turns_of(connection)
        return [_shown(each, turns) for each in reports.listed(connection, key.tenant)]


@router.get("/{name}")
def get_schedule(name: Name, request: Request, response: Response, key: Reader) -> ScheduleShown:
    with state_of(request).kept.catalog.read() as connection:
        kept = _one(connection, key, name)
        response.headers["ETag"] = etag(kept)
        return _shown(kept, reports.turns_of(connection))


@router.put("/{name}")
def put_schedule(
    name: Name,
    wanted: Document,
    request: Request,
    response: Response,
    key: Writer,
    if_match: IfMatch = None,
) -> ScheduleShown:
    """Make it, or say it anew: it is due the next time that its rule names."""
    schedule = _schedule(wanted)
    document = schedule.model_dump(mode="json", exclude_defaults=True)

    def write(connection: Connection) -> ScheduleShown:
        if faults := list(_unfit(connection, key, schedule)):
            raise ProblemError("invalid-request", f"{len(faults)} channels do not fit", faults)
        before = reports.by_name(connection, key.tenant, name)
        at = act.now(connection)
        if before is None:
            if len(reports.listed(connection, key.tenant)) >= _MOST:
                raise ProblemError("quota-exceeded", f"there may be {_MOST} reports")
            after = reports.add(
                connection, key.tenant, name, document, origin="api", at=at, by=who(key)
            )
        else:
            if if_match is not None:
                matching(if_match, etag(before), "the report")
            after = reports.change(connection, before, document, origin="api", at=at, by=who(key))
        reports.plan(connection, after.id, schedule.next_after(at))
        audited(connection, key, at, "report.put", name, document)
        response.headers["ETag"] = etag(after)
        return _shown(after, reports.turns_of(connection))

    return state_of(request).kept.catalog.write(write)


@router.post("/{name}/send", status_code=202)
def send_now(name: Name, request: Request, key: Writer) -> ScheduleShown:
    """Of the time before now, in a moment; the calendar goes on as it was."""

    def write(connection: Connection) -> ScheduleShown:
        kept = _one(connection, key, name)
        at = act.now(connection)
        reports.plan(connection, kept.id, at)
        audited(connection, key, at, "report.send", name, {})
        return _shown(kept, reports.turns_of(connection))

    return state_of(request).kept.catalog.write(write)


@router.delete("/{name}", status_code=204)
def remove_schedule(name: Name, request: Request, key: Writer, if_match: IfMatch = None) -> None:
    def remove(connection: Connection) -> None:
        before = _one(connection, key, name)
        if if_match is not None:
            matching(if_match, etag(before), "the report")
        reports.remove(connection, [before.id])
        audited(connection, key, act.now(connection), "report.remove", name, before.document)

    state_of(request).kept.catalog.write(remove)


def _schedule(document: dict[str, Any]) -> Schedule:
    try:
        schedule = Schedule.model_validate(document)
    except ValidationError as error:
        raise problem_of(error, "the report") from None
    for each in (*schedule.models, *schedule.channels):
        checked_text(each)
    return schedule


def _unfit(connection: Connection, key: Key, schedule: Schedule) -> Iterator[Fault]:
    wanted = [(f"/channels/{place}", name) for place, name in enumerate(schedule.channels)]
    return unfit(connection, key, wanted, _why_not)


def _why_not(kind: str) -> str | None:
    return "a report is nothing to wake up for" if kind in _PAGERS else None


def _one(connection: Connection, key: Key, name: str) -> Kept:
    found = reports.by_name(connection, key.tenant, name)
    if found is None:
        raise ProblemError("not-found", f"there is no report {name!r}")
    return found


def _shown(kept: Kept, turns: dict[int, Turn]) -> ScheduleShown:
    schedule = Schedule.model_validate(kept.document)
    turn = turns.get(kept.id)
    return ScheduleShown(
        name=kept.name,
        document=dict(kept.document),
        enabled=schedule.enabled,
        revision=kept.revision,
        changed_at=moment(kept.changed_at),
        changed_by=kept.changed_by,
        next_at=moment(turn.due_at) if turn and schedule.enabled else None,
        last_at=moment_or_none(turn.made_at or None) if turn else None,
        failure=turn.failure if turn else "",
    )
