"""What monitors found of a model; whether they look at it; and a look at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.catalog import audit, models, monitors, progress, standing, targets
from tidegauge.catalog.models import Model
from tidegauge.catalog.readings import Hour, Reading
from tidegauge.catalog.standing import Asked, Label, Place
from tidegauge.ingest.problem import ProblemError
from tidegauge.log import Position
from tidegauge.monitor.custom import Custom
from tidegauge.monitor.glance import Glance, Tried, glances
from tidegauge.monitor.reading import Status
from tidegauge.monitor.severity import Severity
from tidegauge.monitor.union import Monitor
from tidegauge.series.tables import Tables
from tidegauge.web.routes.asked import (
    Closed,
    Cursor,
    DaySpan,
    Limit,
    Reader,
    Writer,
    cursor_of,
    looking,
    model_in,
    moment,
    now,
    read_cursor,
    source_of,
    who,
)
from tidegauge.web.routes.monitors import Document, all_checked, in_use
from tidegauge.web.routes.personal import hidden
from tidegauge.web.state import State, state_of
from tidegauge.window import MINUTE, floor
from tidegauge.worker.judge import GRACE

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["monitors"])
_TRIED = 100
_SEVERAL = 100


class ReadingShown(BaseModel):
    monitor: str
    version: Annotated[str, Field(description='"" is all versions together.')]
    segment: Annotated[str, Field(description='"" is all rows.')]
    timestamp: Annotated[datetime, Field(description="The end of the window that it is of.")]
    status: Status
    severity: Severity | None
    value: float | None
    n: Annotated[int, Field(description="What the value is taken over.")]
    reason: str
    detail: dict[str, Any]
    revision: int
    made_at: datetime


class HourShown(BaseModel):
    """Readings of an hour that is long ago."""

    monitor: str
    version: str
    segment: str
    timestamp: Annotated[datetime, Field(description="The start of the hour.")]
    readings: int
    breaches: int
    severity: Annotated[Severity | None, Field(description="The worst.")]
    low: float | None
    high: float | None
    last: float | None
    n: int


class ReadingPage(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    readings: Annotated[list[ReadingShown], Field(description="The latest first.")]
    hours: Annotated[
        list[HourShown], Field(description="Of readings that are kept by the hour only.")
    ]
    next: str | None


class Switch(Closed):
    enabled: bool


class Switched(BaseModel):
    model_id: str
    enabled: bool
    revision: int


class RunWanted(Closed):
    monitors: Annotated[
        list[Document] | None,
        Field(max_length=_TRIED, description="To try; without them, those that watch the model."),
    ] = None


class Run(BaseModel):
    """One reading that was made and not kept, or why none was made."""

    monitor: str
    kind: str
    version: str
    segment: str
    start_time: datetime
    end_time: datetime
    rows: Annotated[int, Field(description="Predictions in the window.")]
    status: Status
    severity: Severity | None
    value: float | None
    n: int
    reason: str
    detail: dict[str, Any]
    is_kept: Annotated[
        bool, Field(description="What was read of this slot already, by one that remembers.")
    ]
    took_ms: float


class RunShown(BaseModel):
    model_id: str
    timestamp: Annotated[datetime, Field(description="The slot: the latest whole minute.")]
    enabled: Annotated[bool, Field(description="Whether the model is watched at all.")]
    waiting: Annotated[bool, Field(description="Whether rows wait that are not counted yet.")]
    readings: list[Run]


@router.get("/readings")
def list_readings(  # noqa: PLR0913, PLR0917 - the parameters of an address
    model_id: str,
    request: Request,
    key: Reader,
    span: DaySpan,
    monitor: Annotated[
        list[str] | None, Query(max_length=_SEVERAL, description="All where none is named.")
    ] = None,
    version: Annotated[
        str | None, Query(description='All where none is told; "" is of all together.')
    ] = None,
    segment: Annotated[
        str | None, Query(description='All where none is told; "" is of all rows.')
    ] = None,
    status: Annotated[list[Status] | None, Query(description="All where none is named.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ReadingPage:
    """What monitors found, the latest first; of what is long ago the hours."""
    by_hour, after = _place(cursor)
    with state_of(request).kept.catalog.read() as connection:
        model = model_in(connection, key, model_id)
        asked = Asked(model=model.id, monitors=monitor, version=version, segment=segment)
        found: list[Reading] = []
        if not by_hour:
            found = standing.page(
                connection,
                asked,
                span.start,
                span.stop,
                limit=limit + 1,
                statuses=status,
                after=after,
            )
        hours: list[Hour] = []
        # An hour tells that there were breaches, and nothing of the other states.
        if len(found) <= limit and (status is None or "breach" in status):
            hours = standing.hour_page(
                connection,
                asked,
                span.start,
                span.stop,
                limit=limit + 1 - len(found),
                breached=status is not None,
                after=after if by_hour else None,
            )
        labels = standing.labels(connection, [each.target for each in (*found, *hours)])
        kept = {each.name: each.document for each in monitors.listed(connection, key.tenant)}
    shown, hours_shown = found[:limit], hours[: max(limit - len(found), 0)]
    secret = hidden(model, key)
    return ReadingPage(
        model_id=model_id,
        start_time=moment(span.start),
        end_time=moment(span.stop),
        readings=[
            reading_shown(each, labels[each.target], kept[labels[each.target].monitor], secret)
            for each in shown
        ],
        hours=[
            _hour(each, labels[each.target], kept[labels[each.target].monitor], secret)
            for each in hours_shown
        ],
        next=_following(shown, hours_shown, len(found) + len(hours) > limit),
    )


@router.post("/monitor")
def switch_monitoring(model_id: str, wanted: Switch, request: Request, key: Writer) -> Switched:
    """Have the model watched, or not; what was found stays."""
    at = now()

    def change(connection: Connection) -> Model:
        model = model_in(connection, key, model_id)
        if model.watched == wanted.enabled:
            return model
        audit.add(
            connection,
            at=at,
            who=who(key),
            what="model.watch" if wanted.enabled else "model.unwatch",
            subject=f"{model.tenant}/{model.name}",
            detail={},
        )
        return models.change(connection, model.id, model.revision, at, watched=wanted.enabled)

    changed = state_of(request).kept.catalog.write(change)
    return Switched(model_id=model_id, enabled=changed.watched, revision=changed.revision)


@router.post("/monitor/run")
def run_monitors(
    model_id: str, request: Request, key: Reader, wanted: RunWanted | None = None
) -> RunShown:
    """Judge the latest whole minute now, and keep nothing of it.

    It says of each monitor what it read, how many rows, and why it said nothing.
    """
    state = state_of(request)
    told = None if wanted is None else wanted.monitors
    tried = None if told is None else [Tried(each) for each in all_checked(told)]
    if tried is None:
        in_use(state, key)
    slot, is_waiting = latest_of(state)
    with looking(request, key, model_id) as (connection, subject, reach, _state):
        if tried is None:
            kept = monitors.listed(connection, key.tenant)
            known = targets.of_model(connection, subject.model.id)
        else:
            kept, known = [], []
        secret = hidden(subject.model, key)
        made = glances(
            connection,
            reach,
            subject,
            slot,
            tried=tried,
            kept=kept,
            known=known,
            tables=Tables(source_of(state), state.kept.store, secret),
        )
        runs = [run_of(each, secret) for each in made]
        model = subject.model
    return RunShown(
        model_id=model_id,
        timestamp=moment(slot),
        enabled=model.watched and model.archived_at is None,
        waiting=is_waiting,
        readings=runs,
    )


def latest_of(state: State) -> tuple[int, bool]:
    """The last slot that nothing is missing of, and whether rows wait to be counted."""
    with state.kept.catalog.read() as connection:
        begun = progress.get(connection, "worker")
    position = Position.parse(begun.position if begun else progress.START)
    with state.kept.reading:
        waiting = None
        if state.log.end() > position:
            waiting = next(iter(state.log.read(position, most=1)), None)
    upto = now() if waiting is None else waiting[1].at
    return floor(upto - GRACE, MINUTE), waiting is not None


def _place(cursor: str | None) -> tuple[bool, Place | None]:
    """Where a page begins: among the readings or the hours, and behind which."""
    if cursor is None:
        return False, None
    kind, at, target = read_cursor(cursor, str, int, int)
    most = (1 << 63) - 1
    if kind not in ("reading", "hour") or not (0 <= at <= most and 0 <= target <= most):
        raise ProblemError("invalid-request", "the cursor is none: take `next` of a page as it is")
    return kind == "hour", Place(at, target)


def _following(found: Sequence[Reading], hours: Sequence[Hour], is_more: bool) -> str | None:  # noqa: FBT001
    if not is_more:
        return None
    if hours:
        return cursor_of("hour", hours[-1].start, hours[-1].target)
    return cursor_of("reading", found[-1].slot, found[-1].target)


def reading_shown(
    reading: Reading, label: Label, document: Mapping[str, Any], secret: frozenset[str]
) -> ReadingShown:
    told = {"value": reading.value, "reason": reading.reason, "detail": dict(reading.detail or {})}
    return ReadingShown(
        **label._asdict(),
        timestamp=moment(reading.slot),
        status=reading.status,  # pyright: ignore[reportArgumentType] - it was one of them
        severity=reading.severity,  # pyright: ignore[reportArgumentType] - as above
        n=reading.n,
        revision=reading.revision,
        made_at=moment(reading.made_at),
        **_without_secrets(told, document, secret),
    )


def _hour(
    hour: Hour, label: Label, document: Mapping[str, Any], secret: frozenset[str]
) -> HourShown:
    is_secret = _names(document.get("column"), secret)
    return HourShown(
        **label._asdict(),
        timestamp=moment(hour.start),
        readings=hour.readings,
        breaches=hour.breaches,
        severity=hour.severity,  # pyright: ignore[reportArgumentType] - as above
        low=None if is_secret else hour.low,
        high=None if is_secret else hour.high,
        last=None if is_secret else hour.last,
        n=hour.n,
    )


def run_of(glance: Glance, secret: frozenset[str]) -> Run:
    found, monitor = glance.found, glance.monitor
    told = {"value": found.value, "reason": found.reason, "detail": dict(found.detail)}
    return Run(
        monitor=monitor.name,
        kind=monitor.kind,
        version=glance.version,
        segment=glance.segment,
        start_time=moment(glance.start),
        end_time=moment(glance.stop),
        rows=glance.rows,
        status=found.status,
        severity=found.severity,
        n=found.n,
        is_kept=glance.is_kept,
        took_ms=glance.took_ms,
        **_without_secrets(told, {"column": getattr(monitor, "column", None)}, secret),
    )


def _without_secrets(
    told: dict[str, Any], document: Mapping[str, Any], secret: frozenset[str]
) -> dict[str, Any]:
    """Of hidden columns: that they moved, and no value of theirs."""
    if not secret:
        return told
    if _names(document.get("column"), secret):
        return {"value": None, "reason": "of a column with personal data", "detail": {}}
    features = told["detail"].get("features")
    if not isinstance(features, list) or not any(_is_hidden(each, secret) for each in features):
        return told
    shown = [{**each, "what": None} if _is_hidden(each, secret) else each for each in features]
    named = ", ".join(dict.fromkeys(str(each.get("column")) for each in features[:3]))
    more = f" and {len(features) - 3} more" if len(features) > 3 else ""
    return {
        **told,
        "reason": f"{named}{more} moved",
        "detail": {**told["detail"], "features": shown},
    }


def is_of_secret(monitor: Monitor, secret: frozenset[str]) -> bool:
    """Whether it is of a column that is hidden."""
    if isinstance(monitor, Custom):
        # A plug-in sees all rows.
        told = monitor.formula or monitor.sql
        return bool(secret) and (told is None or any(name in told for name in secret))
    return _names(getattr(monitor, "column", None), secret)


def _is_hidden(feature: object, secret: frozenset[str]) -> bool:
    return isinstance(feature, dict) and _names(feature.get("column"), secret)


def _names(column: object, secret: frozenset[str]) -> bool:
    return column in secret or f"features.{column}" in secret
