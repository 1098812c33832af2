"""How well a model is, in one number, and why: what lowers it says so, and what to do.

>>> health(Facts(rows=100, quiet_hours=0.1)).score
100
>>> health(Facts(rows=0, quiet_hours=None)).status
'unknown'
>>> status_by(["low", "high"])
'critical'
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, Literal

_QUIET: Final = 1.0
"""Hours without a prediction that are worth a word."""
_LAG: Final = 60.0
_GRAVE: Final = frozenset({"high", "critical"})
Status = Literal["healthy", "warning", "critical", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Of a span that ends now."""

    rows: int
    quiet_hours: float | None
    """Since the last prediction; None where there never was one."""
    is_learning: bool = False
    drifted: int = 0
    gravely_drifted: int = 0
    judged: int = 0
    findings: int = 0
    grave_findings: int = 0
    error_rate: float | None = None
    invalid_rate: float | None = None
    lag_seconds: float = 0.0
    dropped: int = 0
    severities: Collection[str] = ()
    """Of the incidents that are open."""


@dataclass(frozen=True)
class Reason:
    code: str
    points: int
    """That it takes away."""
    message: str
    recommendation: str


@dataclass(frozen=True, kw_only=True)
class Health:
    status: Status
    score: int | None
    """0 to 100; None where nothing is known."""
    reasons: list[Reason]


def health(facts: Facts) -> Health:
    """The status goes by the open incidents; the score by what may come to be one, too."""
    reasons = sorted(_reasons(facts), key=lambda reason: -reason.points)
    if facts.quiet_hours is None or (not facts.rows and facts.quiet_hours > 24):
        return Health(status="unknown", score=None, reasons=reasons)
    score = max(100 - sum(reason.points for reason in reasons), 0)
    return Health(status=status_by(facts.severities), score=score, reasons=reasons)


def status_by(severities: Collection[str]) -> Status:
    """Of something that is known of, by the severities of its open incidents."""
    if not _GRAVE.isdisjoint(severities):
        return "critical"
    return "warning" if severities else "healthy"


def _reasons(facts: Facts) -> Iterator[Reason]:
    yield from _of_flow(facts)
    if facts.drifted:
        share = facts.drifted / max(facts.judged, 1)
        points = min(15 + round(40 * share) + 5 * facts.gravely_drifted, 60)
        if facts.is_learning:
            points //= 2
        yield Reason(
            "drift",
            points,
            f"{facts.drifted} of {facts.judged} features drifted",
            "Look at the features that moved most; retrain where the change is here to stay.",
        )
    if facts.findings:
        yield Reason(
            "quality",
            min(5 * facts.findings + 10 * facts.grave_findings, 50),
            f"{facts.findings} findings about the quality of the data",
            "Look at the columns that are named; the sender changed something.",
        )
    if facts.error_rate is not None and facts.error_rate > 0.01:
        yield Reason(
            "errors",
            min(10 + round(100 * facts.error_rate), 60),
            f"{100 * facts.error_rate:.3g} % of calls fail",
            "Look at the model's own log.",
        )
    if facts.invalid_rate is not None and facts.invalid_rate > 0.01:
        yield Reason(
            "invalid",
            min(5 + round(50 * facts.invalid_rate), 40),
            f"{100 * facts.invalid_rate:.3g} % of inputs fail validation",
            "Look at what the callers send.",
        )
    if facts.is_learning:
        yield Reason(
            "learning",
            0,
            "still learning what is normal",
            "Upload a reference, or wait for 10,000 predictions over 24 hours.",
        )


def _of_flow(facts: Facts) -> Iterator[Reason]:
    if facts.quiet_hours is not None and facts.quiet_hours > _QUIET:
        yield Reason(
            "quiet",
            min(10 + round(facts.quiet_hours), 40),
            f"no prediction for {facts.quiet_hours:.3g} hours",
            "See whether the model still runs, and whether its client can reach this server.",
        )
    if facts.lag_seconds > _LAG:
        yield Reason(
            "lag",
            20,
            f"what was received is counted {facts.lag_seconds:.0f} s late",
            "See whether `tidegauge worker` runs and keeps up.",
        )
    if facts.dropped:
        yield Reason(
            "dropped",
            10,
            f"clients dropped {facts.dropped} records",
            "Give the client a spool, or the server more room.",
        )
