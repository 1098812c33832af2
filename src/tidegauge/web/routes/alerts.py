"""Alerts: the conditions that hold, what they came to over time, and those that people raise."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, TypeAdapter
from sqlalchemy import Connection

from tidegauge.alert import act, opinion
from tidegauge.alert.condition import Alert, AlertState
from tidegauge.alert.content import actions_of
from tidegauge.alert.notice import Family
from tidegauge.alert.personal import without_values
from tidegauge.catalog import alerts, incidents, models
from tidegauge.catalog.incidents import Asked
from tidegauge.ingest.problem import ProblemError
from tidegauge.monitor.severity import RANK, AnySeverity, Severity
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    DAYS,
    Closed,
    Cursor,
    Limit,
    Reader,
    Time,
    Writer,
    checked_text,
    cursor_of,
    micros,
    model_of,
    moment,
    moment_or_none,
    read_cursor,
)
from tidegauge.web.routes.personal import hidden
from tidegauge.web.state import state_of
from tidegauge.window import SECOND

router = APIRouter(prefix="/api/v1/alerts", tags=["incidents"])
ALERT: Final = TypeAdapter(Alert)
_STATES: Final[tuple[AlertState, ...]] = ("pending", "firing", "recovering")
_PAGE: Final = 1_000
_NOISIEST: Final = 20
_SEVERAL: Final = 100
Hidden = Mapping[str, frozenset[str]]


class AlertShown(BaseModel):
    alert_id: Annotated[str, Field(description="Of the condition: the same when it is back.")]
    model_id: str
    family: Family
    monitor: Annotated[
        str, Field(description="Its name; or `manual`, or what tidegauge itself has found.")
    ]
    rule_version: Annotated[
        int | None,
        Field(description="Of the monitor, by which it was last judged; null where that is none."),
    ]
    version: Annotated[str, Field(description='"" is all versions together.')]
    segment: Annotated[str, Field(description='"" is all rows.')]
    title: Annotated[str, Field(description="Of a manual one.")]
    state: AlertState
    severity: Severity
    severity_peak: Severity
    active_since: datetime | None
    fired_at: datetime | None
    recovering_since: datetime | None
    last_slot: datetime | None
    last_status: str
    last_value: float | None
    peak_value: float | None
    is_muted: Annotated[
        bool, Field(description="Its incident was resolved by hand while it went on.")
    ]
    incident_id: str | None
    evidence: Annotated[dict[str, Any], Field(description="What its last breach found.")]
    recommended_actions: list[str]


class AlertPage(BaseModel):
    alerts: list[AlertShown]
    next: str | None


class AlertWanted(Closed):
    """Somebody sees that something is wrong."""

    model_id: Annotated[str, Field(min_length=1, max_length=128)]
    title: Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
    severity: AnySeverity
    description: Annotated[str, Field(max_length=10_000)] = ""


class AlertRaised(BaseModel):
    alert_id: str
    incident_id: str


class NoisyShown(BaseModel):
    monitor: str
    fired: Annotated[int, Field(description="How often one of its alerts fired.")]
    useful: Annotated[int, Field(description="Of its incidents, those that people said were.")]
    not_useful: int


class NowShown(BaseModel):
    """Of the alerts that are not inactive."""

    by_state: dict[str, int]
    by_severity: dict[str, int]
    by_family: dict[str, int]
    by_model: Annotated[dict[str, int], Field(description="The fullest 100.")]


class AlertSummary(BaseModel):
    start_time: datetime
    end_time: datetime
    now: NowShown
    incidents: Annotated[int, Field(description="That were opened in the span.")]
    transient: Annotated[int, Field(description="Of these: over before anybody was told.")]
    by_day: Annotated[dict[str, int], Field(description="Days of UTC; those with none left out.")]
    by_model: Annotated[dict[str, int], Field(description="The fullest 100.")]
    by_severity: dict[str, int]
    by_family: dict[str, int]
    mean_seconds_to_ack: Annotated[
        float | None, Field(description="From the opening to the first ack, where there was one.")
    ]
    mean_seconds_to_resolve: float | None
    noisiest_monitors: list[NoisyShown]


@router.get("")
def list_alerts(  # noqa: PLR0913, PLR0917 - the parameters of an address
    request: Request,
    key: Reader,
    model: Annotated[
        list[str] | None, Query(max_length=_SEVERAL, description="All where none is named.")
    ] = None,
    family: Annotated[list[Family] | None, Query()] = None,
    severity: Annotated[list[AnySeverity] | None, Query()] = None,
    state: Annotated[
        list[AlertState] | None, Query(description="All but the inactive where none is named.")
    ] = None,
    start_time: Time = None,
    end_time: Time = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> AlertPage:
    """The conditions that hold, or have just ceased to; the times are of when they began."""
    after = checked_text(read_cursor(cursor, str)[0]) if cursor else ""
    asked = alerts.Asked(
        tenant=key.tenant,
        models=None if model is None else [checked_text(each) for each in model],
        families=family,
        states=state or _STATES,
        severities=severity,
        start=None if start_time is None else micros(start_time),
        stop=None if end_time is None else micros(end_time),
    )
    with state_of(request).kept.catalog.read() as connection:
        kept = alerts.listed(connection, asked, after=after, limit=limit + 1)
        secret = hidden_of(connection, key)
    found = [ALERT.validate_python(each.body) for each in kept]
    following = cursor_of(found[limit - 1].fingerprint) if len(found) > limit else None
    return AlertPage(alerts=[alert_shown(each, secret) for each in found[:limit]], next=following)


@router.post("", status_code=201)
def raise_alert(wanted: AlertWanted, request: Request, key: Writer) -> AlertRaised:
    """Raise an alert by hand; it fires until its incident is resolved.

    The same title again is the same alert, and the incident is the one that is open.
    """
    state = state_of(request)
    if wait := state.manual.wait(key.id):
        detail = "a key raises at most 60 alerts a minute"
        raise ProblemError("rate-limited", detail, retry_after=math.ceil(wait))
    state.manual.take(key.id)
    title, description = checked_text(wanted.title), checked_text(wanted.description)
    if not title.strip():
        raise ProblemError(
            "invalid-request",
            "a title says what is wrong",
            [{"pointer": "/title", "code": "required", "detail": "must say something"}],
        )
    found = model_of(request, key, wanted.model_id)
    said = act.Said(found.name, title, wanted.severity, description)
    incident = act.raise_manually(
        state.kept.catalog, state.config.alerts, key.tenant, said, key.name
    )
    name = act.manual_of(key.tenant, found.name, title)
    return AlertRaised(alert_id=name, incident_id=incident.id)


@router.get("/summary")
def summarise_alerts(
    request: Request,
    key: Reader,
    days: Annotated[int, Query(ge=1, le=366, description="Up to now.")] = 30,
) -> AlertSummary:
    """How much there was, how soon it was answered, and which monitors are the noisiest."""
    with state_of(request).kept.catalog.read() as connection:
        at = act.now(connection)
        # An incident that is opened in this very instant is one of them.
        asked = Asked(tenant=key.tenant, start=at - days * DAYS, stop=at + 1)
        current = list(_live(connection, key))
        opened = incidents.everything(connection, asked)
        acked = incidents.noted(connection, asked, ["ack"])
        noisiest = _noisiest(connection, asked)
    told = [each for each in opened if each.body.get("reason") != "transient"]
    first: dict[str, int] = {}
    for event in acked:
        first.setdefault(event.incident, event.at)
    answered = [first[each.id] - each.opened_at for each in told if each.id in first]
    ended = [
        each.body["resolved_at"] - each.opened_at for each in told if each.body.get("resolved_at")
    ]
    return AlertSummary(
        start_time=moment(at - days * DAYS),
        end_time=moment(at),
        now=NowShown(
            by_state=Counter(each.state for each in current),
            by_severity=Counter(each.severity_now for each in current),
            by_family=Counter(each.family for each in current),
            by_model=_fullest(each.model for each in current),
        ),
        incidents=len(opened),
        transient=len(opened) - len(told),
        by_day=Counter(moment(each.opened_at).date().isoformat() for each in reversed(opened)),
        by_model=_fullest(each.model for each in opened),
        by_severity=Counter(each.body["severity_peak"] for each in opened),
        by_family=Counter(each.family for each in opened),
        mean_seconds_to_ack=_mean_seconds(answered),
        mean_seconds_to_resolve=_mean_seconds(ended),
        noisiest_monitors=noisiest,
    )


def alert_shown(alert: Alert, secret: Hidden) -> AlertShown:
    names = secret.get(alert.model, frozenset())
    evidence = without_values(alert.evidence, names)
    is_told = evidence.get("what") == alert.evidence.get("what") or "features" in evidence
    if "since" in evidence:
        evidence["since"] = moment(evidence["since"]).isoformat()
    return AlertShown(
        alert_id=alert.fingerprint,
        model_id=alert.model,
        family=alert.family,
        monitor=alert.rule,
        rule_version=alert.rule_version or None,
        version=alert.version,
        segment=alert.segment,
        title=alert.title,
        state=alert.state,
        severity=alert.severity_now,
        severity_peak=alert.severity_peak,
        active_since=moment_or_none(alert.active_since),
        fired_at=moment_or_none(alert.fired_at),
        recovering_since=moment_or_none(alert.recovering_since),
        last_slot=moment_or_none(alert.last_slot or None),
        last_status=alert.last_status,
        last_value=alert.last_value if is_told else None,
        peak_value=alert.peak_value if is_told else None,
        is_muted=alert.is_muted,
        incident_id=alert.incident,
        evidence=evidence,
        recommended_actions=list(actions_of(alert.family, [alert])),
    )


def in_order(some: Iterable[Alert]) -> list[Alert]:
    """The gravest first."""
    return sorted(some, key=lambda a: (-RANK[a.severity_now], a.fired_at or 0, a.fingerprint))


def hidden_of(connection: Connection, key: Key) -> Hidden:
    """The columns that a key may not see, by model."""
    if key.pii:
        return {}
    own = (each for each in models.all(connection) if each.tenant == key.tenant)
    return {each.name: names for each in own if (names := hidden(each, key))}


def _live(connection: Connection, key: Key) -> Iterable[Alert]:
    asked, after = alerts.Asked(tenant=key.tenant, states=_STATES), ""
    while True:
        page = alerts.listed(connection, asked, after=after, limit=_PAGE)
        yield from (ALERT.validate_python(each.body) for each in page)
        if len(page) < _PAGE:
            return
        after = page[-1].fingerprint


def _noisiest(connection: Connection, asked: Asked) -> list[NoisyShown]:
    told = opinion.by_monitor(connection, asked)
    noisiest = sorted(told, key=lambda name: -told[name].fired)[:_NOISIEST]
    return [NoisyShown(monitor=name, **told[name]._asdict()) for name in noisiest]


def _fullest(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common(_SEVERAL))


def _mean_seconds(spans: list[int]) -> float | None:
    return sum(spans) / len(spans) / SECOND if spans else None
