"""Notices as signed CloudEvents, to any HTTP endpoint.

The signature is that of Standard Webhooks: `webhook-id` is the notice's and constant over all
tries, so that a receiver which remembers it is told once; the timestamp is of the try, so that
one which was recorded cannot be played again later.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import Field, SecretStr, field_validator

from tidegauge.alert.channels.answer import is_a_page, receipt
from tidegauge.alert.channels.base import Base, SecretUrl
from tidegauge.alert.channels.post import post
from tidegauge.alert.channels.text import clean, cut, lines_of
from tidegauge.alert.channels.words import evidence_of, headline, iso, words_of
from tidegauge.alert.notice import Finding, Kind, Notice
from tidegauge.alert.reach import Reach

TYPES: Final[Mapping[Kind, str]] = {
    "open": "tidegauge.incident.opened.v1",
    "severity_up": "tidegauge.incident.severity_raised.v1",
    "update": "tidegauge.incident.updated.v1",
    "reminder": "tidegauge.incident.reminded.v1",
    "escalation": "tidegauge.incident.escalated.v1",
    "ack": "tidegauge.incident.acknowledged.v1",
    "resolved": "tidegauge.incident.resolved.v1",
    "flapping": "tidegauge.incident.flapping.v1",
    "halt": "tidegauge.halt.v1",
    "digest": "tidegauge.digest.v1",
    "heartbeat": "tidegauge.heartbeat.v1",
    "test": "tidegauge.test.v1",
    "report": "tidegauge.report.v1",
    "retraining": "tidegauge.retraining.v1",
    "job": "tidegauge.retraining.requested.v1",
    "job_cancelled": "tidegauge.retraining.cancelled.v1",
    "promotion": "tidegauge.rollout.asked.v1",
    "rollback": "tidegauge.rollout.taken_back.v1",
}
_PREFIX: Final = "whsec_"
_SHORTEST, _LONGEST = 24, 512
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_VALUE: Final = re.compile(r"[\x20-\x7e]{0,4096}")
# They say how the message is framed, or are ours.
_OURS: Final = frozenset(
    {"host", "content-length", "content-type", "connection", "keep-alive", "expect", "te"}
    | {"trailer", "transfer-encoding", "upgrade", "date", "content-encoding"}
    | {"webhook-id", "webhook-timestamp", "webhook-signature"}
)


def made_secrets() -> list[SecretStr]:
    return [SecretStr(_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode())]


class Webhook(Base):
    kind: Literal["webhook"] = "webhook"
    is_idempotent = True

    url: SecretUrl
    secrets: Annotated[
        list[SecretStr],
        Field(
            min_length=1,
            max_length=2,
            description="They sign; two while one is replaced by the other. Made if none is given.",
        ),
    ] = Field(default_factory=made_secrets)
    headers: Annotated[
        dict[str, SecretStr],
        Field(default_factory=dict, max_length=20, description="Sent with each message."),
    ]

    @field_validator("secrets")
    @classmethod
    def _are_long_enough(cls, given: list[SecretStr]) -> list[SecretStr]:
        for each in given:
            if not _SHORTEST <= len(key_of(each.get_secret_value())) <= _LONGEST:
                raise ValueError(f"a secret has {_SHORTEST} to {_LONGEST} bytes")
        return given

    @field_validator("headers")
    @classmethod
    def _are_theirs(cls, given: dict[str, SecretStr]) -> dict[str, SecretStr]:
        names = [name.lower() for name in given]
        if len(set(names)) < len(names):
            raise ValueError("a header is there twice")
        for name, value in given.items():
            if not _NAME.fullmatch(name):
                raise ValueError("the name of a header has a character that none may have")
            if name.lower() in _OURS or name.lower().startswith("proxy-"):
                raise ValueError(f"the header {name} is not yours to set")
            if not _VALUE.fullmatch(value.get_secret_value()):
                raise ValueError(f"the header {name} has a character that none may have")
        return given

    async def send(self, notice: Notice, reach: Reach) -> str:
        body = orjson.dumps(render(notice))
        keys = [key_of(each.get_secret_value()) for each in self.secrets]
        headers = {
            **{name: value.get_secret_value() for name, value in self.headers.items()},
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            **signed(notice.id, int(time.time()), body, keys),
        }
        answer = await post(self.url.get_secret_value(), body, headers, reach)
        told = receipt(answer)
        return f"{told}, with a web page: is this the right URL?" if is_a_page(answer) else told

    def reached(self) -> list[str]:
        return [self.url.get_secret_value()]


def key_of(secret: str) -> bytes:
    """The bytes of `whsec_…` in base64, or of the text itself."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            return b""
    return secret.encode()


