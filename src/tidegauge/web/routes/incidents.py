"""Incidents: what is wrong, what is known of it, who was told, and what people do about it."""

import re
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from tidegauge.alert import act
from tidegauge.alert.errors import ConflictError
from tidegauge.alert.incident import Incident
from tidegauge.alert.machine import Machine
from tidegauge.alert.notice import Family, IncidentState
from tidegauge.catalog import incidents
from tidegauge.catalog.incidents import Asked
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.monitor.duration import Duration
from tidegauge.monitor.severity import AnySeverity
from tidegauge.web.keys import Key
from tidegauge.web.routes.alerts import (
    hidden_of,
)
from tidegauge.web.routes.asked import (
    Closed,
    Cursor,
    Limit,
    Reader,
    Time,
    Writer,
    checked_text,
    cursor_of,
    micros,
    read_cursor,
)
from tidegauge.web.routes.incident_shown import (
    IncidentShown,
    IncidentWhole,
    incident_of,
    shown,
    whole_of,
)
from tidegauge.web.state import state_of
from tidegauge.window import DAY, SECOND

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
_SEVERAL: Final = 100
_LONGEST: Final = 30 * DAY
_REVISION: Final = re.compile(r'\s*"?(\d{1,9})"?\s*')
IfMatch = Annotated[str | None, Header(description="The ETag of what was seen, if that matters.")]
Text = Annotated[str, Field(max_length=10_000)]
Span = Annotated[Duration, Field(ge=1, le=_LONGEST, description="As '2 h', 30 days at most.")]


class Counts(BaseModel):
    by_state: dict[str, int]
    by_severity: dict[str, int]
    by_family: dict[str, int]


class IncidentPage(BaseModel):
    incidents: Annotated[list[IncidentShown], Field(description="The latest first.")]
    next: str | None
    summary: Annotated[Counts, Field(description="Of all that is asked for, on every page.")]


class AckWanted(Closed):
    expires_in: Annotated[
        Span | None, Field(description="It is open again then, if it still goes on.")
    ] = None


class ResolveWanted(Closed):
    reason: Annotated[str, Field(min_length=1, max_length=1_000)] = "by hand"


class SnoozeWanted(Closed):
    """Give `until` or `duration`."""

    until: AwareDatetime | None = None
    duration: Span | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "SnoozeWanted":
        if (self.until is None) == (self.duration is None):
            raise ValueError("give until or duration")
        return self


class CommentWanted(Closed):
    text: Annotated[Text, Field(min_length=1, pattern=r"\S")]


class AssignWanted(Closed):
    owner: Annotated[str, Field(max_length=256, description="Nobody, where it is empty.")]


class FeedbackWanted(Closed):
    useful: Annotated[bool, Field(description="Whether it was worth being told.")]
    text: Text = ""


class BulkWanted(Closed):
    """The same for many; what an action takes stands beside it, as in the action's own form."""

    action: Literal["ack", "unack", "resolve", "snooze", "comment", "assign", "feedback"]
    ids: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=10_000)
    ]
    expires_in: Span | None = None
    reason: Annotated[str, Field(min_length=1, max_length=1_000)] = "by hand"
    until: AwareDatetime | None = None
    duration: Span | None = None
    text: Text = ""
    owner: Annotated[str, Field(max_length=256)] = ""
    useful: bool | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "BulkWanted":
        if self.action == "snooze" and (self.until is None) == (self.duration is None):
            raise ValueError("snooze: give until or duration")
        if self.action == "comment" and not self.text.strip():
            raise ValueError("comment: give text")
        if self.action == "feedback" and self.useful is None:
            raise ValueError("feedback: give useful")
        return self


class BulkDone(BaseModel):
    incident_id: str
    status: Annotated[int, Field(description="As the action alone would have answered.")]
    state: Annotated[IncidentState | None, Field(description="null where there is no such.")]
    detail: str


class BulkShown(BaseModel):
    done: int
    failed: int
    results: Annotated[list[BulkDone], Field(description="One for each id; a repeated one once.")]


