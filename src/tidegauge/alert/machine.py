"""The two machines, alerts and incidents, as one: what readings, people and time make of them.

It works on a `Book` that one transaction has read, and knows no database and no clock.  After each
event all that is due is done in one order, again until nothing changes.  The rules have the
numbers of the tables that they were designed by: T1 to T14.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tidegauge.alert import hush
from tidegauge.alert.book import Book
from tidegauge.alert.condition import MANUAL, Alert, Rule, Seen
from tidegauge.alert.content import title_of
from tidegauge.alert.errors import ConflictError
from tidegauge.alert.ids import key_of, new_id
from tidegauge.alert.incident import HIGH, Incident, Level
from tidegauge.alert.matchers import matches
from tidegauge.alert.notice import Family, IncidentState
from tidegauge.alert.settings import Settings
from tidegauge.alert.tell import Tell
from tidegauge.monitor.severity import RANK, Severity, worst

CHANNEL: Final = "channel"
_SECOND: Final = 1_000_000
_HOUR: Final = 3600 * _SECOND
_BY_ADMIN: Final = ("rule_deleted", "rule_paused", "rule_changed", "model_archived")
_PATIENCE: Final = 3
"""What flaps has to stay away so many times as long."""


@dataclass
class Machine:
    book: Book
    settings: Settings
    at: int
    """Now, in microseconds."""
    _ended: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """By incident, why alerts of it ended in this event."""
    _fresh: list[Alert] = field(default_factory=list[Alert])
    """What was fed, in its order."""

    def __post_init__(self) -> None:
        self.tell = Tell(self.book, self.settings, self.at)

    # Readings.

    def slot(self, fed: Iterable[tuple[Alert, Seen | None, Rule]]) -> None:
        """One evaluation of some conditions; None where only others of the monitor reported."""
        changed: dict[tuple[str, str], int] = {}
        for alert, seen, rule in fed:
            self._fresh.append(alert)
            if seen is not None:
                if alert.incident and alert.rule_version not in (0, rule.version):
                    changed[alert.incident, alert.rule] = rule.version
                if alert.incident in self.book.incidents and alert.channels != rule.channels:
                    # Others may have to hear of it.
                    self._plan_update(self.book.incidents[alert.incident])
                alert.feed(seen, self._patient(alert, rule), self.at)
            elif alert.state != "inactive" and alert.miss():
                alert.end("missing_series", self.at)
            if alert.state == "inactive":
                self._let_go(alert)
        for (name, monitor), version in changed.items():
            # That they are judged by another version is no news to anybody else.
            if (incident := self.book.incidents.get(name)) is not None:
                told: dict[str, Any] = {"monitor": monitor, "rule_version": version}
                self.book.note(incident, self.at, "rule_changed", **told)
        self.settle()

    def end(self, alerts: Iterable[Alert], reason: str) -> None:
        """Their rule or their model is gone (A8, T10)."""
        for alert in alerts:
            if alert.state != "inactive":
                alert.end(reason, self.at)
                self._let_go(alert)
        self.settle()

    def manual(
        self, tenant: str, model: str, title: str, severity: Severity, family: Family = "manual"
    ) -> Incident:
        """Somebody says that something is wrong: it is so until its incident is resolved."""
        name = key_of(tenant, MANUAL, model, title)
        if name not in self.book.alerts:
            alert = Alert(
                fingerprint=name,
                tenant=tenant,
                rule=MANUAL,
                model=model,
                family=family,
                title=title,
            )
            self.book.add_alert(alert)
        alert = self.book.alerts[name]
        alert.feed(Seen(status="breach", severity=severity), Rule(for_count=1), self.at)
        self.settle()
        incident = self.book.current(tenant, _key(alert))
        assert incident is not None  # noqa: S101 - an alert that fires has one
        return incident

    def channel(self, tenant: str, name: str, why: str) -> None:
        """A channel has lost a notice, and why; "" when it works."""
        alert = self.book.alerts.get(channel_fingerprint(tenant, name))
        if alert is None:
            if not why:
                return
            alert = Alert(
                fingerprint=channel_fingerprint(tenant, name),
                tenant=tenant,
                rule=f"{CHANNEL}:{name}",
                model="",
                family="ops",
            )
            self.book.add_alert(alert)
        seen = Seen(status="ok")
        if why:
            told = {"what": f"{name} does not deliver: {why}", "metric": "ops"}
            seen = Seen(status="breach", severity="high", evidence=told)
        rule = Rule(for_count=1, resolve_count=1, keep_firing_s=0)
        self.slot([(alert, seen, rule)])

    # People.

    def ack(self, incident: Incident, who: str, expires_at: int | None = None) -> None:
        """T4; once more, or by another, changes nothing."""
        if not incident.is_live:
            raise ConflictError(f"the incident is {incident.state}", incident.state)
        if incident.state == "acknowledged":
            self.book.note(incident, self.at, "ack_again", who)
            return
        self._go(incident, "acknowledged", "ack", who)
        incident.acked_by, incident.acked_at = who, self.at
        incident.ack_expires_at = expires_at
        self.tell.ack(incident)
        self.settle()

    def unack(self, incident: Incident, who: str) -> None:
        """T5."""
        if not incident.is_live:
            raise ConflictError(f"the incident is {incident.state}", incident.state)
        if incident.state == "acknowledged":
            self._take_ack_back(incident, "unack", who)
            self.settle()

    def resolve(self, incident: Incident, who: str, reason: str = "") -> None:
        """T7."""
        _refuse_closed(incident)
        if not incident.is_live:
            return
        for alert in self.book.of_incident(incident):
            self.book.link(alert, None)
            if alert.rule == MANUAL:
                alert.end("resolved", self.at)
            else:
                alert.is_muted = True
                alert.rearm_at = self.at + self._of(incident).rearm_s * _SECOND
        self._over(incident, who, reason)
        self.settle()

    def snooze(self, incident: Incident, until: int, who: str) -> None:
        """A silence of one incident."""
        if not incident.is_live:
            raise ConflictError(f"the incident is {incident.state}", incident.state)
        incident.snoozed_until = until
        self.book.note(incident, self.at, "snooze", who, until=until)
        self.settle()

    def comment(self, incident: Incident, who: str, text: str) -> None:
        _refuse_closed(incident)
        self.book.note(incident, self.at, "comment", who, text=text)

    def assign(self, incident: Incident, who: str, owner: str) -> None:
        _refuse_closed(incident)
        incident.owner = owner
        self.book.note(incident, self.at, "assign", who, owner=owner)

    # What is due, in the order in which things of one instant happen.

    def settle(self) -> None:
        before = -1
        while before != len(self.book.events):
            before = len(self.book.events)
            self._join()
            for step in (
                *(self._rise, self._expire_ack, self._clear, self._reopen, self._close),
                *(self._hear_again, self._flush, self._update, self._escalate),
                *(self._remind, self._flap),
            ):
                for incident in self.book.whole():
                    step(incident)
            self.tell.digests()
        self._ended.clear()

    def _join(self) -> None:
        """Each alert that fires has an incident (T1, T2); a resolved one is T8's."""
        alerts = list(self.book.alerts.values())
        armed = [alert for alert in alerts if alert.is_armed(self.at)]
        for alert in armed:
            alert.is_muted, alert.rearm_at = False, None
        late = {alert.fingerprint for alert in armed}
        news = [each for each in [*self._fresh, *alerts] if each.fingerprint not in late]
        for alert in [*news, *armed]:
            if not alert.counts or alert.incident is not None:
                continue
            key = _key(alert)
            incident = self.book.current(alert.tenant, key) or self._opened(key, alert)
            if incident.is_live:
                self._link(alert, incident)
                self._plan_update(incident)
        self._fresh.clear()

    def _opened(self, key: str, alert: Alert) -> Incident:
        """T1."""
        labels = self.book.labels.get((alert.tenant, alert.model), {})
        incident = Incident(
            id=new_id(self.at),
            tenant=alert.tenant,
            key=key,
            model=alert.model,
            family=alert.family,
            title="",
            opened_at=self.at,
            patience=alert.patience,
            changed_at=self.at,
            severity=alert.severity_now,
            severity_peak=alert.severity_now,
            owner=labels.get("owner", ""),
            group_flush_at=self.at + self.settings.but(alert.patience).group_wait_s * _SECOND,
        )
        self.book.add_incident(incident)
        self.book.note(incident, self.at, "open")
        incident.levels = self._levels(incident)
        incident.start_levels(self.at)
        return incident

    def _levels(self, incident: Incident) -> list[Level]:
        labels = self.book.labels_of_incident(incident)
        for ladder in self.book.ladders.get(incident.tenant, ()):
            if matches(ladder.matchers, labels):
                return list(ladder.levels)
        return []

    def _rise(self, incident: Incident) -> None:
        """T3, and what the alerts come to."""
        alerts = self.book.of_incident(incident)
        incident.alerts_now = len(alerts)
        if not alerts or not incident.is_live:
            return
        before = incident.severity
        self._grade(incident)
        if RANK[incident.severity] <= RANK[before]:
            return
        lower = self.tell.lower(incident)
        is_grave = RANK[incident.severity] >= HIGH
        if incident.state == "acknowledged" and lower and is_grave:
            self._go(incident, "open", "rise")
            incident.acked_by, incident.acked_at, incident.ack_expires_at = "", None, None
            incident.escalation_round += 1
            incident.plan_levels(self.at)
        if incident.group_flush_at is None:
            hush.look(self.book, incident, self.at)
            self.tell.rise(incident, lower)

    def _expire_ack(self, incident: Incident) -> None:
        if incident.state == "acknowledged" and _is_due(incident.ack_expires_at, self.at):
            self._take_ack_back(incident, "ack_expired", "")

    def _clear(self, incident: Incident) -> None:
        """T6 and T10."""
        if not incident.is_live or self.book.of_incident(incident):
            return
        reasons = self._ended.get(incident.id, [])
        by_admin = next((each for each in reasons if each in _BY_ADMIN), None)
        is_told = any(each.state != "none" for each in incident.told.values())
        if incident.group_flush_at is not None and not is_told and by_admin is None:
            # Nobody has heard of it, and nobody will.
            self._go(incident, "closed", "transient")
            incident.resolved_at = incident.closed_at = self.at
            incident.reason, incident.resolved_by = "transient", "auto"
            incident.flapping = False
        else:
            is_cleared = "cleared" in reasons or not reasons
            self._over(
                incident, "auto", by_admin or ("cleared" if is_cleared else "missing_series")
            )

    def _reopen(self, incident: Incident) -> None:
        """T8."""
        if incident.state != "resolved":
            return
        fresh = [
            alert
            for alert in self.book.alerts_of_model(incident.tenant, incident.model)
            if alert.counts and alert.incident is None and _key(alert) == incident.key
        ]
        if not fresh:
            return
        for alert in fresh:
            self._link(alert, incident)
        self._go(incident, "open", "reopen")
        incident.reopen_count += 1
        incident.reopened = [
            *(each for each in incident.reopened if each > self.at - _HOUR),
            self.at,
        ]
        incident.resolved_by, incident.resolved_at, incident.reason = "", None, ""
        incident.severity_taken = None
        incident.escalation_round += 1
        incident.start_levels(self.at)
        self._grade(incident)
        hush.look(self.book, incident, self.at)
        self.tell.reopen(incident)

    def _close(self, incident: Incident) -> None:
        """T9."""
        if incident.state != "resolved" or incident.flapping or incident.resolved_at is None:
            return
        if self.at >= incident.resolved_at + self._of(incident).reopen_window_s * _SECOND:
            self._go(incident, "closed", "close")
            incident.closed_at = self.at

    def _hear_again(self, incident: Incident) -> None:
        """T14: whoever was silenced and is so no longer is told what there is to tell."""
        was = incident.was_hushed
        hush.look(self.book, incident, self.at)
        incident.was_hushed = incident.is_hushed
        if was and not incident.is_hushed:
            self.book.note(incident, self.at, "heard_again")
            self.tell.catch_up(incident)

    def _flush(self, incident: Incident) -> None:
        """T1: what was gathered is told."""
        if incident.is_live and _is_due(incident.group_flush_at, self.at):
            incident.group_flush_at = None
            self.book.note(incident, self.at, "flush")
            hush.look(self.book, incident, self.at)
            self.tell.open(incident)

    def _update(self, incident: Incident) -> None:
        if incident.is_live and _is_due(incident.update_at, self.at):
            incident.update_at = None
            self.book.note(incident, self.at, "update")
            hush.look(self.book, incident, self.at)
            self.tell.update(incident)

    def _escalate(self, incident: Incident) -> None:
        """T12; of levels that were missed only the highest."""
        if incident.state != "open" or not _is_due(incident.next_escalation_at, self.at):
            return
        hush.look(self.book, incident, self.at)
        if incident.is_hushed:
            return
        start = incident.escalation_from or self.at
        number = max(
            number
            for number, level in enumerate(incident.levels, 1)
            if start + level.after_s * _SECOND <= self.at
        )
        level = incident.levels[number - 1]
        incident.escalation_level = number
        incident.severity_taken = worst([incident.severity_taken or "low", level.severity])
        self._grade(incident)
        incident.plan_levels(self.at)
        self.book.note(incident, self.at, "escalate", level=number)
        self.tell.escalate(incident, number, level)

    def _remind(self, incident: Incident) -> None:
        """T11."""
        if self.tell.has_reminder_due(incident):
            hush.look(self.book, incident, self.at)
            self.tell.remind_due(incident)

    def _flap(self, incident: Incident) -> None:
        """T13."""
        if incident.state == "closed":
            return
        settings = self._of(incident)
        # What lies further back than it has to be quiet would make it flap anew at once.
        since = self.at - min(settings.quiet_s * _SECOND, _HOUR)
        alerts = [
            alert
            for alert in self.book.alerts_of_model(incident.tenant, incident.model)
            if alert.was_in == incident.id
        ]
        incident.moved_at = max(
            [incident.moved_at, *incident.reopened, *(max(a.moved, default=0) for a in alerts)]
        )
        if incident.flapping:
            if self.at >= incident.moved_at + settings.quiet_s * _SECOND:
                incident.flapping = False
                hush.look(self.book, incident, self.at)
                self.book.note(incident, self.at, "quiet")
                self.tell.catch_up(incident)
            return
        moves = (sum(each > since for each in alert.moved) for alert in alerts)
        reopened = sum(each > since for each in incident.reopened)
        is_often = max(moves, default=0) >= settings.flapping_moved
        if is_often or reopened >= settings.flapping_reopened:
            incident.flapping = True
            hush.look(self.book, incident, self.at)
            self.book.note(incident, self.at, "flapping")
            self.tell.flapping(incident)

    # Small steps.

    def _link(self, alert: Alert, incident: Incident) -> None:
        incident.alerts_total += 1
        self.book.link(alert, incident)
        self.book.note(incident, self.at, "alert", fired=alert.fingerprint, monitor=alert.rule)
        if alert.halt:
            self.tell.halt(incident, alert.halt)

    def _let_go(self, alert: Alert) -> None:
        """It is over, and its incident has one alert less."""
        if alert.incident is None:
            return
        incident = self.book.incidents.get(alert.incident)
        self.book.link(alert, None)
        if incident is not None:
            self._ended.setdefault(incident.id, []).append(alert.reason)
            self.book.note(incident, self.at, "cleared", alert=alert.fingerprint)
            self._plan_update(incident)

    def _over(self, incident: Incident, who: str, reason: str) -> None:
        self._go(incident, "resolved", "resolve", who, reason=reason)
        incident.resolved_at, incident.resolved_by, incident.reason = self.at, who, reason
        incident.group_flush_at = incident.next_escalation_at = incident.update_at = None
        incident.ack_expires_at = None
        incident.alerts_now = 0
        for told in incident.told.values():
            told.remind_at = None
        hush.look(self.book, incident, self.at)
        self.tell.resolve(incident)

    def _take_ack_back(self, incident: Incident, kind: str, who: str) -> None:
        """T5."""
        self._go(incident, "open", kind, who)
        incident.acked_by, incident.acked_at, incident.ack_expires_at = "", None, None
        incident.escalation_round += 1
        incident.start_levels(self.at)
        self.tell.remind(incident)

    def _go(
        self, incident: Incident, state: IncidentState, kind: str, who: str = "", **detail: str
    ) -> None:
        incident.state, incident.changed_at = state, self.at
        self.book.note(incident, self.at, kind, who, **detail)

    def _grade(self, incident: Incident) -> None:
        alerts = self.book.of_incident(incident)
        told: list[Severity] = [each.severity_now for each in alerts]
        if incident.severity_taken is not None:
            told.append(incident.severity_taken)
        incident.severity = worst(told) or incident.severity
        incident.severity_peak = worst([incident.severity_peak, incident.severity]) or "low"
        incident.title = title_of(incident, alerts)

    def _plan_update(self, incident: Incident) -> None:
        """With the next of the intervals that began when the first alerts had been gathered."""
        is_told = incident.is_live and incident.group_flush_at is None
        if is_told and incident.update_at is None:
            settings = self._of(incident)
            interval = settings.group_interval_s * _SECOND
            since = incident.opened_at + settings.group_wait_s * _SECOND
            incident.update_at = since + ((self.at - since) // interval + 1) * interval

    def _of(self, incident: Incident) -> Settings:
        return self.settings.but(incident.patience)

    def _patient(self, alert: Alert, rule: Rule) -> Rule:
        incident = self.book.current(alert.tenant, _key(alert))
        if incident is None or not incident.flapping:
            return rule
        return replace(rule, keep_firing_s=rule.keep_firing_s * _PATIENCE)


def _refuse_closed(incident: Incident) -> None:
    if incident.state == "closed":
        raise ConflictError("the incident is closed", incident.state)


def channel_fingerprint(tenant: str, name: str) -> str:
    return key_of(tenant, CHANNEL, name)


def _key(alert: Alert) -> str:
    title = alert.title if alert.rule == MANUAL else ""
    return key_of(alert.tenant, alert.model, alert.family, title)


def _is_due(when: int | None, at: int) -> bool:
    return when is not None and when <= at
