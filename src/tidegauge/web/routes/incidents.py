"""Incidents: what is wrong, what is known of it, who was told, and what people do about it."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, model_validator
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.alert.book import Book
from tidegauge.alert.content import notice_of
from tidegauge.alert.errors import ConflictError
from tidegauge.alert.incident import Incident
from tidegauge.alert.machine import Machine
from tidegauge.alert.notice import Family, IncidentState, Notice, unpacked
from tidegauge.alert.settings import Settings
from tidegauge.catalog import alerts, incidents, models, notices, silences
from tidegauge.catalog.incidents import Asked, Event, Kept
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.monitor.duration import Duration
from tidegauge.monitor.severity import AnySeverity, Severity
from tidegauge.web.keys import Key
from tidegauge.web.routes.alerts import (
    ALERT,
    AlertShown,
    Hidden,
    alert_shown,
    hidden_of,
    in_order,
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
    moment,
    moment_or_none,
    read_cursor,
)
from tidegauge.web.routes.notices import NoticeShown, notices_shown
from tidegauge.web.routes.personal import title_without_values, without_values
from tidegauge.web.routes.silences import SilenceShown, silence_shown
from tidegauge.web.state import state_of
from tidegauge.window import DAY, SECOND

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
INCIDENT: Final = TypeAdapter(Incident)
_SEVERAL: Final = 100
_ALERTS, _NOTICES, _EVENTS = 500, 500, 1_000
"""As many are shown of one incident."""
_LONGEST: Final = 30 * DAY
_REVISION: Final = re.compile(r'\s*"?(\d{1,9})"?\s*')
IfMatch = Annotated[str | None, Header(description="The ETag of what was seen, if that matters.")]
Text = Annotated[str, Field(max_length=10_000)]
Span = Annotated[Duration, Field(ge=1, le=_LONGEST, description="As '2 h', 30 days at most.")]


class IncidentShown(BaseModel):
    incident_id: str
    model_id: str
    family: Family
    title: str
    state: IncidentState
    severity: Severity
    severity_peak: Severity
    owner: str
    opened_at: datetime
    changed_at: datetime
    acked_by: str
    acked_at: datetime | None
    ack_expires_at: datetime | None
    resolved_by: Annotated[str, Field(description="`auto` where all its alerts were over.")]
    resolved_at: datetime | None
    closed_at: datetime | None
    reason: str
    reopen_count: int
    alerts_now: int
    alerts_total: int
    is_silenced: Annotated[
        bool, Field(description="By a silence, a snooze or graver trouble: nobody is told now.")
    ]
    silences: list[int]
    snoozed_until: datetime | None
    inhibited_by: Annotated[str, Field(description="The graver incident that explains it.")]
    is_flapping: bool
    escalation_level: int
    next_escalation_at: datetime | None
    useful: bool | None
    revision: int


class Counts(BaseModel):
    by_state: dict[str, int]
    by_severity: dict[str, int]
    by_family: dict[str, int]


class IncidentPage(BaseModel):
    incidents: Annotated[list[IncidentShown], Field(description="The latest first.")]
    next: str | None
    summary: Annotated[Counts, Field(description="Of all that is asked for, on every page.")]


class EventShown(BaseModel):
    seq: int
    at: datetime
    kind: str
    who: str
    detail: dict[str, Any]


class LevelShown(BaseModel):
    after_minutes: float
    channels: list[str]
    severity: Severity


class LinksShown(BaseModel):
    incident: str
    dashboard: str
    runbook: str


class FeedbackShown(BaseModel):
    useful: bool
    text: str
    who: str
    at: datetime


class IncidentWhole(IncidentShown):
    tags: dict[str, str]
    alerts: Annotated[
        list[AlertShown], Field(description="That it has now, the gravest first; 500 at most.")
    ]
    findings: Annotated[
        list[dict[str, Any]], Field(description="As it is told now, or was told last; 20 at most.")
    ]
    more_findings: int
    silenced_by: list[SilenceShown]
    notices: Annotated[list[NoticeShown], Field(description="The latest first; 500 at most.")]
    more_notices: int
    timeline: Annotated[list[EventShown], Field(description="In order; the last 1,000.")]
    more_events: int
    levels: Annotated[list[LevelShown], Field(description="Who is told next, if nobody answers.")]
    recommended_actions: list[str]
    links: LinksShown
    feedback: FeedbackShown | None


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
        incidents=[_shown(_incident(each), secret) for each in found[:limit]],
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
        whole = _whole(connection, kept, key, state.config.alerts)
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
    return _shown(incident, secret)


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


def _incident(kept: Kept) -> Incident:
    return INCIDENT.validate_python({**kept.body, "revision": kept.revision})


def _shown(incident: Incident, secret: Hidden) -> IncidentShown:
    return IncidentShown(**_fields(incident, secret))


def _fields(incident: Incident, secret: Hidden) -> dict[str, Any]:
    names = secret.get(incident.model, frozenset())
    return {
        "incident_id": incident.id,
        "model_id": incident.model,
        "family": incident.family,
        "title": title_without_values(incident.title, incident.model, incident.family, names),
        "state": incident.state,
        "severity": incident.severity,
        "severity_peak": incident.severity_peak,
        "owner": incident.owner,
        "opened_at": moment(incident.opened_at),
        "changed_at": moment(incident.changed_at),
        "acked_by": incident.acked_by,
        "acked_at": moment_or_none(incident.acked_at),
        "ack_expires_at": moment_or_none(incident.ack_expires_at),
        "resolved_by": incident.resolved_by,
        "resolved_at": moment_or_none(incident.resolved_at),
        "closed_at": moment_or_none(incident.closed_at),
        "reason": incident.reason,
        "reopen_count": incident.reopen_count,
        "alerts_now": incident.alerts_now,
        "alerts_total": incident.alerts_total,
        "is_silenced": incident.is_hushed,
        "silences": incident.silences,
        "snoozed_until": moment_or_none(incident.snoozed_until),
        "inhibited_by": incident.inhibited_by,
        "is_flapping": incident.flapping,
        "escalation_level": incident.escalation_level,
        "next_escalation_at": moment_or_none(incident.next_escalation_at),
        "useful": None if incident.useful is None else bool(incident.useful.get("useful")),
        "revision": incident.revision,
    }


def _whole(connection: Connection, kept: Kept, key: Key, settings: Settings) -> IncidentWhole:
    incident, at = _incident(kept), act.now(connection)
    secret = hidden_of(connection, key)
    names = secret.get(incident.model, frozenset())
    found = in_order(
        ALERT.validate_python(each.body) for each in alerts.of_incident(connection, kept.id)
    )
    told = notices.of_incident(connection, kept.id)[::-1]
    book = Book()
    book.add_incident(incident)
    for alert in found:
        book.add_alert(alert)
    model = models.by_name(connection, kept.tenant, kept.model)
    if model is not None:
        tags = {str(name): str(value) for name, value in model.tags.items()}
        book.labels[kept.tenant, kept.model] = tags
    as_told = notice_of(book, incident, "update", at, settings)
    last = as_told if found else _last_told(told, as_told)
    events = incidents.events(connection, kept.id)
    silenced = (silences.get(connection, number) for number in incident.silences)
    return IncidentWhole(
        **_fields(incident, secret),
        tags=dict(as_told.tags or {}),
        alerts=[alert_shown(each, secret) for each in found[:_ALERTS]],
        findings=[_finding(asdict(each), names) for each in last.findings],
        more_findings=last.more_findings,
        silenced_by=[silence_shown(each, at) for each in silenced if each is not None],
        notices=notices_shown(connection, told[:_NOTICES]),
        more_notices=max(len(told) - _NOTICES, 0),
        timeline=[_event(each) for each in events[-_EVENTS:]],
        more_events=max(len(events) - _EVENTS, 0),
        levels=[
            LevelShown(
                after_minutes=each.after_s / 60,
                channels=list(each.channels),
                severity=each.severity,
            )
            for each in incident.levels
        ],
        recommended_actions=list(last.actions),
        links=LinksShown(**asdict(as_told.links)),
        feedback=_feedback(incident),
    )


def _last_told(told: list[notices.Kept], otherwise: Notice) -> Notice:
    """What was known of it while it went on: its alerts have gone since."""
    for each in told:
        if each.body.get("findings"):
            return unpacked(each.body)
    return otherwise


def _finding(told: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    shown = without_values(told, names) | {
        name: told[name] for name in ("monitor", "severity", "version", "segment", "is_over")
    }
    if shown.get("since") is not None:
        shown["since"] = moment(shown["since"]).isoformat()
    return shown


def _event(event: Event) -> EventShown:
    return EventShown(
        seq=event.seq,
        at=moment(event.at),
        kind=event.kind,
        who=event.who,
        detail=_detail(event.detail),
    )


def _detail(detail: Mapping[str, Any]) -> dict[str, Any]:
    # What an event has set is how the row is kept, and no news to anybody.
    told = {name: value for name, value in detail.items() if name != "set"}
    if isinstance(told.get("until"), int):
        told["until"] = moment(told["until"]).isoformat()
    return told


def _feedback(incident: Incident) -> FeedbackShown | None:
    if incident.useful is None:
        return None
    told = incident.useful
    return FeedbackShown(
        useful=told["useful"], text=told["text"], who=told["who"], at=moment(told["at"])
    )