def signed(notice: str, at: int, body: bytes, keys: Iterable[bytes]) -> dict[str, str]:
    """The three headers of Standard Webhooks; `at` is in seconds."""
    content = b".".join((notice.encode(), str(at).encode(), body))
    made = (base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": notice,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{each}" for each in made),
    }


def render(notice: Notice) -> dict[str, Any]:
    """The CloudEvent; every field of `alert` is in each, so that none has to be asked for."""
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": f"/tidegauge/tenants/{cut(clean(notice.tenant), 128)}",
        "type": TYPES[notice.kind],
        **({"subject": cut(clean(notice.model), 128)} if clean(notice.model) else {}),
        "time": iso(notice.at),
        "datacontenttype": "application/json",
        "data": {"source": "tidegauge", "alert": _alert(notice)}
        if notice.job is None
        else {"source": "tidegauge", "job": notice.job},
    }


def _alert(notice: Notice) -> dict[str, Any]:
    words = words_of(notice)
    return {
        "alert_id": notice.incident,
        "notice_id": notice.id,
        "kind": notice.kind,
        "type": notice.family,
        "subtype": clean(notice.findings[0].metric) if notice.findings else "",
        "severity": notice.severity,
        "state": notice.state,
        "timestamp": iso(notice.at),
        "headline": headline(notice),
        "title": cut(clean(notice.title), 300),
        "description": "\n".join(lines_of(notice.description)),
        "tenant": clean(notice.tenant),
        "model": clean(notice.model),
        "owner": clean(notice.owner),
        "tags": {clean(name): clean(value) for name, value in (notice.tags or {}).items()},
        "metrics": [_metric(each) for each in notice.findings[:20]],
        "more_metrics": notice.more_findings + max(0, len(notice.findings) - 20),
        "recommended_actions": list(words.actions),
        "dashboards": [notice.links.dashboard] if notice.links.dashboard else [],
        "links": {link.label.lower(): link.url for link in words.links},
        "triggered_at": None if notice.opened_at is None else iso(notice.opened_at),
        "resolved_at": None if notice.resolved_at is None else iso(notice.resolved_at),
        "reason": clean(notice.reason),
        "who": clean(notice.who),
        "is_reopened": notice.is_reopened,
        "was_untold": notice.was_untold,
        "unanswered_minutes": notice.unanswered_minutes,
        "suppressed": notice.suppressed,
        "digest": _digest(notice),
    }


def _metric(finding: Finding) -> dict[str, Any]:
    return {
        "monitor": clean(finding.monitor),
        "metric": clean(finding.metric),
        "what": evidence_of(finding).what,
        "severity": finding.severity,
        "version": clean(finding.version),
        "segment": clean(finding.segment),
        "rule_version": finding.rule_version or None,
        "current": finding.value,
        "baseline": finding.baseline,
        "change_percent": finding.change_percent,
        "threshold": finding.threshold,
        "interval": [finding.low, finding.high],
        "n": finding.n,
        "since": None if finding.since is None else iso(finding.since),
        "is_over": finding.is_over,
        "features": [
            {"name": cut(clean(each.name), 256), "what": clean(each.what), "effect": each.effect}
            for each in finding.features[:20]
        ],
        "more_features": finding.more_features + max(0, len(finding.features) - 20),
    }


def _digest(notice: Notice) -> dict[str, Any] | None:
    if notice.digest is None:
        return None
    return {
        "by_severity": dict(notice.digest.by_severity),
        "by_model": {clean(name): count for name, count in notice.digest.by_model.items()},
        "more_models": notice.digest.more_models,
        "more": notice.digest.more,
        "worst": [
            {
                "alert_id": each.incident,
                "title": cut(clean(each.title), 300),
                "model": clean(each.model),
                "severity": each.severity,
                "state": each.state,
                "kind": each.kind,
                "link": each.link,
                "is_silenced": each.is_silenced,
            }
            for each in notice.digest.worst
        ],
    }
