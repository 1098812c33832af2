"""An incident: the alerts of one model and family, as people handle them.

Silenced, snoozed, inhibited, flapping and how far it is escalated are fields beside the state: one
word cannot say "acknowledged, then resolved, silenced meanwhile".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tidegauge.alert.notice import Family, IncidentState, Kind
from tidegauge.monitor.severity import RANK, Severity

LIVE: Final[tuple[IncidentState, ...]] = ("open", "acknowledged")
HIGH: Final = RANK["high"]


@dataclass(frozen=True, kw_only=True)
class Level:
    after_s: int
    """Since the opening."""
    channels: tuple[str, ...]
    severity: Severity


@dataclass(kw_only=True)
class Told:
    """What a channel was told of an incident."""

    state: Literal["none", "open", "resolved"] = "none"
    by_digest: bool = False
    severity: Severity | None = None
    alerts: str = ""
    """Which, by a sum of their names: those that what was last made for it lists."""
    made_at: int | None = None
    """When something was last made for it, held or not."""
    last_at: int | None = None
    """When it was last told."""
    cooldown_until: int | None = None
    counts: dict[Kind, int] = field(default_factory=dict[Kind, int])
    """The next number, by kind."""
    remind_at: int | None = None
    """A reminder falls due: what was held back by the cooldown is told."""
    held: int = 0
    """Notices that wait for a digest."""

    def next(self, kind: Kind) -> int:
        return self.counts.get(kind, 0)


@dataclass(kw_only=True)
class Incident:
    id: str
    tenant: str
    key: str
    model: str
    family: Family
    title: str
    opened_at: int
    patience: Mapping[str, int] = field(default_factory=dict[str, int])
    """Those of the settings that the alert which opened it has its own of."""
    state: IncidentState = "open"
    severity: Severity = "low"
    severity_peak: Severity = "low"
    severity_taken: Severity | None = None
    """By escalation."""
    changed_at: int = 0
    owner: str = ""
    acked_by: str = ""
    acked_at: int | None = None
    ack_expires_at: int | None = None
    resolved_by: str = ""
    resolved_at: int | None = None
    reason: str = ""
    closed_at: int | None = None
    reopen_count: int = 0
    reopened: list[int] = field(default_factory=list[int])
    """When, within the last hour."""
    flapping: bool = False
    moved_at: int = 0
    """When one of its alerts last changed."""
    partial_data: bool = False
    levels: list[Level] = field(default_factory=list[Level])
    escalation_from: int | None = None
    escalation_level: int = 0
    escalation_round: int = 0
    next_escalation_at: int | None = None
    group_flush_at: int | None = None
    update_at: int | None = None
    alerts_now: int = 0
    alerts_total: int = 0
    suppressed: int = 0
    silences: list[int] = field(default_factory=list[int])
    snoozed_until: int | None = None
    inhibited_by: str = ""
    was_hushed: bool = False
    """When it was last asked whether it can be told again."""
    told: dict[str, Told] = field(default_factory=dict[str, Told])
    useful: Mapping[str, Any] | None = None
    revision: int = 0
    events: int = 0
    """How many there are."""

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_hushed(self) -> bool:
        return bool(self.silences or self.inhibited_by or self.snoozed_until is not None)

    def told_by(self, channel: str) -> Told:
        return self.told.setdefault(channel, Told())

    def start_levels(self, at: int) -> None:
        self.escalation_from, self.escalation_level = at, 0
        self.plan_levels(at)

    def plan_levels(self, at: int) -> None:
        """The next that is still in the future."""
        self.next_escalation_at = None
        if self.escalation_from is None:
            return
        for number, level in enumerate(self.levels, 1):
            due = self.escalation_from + level.after_s * 1_000_000
            if number > self.escalation_level and due > at:
                self.next_escalation_at = due
                return
