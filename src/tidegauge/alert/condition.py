"""One condition: how the readings of a monitor on a part of a model's rows become an alert.

A breach has to be confirmed before anybody is told, and it has to stay away before it is over.
What says nothing (too few rows, none, an error) is neither a breach nor the end of one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tidegauge.alert.notice import Family
from tidegauge.monitor.severity import RANK, Severity

AlertState = Literal["inactive", "pending", "firing", "recovering"]
LIVE: Final[tuple[AlertState, ...]] = ("firing", "recovering")
MANUAL: Final = "manual"
"""The rule of what is raised by somebody's word, and is over by it."""
_SILENT: Final = ("insufficient_data", "no_data", "not_applicable", "error", "skipped")
_REMEMBERED: Final = 3_600_000_000
"""Microseconds for which a change of state counts as one of those that make it flap."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a breach is confirmed, and how its end is."""

    for_count: int = 2
    for_s: int = 0
    resolve_count: int = 3
    keep_firing_s: int = 300
    version: int = 0
    """Of the monitor that says so: each change is one more.  0 is what no monitor says."""
    patience: Mapping[str, int] = field(default_factory=dict[str, int])
    """Those of the settings that it has its own of."""
    channels: tuple[str, ...] = ()
    """Who is told; none: who takes it by itself."""
    halt: str = ""
    """The webhook that is to stop the model."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a slot said of a condition."""

    status: str
    severity: Severity | None = None
    value: float | None = None
    slot: int = 0
    evidence: Mapping[str, Any] | None = None
    """Of a breach, as a notice's finding has it."""


@dataclass(kw_only=True)
class Alert:
    fingerprint: str
    tenant: str
    rule: str
    """The monitor's name, or what tidegauge itself has found: `no_data`, `channel`, ..."""
    model: str
    family: Family
    version: str = ""
    segment: str = ""
    title: str = ""
    """Of a manual one."""
    state: AlertState = "inactive"
    active_since: int | None = None
    fired_at: int | None = None
    recovering_since: int | None = None
    last_slot: int = 0
    last_value: float | None = None
    last_status: str = ""
    breaches: int = 0
    """In a row."""
    fine: int = 0
    """In a row."""
    errors: int = 0
    """In a row."""
    absent: int = 0
    """Evaluations in which others of the same monitor reported."""
    peak_value: float | None = None
    severity_now: Severity = "low"
    severity_peak: Severity = "low"
    incident: str | None = None
    was_in: str = ""
    """The last incident that it was part of."""
    is_muted: bool = False
    """Its incident was resolved by hand; it counts for nothing until it clears or is re-armed."""
    rearm_at: int | None = None
    reason: str = ""
    moved: list[int] = field(default_factory=list[int])
    """When it changed between firing, recovering and inactive, within the last hour."""
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rule_version: int = 0
    """Its rule's, when it was last fed; so is what follows."""
    patience: Mapping[str, int] = field(default_factory=dict[str, int])
    channels: tuple[str, ...] = ()
    halt: str = ""

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def counts(self) -> bool:
        """Does it hold an incident open?"""
        return self.is_live and not self.is_muted

    def is_armed(self, at: int) -> bool:
        """It was resolved by hand, goes on, and may speak again."""
        is_time = self.rearm_at is not None and self.rearm_at <= at
        return self.is_muted and self.state == "firing" and is_time

    @property
    def is_blank(self) -> bool:
        """Nothing is lost when it is forgotten."""
        return self.state == "inactive" and not self.errors and not self.moved

    def feed(self, seen: Seen, rule: Rule, at: int) -> None:
        """The next slot of it (A1 to A7, A10)."""
        self.last_slot, self.last_status = seen.slot, seen.status
        self.rule_version, self.patience = rule.version, rule.patience
        self.channels, self.halt = rule.channels, rule.halt
        self.absent = 0
        self.errors = self.errors + 1 if seen.status == "error" else 0
        if seen.status in _SILENT:
            return
        self.last_value = seen.value
        if seen.severity is None:
            self._is_fine(rule, at)
        else:
            self._breached(seen, seen.severity, rule, at)

    def _breached(self, seen: Seen, severity: Severity, rule: Rule, at: int) -> None:
        self.fine = 0
        self.breaches += 1
        if self.state == "inactive":
            self.active_since = at
            self.severity_peak, self.peak_value = severity, None
            self.state = "pending"
        self.severity_now = severity
        self.severity_peak = max(self.severity_peak, severity, key=RANK.__getitem__)
        if seen.value is not None:
            self.peak_value = max(seen.value, self.peak_value or seen.value)
        self.evidence = seen.evidence or {}
        waited = at - (self.active_since or at)
        if self.state == "recovering":
            self.recovering_since = None
            self._move("firing", at)
        elif self.state == "pending" and (
            self.breaches >= rule.for_count and waited >= rule.for_s * 1_000_000
        ):
            self.fired_at, self.reason = at, ""
            self._move("firing", at)

    def _is_fine(self, rule: Rule, at: int) -> None:
        self.breaches = 0
        if self.state == "pending":
            self.state, self.active_since = "inactive", None
        elif self.state == "firing":
            self.fine, self.recovering_since = 1, at
            if rule.resolve_count <= 1 and not rule.keep_firing_s:
                self.end("cleared", at)
            else:
                self._move("recovering", at)
        elif self.state == "recovering":
            self.fine += 1
            waited = at - (self.recovering_since or at)
            if self.fine >= rule.resolve_count and waited >= rule.keep_firing_s * 1_000_000:
                self.end("cleared", at)

    def miss(self) -> bool:
        """Absent where others reported (A9); True when that has lasted."""
        self.absent += 1
        return self.absent >= 3

    def end(self, reason: str, at: int) -> None:
        """No longer (A7, A8, A9)."""
        was_live = self.is_live
        self.reason, self.fine, self.breaches = reason, 0, 0
        self.active_since = self.recovering_since = None
        if was_live:
            self._move("inactive", at)
        else:
            self.state = "inactive"
        self.is_muted, self.rearm_at = False, None

    def forget(self, at: int) -> None:
        """What is too long ago to make it flap."""
        self.moved = [each for each in self.moved if each > at - _REMEMBERED]

    def _move(self, state: AlertState, at: int) -> None:
        self.state = state
        self.forget(at)
        if not self.is_muted:
            self.moved.append(at)
