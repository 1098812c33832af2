"""What the specification says of alerts and incidents, said once more by another hand.

It knows nothing of the product and is slow on purpose: lists, a clock in whole seconds, and
after each event one pass over everything in the order that the specification gives, again and
again until a pass changes nothing.  Names as T6 and A9 are the rows of its tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

RANK = {"low": 10, "medium": 20, "high": 30, "critical": 40}
GROUP_WAIT, GROUP_INTERVAL = 30, 300
REOPEN_WINDOW, REARM_AFTER = 1800, 1800
COOLDOWN, COOLDOWN_LOW = 1800, 86_400
REPEAT, REPEAT_CRITICAL = 14_400, 1800
QUIET, FLAPS, REOPENINGS = 3600, 6, 3
ERRORS, ABSENCES = 3, 3
SEVERITY_UPS = 3
FREE_CRITICAL = 60
DIGEST_AFTER, STORM_AFTER = 600, 300
BY_ADMIN = ("rule_deleted", "rule_paused", "model_archived")


@dataclass(frozen=True)
class Patience:
    """What a rule says for itself; None is as for all."""

    cooldown: int | None = None
    repeat: int | None = None
    reopen_window: int | None = None
    rearm_after: int | None = None
    group_wait: int | None = None
    group_interval: int | None = None
    severity_ups: int | None = None
    reopenings: int | None = None
    flaps: int | None = None
    quiet: int | None = None


@dataclass(frozen=True)
class Rule:
    name: str
    models: tuple[str, ...]
    family: str
    for_count: int = 2
    for_s: int = 0
    resolve_count: int = 3
    keep_firing_s: int = 300
    patience: Patience = Patience()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suppression:
    """At most so many in a window, of those that it names; None is all."""

    most: int
    window_s: int
    family: str | None = None
    severity: str | None = None
    models: tuple[str, ...] | None = None
    each_model: bool = False


@dataclass(frozen=True)
class Taker:
    name: str
    kind: str = "webhook"
    min_severity: str = "low"
    updates: bool = False
    cap: int = 20
    cap_window_s: int = 600
    suppression: tuple[Suppression, ...] = ()


@dataclass(frozen=True)
class Level:
    after_s: int
    channels: tuple[str, ...]
    severity: str


@dataclass(frozen=True)
class Setup:
    rules: tuple[Rule, ...]
    takers: tuple[Taker, ...]
    ladder: tuple[Level, ...] = ()


@dataclass(eq=False)
class Alert:
    rule: Rule
    model: str
    key: tuple[str, ...]
    state: str = "inactive"
    severity: str = "low"
    breaches: int = 0
    fine: int = 0
    absences: int = 0
    active_since: int = 0
    recovering_since: int = 0
    is_muted: bool = False
    rearm_at: int = 0
    incident: "Incident | None" = None
    # Its rule's, when it was last read.
    patience: Patience = Patience()
    channels: tuple[str, ...] = ()
    moves: list[int] = field(default_factory=list[int])


@dataclass(eq=False)
class Incident:
    number: int
    key: tuple[str, ...]
    severity: str
    peak: str
    flush_at: int | None
    first_look: int
    escalation_from: int
    patience: Patience
    state: str = "open"
    round: int = 0
    level: int = 0
    next_level: int = 1
    level_severity: str | None = None
    ack_until: int | None = None
    resolved_at: int = 0
    resolved_by: str = ""
    reason: str = ""
    is_flapping: bool = False
    suppressed: int = 0
    update_at: int | None = None
    snoozed_until: int = 0
    was_quiet: bool = False
    members: list[Alert] = field(default_factory=list[Alert])
    reopened: list[int] = field(default_factory=list[int])
    # What a channel was told, by its name.
    told: dict[str, str] = field(default_factory=dict[str, str])
    by_digest: set[str] = field(default_factory=set[str])
    notified: dict[str, str] = field(default_factory=dict[str, str])
    last: dict[str, int] = field(default_factory=dict[str, int])
    late_reminders: dict[str, int] = field(default_factory=dict[str, int])
    # The rules of the alerts that the last notice of a channel lists.
    listed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @property
    def is_live(self) -> bool:
        return self.state in ("open", "acknowledged")

    def was_told(self, taker: Taker) -> str:
        return self.told.get(taker.name, "none")


@dataclass(eq=False)
class Notice:
    incident: Incident | None
    channel: str
    kind: str
    seq: int
    status: str
    made: int
    severity: str = "low"
    is_free: bool = False
    is_critical: bool = False


@dataclass
class Silence:
    model: str
    family: str | None
    end: int


class Model:
    def __init__(self, setup: Setup, start: int = 1_000_000) -> None:
        self.setup = setup
        self.now = start
        self.takers = {taker.name: taker for taker in setup.takers}
        self.rules = {rule.name: rule for rule in setup.rules}
        self.archived: set[str] = set()
        self.errors: dict[tuple[str, str], int] = {}
        self.by_name: dict[tuple[str, str], Alert] = {}
        self.all: list[Incident] = []
        self.made: list[Notice] = []
        self.on: dict[str, list[Notice]] = {taker.name: [] for taker in setup.takers}
        self.silences: list[Silence] = []
        self.cooldowns: dict[tuple[tuple[str, ...], str], int] = {}
        self.why_cleared: dict[int, list[str]] = {}
        self.history: list[tuple[int, object, str]] = []

    # Time.

    def go_to(self, to: int) -> None:
        while (due := min((at for at in self._deadlines() if at > self.now), default=to)) < to:
            self.now = due
            self._settle()
        self.now = max(to, self.now)
        self._settle()

    def _deadlines(self) -> Iterator[int]:
        """When something may fall due; a time at which nothing does is no harm."""
        for alert in self.by_name.values():
            if alert.is_muted:
                yield alert.rearm_at
        for silence in self.silences:
            yield silence.end
        for incident in self.all:
            yield incident.snoozed_until
            if incident.state != "closed":
                yield from self._deadlines_of(incident)
        for taker in self.setup.takers:
            if held := self._held(taker.name):
                yield self._digest_at(held)
                for rule in _rationed(taker):
                    yield from (n.made + rule.window_s for n in self.on[taker.name])

    def _deadlines_of(self, incident: Incident) -> Iterator[int]:
        if incident.is_flapping:
            yield self._quiet_at(incident)
        if incident.state == "resolved":
            yield incident.resolved_at + _own(incident.patience.reopen_window, REOPEN_WINDOW)
        if incident.ack_until is not None:
            yield incident.ack_until
        if incident.flush_at is not None:
            yield incident.flush_at
        if incident.update_at is not None:
            yield incident.update_at
        yield from incident.late_reminders.values()
        for level in self.setup.ladder:
            yield incident.escalation_from + level.after_s
        for last in incident.last.values():
            yield last + _repeat(incident)

    def restart(self) -> None:
        """Nothing is lost, nothing is done twice."""

    # Readings (section 3).

    def slot(self, readings: dict[tuple[str, str], tuple[str, str | None]]) -> None:
        seen = {
            (name, model): reading
            for (name, model), reading in readings.items()
            if name in self.rules
            and model in self.rules[name].models
            and model not in self.archived
        }
        for (name, model), (status, severity) in seen.items():
            rule = self.rules[name]
            alert = self._alert(rule, model, rule.family)
            if alert.incident is not None and alert.channels != rule.channels:
                self._regroup(alert.incident)
            alert.patience, alert.channels = rule.patience, rule.channels
            self._read(alert, status, severity)
            self._read_errors(rule, model, status)
        for alert in self.by_name.values():
            name = alert.rule.name.removeprefix("monitor_error:")
            if (name, alert.model) in seen:
                alert.absences = 0
            elif alert.state != "inactive" and any(other == name for other, _ in seen):
                alert.absences += 1
                if alert.absences >= ABSENCES:  # A9
                    self._move(alert, "inactive", "missing_series")
        self._settle()

    def _read_errors(self, rule: Rule, model: str, status: str) -> None:
        pair = rule.name, model
        self.errors[pair] = self.errors.get(pair, 0) + 1 if status == "error" else 0
        watch = Rule(f"monitor_error:{rule.name}", (model,), "ops", for_count=1)
        alert = self._alert(watch, model, "ops")
        if status != "error":
            self._read(alert, "ok", None)
        elif self.errors[pair] >= ERRORS or alert.state != "inactive":
            self._read(alert, "breach", "medium")

    def _alert(self, rule: Rule, model: str, family: str, *title: str) -> Alert:
        key = (model, family, *title)
        return self.by_name.setdefault((rule.name, model), Alert(rule, model, key))

    def _read(self, alert: Alert, status: str, severity: str | None) -> None:
        if status == "ok":
            self._read_fine(alert)
        elif status == "breach":
            self._read_breach(alert, severity or "medium")
        # A10: all else is neither.

    def _read_breach(self, alert: Alert, severity: str) -> None:
        rule = alert.rule
        alert.severity = severity
        if alert.state == "inactive":
            alert.active_since, alert.breaches = self.now, 1
            if rule.for_count <= 1 and rule.for_s == 0:  # A1
                self._fire(alert)
            else:  # A2
                self._move(alert, "pending")
        elif alert.state == "pending":
            alert.breaches += 1
            has_lasted = self.now - alert.active_since >= rule.for_s
            if alert.breaches >= rule.for_count and has_lasted:  # A3
                self._fire(alert)
        elif alert.state == "recovering":  # A6
            self._move(alert, "firing")

    def _read_fine(self, alert: Alert) -> None:
        rule = alert.rule
        keep = rule.keep_firing_s
        if any(i.key == alert.key and i.is_flapping for i in self.all):
            keep *= 3
        if alert.state == "pending":  # A4
            self._move(alert, "inactive", "cleared")
        elif alert.state == "firing":  # A5
            alert.recovering_since, alert.fine = self.now, 1
            at_once = rule.resolve_count <= 1 and keep == 0
            self._move(alert, "inactive" if at_once else "recovering", "cleared")
        elif alert.state == "recovering":
            alert.fine += 1
            has_lasted = self.now - alert.recovering_since >= keep
            if alert.fine >= rule.resolve_count and has_lasted:  # A7
                self._move(alert, "inactive", "cleared")

    def _fire(self, alert: Alert) -> None:
        self._move(alert, "firing")
        self._join(alert)

    def _move(self, alert: Alert, to: str, reason: str = "") -> None:
        counts = {alert.state, to} - {"pending", "inactive"}
        # Under a mute it counts for nothing.
        if counts and not alert.is_muted:
            alert.moves.append(self.now)
        alert.state = to
        self._note((alert.rule.name, alert.model), to)
        if to == "inactive":
            alert.is_muted = False
            alert.absences = 0
            if alert.incident is not None:
                self.why_cleared.setdefault(alert.incident.number, []).append(reason)
                self._regroup(alert.incident)
                alert.incident = None

    # What happens to incidents, in the order in which it does (section 4).

    def _settle(self) -> None:
        """Run what is due now; what that makes due at once is run in the same second."""
        before = -1
        while before != len(self.history):
            before = len(self.history)
            self._rearm()
            for step in (
                *(self._rise, self._expire_ack, self._clear, self._reopen, self._close),
                *(self._speak_again, self._flush, self._update, self._escalate, self._remind),
                self._flap,
            ):
                for incident in self.all:
                    step(incident)
            for taker in self.setup.takers:
                self._digest(taker)
        self.why_cleared.clear()

    def _rearm(self) -> None:
        for alert in self.by_name.values():
            if alert.is_muted and alert.state == "firing" and self.now >= alert.rearm_at:
                alert.is_muted = False
                self._join(alert)

    def _join(self, alert: Alert) -> None:
        incident = self._current(alert.key)
        if incident is None:  # T1
            wait = _own(alert.patience.group_wait, GROUP_WAIT)
            incident = Incident(
                number=len(self.all),
                key=alert.key,
                severity=alert.severity,
                peak=alert.severity,
                flush_at=self.now + wait,
                first_look=self.now + wait,
                escalation_from=self.now,
                patience=alert.patience,
            )
            self.all.append(incident)
            self._note(incident.number, "opened")
            self._link(alert, incident)
        elif incident.is_live:  # T2; a resolved one is T8's
            self._link(alert, incident)
            self._regroup(incident)

    def _link(self, alert: Alert, incident: Incident) -> None:
        alert.incident = incident
        if alert not in incident.members:
            incident.members.append(alert)

    def _regroup(self, incident: Incident) -> None:
        if incident.is_live and incident.flush_at is None and incident.update_at is None:
            interval = _own(incident.patience.group_interval, GROUP_INTERVAL)
            looks = (self.now - incident.first_look) // interval + 1
            incident.update_at = incident.first_look + looks * interval

    def _rise(self, incident: Incident) -> None:
        """T3."""
        before, incident.severity = incident.severity, self._severity(incident)
        if not incident.is_live or RANK[incident.severity] <= RANK[before]:
            return
        incident.peak = _worst(incident.peak, incident.severity)
        lower = [t for t in self._listeners(incident) if self._hears_a_rise(incident, t)]
        if incident.state == "acknowledged" and lower and RANK[incident.severity] >= RANK["high"]:
            incident.state, incident.ack_until = "open", None
            incident.round += 1
            passed = [a for a in self.setup.ladder if self._due(incident, a)]
            incident.next_level = max(incident.next_level, len(passed) + 1)
            self._note(incident.number, "ack cleared")
        if incident.flush_at is not None or self._is_quiet(incident):
            return
        for taker in lower:
            self._tell_of_rise(incident, taker)

    def _hears_a_rise(self, incident: Incident, taker: Taker) -> bool:
        is_known = incident.was_told(taker) == "open" or self._held(taker.name, incident)
        is_above = RANK[incident.severity] > RANK.get(incident.notified.get(taker.name, ""), 0)
        return is_above and (bool(is_known) or self._is_for(taker, incident))

    def _tell_of_rise(self, incident: Incident, taker: Taker) -> None:
        held = [n for n in self._held(taker.name, incident) if n.kind == "open"]
        if held:
            held[-1].status, held[-1].severity = "queued", incident.severity
            self._note(incident.number, f"released on {taker.name}")
            incident.listed[taker.name] = self._names(incident)
            self._said(held[-1])
        elif incident.was_told(taker) != "open":
            if not incident.is_flapping:
                self._tell(incident, taker, "open")
        else:
            most = _own(incident.patience.severity_ups, SEVERITY_UPS)
            if self._count(incident, taker, "severity_up") < most:
                self._tell(incident, taker, "severity_up")

    def _expire_ack(self, incident: Incident) -> None:
        if incident.ack_until is not None and self.now >= incident.ack_until:
            self._take_ack_back(incident)

    def _take_ack_back(self, incident: Incident) -> None:
        """T5."""
        incident.state, incident.ack_until = "open", None
        self._restart_ladder(incident)
        self._note(incident.number, "ack taken back")
        if incident.flush_at is None and not self._is_quiet(incident):
            for taker in self._listeners(incident):
                if incident.was_told(taker) != "none":
                    self._tell(incident, taker, "reminder")

    def _restart_ladder(self, incident: Incident) -> None:
        incident.escalation_from = self.now
        incident.round += 1
        incident.level, incident.next_level = 0, 1

    def _clear(self, incident: Incident) -> None:
        """T6, and T10 where an admin has taken the last alert away."""
        if not incident.is_live or self._linked(incident):
            return
        reasons = self.why_cleared.get(incident.number, [])
        admin = next((reason for reason in reasons if reason in BY_ADMIN), None)
        reason = admin or ("cleared" if "cleared" in reasons else "missing_series")
        if incident.flush_at is not None and not incident.told and not admin:
            self._end(incident, "auto", "transient")
            incident.state, incident.is_flapping = "closed", False
        else:
            self._end(incident, "auto", reason)
            self._tell_resolved(incident)

    def _end(self, incident: Incident, by: str, reason: str) -> None:
        incident.state, incident.resolved_at = "resolved", self.now
        incident.resolved_by, incident.reason = by, reason
        incident.flush_at = incident.ack_until = incident.update_at = None
        incident.late_reminders.clear()
        self._note(incident.number, f"resolved: {reason}")

    def _tell_resolved(self, incident: Incident) -> None:
        if not incident.is_flapping and not self._is_quiet(incident):
            for taker in self._listeners(incident):
                if incident.was_told(taker) == "open":
                    self._tell(incident, taker, "resolved")

    def _reopen(self, incident: Incident) -> None:
        """T8."""
        fresh = [
            alert
            for alert in self.by_name.values()
            if alert.key == incident.key and alert.state == "firing" and not alert.is_muted
        ]
        if incident.state != "resolved" or not fresh:
            return
        for alert in fresh:
            self._link(alert, incident)
        incident.state, incident.resolved_by, incident.reason = "open", "", ""
        incident.reopened.append(self.now)
        incident.level_severity = None
        incident.severity = self._severity(incident)
        incident.peak = _worst(incident.peak, incident.severity)
        self._restart_ladder(incident)
        self._note(incident.number, "reopened")
        if incident.is_flapping or self._is_quiet(incident):
            return
        for taker in self._listeners(incident):
            if not self._is_for(taker, incident):
                continue
            # The first `open` of an incident on a channel is never held.
            is_first = incident.was_told(taker) == "none"
            is_urgent = is_first or incident.severity == "critical"
            if is_urgent or not self._is_cooling(incident, taker):
                self._tell(incident, taker, "open")
            else:
                incident.suppressed += 1
                incident.late_reminders[taker.name] = self.cooldowns[incident.key, taker.name]

    def _close(self, incident: Incident) -> None:
        """T9."""
        window = _own(incident.patience.reopen_window, REOPEN_WINDOW)
        is_over = self.now >= incident.resolved_at + window
        if incident.state == "resolved" and is_over and not incident.is_flapping:
            incident.state = "closed"
            self._note(incident.number, "closed")

    def _speak_again(self, incident: Incident) -> None:
        """T14."""
        was_quiet, incident.was_quiet = incident.was_quiet, self._is_quiet(incident)
        if was_quiet and not incident.was_quiet:
            self._catch_up(incident)

    def _catch_up(self, incident: Incident) -> None:
        """Tell what a channel would believe wrongly."""
        if not incident.is_live:
            self._tell_resolved(incident)
        elif incident.flush_at is None:
            for taker in self._listeners(incident):
                just_told = any(
                    n.incident is incident and n.made == self.now for n in self.on[taker.name]
                )
                if incident.was_told(taker) == "none":
                    # An `open` that is held tells it with its digest.
                    is_told = incident.is_flapping or self._held(taker.name, incident)
                    if self._is_for(taker, incident) and not is_told:
                        self._tell(incident, taker, "open")
                elif incident.state == "open" and not just_told:
                    self._tell(incident, taker, "reminder")

    def _flush(self, incident: Incident) -> None:
        if incident.flush_at is None or self.now < incident.flush_at:
            return
        incident.flush_at = None
        self._note(incident.number, "flushed")
        if not incident.is_flapping and not self._is_quiet(incident):
            for taker in self._listeners(incident):
                if self._is_for(taker, incident) and incident.was_told(taker) == "none":
                    self._tell(incident, taker, "open")

    def _update(self, incident: Incident) -> None:
        """The notice of T2."""
        if incident.update_at is None or self.now < incident.update_at:
            return
        incident.update_at = None
        self._note(incident.number, "update")
        if not self._is_quiet(incident):
            for taker in self._listeners(incident):
                is_news = incident.listed.get(taker.name) != self._names(incident)
                if taker.updates and incident.was_told(taker) == "open" and is_news:
                    self._tell_unless_cooling(incident, taker, "update")
            is_named = any(self._named(alert) for alert in self._linked(incident))
            if (incident.key[0] == "" or is_named) and not incident.is_flapping:
                # It may be about another channel now than about the one that was left out, or
                # an alert that joined names one that was not named.
                for taker in self._listeners(incident):
                    if self._is_for(taker, incident) and incident.was_told(taker) == "none":
                        self._tell(incident, taker, "open")

    def _escalate(self, incident: Incident) -> None:
        """T12: of several that are due, the highest once."""
        if incident.state != "open" or self._is_quiet(incident):
            return
        due = [
            number
            for number, level in enumerate(self.setup.ladder, 1)
            if number >= incident.next_level and self._due(incident, level)
        ]
        if due:
            incident.level, incident.next_level = due[-1], due[-1] + 1
            level = self.setup.ladder[due[-1] - 1]
            incident.level_severity = _worst(incident.level_severity, level.severity)
            incident.severity = self._severity(incident)
            incident.peak = _worst(incident.peak, incident.severity)
            self._note(incident.number, f"level {incident.level}")
            for name in level.channels:
                if self.takers[name] in self._listeners(incident):
                    self._tell(incident, self.takers[name], "escalation")

    def _due(self, incident: Incident, level: Level) -> bool:
        return self.now >= incident.escalation_from + level.after_s

    def _remind(self, incident: Incident) -> None:
        """T11, and the reminder that T8 owes a channel that was in its cooldown."""
        is_told = incident.state == "open" and not self._is_quiet(incident)
        listeners = self._listeners(incident)
        for taker in self.setup.takers:
            name = taker.name
            is_owed = self.now >= incident.late_reminders.get(name, self.now + 1)
            if is_owed:
                del incident.late_reminders[name]
            is_due = (
                incident.was_told(taker) == "open"
                and not self._held(name, incident)
                and name in incident.last
                and self.now >= incident.last[name] + _repeat(incident)
            )
            if is_told and (is_owed or is_due):
                if taker in listeners:
                    self._tell(incident, taker, "reminder")
                else:
                    incident.last.pop(name, None)

    def _flap(self, incident: Incident) -> None:
        """T13."""
        if incident.state == "closed":
            return
        since = self.now - min(_own(incident.patience.quiet, QUIET), 3600)
        moves = [sum(at > since for at in alert.moves) for alert in incident.members]
        reopenings = sum(at > since for at in incident.reopened)
        if incident.is_flapping:
            if self.now >= self._quiet_at(incident):
                incident.is_flapping = False
                self._note(incident.number, "settled")
                if not self._is_quiet(incident):
                    self._catch_up(incident)
        elif reopenings >= _own(incident.patience.reopenings, REOPENINGS) or max(
            moves, default=0
        ) >= _own(incident.patience.flaps, FLAPS):
            incident.is_flapping = True
            self._note(incident.number, "flapping")
            if not self._is_quiet(incident):
                for taker in self._listeners(incident):
                    if incident.was_told(taker) != "none":
                        self._tell_unless_cooling(incident, taker, "flapping")

    def _quiet_at(self, incident: Incident) -> int:
        moves = [at for alert in incident.members for at in alert.moves]
        quiet = _own(incident.patience.quiet, QUIET)
        return max([*moves, *incident.reopened], default=0) + quiet

    # From event to notice (section 5).

    def _tell_unless_cooling(self, incident: Incident, taker: Taker, kind: str) -> None:
        if self._is_cooling(incident, taker):
            incident.suppressed += 1
        else:
            self._tell(incident, taker, kind)

    def _is_cooling(self, incident: Incident, taker: Taker) -> bool:
        return self.now < self.cooldowns.get((incident.key, taker.name), 0)

    def _tell(self, incident: Incident, taker: Taker, kind: str) -> None:
        seq = self._count(incident, taker, kind)
        if kind in ("open", "resolved"):
            seq = len(incident.reopened)
        elif kind == "escalation":
            seq = incident.round * 100 + incident.level
        notices = self.on[taker.name]
        if any((n.incident, n.kind, n.seq) == (incident, kind, seq) for n in notices):
            return
        notice = Notice(incident, taker.name, kind, seq, "queued", self.now, incident.severity)
        notice.is_critical = kind == "open" and incident.severity == "critical"
        self._ration(notice, taker)
        self.made.append(notice)
        notices.append(notice)
        self._note(incident.number, f"{kind} {seq} on {taker.name}")
        incident.notified[taker.name] = incident.severity
        incident.listed[taker.name] = self._names(incident)
        incident.late_reminders.pop(taker.name, None)
        if kind == "reminder":
            incident.suppressed = 0
        if notice.status == "queued":
            self._said(notice)

    def _ration(self, notice: Notice, taker: Taker) -> None:
        """Whether it goes out by itself, or waits for a digest."""
        assert notice.incident is not None
        if notice.kind == "resolved" and taker.name in notice.incident.by_digest:
            notice.status = "held_rate"  # what a digest told, a digest resolves
        elif _is_exempt(notice, taker):
            pass
        elif self._held(taker.name, notice.incident):
            notice.status = "held_rate"
        elif self._is_full(taker, notice):
            hour = [n for n in self.on[taker.name] if n.is_free and n.made > self.now - 3600]
            notice.is_free = notice.is_critical and len(hour) < FREE_CRITICAL
            notice.status = "queued" if notice.is_free else "held_rate"

    def _said(self, notice: Notice) -> None:
        """It has entered the outbox."""
        incident, name = notice.incident, notice.channel
        assert incident is not None
        self._stamp(incident, name)
        incident.last[name] = self.now
        if notice.kind == "resolved":
            incident.told[name] = "resolved"
        elif notice.kind != "flapping" or incident.is_live:
            incident.told[name] = "open"
        if notice.kind != "ack":
            incident.by_digest.discard(name)

    def _stamp(self, incident: Incident, channel: str) -> None:
        usual = COOLDOWN_LOW if incident.severity == "low" else COOLDOWN
        wait = _own(incident.patience.cooldown, usual)
        self.cooldowns[incident.key, channel] = self.now + wait

    def _digest(self, taker: Taker) -> None:
        held = self._held(taker.name)
        if not held:
            return
        is_shut = any(self._is_full(taker, notice) for notice in held)
        if is_shut and self.now < self._digest_at(held):
            return
        for notice in held:
            incident = notice.incident
            assert incident is not None
            notice.status = "digested"
            # It lists what has ended meanwhile as resolved.
            is_over = notice.kind == "resolved" or not incident.is_live
            incident.told[taker.name] = "resolved" if is_over else "open"
            incident.by_digest.add(taker.name)
            self._stamp(incident, taker.name)
            incident.last[taker.name] = self.now
        seq = sum(n.kind == "digest" for n in self.on[taker.name])
        notice = Notice(None, taker.name, "digest", seq, "queued", self.now)
        self.made.append(notice)
        self.on[taker.name].append(notice)
        self._note(taker.name, f"digest of {len(held)}")

    def _digest_at(self, held: list[Notice]) -> int:
        wait = STORM_AFTER if any(notice.is_critical for notice in held) else DIGEST_AFTER
        return held[0].made + wait

    def _held(self, channel: str, incident: Incident | None = None) -> list[Notice]:
        return [
            notice
            for notice in self.on[channel]
            if notice.status == "held_rate" and (incident is None or notice.incident is incident)
        ]

    def _is_full(self, taker: Taker, notice: Notice) -> bool:
        """By the cap, or by a rule of suppression that it is of."""
        rules = [rule for rule in _rationed(taker) if _is_of(rule, notice)]
        return any(self._sent(taker, rule, notice) >= rule.most for rule in rules)

    def _sent(self, taker: Taker, rule: Suppression, like: Notice) -> int:
        return sum(
            other.status == "queued"
            and other.made > self.now - rule.window_s
            and not other.is_free
            and not _is_exempt(other, taker)
            and _is_of(rule, other)
            and (not rule.each_model or _key(other)[0] == _key(like)[0])
            for other in self.on[taker.name]
        )

    def _count(self, incident: Incident, taker: Taker, kind: str) -> int:
        return sum(n.incident is incident and n.kind == kind for n in self.on[taker.name])

    def _listeners(self, incident: Incident) -> list[Taker]:
        """That a channel loses notices is for the others to hear."""
        about = [alert.rule.name for alert in self._linked(incident)]
        return [t for t in self.setup.takers if about != [f"channel:{t.name}"]]

    def _is_for(self, taker: Taker, incident: Incident) -> bool:
        """Of alerts of several rules, each is told where its own would be."""
        is_grave = RANK[incident.severity] >= RANK[taker.min_severity]
        return any(
            taker.name in self._named(alert) if self._named(alert) else is_grave
            for alert in self._linked(incident)
        )

    def _named(self, alert: Alert) -> list[str]:
        """Of the channels that it names, those that are there."""
        return [name for name in alert.channels if name in self.takers]

    def _is_quiet(self, incident: Incident) -> bool:
        """Silenced, snoozed or inhibited."""
        return (
            self.now < incident.snoozed_until
            or self._is_inhibited(incident)
            or any(
                self.now < silence.end
                and silence.model == incident.key[0]
                and silence.family in (None, incident.key[1])
                for silence in self.silences
            )
        )

    def _is_inhibited(self, incident: Incident) -> bool:
        model, family = incident.key[:2]
        if family not in ("drift", "performance"):
            return False
        others = [other for other in self.all if other.is_live and other.key[0] == model]
        is_lesser = family == "drift" and RANK[incident.severity] <= RANK["medium"]
        return any(other.key[1] == "ops" for other in others) or (
            is_lesser
            and any(o.key[1] == "performance" and o.severity == "critical" for o in others)
        )

    # Small questions.

    def _current(self, key: tuple[str, ...]) -> Incident | None:
        return next((i for i in self.all if i.key == key and i.state != "closed"), None)

    def _linked(self, incident: Incident) -> list[Alert]:
        return [alert for alert in incident.members if alert.incident is incident]

    def _names(self, incident: Incident) -> list[str]:
        return sorted(alert.rule.name for alert in self._linked(incident))

    def _severity(self, incident: Incident) -> str:
        """Of an incident without alerts, what it was."""
        linked = self._linked(incident)
        if not linked:
            return incident.severity
        return _worst(incident.level_severity, *(alert.severity for alert in linked))

    def _note(self, who: object, what: str) -> None:
        self.history.append((self.now, who, what))

    # People.

    def _conflict(self, incident: int, *states: str) -> str:
        if not 0 <= incident < len(self.all):
            return "not-found"
        return "ok" if self.all[incident].state in states else "state-conflict"

    def ack(self, incident: int, expires_s: int | None = None) -> str:
        """T4; of two, the first wins."""
        answer = self._conflict(incident, "open", "acknowledged")
        if answer == "ok" and (it := self.all[incident]).state == "open":
            it.state = "acknowledged"
            it.ack_until = None if expires_s is None else self.now + expires_s
            self._note(incident, "acknowledged")
            if not self._is_quiet(it):
                for taker in self._listeners(it):
                    if taker.kind == "pagerduty" and it.was_told(taker) == "open":
                        self._tell(it, taker, "ack")
            self._settle()
        return answer

    def unack(self, incident: int) -> str:
        answer = self._conflict(incident, "open", "acknowledged")
        if answer == "ok" and self.all[incident].state == "acknowledged":
            self._take_ack_back(self.all[incident])
            self._settle()
        return answer

    def resolve(self, incident: int) -> str:
        """T7."""
        answer = self._conflict(incident, "open", "acknowledged", "resolved")
        if answer == "ok" and (it := self.all[incident]).is_live:
            linked = self._linked(it)
            self._end(it, "user", "")
            for alert in linked:
                if it.key[1] == "manual":
                    self._move(alert, "inactive", "")
                else:
                    wait = _own(it.patience.rearm_after, REARM_AFTER)
                    alert.is_muted, alert.rearm_at = True, self.now + wait
                alert.incident = None
            self._tell_resolved(it)
            self._settle()
        return answer

    def snooze(self, incident: int, seconds: int) -> str:
        answer = self._conflict(incident, "open", "acknowledged")
        if answer == "ok":
            self.all[incident].snoozed_until = self.now + seconds
            self._settle()
        return answer

    def silence(self, model: str, family: str | None, seconds: int) -> int:
        self.silences.append(Silence(model, family, self.now + seconds))
        self._settle()
        return len(self.silences) - 1

    def end_silence(self, number: int) -> None:
        silence = self.silences[number]
        silence.end = min(silence.end, self.now)
        self._settle()

    def manual(self, model: str, title: str, severity: str) -> int:
        rule = Rule(f"manual:{title}", (model,), "manual", for_count=1)
        alert = self._alert(rule, model, "manual", title)
        self._read_breach(alert, severity)
        self._settle()
        current = self._current(alert.key)
        assert current is not None
        return current.number

    def lose(self, channel: str) -> None:
        """A notice on it will never be delivered: one is enough."""
        watch = Rule(f"channel:{channel}", ("",), "ops", 1, resolve_count=1, keep_firing_s=0)
        self._read_breach(self._alert(watch, "", "ops"), "high")
        self._settle()

    def deliver(self, channel: str) -> None:
        """And one that is delivered is the end of it."""
        alert = self.by_name.get((f"channel:{channel}", ""))
        if alert is not None:
            self._read_fine(alert)
            self._settle()

    def delete_rule(self, name: str) -> None:
        self._stop_rule(name, "rule_deleted")

    def pause_rule(self, name: str) -> None:
        self._stop_rule(name, "rule_paused")

    def _stop_rule(self, name: str, reason: str) -> None:
        """A8."""
        self.rules.pop(name, None)
        self._stop([a for a in self.by_name.values() if _watches(a, name)], reason)

    def edit_rule(self, rule: Rule) -> None:
        """What it has found stays; the next readings are judged by what it is now."""
        if rule.name in self.rules:
            self.rules[rule.name] = rule
            for alert in self.by_name.values():
                if alert.rule.name == rule.name:
                    alert.rule = rule

    def archive(self, model: str) -> None:
        self.archived.add(model)
        self._stop([a for a in self.by_name.values() if a.model == model], "model_archived")

    def _stop(self, alerts: list[Alert], reason: str) -> None:
        for alert in alerts:
            if alert.state != "inactive":
                self._move(alert, "inactive", reason)
        self._settle()

    # What is seen.

    def alerts(self) -> dict[tuple[str, str], str]:
        return {name: a.state for name, a in self.by_name.items() if a.state != "inactive"}

    def incidents(self) -> list[dict[str, object]]:
        return [
            {
                "model": incident.key[0],
                "family": incident.key[1],
                "state": incident.state,
                "severity": incident.severity,
                "severity_peak": incident.peak,
                "reopen_count": len(incident.reopened),
                "flapping": incident.is_flapping,
                "escalation_level": incident.level,
                "reason": incident.reason,
                "resolved_by": incident.resolved_by,
                "suppressed": incident.suppressed,
            }
            for incident in self.all
        ]

    def notices(self) -> list[tuple[int | None, str, str, int, str, int]]:
        return [
            (n.incident and n.incident.number, n.channel, n.kind, n.seq, n.status, n.made)
            for n in self.made
        ]


def _worst(*severities: str | None) -> str:
    return max((severity for severity in severities if severity), key=RANK.__getitem__)


def _own(said: int | None, usual: int) -> int:
    return usual if said is None else said


def _repeat(incident: Incident) -> int:
    usual = REPEAT_CRITICAL if incident.severity == "critical" else REPEAT
    return _own(incident.patience.repeat, usual)


def _is_exempt(notice: Notice, taker: Taker) -> bool:
    """Past the cap by its kind."""
    return notice.kind in ("severity_up", "escalation", "digest") or (
        taker.kind == "pagerduty" and notice.kind in ("ack", "resolved")
    )


def _rationed(taker: Taker) -> list[Suppression]:
    return [Suppression(taker.cap, taker.cap_window_s), *taker.suppression]


def _is_of(rule: Suppression, notice: Notice) -> bool:
    model, family, *_ = _key(notice)
    return (
        rule.family in (None, family)
        and rule.severity in (None, notice.severity)
        and (rule.models is None or model in rule.models)
    )


def _key(notice: Notice) -> tuple[str, ...]:
    assert notice.incident is not None
    return notice.incident.key


def _watches(alert: Alert, name: str) -> bool:
    return alert.rule.name in (name, f"monitor_error:{name}")
