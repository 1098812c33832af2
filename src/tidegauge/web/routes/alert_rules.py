"""Alert rules: one limit on one number of one model, as other systems write it.

Each is a monitor, and nothing else: what it says here is a view of that.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy import Connection

from tidegauge.alert import act, feed, store
from tidegauge.alert.condition import Alert, AlertState, Seen
from tidegauge.alert.evidence import family_of
from tidegauge.alert.machine import Machine
from tidegauge.alert.settings import Settings
from tidegauge.catalog import channels, monitors
from tidegauge.catalog.monitors import Kept
from tidegauge.catalog.targets import Named
from tidegauge.ingest.problem import ProblemError
from tidegauge.monitor.faults import FaultsError, checked, document_of
from tidegauge.monitor.glance import Glance, Tried, glances
from tidegauge.monitor.metric import Metric
from tidegauge.monitor.severity import AnySeverity, Severity, worst
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    Closed,
    Reader,
    Writer,
    checked_text,
    looking,
    model_in,
    moment,
    now,
    who,
)
from tidegauge.web.routes.monitors import check_channels, in_use, problem_of
from tidegauge.web.routes.noted import audited
from tidegauge.web.routes.personal import hidden
from tidegauge.web.routes.readings import Run, latest_of, run_of
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/models/{model_id}/alert-rules", tags=["monitors"])
_MOST: Final = 10_000
_ALIASES: Final = {"gt": ">", "above": ">", "lt": "<", "below": "<"}
_FIELDS: Final = {"max": ">", "min": "<"}


def _operator(told: object) -> object:
    return _ALIASES.get(told.lower(), told) if isinstance(told, str) else told


Operator = Annotated[Literal[">", "<"], BeforeValidator(_operator)]


Channels = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=128)], ...], Field(max_length=50)
]


class ConditionTold(Closed):
    metric: Annotated[str, Field(max_length=256, description="As a monitor of that kind has it.")]
    feature: Annotated[str | None, Field(max_length=256)] = None
    operator: Annotated[
        Operator, Field(description="`>` or `<` (gt, lt, above, below): the limit itself is fine.")
    ]
    threshold: Annotated[float, Field(allow_inf_nan=False)]


class RuleWanted(Closed):
    rule_name: Annotated[str, Field(min_length=1, max_length=128)]
    condition: ConditionTold
    severity: AnySeverity = "medium"
    channels: Annotated[Channels, Field(description="None: each channel says what it takes.")] = ()
    enabled: bool = True


class RuleChange(Closed):
    """What is not named stays as it is."""

    condition: ConditionTold | None = None
    severity: AnySeverity | None = None
    channels: Channels | None = None
    enabled: bool | None = None


class RuleRun(Run):
    """One reading of it, and what it would do to its alert."""

    alert_now: AlertState
    alert_then: Annotated[
        AlertState, Field(description="Had this been its next reading; `pending` is not confirmed.")
    ]


class RuleTested(BaseModel):
    """What the rule says now; nothing of it is kept, and nobody is told."""

    rule_id: str
    model_id: str
    timestamp: Annotated[datetime, Field(description="The slot: the latest whole minute.")]
    enabled: Annotated[bool, Field(description="The rule; it is tried where it is not, too.")]
    watched: Annotated[bool, Field(description="Whether the model is watched at all.")]
    waiting: Annotated[bool, Field(description="Whether rows wait that are not counted yet.")]
    breaches: Annotated[bool, Field(description="Whether a reading of it is a breach.")]
    would_fire: Annotated[bool, Field(description="Whether a breach would be confirmed by it.")]
    severity: Annotated[Severity | None, Field(description="The worst of its breaches.")]
    channels: Annotated[
        list[str],
        Field(description="That would be told, by whatever fires; none while it is silenced."),
    ]
    readings: Annotated[
        list[RuleRun], Field(description="Of each version and segment that it watches.")
    ]


class ConditionShown(BaseModel):
    metric: str
    feature: str | None
    operator: Literal[">", "<"]
    threshold: float


class RuleShown(BaseModel):
    rule_id: str
    rule_name: str
    model_id: str
    condition: ConditionShown
    severity: Severity
    channels: Annotated[list[str], Field(description="None: each channel says what it takes.")]
    enabled: bool
    status: Literal["enabled", "disabled"]
    monitor: Annotated[str, Field(description="What it is: ask `/api/v1/monitors` for all of it.")]
    created_at: datetime
    changed_at: datetime
    changed_by: str
    warnings: list[str]


@router.get("")
def list_alert_rules(model_id: str, request: Request, key: Reader) -> list[RuleShown]:
    """Every monitor of this model alone that holds one number against one limit."""
    with state_of(request).kept.catalog.read() as connection:
        model = model_in(connection, key, model_id)
        kept = monitors.listed(connection, key.tenant)
        there = channels.listed(connection, key.tenant)
        read = ((each, _rule_of(each.document, model.name)) for each in kept)
        return [_shown(each, found, there) for each, found in read if found is not None]


@router.post("", status_code=201)
def make_alert_rule(model_id: str, wanted: RuleWanted, request: Request, key: Writer) -> RuleShown:
    """Make a monitor of it; a name that is there is a conflict."""
    state, at = state_of(request), now()
    in_use(state, key)

    def make(connection: Connection) -> RuleShown:
        model = model_in(connection, key, model_id)
        rule = _metric(
            {
                "name": wanted.rule_name,
                "models": model.name,
                "enabled": wanted.enabled,
                "channels": wanted.channels,
                **_told(wanted.condition, wanted.severity),
            }
        )
        check_channels(connection, key, [("", rule)])
        kept = monitors.listed(connection, key.tenant)
        if any(each.name == rule.name for each in kept):
            raise ProblemError("state-conflict", f"there is a monitor {rule.name!r} already")
        if len(kept) >= _MOST:
            raise ProblemError("quota-exceeded", f"there may be {_MOST:,} monitors")
        document = document_of(rule)
        audited(connection, key, at, "monitor.make", rule.name, document)
        made = monitors.add(
            connection, key.tenant, rule.name, document, origin="api", at=at, by=who(key)
        )
        return _shown(made, rule, channels.listed(connection, key.tenant))

    return state.kept.catalog.write(make)


@router.get("/{rule_id}")
def get_alert_rule(model_id: str, rule_id: str, request: Request, key: Reader) -> RuleShown:
    with state_of(request).kept.catalog.read() as connection:
        kept, rule = _one(connection, key, model_id, rule_id)
        return _shown(kept, rule, channels.listed(connection, key.tenant))


@router.patch("/{rule_id}")
def change_alert_rule(
    model_id: str, rule_id: str, wanted: RuleChange, request: Request, key: Writer
) -> RuleShown:
    """Change what is named; all else that the monitor says stays."""
    at = now()

    def change(connection: Connection) -> RuleShown:
        before, rule = _one(connection, key, model_id, rule_id)
        document = dict(before.document)
        severity = wanted.severity or _severity(rule)
        if wanted.condition is not None:
            document.pop("column", None)
            document |= _told(wanted.condition, severity)
        elif wanted.severity is not None:
            document |= _told(_told_of(rule), severity)
        if wanted.severity is not None:
            document.pop("severity", None)
        if wanted.enabled is not None:
            document["enabled"] = wanted.enabled
        if wanted.channels is not None:
            document["channels"] = wanted.channels
        changed = _metric(document)
        check_channels(connection, key, [("", changed)])
        after = document_of(changed)
        audited(connection, key, at, "monitor.change", before.name, after)
        kept = monitors.change(connection, before, after, origin=before.origin, at=at, by=who(key))
        return _shown(kept, changed, channels.listed(connection, key.tenant))

    return state_of(request).kept.catalog.write(change)


@router.delete("/{rule_id}", status_code=204)
def remove_alert_rule(model_id: str, rule_id: str, request: Request, key: Writer) -> None:
    """Remove the monitor with all that it found."""
    at = now()

    def remove(connection: Connection) -> None:
        kept, _rule = _one(connection, key, model_id, rule_id)
        audited(connection, key, at, "monitor.remove", kept.name, kept.document)
        monitors.remove(connection, [kept.id])

    state_of(request).kept.catalog.write(remove)


@router.post("/{rule_id}/test")
def try_alert_rule(model_id: str, rule_id: str, request: Request, key: Reader) -> RuleTested:
    """Judge the latest whole minute by it now, also if it is not enabled, and keep nothing.

    It says what it read, whether that is a breach and would fire, and why it said nothing.
    """
    state = state_of(request)
    slot, is_waiting = latest_of(state)
    with looking(request, key, model_id) as (connection, subject, reach, _state):
        kept, rule = _one(connection, key, model_id, rule_id)
        made = glances(connection, reach, subject, slot, tried=[Tried(rule)], kept=[], known=[])
        then = _then(connection, state.config.alerts, kept, rule, made)
        secret, model = hidden(subject.model, key), subject.model
    readings = [
        RuleRun(**run_of(each, secret).model_dump(), alert_now=now, alert_then=later)
        for each, (now, later) in zip(made, then.states, strict=True)
    ]
    breaches = [each for each in readings if each.severity is not None]
    return RuleTested(
        rule_id=kept.name,
        model_id=model.name,
        timestamp=moment(slot),
        enabled=rule.enabled,
        watched=model.watched and model.archived_at is None,
        waiting=is_waiting,
        breaches=bool(breaches),
        would_fire=any(each.alert_then == "firing" for each in readings),
        severity=worst(each.severity for each in breaches if each.severity is not None),
        channels=then.channels,
        readings=readings,
    )


class _Then(NamedTuple):
    states: list[tuple[AlertState, AlertState]]
    """Of the alert of each reading: now, and had it been fed."""
    channels: list[str]


def _then(
    connection: Connection, settings: Settings, kept: Kept, rule: Metric, made: Sequence[Glance]
) -> _Then:
    """What the machine would make of some readings, on a book that is not saved."""
    at = act.now(connection)
    book = store.of_models(connection, [(kept.tenant, rule.models)], at).book
    how, family = feed.rule_of(rule, kept.revision), family_of(rule)
    found: list[Alert] = []
    for each in made:
        place = Named(kept.tenant, rule.models, rule.name, each.version, each.segment)
        found.append(feed.alert_in(book, place, family))
    now: list[AlertState] = [each.state for each in found]
    machine = Machine(book, settings, at)
    machine.slot(
        (alert, Seen(status=each.found.status, severity=each.found.severity), how)
        for alert, each in zip(found, made, strict=True)
    )
    names = [book.incidents[each.incident] for each in found if each.incident in book.incidents]
    told = {name: None for incident in names for name in machine.tell.routes(incident)}
    return _Then(list(zip(now, [each.state for each in found], strict=True)), list(told))


def _metric(document: Mapping[str, Any]) -> Metric:
    try:
        rule = checked(document)
    except FaultsError as error:
        raise problem_of([("", error)]) from None
    assert isinstance(rule, Metric)  # noqa: S101 - it says so
    return rule


def _told(condition: ConditionTold, severity: Severity) -> dict[str, Any]:
    field = next(name for name, sign in _FIELDS.items() if sign == condition.operator)
    told: dict[str, Any] = {
        "kind": "metric",
        "metric": checked_text(condition.metric),
        "conditions": [{field: condition.threshold, "severity": severity}],
    }
    if condition.feature is not None:
        told["column"] = checked_text(condition.feature)
    return told


def _told_of(rule: Metric) -> ConditionTold:
    field, threshold = _limit(rule)
    return ConditionTold(
        metric=rule.metric,
        feature=rule.column,
        operator=_FIELDS[field],  # pyright: ignore[reportArgumentType] - it is one of the two
        threshold=threshold,
    )


def _limit(rule: Metric) -> tuple[str, float]:
    (condition,) = rule.conditions
    if condition.max is not None:
        return "max", condition.max
    assert condition.min is not None  # noqa: S101 - it is a rule, and so has one of both
    return "min", condition.min


def _severity(rule: Metric) -> Severity:
    return rule.severity or rule.conditions[0].severity


def _rule_of(document: Mapping[str, Any], model: str) -> Metric | None:
    """A monitor as a rule; None where it says more than a rule can."""
    try:
        monitor = checked(document)
    except FaultsError:
        return None
    if not isinstance(monitor, Metric) or monitor.models != model:
        return None
    is_one = len(monitor.conditions) == 1 and not monitor.conditions[0].is_relative
    return monitor if is_one else None


def _one(connection: Connection, key: Key, model_id: str, rule_id: str) -> tuple[Kept, Metric]:
    model = model_in(connection, key, model_id)
    kept = monitors.by_name(connection, key.tenant, checked_text(rule_id))
    rule = None if kept is None else _rule_of(kept.document, model.name)
    if kept is None or rule is None:
        raise ProblemError("not-found", f"{model_id} has no rule {rule_id!r}")
    return kept, rule


def _warnings(rule: Metric, there: Sequence[channels.Kept]) -> list[str]:
    on = {each.name for each in there if each.document.get("enabled", True)}
    if not on:
        return ["nobody will be told: there is no channel"]
    return [
        f"there is no channel {name!r}, or it is off" for name in rule.channels if name not in on
    ]


def _shown(kept: Kept, rule: Metric, there: Sequence[channels.Kept]) -> RuleShown:
    field, threshold = _limit(rule)
    return RuleShown(
        rule_id=kept.name,
        rule_name=kept.name,
        model_id=rule.models,
        condition=ConditionShown(
            metric=rule.metric,
            feature=rule.column,
            operator=_FIELDS[field],  # pyright: ignore[reportArgumentType] - as above
            threshold=threshold,
        ),
        severity=_severity(rule),
        channels=list(rule.channels),
        enabled=rule.enabled,
        status="enabled" if rule.enabled else "disabled",
        monitor=kept.name,
        created_at=moment(kept.created_at),
        changed_at=moment(kept.changed_at),
        changed_by=kept.changed_by,
        warnings=_warnings(rule, there) if rule.enabled else [],
    )
