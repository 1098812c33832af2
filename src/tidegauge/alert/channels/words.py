"""What a notice says, in the words that all channels share: they only lay it out.

Everything here is clean text without markup, each piece short enough that a bounded number of
pieces is a bounded message; a channel escapes it for its own markup and cuts to its own limits.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from tidegauge.alert.channels.text import clean, cut, lines_of
from tidegauge.alert.notice import STATELESS, Digest, Feature, Finding, Kind, Notice
from tidegauge.monitor.severity import RANK, Severity

FEATURES: Final = 20
FINDINGS: Final = 20
_TITLE: Final = 300
_NAME: Final = 128
_TEXT: Final = 1000
_URL: Final = 2000
_REASONS: Final[Mapping[str, str]] = {
    "cleared": "the readings are fine again",
    "rule_deleted": "its monitor was deleted",
    "rule_paused": "its monitor was paused",
    "rule_changed": "its monitor watches the model no longer",
    "model_archived": "the model was archived",
    "missing_series": "what it was about is no longer there",
    "transient": "it was over before anybody was told",
}
_BEFORE_TITLE: Final[Mapping[Kind, str]] = {
    "severity_up": "Worse: ",
    "update": "Update: ",
    "reminder": "Still open: ",
    "ack": "Acknowledged: ",
    "resolved": "Resolved: ",
    "flapping": "Flapping: ",
    "halt": "Halt: ",
}
SAID: Final[Mapping[Severity, str]] = {
    "low": "Low",
    "medium": "Medium",
    "high": "High",
    "critical": "Critical",
}


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One condition, as lines."""

    severity: Severity
    what: str
    numbers: str
    where: str
    """Version, segment and since when."""
    columns: tuple[str, ...]
    hidden: int
    """How many columns are not named."""
    is_over: bool

    @property
    def more(self) -> str:
        return f"+{self.hidden:,} more" if self.hidden else ""

    @property
    def moved(self) -> str:
        """The columns on one line, with how many more there are."""
        return ", ".join((*self.columns, self.more) if self.more else self.columns)


