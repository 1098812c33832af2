"""Monitors tried on what has been: what they would have told, found and missed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, Field

from tidegauge.alert import opinion
from tidegauge.alert.opinion import Opinion
from tidegauge.catalog.incidents import Asked
from tidegauge.catalog.models import Model
from tidegauge.ingest.problem import ProblemError
from tidegauge.monitor.backtest import Wanted
from tidegauge.monitor.backtest.apart import Apart
from tidegauge.monitor.cycle import chosen
from tidegauge.monitor.faults import document_of
from tidegauge.monitor.glance import set_of
from tidegauge.monitor.severity import Severity
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import Closed, Reader, micros, model_of, moment, moment_or_none, now
from tidegauge.web.routes.monitors import Document, all_checked, in_use
from tidegauge.web.routes.personal import hidden
from tidegauge.web.state import State, state_of
from tidegauge.window import DAY, SECOND

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["monitors"])
_MOST: Final = 100
_APART: Final = Apart()
_WEEK: Final = 7 * DAY


class BacktestWanted(Closed):
    monitors: Annotated[
        list[Document] | None,
        Field(max_length=_MOST, description="To try; without them, those that watch the model."),
    ] = None
    against: Annotated[
        list[Document] | Literal["kept"] | None,
        Field(description="Others on the same past, to compare with; or `kept`, those in use."),
    ] = None
    days: Annotated[
        float, Field(gt=0, le=90, description="Until `end_time`; of hours, if more than two.")
    ] = 30
    end_time: Annotated[AwareDatetime | None, Field(description="Unsaid: now.")] = None
    trials: Annotated[
        int, Field(ge=0, le=100, description="Moments at which each change is planted.")
    ] = 10
    alarms_a_week: Annotated[
        float | None,
        Field(
            ge=0,
            description="A quieter monitor is proposed for one that alarms more often, or whose"
            " incidents were mostly not useful.",
        ),
    ] = 1.0


class Span(NamedTuple):
    start: int
    stop: int


class AlarmShown(BaseModel):
    at: datetime
    until: Annotated[datetime | None, Field(description="null where it is not over at the end.")]
    severity: Severity
    reason: str


class TrialShown(BaseModel):
    """A change that was planted at some quiet moments of the past."""

    change: str
    planted: int
    found: Annotated[int, Field(description="Within `within_seconds` of the change.")]
    by_chance: Annotated[
        int, Field(description="After so many of these moments it alarms without the change.")
    ]
    knows: Annotated[
        float | None,
        Field(description="What is found beyond chance; 0 of a monitor that always alarms."),
    ]
    median_delay_seconds: float | None
    within_seconds: int


class QuieterShown(BaseModel):
    document: Document
    what: Annotated[str, Field(description="What is different.")]
    alarm_count: int
    trials: list[TrialShown]


class OutcomeShown(BaseModel):
    monitor: str
    kind: str
    version: str
    segment: str
    readings: Annotated[dict[str, int], Field(description="By status.")]
    alarm_count: int
    alarms_a_week: float
    useful: Annotated[
        int,
        Field(description="Incidents of the span in which it really fired, as people judged them."),
    ]
    not_useful: int
    short_alarms: Annotated[int, Field(description="Taken back by the next reading.")]
    seconds_in_alarm: int
    alarms: Annotated[list[AlarmShown], Field(description="The last 200.")]
    trials: list[TrialShown]
    quieter: QuieterShown | None
    note: str


class Always(BaseModel):
    """The measure of all others: what alarms at every reading finds everything at once, and knows
    nothing."""

    alarms_a_week: float
    found: float = 1.0
    knows: float = 0.0


class BacktestShown(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    step_seconds: Annotated[
        int, Field(description="Of the windows that were read: the finest kept of the whole span.")
    ]
    rows: int
    took_ms: int
    outcomes: list[OutcomeShown]
    before: Annotated[
        list[OutcomeShown] | None, Field(description="Of `against`, on the same past.")
    ]
    always: Always
    proposed: Annotated[
        list[Document], Field(description="The same monitors, the loud ones made quieter.")
    ]


@router.post("/monitor/backtest")
def backtest_monitors(
    model_id: str, request: Request, key: Reader, wanted: BacktestWanted | None = None
) -> BacktestShown:
    """Read a past with some monitors: their alarms, and which planted changes they would find.

    Nothing is kept, and nobody is told.  It takes some seconds.
    """
    wanted = wanted or BacktestWanted()
    state, model = state_of(request), model_of(request, key, model_id)
    sets = [_set(state, key, model, wanted.monitors, "/monitors")]
    if wanted.against is not None:
        given = None if wanted.against == "kept" else wanted.against
        sets.append(_set(state, key, model, given, "/against"))
    stop = now() if wanted.end_time is None else micros(wanted.end_time)
    span = Span(stop - round(wanted.days * DAY) * SECOND, stop)
    asked = Asked(tenant=key.tenant, models=[model.name], start=span.start, stop=span.stop)
    with state.kept.catalog.read() as connection:
        opinions = opinion.by_monitor(connection, asked)
    found = _backtested(state, model, sets, wanted, span, opinions)
    secret = hidden(model, key)
    now_found, *before = found
    return BacktestShown(
        model_id=model_id,
        start_time=moment(now_found["start"]),
        end_time=moment(now_found["stop"]),
        step_seconds=now_found["step_seconds"],
        rows=now_found["rows"],
        took_ms=sum(each["took_ms"] for each in found),
        outcomes=[_outcome(each, opinions, secret) for each in now_found["outcomes"]],
        before=[_outcome(each, opinions, secret) for each in before[0]["outcomes"]]
        if before
        else None,
        always=Always(alarms_a_week=_WEEK / now_found["step_seconds"]),
        proposed=_proposed(sets[0], now_found["outcomes"]),
    )


def _set(
    state: State, key: Key, model: Model, given: Sequence[Document] | None, pointer: str
) -> list[dict[str, Any]]:
    """What is given, checked; or what is in use."""
    if given is None:
        kept = [set_of(each) for each in in_use(state, key)]
        return [document_of(each.monitor) for each in chosen(kept, model.name)]
    return [document_of(each) for each in all_checked(given, pointer)]


def _backtested(
    state: State,
    model: Model,
    sets: Sequence[Sequence[Mapping[str, Any]]],
    wanted: BacktestWanted,
    span: Span,
    opinions: Mapping[str, Opinion],
) -> list[dict[str, Any]]:
    asked = Wanted(
        start=span.start,
        stop=span.stop,
        draws=wanted.trials,
        a_week=wanted.alarms_a_week,
        unwelcome=[name for name, each in opinions.items() if each.is_unwelcome],
    )
    found = _APART.backtested(
        state.config.catalog_url, state.kept.windows_for, model.tenant, model.name, sets, asked
    )
    if found is None:
        raise ProblemError("rate-limited", "another backtest is running", retry_after=10)
    return found


def _outcome(
    told: Mapping[str, Any], opinions: Mapping[str, Opinion], secret: frozenset[str]
) -> OutcomeShown:
    said = opinions.get(told["monitor"], Opinion())
    alarms = [
        AlarmShown(
            at=moment(each["at"]),
            until=moment_or_none(each["until"]),
            severity=each["severity"],
            reason=_reason(each["reason"], secret),
        )
        for each in told["alarms"]
    ]
    judged = {"useful": said.useful, "not_useful": said.not_useful}
    return OutcomeShown.model_validate({**told, **judged, "alarms": alarms})


def _reason(reason: str, secret: frozenset[str]) -> str:
    """Who may not see a column is told that it moved, and no value of it."""
    return reason.partition(":")[0] if secret else reason


def _proposed(
    documents: Sequence[Mapping[str, Any]], outcomes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The quieter one of the part that alarmed most."""
    loudest: dict[str, Mapping[str, Any]] = {}
    for each in outcomes:
        before = loudest.get(each["monitor"])
        if each["quieter"] and (before is None or each["alarm_count"] > before["alarm_count"]):
            loudest[each["monitor"]] = each
    return [
        dict(loudest[each["name"]]["quieter"]["document"] if each["name"] in loudest else each)
        for each in documents
    ]
