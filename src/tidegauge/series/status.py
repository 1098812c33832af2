"""How a model does now: what is known of its last hours, put into one status."""

from dataclasses import dataclass

from sqlalchemy import Connection

from tidegauge.catalog import drops, incidents
from tidegauge.profile.traffic import Traffic
from tidegauge.series import quality
from tidegauge.series.health import Facts, Health, health
from tidegauge.series.listed import Listed, listed
from tidegauge.series.overall import Around, Overall, overall
from tidegauge.series.reach import Reach
from tidegauge.series.seen import look
from tidegauge.series.subject import Subject
from tidegauge.series.traffic import Calls, calls
from tidegauge.window import DAY, HOUR, SECOND, floor


@dataclass(frozen=True, kw_only=True)
class StatusOf:
    listed: Listed
    health: Health
    calls: Calls
    drift: Overall | None
    findings: list[quality.Finding]


def status_of(
    connection: Connection,
    reach: Reach,
    subject: Subject,
    at: int,
    *,
    span: int = DAY * SECOND,
    lag_seconds: float = 0.0,
) -> StatusOf:
    """Of the span that ends at a time."""
    (found,) = listed(connection, reach, [subject.model], at)
    seen = look(connection, reach, subject, at - span, at)
    traffic: Traffic = seen.traffic()
    told = calls(traffic, span / SECOND)
    drift: Overall | None = None
    findings: list[quality.Finding] = []
    reference = subject.reference
    current = seen.profile(reference) if reference else None
    if reference is not None:
        drift = overall(reference, current, around(subject, seen.start, seen.stop))
        findings = quality.findings(reference, current) if current else []
    facts = Facts(
        rows=told.total_predictions,
        quiet_hours=None if found.last_at is None else max(at - found.last_at, 0) / (HOUR * SECOND),
        is_learning=subject.is_learning,
        drifted=drift.drifted_features_count if drift else 0,
        gravely_drifted=_grave(drift),
        judged=len(drift.feature_drifts) if drift else 0,
        findings=len(findings),
        grave_findings=sum(each.severity == "critical" for each in findings),
        error_rate=told.error_rate,
        invalid_rate=told.invalid_rate,
        lag_seconds=lag_seconds,
        dropped=dropped(connection, subject, at - span, at),
        severities=_severities(connection, subject),
    )
    return StatusOf(listed=found, health=health(facts), calls=told, drift=drift, findings=findings)


def _severities(connection: Connection, subject: Subject) -> set[str]:
    model = subject.model
    found = incidents.unended_of(connection, [(model.tenant, model.name)])
    return {each.severity for each in found if each.state in incidents.LIVE}


def around(subject: Subject, start: int, stop: int) -> Around:
    baseline = subject.baseline
    days = None
    if baseline is not None and baseline.last_at is not None:
        days = round((baseline.last_at - baseline.first_at) / (DAY * SECOND), 3)
    return Around(
        is_learning=subject.is_learning,
        baseline_days=days,
        hours=(stop - start) / (HOUR * SECOND),
    )


def dropped(connection: Connection, subject: Subject, start: int, stop: int) -> int:
    """Records that clients say they had to drop."""
    model = subject.model
    found = drops.between(connection, model.tenant, floor(start, HOUR), stop)
    return sum(each.rows for each in found if each.model == model.name)


def _grave(drift: Overall | None) -> int:
    if drift is None:
        return 0
    return sum(each.severity == "critical" for each in drift.feature_drifts.values())