@router.get("")
def list_incidents(  # noqa: PLR0913, PLR0917 - the parameters of an address
    request: Request,
    key: Reader,
    model: Annotated[
        list[str] | None, Query(max_length=_SEVERAL, description="All where none is named.")
    ] = None,
    family: Annotated[list[Family] | None, Query()] = None,
    state: Annotated[list[IncidentState] | None, Query()] = None,
    severity: Annotated[list[AnySeverity] | None, Query()] = None,
    start_time: Time = None,
    end_time: Time = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> IncidentPage:
    """Incidents that were opened from `start_time` until `end_time`, silenced ones too."""
    asked = Asked(
        tenant=key.tenant,
        models=None if model is None else [checked_text(each) for each in model],
        families=family,
        states=state,
        severities=severity,
        start=None if start_time is None else micros(start_time),
        stop=None if end_time is None else micros(end_time),
    )
    after = _after(cursor)
    with state_of(request).kept.catalog.read() as connection:
        found = incidents.page(connection, asked, after=after, limit=limit + 1)
        tally = incidents.tally(connection, asked)
        secret = hidden_of(connection, key)
    summary = Counts(by_state={}, by_severity={}, by_family={})
    for each in tally:
        for counts, name in (
            (summary.by_state, each.state),
            (summary.by_severity, each.severity),
            (summary.by_family, each.family),
        ):
            counts[name] = counts.get(name, 0) + each.incidents
    last = found[limit - 1] if len(found) > limit else None
    return IncidentPage(
        incidents=[shown(incident_of(each), secret) for each in found[:limit]],
        next=cursor_of(last.opened_at, last.id) if last else None,
        summary=summary,
    )


@router.post("/bulk")
def act_on_incidents(wanted: BulkWanted, request: Request, key: Writer) -> BulkShown:
    """Do the same to many incidents; each answers for itself."""
    state = state_of(request)
    for each in (*wanted.ids, wanted.text, wanted.owner, wanted.reason):
        checked_text(each)
    done = act.act_on_many(
        state.kept.catalog,
        state.config.alerts,
        wanted.ids,
        _what(wanted.action, wanted, key),
        tenant=key.tenant,
    )
    results = [_done(name, came) for name, came in done.items()]
    failed = sum(each.status != 200 for each in results)
    return BulkShown(done=len(results) - failed, failed=failed, results=results)


@router.get("/{incident_id}")
def get_incident(
    incident_id: str, request: Request, response: Response, key: Reader
) -> IncidentWhole:
    """All that is known of one; its ETag is its revision."""
    state = state_of(request)
    with state.kept.catalog.read() as connection:
        kept = incidents.get(connection, checked_text(incident_id))
        if kept is None or kept.tenant != key.tenant:
            raise _unknown()
        whole = whole_of(connection, kept, key, state.config.alerts)
    response.headers["ETag"] = f'"{kept.revision}"'
    return whole


@router.post("/{incident_id}/ack")
def ack_incident(
    incident_id: str,
    request: Request,
    response: Response,
    key: Writer,
    wanted: AckWanted | None = None,
    if_match: IfMatch = None,
) -> IncidentShown:
    """Say that somebody is at it: escalations and reminders stop.  The first who says so has it."""
    return _do(request, response, key, incident_id, "ack", wanted or AckWanted(), if_match)


@router.post("/{incident_id}/unack")
def unack_incident(
    incident_id: str, request: Request, response: Response, key: Writer, if_match: IfMatch = None
) -> IncidentShown:
    """It is nobody's again: the escalation starts anew."""
    return _do(request, response, key, incident_id, "unack", None, if_match)


@router.post("/{incident_id}/resolve")
def resolve_incident(
    incident_id: str,
    request: Request,
    response: Response,
    key: Writer,
    wanted: ResolveWanted | None = None,
    if_match: IfMatch = None,
) -> IncidentShown:
    """It is over, by your word.  What still goes on speaks again after a while."""
    return _do(request, response, key, incident_id, "resolve", wanted or ResolveWanted(), if_match)


@router.post("/{incident_id}/snooze")
def snooze_incident(
    incident_id: str,
    request: Request,
    response: Response,
    key: Writer,
    wanted: SnoozeWanted,
    if_match: IfMatch = None,
) -> IncidentShown:
    """Tell nobody of it until then."""
    return _do(request, response, key, incident_id, "snooze", wanted, if_match)


@router.post("/{incident_id}/comment")
def comment_incident(
    incident_id: str,
    request: Request,
    response: Response,
    key: Writer,
    wanted: CommentWanted,
    if_match: IfMatch = None,
) -> IncidentShown:
    return _do(request, response, key, incident_id, "comment", wanted, if_match)


@router.post("/{incident_id}/assign")
def assign_incident(
    incident_id: str,
    request: Request,
    response: Response,
    key: Writer,
    wanted: AssignWanted,
    if_match: IfMatch = None,
) -> IncidentShown:
    """Say whose it is."""
    return _do(request, response, key, incident_id, "assign", wanted, if_match)


@router.post("/{incident_id}/feedback")
def judge_incident(
    incident_id: str,
    request: Request,
    response: Response,
    key: Writer,
    wanted: FeedbackWanted,
    if_match: IfMatch = None,
) -> IncidentShown:
    """Say whether it was useful to be told, once it is closed too; the last word counts."""
    return _do(request, response, key, incident_id, "feedback", wanted, if_match)


def _do(
    request: Request,
    response: Response,
    key: Key,
    name: str,
    action: str,
    wanted: Closed | None,
    if_match: str | None,
) -> IncidentShown:
    state = state_of(request)
    for text in (name, *(() if wanted is None else wanted.model_dump().values())):
        if isinstance(text, str):
            checked_text(text)
    try:
        incident = act.act(
            state.kept.catalog,
            state.config.alerts,
            name,
            _what(action, wanted, key),
            revision=_revision(if_match),
            tenant=key.tenant,
            even_closed=action == "feedback",
        )
    except KeyError:
        raise _unknown() from None
    except ConflictError as error:
        told: Fault = {"pointer": "/state", "code": "state-conflict", "detail": error.state}
        raise ProblemError("state-conflict", str(error), [told]) from None
    with state.kept.catalog.read() as connection:
        secret = hidden_of(connection, key)
    response.headers["ETag"] = f'"{incident.revision}"'
    return shown(incident, secret)


def _what(action: str, wanted: Closed | None, key: Key) -> act.Act:
    who = key.name
    match wanted, action:
        case AckWanted() | BulkWanted(), "ack":
            return lambda machine, it: machine.ack(it, who, _later(machine, wanted.expires_in))
        case ResolveWanted() | BulkWanted(), "resolve":
            return lambda machine, it: machine.resolve(it, who, wanted.reason)
        case SnoozeWanted() | BulkWanted(), "snooze":
            return lambda machine, it: machine.snooze(it, _until(machine, wanted), who)
        case CommentWanted() | BulkWanted(), "comment":
            return lambda machine, it: machine.comment(it, who, wanted.text)
        case AssignWanted() | BulkWanted(), "assign":
            return lambda machine, it: machine.assign(it, who, wanted.owner)
        case FeedbackWanted() | BulkWanted(), "feedback":
            is_useful = bool(wanted.useful)
            return lambda machine, it: act.judge(machine, it, who, wanted.text, is_useful=is_useful)
        case _:
            return lambda machine, it: machine.unack(it, who)


def _later(machine: Machine, seconds: int | None) -> int | None:
    return None if seconds is None else machine.at + seconds * SECOND


def _until(machine: Machine, wanted: SnoozeWanted | BulkWanted) -> int:
    if wanted.duration is not None:
        return machine.at + wanted.duration * SECOND
    assert wanted.until is not None  # noqa: S101 - the form has seen to it
    until = micros(wanted.until)
    if not machine.at < until <= machine.at + _LONGEST * SECOND:
        told: Fault = {
            "pointer": "/until",
            "code": "out-of-range",
            "detail": "within the next 30 days",
        }
        raise ProblemError("invalid-request", "until must be within the next 30 days", [told])
    return until


def _revision(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _REVISION.fullmatch(if_match)
    if found is None:
        raise ProblemError("stale", "If-Match is no ETag of an incident: read it again")
    return int(found[1])


def _done(name: str, came: Incident | ConflictError | None) -> BulkDone:
    if came is None:
        return BulkDone(incident_id=name, status=404, state=None, detail="no such incident")
    if isinstance(came, ConflictError):
        return BulkDone(incident_id=name, status=409, state=_state(came.state), detail=str(came))
    return BulkDone(incident_id=name, status=200, state=came.state, detail="")


def _state(told: str) -> IncidentState:
    return told  # pyright: ignore[reportReturnType] - it is one of them


def _after(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    at, name = read_cursor(cursor, int, str)
    return max(min(at, (1 << 63) - 1), 0), checked_text(name)


def _unknown() -> ProblemError:
    return ProblemError("not-found", "there is no such incident")
