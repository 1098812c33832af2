"""An incident in words: its title, what is known of it, and what to do about it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tidegauge.alert.book import Book
from tidegauge.alert.condition import Alert
from tidegauge.alert.ids import new_id
from tidegauge.alert.incident import Incident
from tidegauge.alert.notice import Family, Feature, Finding, Kind, Links, Notice
from tidegauge.alert.personal import title_without_values, without_values
from tidegauge.alert.settings import Settings
from tidegauge.catalog.personal import named_in
from tidegauge.monitor.severity import RANK

_MOST: Final = 20
_NAMED: Final = 3
_ACTIONS: Final[Mapping[str, Sequence[str]]] = {
    "latency": (
        "Check how busy the serving machines are",
        "Review what was deployed of late",
        "Consider a smaller or faster model",
        "Add capacity",
    ),
    "accuracy": (
        "Look at recent predictions that were wrong",
        "Check the data quality of the inputs",
        "Review the features that moved",
        "Consider retraining now",
    ),
    "error_rate": (
        "Check the validation of inputs",
        "Read the service's error log",
        "Check that the sources of data are whole",
        "Check that the model was loaded",
    ),
    "confidence": (
        "Look at how confidence went over the last days",
        "Check whether the inputs have moved",
        "Review how uncertain the model is on recent inputs",
        "Consider an ensemble",
    ),
    "drift": (
        "Check the data quality of the columns that moved",
        "Check the pipeline that makes them",
        "See how important they are to the model",
        "Consider retraining",
    ),
    "quality": (
        "Check the pipeline that makes the column",
        "Compare with the source of the data",
    ),
    "fairness": (
        "See the groups side by side, and how many rows each is of",
        "Check whether one group's data is worse, or its labels later",
        "Ask who answers for the model before anything is changed",
    ),
    "ops": (
        "Check that the service still sends",
        "Check tidegauge's own health: tidegauge doctor",
    ),
}
_ELSE: Final = ("Ask the team that owns the model",)


def title_of(incident: Incident, alerts: Iterable[Alert]) -> str:
    """What is wrong, of which model, in one line."""
    some = _in_order(alerts)
    if not some:
        return incident.title or f"{incident.family} of {incident.model}"
    first = some[0]
    if incident.family == "drift":
        return _drift_title(incident, some)
    what = first.title or first.evidence.get("what") or "breached"
    more = f", and {len(some) - 1} more" if len(some) > 1 else ""
    if not incident.model:
        # One of our own channels.
        return f"{what}{more}"
    rule = "" if first.title else f"{first.rule}: "
    return f"{incident.model}: {rule}{what}{more}"


def _drift_title(incident: Incident, alerts: Sequence[Alert]) -> str:
    names: dict[str, None] = {}
    more = 0
    for alert in alerts:
        for each in alert.evidence.get("features", ()):
            names[each["name"].removeprefix("features.")] = None
        more += alert.evidence.get("more_features", 0)
    if not names:
        return f"{incident.model}: {alerts[0].rule}: {alerts[0].evidence.get('what', 'drift')}"
    count = len(names) + more
    some = ", ".join(list(names)[:_NAMED])
    if count == 1:
        return f"{some} of {incident.model} drifted"
    rest = ", ..." if count > _NAMED else ""
    return f"{count:,} features of {incident.model} drifted ({some}{rest})"


def notice_of(
    book: Book,
    incident: Incident,
    kind: Kind,
    at: int,
    settings: Settings,
    minutes: int | None = None,
    name: str | None = None,
) -> Notice:
    alerts = _in_order(book.of_incident(incident))
    labels = book.labels.get((incident.tenant, incident.model), {})
    # Nobody knows who reads a channel.
    secret = named_in(labels)
    return Notice(
        id=name or new_id(at),
        kind=kind,
        at=at,
        title=title_without_values(incident.title, incident.model, incident.family, secret),
        incident=incident.id,
        tenant=incident.tenant,
        model=incident.model,
        family=incident.family,
        state=incident.state,
        severity=incident.severity,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
        reason=incident.reason,
        who=incident.resolved_by if incident.state == "resolved" else incident.acked_by,
        owner=incident.owner,
        tags={key: value for key, value in labels.items() if key != "owner"} or None,
        findings=tuple(_finding(each, secret) for each in alerts[:_MOST]),
        more_findings=max(len(alerts) - _MOST, 0),
        actions=actions_of(incident.family, alerts),
        links=_links(incident, alerts, settings),
        is_reopened=bool(incident.reopen_count) and kind == "open",
        unanswered_minutes=minutes,
        suppressed=incident.suppressed if kind == "reminder" else 0,
    )


def actions_of(family: Family, alerts: Sequence[Alert]) -> tuple[str, ...]:
    """What usually helps, by what is wrong."""
    metric = str(alerts[0].evidence.get("metric", "")) if alerts else ""
    for name, actions in _ACTIONS.items():
        # What groups are compared by is named after what is compared.
        if name in metric and family != "fairness":
            return tuple(actions)
    if family == "performance":
        return tuple(_ACTIONS["accuracy"])
    return tuple(_ACTIONS.get(family, _ELSE))


def _links(incident: Incident, alerts: Sequence[Alert], settings: Settings) -> Links:
    runbook = next((str(a.evidence["runbook"]) for a in alerts if a.evidence.get("runbook")), "")
    if not settings.dashboard:
        return Links(runbook=runbook)
    base = settings.dashboard.rstrip("/")
    return Links(
        incident=f"{base}/incidents/{incident.id}",
        dashboard=f"{base}/models/{incident.model}",
        runbook=runbook,
    )


def _finding(alert: Alert, secret: frozenset[str]) -> Finding:
    told = without_values(alert.evidence, secret)
    told.pop("runbook", None)
    told["features"] = tuple(Feature(**each) for each in told.get("features", ()))
    told.setdefault("what", alert.title or alert.rule)
    return Finding(
        monitor=alert.rule,
        severity=alert.severity_now,
        version=alert.version,
        segment=alert.segment,
        rule_version=alert.rule_version,
        is_over=not alert.is_live,
        **told,
    )


def _in_order(alerts: Iterable[Alert]) -> list[Alert]:
    """The gravest first, then the one that fired first."""
    return sorted(
        alerts,
        key=lambda each: (-RANK[each.severity_now], each.fired_at or 0, each.fingerprint),
    )
