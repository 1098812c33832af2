"""An incident as it is answered: in a list, and whole with all that is known of it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, TypeAdapter
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.alert.book import Book
from tidegauge.alert.content import notice_of
from tidegauge.alert.incident import Incident
from tidegauge.alert.notice import Family, IncidentState, Notice, unpacked
from tidegauge.alert.personal import title_without_values, without_values
from tidegauge.alert.settings import Settings
from tidegauge.catalog import alerts, incidents, models, notices, silences
from tidegauge.catalog.incidents import Event, Kept
from tidegauge.monitor.severity import Severity
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
    moment,
    moment_or_none,
)
from tidegauge.web.routes.notices import NoticeShown, notices_shown
from tidegauge.web.routes.silences import SilenceShown, silence_shown

INCIDENT: Final = TypeAdapter(Incident)
_ALERTS, _NOTICES, _EVENTS = 500, 500, 1_000
"""As many are shown of one incident."""


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


def incident_of(kept: Kept) -> Incident:
    return INCIDENT.validate_python({**kept.body, "revision": kept.revision})


def shown(incident: Incident, secret: Hidden) -> IncidentShown:
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


def whole_of(connection: Connection, kept: Kept, key: Key, settings: Settings) -> IncidentWhole:
    incident, at = incident_of(kept), act.now(connection)
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
        feedback=feedback_of(incident),
    )


def _last_told(told: list[notices.Kept], otherwise: Notice) -> Notice:
    """What was known of it while it went on: its alerts have gone since."""
    for each in told:
        if each.body.get("findings"):
            return unpacked(each.body)
    return otherwise


def _finding(told: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    shown = without_values(told, names) | {
        name: told[name]
        for name in ("monitor", "severity", "rule_version", "version", "segment", "is_over")
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


def feedback_of(incident: Incident) -> FeedbackShown | None:
    if incident.useful is None:
        return None
    told = incident.useful
    return FeedbackShown(
        useful=told["useful"], text=told["text"], who=told["who"], at=moment(told["at"])
    )
