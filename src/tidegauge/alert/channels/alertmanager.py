"""Incidents as alerts of Prometheus Alertmanager, which then routes them by its own rules.

Its alerts are told apart by their labels, and one that nobody repeats ends by itself.  So each
message says until when it holds, and since the severity is a label, a message of one severity ends
what was said with another.  The heartbeat is an alert that always fires, for a dead man's switch.
"""

import base64
import re
from typing import Annotated, Any, Final, Literal, Self

import orjson
from pydantic import Field, SecretStr, model_validator

from tidegauge.alert.channels.answer import is_a_page, receipt
from tidegauge.alert.channels.base import Base, SecretUrl
from tidegauge.alert.channels.errors import RefusedError
from tidegauge.alert.channels.plain import body
from tidegauge.alert.channels.post import post
from tidegauge.alert.channels.text import clean, cut
from tidegauge.alert.channels.words import headline, iso, runbook_of, safe_url
from tidegauge.alert.notice import STATELESS, Notice
from tidegauge.alert.reach import Reach
from tidegauge.monitor.severity import Severity

_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_PATH: Final = "/api/v2/alerts"
_SECOND: Final = 1_000_000
_SHORT: Final = 15 * 60 * _SECOND
"""For what is no state."""
LABELS: Final[dict[Severity, str]] = {
    "low": "info",
    "medium": "warning",
    "high": "warning",
    "critical": "critical",
}


class Alertmanager(Base):
    kind: Literal["alertmanager"] = "alertmanager"
    is_idempotent = True

    url: Annotated[SecretUrl, Field(description="Of Alertmanager, with its prefix if it has one.")]
    username: Annotated[str, Field(max_length=256, pattern=r"^[^:\x00-\x1f\x7f]*$")] = ""
    password: Annotated[SecretStr | None, Field(max_length=4096)] = None
    token: Annotated[SecretStr | None, Field(max_length=4096)] = None
    hold_s: Annotated[
        int,
        Field(ge=300, le=30 * 86400, description="So long an incident fires without a repetition."),
    ] = 86400

    @model_validator(mode="after")
    def _says_one_who(self) -> Self:
        if self.token and not _TOKEN.fullmatch(self.token.get_secret_value()):
            raise ValueError("a token has no spaces or controls")
        if self.token and self.username:
            raise ValueError("give a token, or a username and a password")
        if bool(self.username) != (self.password is not None):
            raise ValueError("a username and a password belong together")
        return self

    async def send(self, notice: Notice, reach: Reach) -> str:
        answer = await post(
            self._endpoint(),
            orjson.dumps(render(notice, self.hold_s * _SECOND)),
            {"Content-Type": "application/json", **self._who()},
            reach,
        )
        told = receipt(answer)
        if is_a_page(answer):
            raise RefusedError(f"{answer.host}: {told}, but with a web page", "misconfigured")
        return told

    def _endpoint(self) -> str:
        url = self.url.get_secret_value().rstrip("/")
        return url if url.endswith(_PATH) else url + _PATH

    def _who(self) -> dict[str, str]:
        if self.token:
            return {"Authorization": f"Bearer {self.token.get_secret_value()}"}
        if self.password is None:
            return {}
        pair = f"{self.username}:{self.password.get_secret_value()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def reached(self) -> list[str]:
        return [self._endpoint()]


def render(notice: Notice, hold: int) -> list[dict[str, Any]]:
    """`hold` is in microseconds."""
    starts = notice.opened_at if notice.opened_at is not None else notice.at
    if notice.is_over or notice.kind == "resolved":
        ended = notice.resolved_at if notice.resolved_at is not None else notice.at
        return [_alert(notice, each, starts, ended) for each in ("critical", "warning", "info")]
    is_state = bool(notice.incident) and notice.kind not in STATELESS
    severity = LABELS[notice.severity]
    fires = _alert(notice, severity, starts, notice.at + (hold if is_state else _SHORT))
    if notice.kind != "severity_up":
        return [fires]
    lower = [each for each in ("warning", "info") if each != severity]
    return [fires, *(_alert(notice, each, starts, notice.at) for each in lower)]


def _alert(notice: Notice, severity: str, starts: int, ends: int) -> dict[str, Any]:
    what = notice.family if notice.incident and notice.family else notice.kind
    labels = {
        "alertname": f"Tidegauge{what.capitalize()}",
        "severity": severity,
        "tenant": notice.tenant,
        "model": notice.model,
        "family": notice.family or "",
        "incident": notice.incident,
    }
    annotations = {
        "summary": headline(notice),
        "description": cut("\n".join(line for line in body(notice) if line), 10_000),
        "priority": notice.severity,
        "runbook": runbook_of(notice),
        "runbook_url": safe_url(notice.links.runbook),
        "dashboard_url": safe_url(notice.links.dashboard),
    }
    link = safe_url(notice.links.incident)
    return {
        # An empty label is no label.
        "labels": {name: said for name, text in labels.items() if (said := cut(clean(text), 256))},
        "annotations": {name: text for name, text in annotations.items() if text},
        "startsAt": iso(min(starts, ends)),
        "endsAt": iso(ends),
        **({"generatorURL": link} if link else {}),
    }
