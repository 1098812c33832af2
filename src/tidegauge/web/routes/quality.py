"""Data quality of a span."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tidegauge.catalog import dead_letters, drops, signals
from tidegauge.quality.finding import Finding
from tidegauge.series.quality import Shares, findings, shares
from tidegauge.series.seen import look
from tidegauge.web.routes.asked import DaySpan, Reader, Segment, Version, looking, moment
from tidegauge.web.routes.personal import hidden, without_findings
from tidegauge.window import HOUR, floor

router = APIRouter(prefix="/api/v1/models/{model_id}", tags=["models"])


class SignalShown(BaseModel):
    code: str
    subject: Annotated[str, Field(description='A column, or "".')]
    detail: str
    rows: int
    first_at: datetime
    last_at: datetime


class Quality(BaseModel):
    model_id: str
    start_time: datetime
    end_time: datetime
    rows: int
    other_rows: int
    learning: bool
    findings: list[Finding]
    columns: list[Shares]
    signals: list[SignalShown]
    late: int
    skewed: int
    invalid: int
    duplicates: int
    conflicts: int
    dropped: Annotated[dict[str, int], Field(description="By clients, by reason.")]
    dead_letters: Annotated[int, Field(description="Kept aside; at most 1000 are counted.")]


@router.get("/quality")
def get_quality(
    model_id: str,
    request: Request,
    key: Reader,
    span: DaySpan,
    version: Version = None,
    segment: Segment = "",
) -> Quality:
    """Missing, wrong types, out of range, new and vanished values, repeats, late and lost rows."""
    with looking(request, key, model_id) as (connection, subject, reach, _state):
        seen = look(
            connection, reach, subject, span.start, span.stop, version=version, segment=segment
        )
        model = subject.model
        first = floor(seen.start, HOUR)
        noticed = signals.of(connection, model.id, first, seen.stop)
        lost = drops.between(connection, model.tenant, first, seen.stop)
        aside = dead_letters.listed(connection, model.tenant, limit=1000)
    reference = subject.reference
    current = seen.profile(reference) if reference else None
    found = findings(reference, current) if reference and current else []
    columns = shares(reference, current) if reference and current else []
    secret = hidden(model, key)
    counts = seen.traffic().counts
    dropped: dict[str, int] = {}
    for each in lost:
        if each.model == model.name:
            dropped[each.reason] = dropped.get(each.reason, 0) + each.rows
    told = _gathered(noticed)
    return Quality(
        model_id=model_id,
        start_time=moment(seen.start),
        end_time=moment(seen.stop),
        rows=seen.rows,
        other_rows=seen.other_rows,
        learning=subject.is_learning,
        findings=without_findings(found, secret),
        columns=[each for each in columns if each.name not in secret],
        signals=told,
        late=counts["late"],
        skewed=counts["skewed"],
        invalid=counts["invalid"],
        duplicates=sum(each.rows for each in told if each.code == "duplicate"),
        conflicts=sum(each.rows for each in told if each.code == "conflict"),
        dropped=dropped,
        dead_letters=sum(
            each.model == model.name and seen.start <= each.at < seen.stop for each in aside
        ),
    )


def _gathered(found: list[signals.Signal]) -> list[SignalShown]:
    """Those of all hours together."""
    met: dict[tuple[str, str], SignalShown] = {}
    for each in found:
        shown = SignalShown(
            code=each.code,
            subject=each.subject,
            detail=each.detail,
            rows=each.rows,
            first_at=moment(each.first_at),
            last_at=moment(each.last_at),
        )
        known = met.setdefault((each.code, each.subject), shown)
        if known is not shown:
            known.rows += shown.rows
            known.first_at = min(known.first_at, shown.first_at)
            known.last_at = max(known.last_at, shown.last_at)
    return sorted(met.values(), key=lambda each: -each.rows)
