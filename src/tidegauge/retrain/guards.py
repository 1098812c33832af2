"""Why a job may not be asked for now.

All guards are looked at in the transaction that would put the job into the queue, so that two who
ask at once do not both pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tidegauge.window import DAY, SECOND

Kind = Literal[
    "off", "maintenance", "in-progress", "cooldown", "budget", "insufficient-data", "no-truth"
]
MONTH: Final = 30 * DAY * SECOND
ALWAYS: Final[tuple[Kind, ...]] = ("in-progress", "no-truth")
"""What nobody may force: two of a model at once, or one that nothing could prove."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    kind: Kind
    detail: str
    retry_after_s: int | None = None
    counts: tuple[int, int] | None = None
    """What there is, and what is needed."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a model when somebody asks."""

    at: int
    is_on: bool
    maintenance: Sequence[int]
    """Windows that hold for it now."""
    is_in_progress: bool
    ended_at: int | None
    """Its last job."""
    cooldown: int
    """Seconds."""
    by_themselves: int
    """Jobs of the last 30 days that nobody asked for."""
    per_month: int
    labels: int
    """Since what it was trained with last."""
    min_labels: int
    is_by_hand: bool


def refused(facts: Facts) -> Refusal | None:
    """The first reason, those that pass by themselves last."""
    if facts.is_in_progress:
        return Refusal(kind="in-progress", detail="a job of this model is in progress: wait for it")
    if not facts.labels:
        return Refusal(
            kind="no-truth",
            detail="no label has come since its last training: there is nothing to learn from",
            counts=(0, max(facts.min_labels, 1)),
        )
    if not facts.is_on and not facts.is_by_hand:
        return Refusal(kind="off", detail="retraining is switched off")
    if facts.maintenance:
        told = ", ".join(map(str, facts.maintenance))
        return Refusal(kind="maintenance", detail=f"maintenance goes on (window {told})")
    if facts.labels < facts.min_labels:
        return Refusal(
            kind="insufficient-data",
            detail=f"{facts.labels} labels since its last training; {facts.min_labels} are needed",
            counts=(facts.labels, facts.min_labels),
        )
    if facts.by_themselves >= facts.per_month and not facts.is_by_hand:
        return Refusal(
            kind="budget",
            detail=f"{facts.by_themselves} jobs in 30 days; {facts.per_month} may be",
            counts=(facts.by_themselves, facts.per_month),
        )
    if facts.ended_at is not None:
        left = facts.ended_at + facts.cooldown * SECOND - facts.at
        if left > 0:
            return Refusal(
                kind="cooldown",
                detail="its last job ended a short time ago",
                retry_after_s=-(-left // SECOND),
            )
    return None