@dataclass(frozen=True, kw_only=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """An incident in a digest."""

    severity: Severity
    title: str
    where: str
    """Its model and state."""
    url: str

    @property
    def text(self) -> str:
        return f"{self.title} ({self.where})"


@dataclass(frozen=True, kw_only=True)
class Words:
    headline: str
    lead: tuple[str, ...]
    """What has happened now, in sentences."""
    description: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    evidence: tuple[Evidence, ...]
    more_evidence: str
    counts: tuple[str, ...]
    items: tuple[Item, ...]
    more_items: str
    actions: tuple[str, ...]
    links: tuple[Link, ...]
    footer: str


def words_of(notice: Notice) -> Words:
    digest = notice.digest
    hidden = notice.more_findings + max(0, len(notice.findings) - FINDINGS)
    return Words(
        headline=headline(notice),
        lead=tuple(_lead(notice)),
        description=tuple(cut(line, _TEXT) for line in lines_of(notice.description)),
        facts=tuple(_facts(notice)),
        evidence=tuple(map(evidence_of, notice.findings[:FINDINGS])),
        more_evidence=f"+{hidden:,} more conditions" if hidden else "",
        counts=tuple(_counts(digest)) if digest else (),
        items=tuple(_items(digest)) if digest else (),
        more_items=f"+{digest.more:,} more incidents" if digest and digest.more else "",
        actions=tuple(cut(clean(each), _TEXT) for each in notice.actions[:20]),
        links=tuple(_links(notice)),
        footer=_footer(notice),
    )


def headline(notice: Notice) -> str:
    """One line: how bad, and what.

    >>> headline(Notice(id="1", kind="resolved", at=0, title="drift on fraud", severity="high"))
    '[HIGH] Resolved: drift on fraud'
    """
    title = cut(clean(notice.title), _TITLE) or "alert without a title"
    if notice.kind in STATELESS - {"digest"}:
        return f"[{notice.kind.upper()}] {title}"
    line = f"[{notice.severity.upper()}] "
    if notice.kind == "escalation":
        waited = _minutes(notice)
        return f"[ESCALATED] {line}{title}" + (f": no response in {waited}" if waited else "")
    if notice.kind == "open" and notice.is_reopened:
        return f"{line}Reopened: {title}"
    return line + _BEFORE_TITLE.get(notice.kind, "") + title


def _minutes(notice: Notice) -> str:
    minutes = notice.unanswered_minutes
    return "" if minutes is None else f"{minutes:,} minute{'' if minutes == 1 else 's'}"


def _lead(notice: Notice) -> list[str]:
    said: list[str] = []
    if notice.is_possible_duplicate:
        said.append("Possible duplicate: whether this arrived before is not known.")
    sentence = _sentence(notice)
    if sentence:
        said.append(sentence)
    if notice.suppressed:
        few = notice.suppressed == 1
        said.append(
            f"{notice.suppressed:,} notice{' was' if few else 's were'} held back since the last."
        )
    return said


def _sentence(notice: Notice) -> str:  # noqa: PLR0911 - a case a line
    who = f" by {cut(clean(notice.who), _NAME)}" if notice.who else ""
    since = f" since {utc(notice.opened_at)}" if notice.opened_at is not None else ""
    match notice.kind:
        case "open" if notice.is_reopened:
            return "It was resolved, and is back."
        case "severity_up":
            return f"It has become {notice.severity}."
        case "reminder":
            return f"It is still open{since}."
        case "escalation":
            waited = _minutes(notice)
            return f"There was no response in {waited}." if waited else "There was no response."
        case "ack":
            return f"It was acknowledged{who}; reminders and escalation stop."
        case "resolved":
            return _resolution(notice, who)
        case "flapping":
            return "It comes and goes; nothing more is said of it until it is quiet for an hour."
        case "halt":
            return "The model is to be stopped; this is said once."
        case "heartbeat":
            return "Alerts are working; when these messages stop, they are not."
        case "test":
            return "This is a test of the channel; nothing has happened."
        case "report" if notice.attachment:
            return "The report is attached: one page that needs nothing else."
        case _:
            return ""


def _resolution(notice: Notice, who: str) -> str:
    why = _REASONS.get(notice.reason, cut(clean(notice.reason), _TEXT))
    why = f": {why}" if why else ""
    if notice.opened_at is None or notice.resolved_at is None:
        return f"It was resolved{who}{why}."
    if notice.was_untold:
        return f"It was open from {utc(notice.opened_at)} to {utc(notice.resolved_at)}{who}{why}."
    lasted = span(notice.resolved_at - notice.opened_at)
    return f"It was resolved{who} after {lasted}{why}."


def _facts(notice: Notice) -> list[tuple[str, str]]:
    given = [
        ("Model", notice.model),
        ("Type", (notice.family or "").capitalize()),
        ("Severity", SAID[notice.severity] if notice.incident or notice.family else ""),
        ("State", notice.state.capitalize() if notice.incident else ""),
        ("Opened", "" if notice.opened_at is None else utc(notice.opened_at)),
        ("Resolved", "" if notice.resolved_at is None else utc(notice.resolved_at)),
        ("Time", utc(notice.at)),
        ("Owner", notice.owner),
        ("Tenant", notice.tenant if notice.tenant != "default" else ""),
    ]
    tags = dict(list((notice.tags or {}).items())[:20])
    given += [(cut(clean(name), 40), value) for name, value in tags.items()]
    return [(label, said) for label, value in given if (said := cut(clean(value), _NAME))]


def evidence_of(finding: Finding) -> Evidence:
    what = clean(finding.what) or clean(finding.monitor)
    shown = finding.features[:FEATURES]
    hidden = finding.more_features + len(finding.features) - len(shown)
    where = [
        f"version {finding.version}" if finding.version else "",
        f"segment {finding.segment}" if finding.segment else "",
        "" if finding.since is None else f"since {utc(finding.since)}",
        "over by now" if finding.is_over else "",
    ]
    return Evidence(
        severity=finding.severity,
        what=cut(what, _TEXT) or "condition without a name",
        numbers=_numbers(finding),
        where=", ".join(cut(clean(each), _NAME) for each in where if each),
        columns=tuple(map(_column, shown)),
        hidden=hidden,
        is_over=finding.is_over,
    )


def _column(feature: Feature) -> str:
    name = cut(clean(feature.name), _NAME) or "column without a name"
    what = cut(clean(feature.what), _NAME)
    return f"{name} ({what})" if what else name


def _numbers(finding: Finding) -> str:
    """ "mae 5.2 (4.9 to 5.5), baseline 4, +30 %, threshold 4.4, n 1,200"."""
    metric = cut(clean(finding.metric), _NAME) or "value"
    said: list[str] = []
    between = ""
    if finding.low is not None and finding.high is not None:
        between = f" ({number(finding.low)} to {number(finding.high)})"
    if finding.value is not None:
        said.append(f"{metric} {number(finding.value)}{between}")
    elif between:
        said.append(f"{metric}{between}")
    if finding.baseline is not None:
        said.append(f"baseline {number(finding.baseline)}")
    if finding.change_percent is not None:
        sign = "+" if finding.change_percent >= 0 else ""
        said.append(f"{sign}{number(finding.change_percent)} %")
    if finding.threshold is not None:
        said.append(f"threshold {number(finding.threshold)}")
    if finding.n:
        said.append(f"n {finding.n:,}")
    return ", ".join(said)


def _counts(digest: Digest) -> list[str]:
    ranks: dict[str, int] = {**RANK}
    by_severity = sorted(digest.by_severity.items(), key=lambda each: -ranks.get(each[0], 0))
    models = [f"{cut(clean(name), _NAME)} {count:,}" for name, count in digest.by_model.items()][
        :50
    ]
    if digest.more_models:
        models.append(f"+{digest.more_models:,} more models")
    return [
        f"{label}: {', '.join(told)}"
        for label, told in (
            ("By severity", [f"{clean(name)} {count:,}" for name, count in by_severity]),
            ("By model", models),
        )
        if told
    ]


def _items(digest: Digest) -> list[Item]:
    found: list[Item] = []
    for each in digest.worst[:20]:
        title = cut(clean(each.title), _TITLE)
        silenced = ", silenced" if each.is_silenced else ""
        model = cut(clean(each.model), _NAME)
        where = f"{model}, {each.state}{silenced}"
        url = safe_url(each.link)
        found.append(Item(severity=each.severity, title=title, where=where, url=url))
    return found


def _links(notice: Notice) -> list[Link]:
    given = (
        ("Incidents" if notice.kind == "digest" else "Incident", notice.links.incident),
        ("Dashboard", notice.links.dashboard),
        ("Runbook", notice.links.runbook),
    )
    return [Link(label=label, url=url) for label, text in given if (url := safe_url(text))]


def _footer(notice: Notice) -> str:
    told = f"tidegauge · notice {clean(notice.id)}"
    return f"{told} · incident {clean(notice.incident)}" if notice.incident else told


def runbook_of(notice: Notice) -> str:
    """What to do, if it is text and not a link."""
    text = notice.links.runbook
    return "" if safe_url(text) else cut(clean(text), _TEXT)


def safe_url(text: str) -> str:
    """An https or http URL that no markup reads as more than that, else ""."""
    text = text.strip()
    if not re.match(r"https?://[^/\s]", text, re.IGNORECASE) or len(text) > _URL:
        return ""
    if re.search(r"[\x00-\x20\x7f]", text):
        return ""
    told = quote(text, safe="/:?#[]@!$&*+,;=%-._~")
    # One letter becomes up to twelve, and a message has little room.
    return told if len(told) <= _URL else ""


def number(value: float) -> str:
    """As a person reads it.

    >>> number(0.31234), number(12345.6), number(5), number(float("nan"))
    ('0.3123', '12,346', '5', 'not a number')
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "beyond all numbers"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"


def utc(microseconds: int) -> str:
    """
    >>> utc(1_700_000_000_000_000)
    '2023-11-14 22:13 UTC'
    """
    try:
        return f"{datetime.fromtimestamp(microseconds / 1e6, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "an unknown time"


def iso(microseconds: int) -> str:
    """
    >>> iso(1_700_000_000_000_000)
    '2023-11-14T22:13:20Z'
    """
    try:
        at = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        at = datetime.fromtimestamp(0, UTC)
    fraction = microseconds % 1_000_000
    return f"{at:%Y-%m-%dT%H:%M:%S}{f'.{fraction:06d}' if fraction else ''}Z"


def span(microseconds: int) -> str:
    """
    >>> span(30_000_000), span(7_500_000_000), span(180_000_000_000)
    ('30 s', '2 h 5 min', '2 d 2 h')
    """
    seconds = max(0, microseconds // 1_000_000)
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
