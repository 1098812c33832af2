"""A notice: what a channel says of an incident, whole, as it was when it was made.

All text in it may come from users, and each channel escapes it for itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter

from tidegauge.monitor.severity import Severity

Kind = Literal[
    "open",
    "severity_up",
    "update",
    "reminder",
    "escalation",
    "ack",
    "resolved",
    "flapping",
    "halt",
    "digest",
    "heartbeat",
    "test",
    "report",
    "retraining",
    "job",
    "job_cancelled",
    "promotion",
    "rollback",
]
KINDS: Final[tuple[Kind, ...]] = Kind.__args__
Family = Literal["drift", "performance", "fairness", "quality", "ops", "manual"]
FAMILIES: Final[tuple[Family, ...]] = Family.__args__
STATELESS: Final[frozenset[Kind]] = frozenset(
    {
        *("digest", "heartbeat", "test", "report"),
        *("retraining", "job", "job_cancelled", "promotion", "rollback"),
    }
)
"""What is of no incident."""
IncidentState = Literal["open", "acknowledged", "resolved", "closed"]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A column that moved, the most important first."""

    name: str
    what: str = ""
    """In words: 'further up by 0.31 sd'."""
    effect: float | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One condition of the incident: the evidence."""

    monitor: str
    severity: Severity
    what: str
    """In words: the reading's reason."""
    metric: str = ""
    version: str = ""
    """ "" is all versions together."""
    segment: str = ""
    """ "" is all rows."""
    rule_version: int = 0
    """Of the monitor; 0 is what no monitor has found."""
    value: float | None = None
    baseline: float | None = None
    change_percent: float | None = None
    threshold: float | None = None
    low: float | None = None
    high: float | None = None
    """The interval of the value or of the effect."""
    n: int = 0
    since: int | None = None
    """Microseconds: when what it saw began."""
    features: tuple[Feature, ...] = ()
    """At most 20."""
    more_features: int = 0
    is_over: bool = False


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An incident in a digest."""

    incident: str
    title: str
    model: str
    severity: Severity
    state: IncidentState
    kind: Kind
    """What was held back."""
    link: str = ""
    is_silenced: bool = False


@dataclass(frozen=True, kw_only=True)
class Digest:
    """The incidents that were held back for one channel."""

    by_model: Mapping[str, int]
    """At most 50, the fullest first."""
    more_models: int
    by_severity: Mapping[str, int]
    worst: tuple[Listed, ...]
    """At most 20."""
    more: int


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A page that goes along, where a channel can take one."""

    name: str
    packed: str
    """HTML, packed with gzip, as base64."""


@dataclass(frozen=True, kw_only=True)
class Links:
    incident: str = ""
    dashboard: str = ""
    runbook: str = ""


@dataclass(frozen=True, kw_only=True)
class Notice:
    id: str
    """Constant over all tries of its delivery."""
    kind: Kind
    at: int
    """Microseconds."""
    title: str
    incident: str = ""
    """"" of what is of no incident."""
    tenant: str = "default"
    model: str = ""
    family: Family | None = None
    state: IncidentState = "open"
    severity: Severity = "low"
    description: str = ""
    opened_at: int | None = None
    resolved_at: int | None = None
    reason: str = ""
    """Why it is resolved."""
    who: str = ""
    """Who acknowledged or resolved it."""
    owner: str = ""
    tags: Mapping[str, str] | None = None
    findings: Annotated[tuple[Finding, ...], Field(max_length=20)] = ()
    more_findings: int = 0
    actions: tuple[str, ...] = ()
    """What is recommended."""
    links: Links = Links()
    is_reopened: bool = False
    unanswered_minutes: int | None = None
    """Of an escalation: so long nobody has answered."""
    suppressed: int = 0
    """Of a reminder: how much was not said since the last notice."""
    digest: Digest | None = None
    was_untold: bool = False
    """Of `resolved`: nobody was told that it was open, so this one notice says both."""
    attachment: Attachment | None = None
    """Of a report."""
    job: Mapping[str, Any] | None = None
    """What is to be trained, for who is to start it."""
    is_possible_duplicate: bool = False
    """Nobody knows whether the try before this one arrived."""

    @property
    def is_over(self) -> bool:
        return self.state in ("resolved", "closed")


ADAPTER: Final = TypeAdapter(Notice)


def packed(notice: Notice) -> dict[str, Any]:
    """As JSON."""
    return ADAPTER.dump_python(notice, mode="json", exclude_defaults=True)


def unpacked(told: Mapping[str, Any]) -> Notice:
    return ADAPTER.validate_python(told)
