"""What the machine works on: some alerts and incidents with all that decides who is told, as one
transaction has read it, and what it then makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from tidegauge.alert.condition import Alert
from tidegauge.alert.incident import Incident, Level
from tidegauge.alert.limit import About, Limit, Sent
from tidegauge.alert.matchers import Matcher
from tidegauge.alert.notice import Kind, Notice
from tidegauge.monitor.severity import Severity

Place = tuple[str, str]
"""A tenant and the name of a channel."""
Status = Literal["queued", "held_rate", "digested"]


@dataclass(frozen=True, kw_only=True)
class Taker:
    """A channel, as far as it decides what it is told."""

    name: str
    kind: str
    min_severity: Severity = "low"
    kinds: Sequence[Kind] | None = None
    """None is all."""
    matchers: Sequence[Matcher] = ()
    updates: bool = False
    heartbeat: bool = False
    cap: int = 20
    cap_window_s: int = 600
    suppression: Sequence[Limit] = ()

    @property
    def limits(self) -> list[Limit]:
        return [Limit(self.cap, self.cap_window_s), *self.suppression]


class Silence(NamedTuple):
    id: int
    matchers: Sequence[Matcher]


class Rungs(NamedTuple):
    """A ladder, and the incidents that it is for."""

    matchers: Sequence[Matcher]
    levels: Sequence[Level]


@dataclass(kw_only=True)
class Row:
    """A notice on its way."""

    id: str
    tenant: str
    incident: str
    """"" of a digest."""
    channel: str
    kind: Kind
    seq: int
    at: int
    status: Status
    severity: Severity
    is_exempt: bool
    notice: Notice
    digest: str = ""
    """The one that told it."""

    @property
    def about(self) -> About:
        return About(self.notice.model, self.notice.family, self.severity)


class Event(NamedTuple):
    incident: str
    at: int
    kind: str
    who: str
    detail: Mapping[str, Any]


@dataclass
class Book:
    alerts: dict[str, Alert] = field(default_factory=dict[str, Alert])
    incidents: dict[str, Incident] = field(default_factory=dict[str, Incident])
    takers: dict[str, list[Taker]] = field(default_factory=dict[str, list[Taker]])
    silences: dict[str, list[Silence]] = field(default_factory=dict[str, list[Silence]])
    """Those that hold now, by tenant."""
    labels: dict[tuple[str, str], Mapping[str, str]] = field(
        default_factory=dict[tuple[str, str], Mapping[str, str]]
    )
    """Of models: owner and tags."""
    ladders: dict[str, list[Rungs]] = field(default_factory=dict[str, list[Rungs]])
    sent: dict[Place, list[Sent]] = field(default_factory=dict[Place, list[Sent]])
    """Of late, the oldest first."""
    held: dict[Place, list[Row]] = field(default_factory=dict[Place, list[Row]])
    """By a limit, in the order in which they came."""
    digests: dict[Place, int] = field(default_factory=dict[Place, int])
    """How many there were."""
    partial: set[str] = field(default_factory=set[str])
    """Incidents that are there to be listed: their alerts were not read."""
    made: list[Row] = field(default_factory=list[Row])
    told: list[Row] = field(default_factory=list[Row])
    """Those of before that are released or in a digest now."""
    events: list[Event] = field(default_factory=list[Event])

    _by_key: dict[tuple[str, str], Incident] = field(
        default_factory=dict[tuple[str, str], Incident]
    )
    _of_model: dict[tuple[str, str], dict[str, Incident]] = field(
        default_factory=dict[tuple[str, str], dict[str, Incident]]
    )
    _alerts_of: dict[tuple[str, str], list[Alert]] = field(
        default_factory=dict[tuple[str, str], list[Alert]]
    )
    _linked: dict[str, dict[str, Alert]] = field(default_factory=dict[str, dict[str, Alert]])

    def add_alert(self, alert: Alert) -> None:
        self.alerts[alert.fingerprint] = alert
        self._alerts_of.setdefault((alert.tenant, alert.model), []).append(alert)
        if alert.incident is not None:
            self._linked.setdefault(alert.incident, {})[alert.fingerprint] = alert

    def add_incident(self, incident: Incident) -> None:
        self.incidents[incident.id] = incident
        self._of_model.setdefault((incident.tenant, incident.model), {})[incident.id] = incident
        if incident.state != "closed":
            self._by_key[incident.tenant, incident.key] = incident

    def link(self, alert: Alert, incident: Incident | None) -> None:
        if alert.incident is not None:
            self._linked.get(alert.incident, {}).pop(alert.fingerprint, None)
        alert.incident = incident.id if incident else None
        if incident is not None:
            alert.was_in = incident.id
            self._linked.setdefault(incident.id, {})[alert.fingerprint] = alert

    def current(self, tenant: str, key: str) -> Incident | None:
        """The one of a key that is not closed."""
        found = self._by_key.get((tenant, key))
        return found if found is not None and found.state != "closed" else None

    def alerts_of_model(self, tenant: str, model: str) -> list[Alert]:
        return self._alerts_of.get((tenant, model), [])

    def of_model(self, tenant: str, model: str) -> list[Incident]:
        return list(self._of_model.get((tenant, model), {}).values())

    def whole(self) -> list[Incident]:
        return [each for each in self.incidents.values() if each.id not in self.partial]

    def of_incident(self, incident: Incident) -> list[Alert]:
        return list(self._linked.get(incident.id, {}).values())

    def labels_of(self, alert: Alert) -> dict[str, str]:
        return {
            **self.labels.get((alert.tenant, alert.model), {}),
            "model": alert.model,
            "family": alert.family,
            "monitor": alert.rule,
            "version": alert.version,
            "segment": alert.segment,
            "severity": alert.severity_now,
        }

    def labels_of_incident(self, incident: Incident) -> dict[str, str]:
        return {
            **self.labels.get((incident.tenant, incident.model), {}),
            "model": incident.model,
            "family": incident.family,
            "severity": incident.severity,
        }

    def note(self, incident: Incident, at: int, kind: str, who: str = "", **detail: object) -> None:
        self.events.append(Event(incident.id, at, kind, who, detail))
