"""Notices as events of PagerDuty: one page per incident, whose id is the key of it all.

`open` triggers, `ack` acknowledges, `resolved` resolves; what comes in between triggers again
under the same key, which PagerDuty takes as news of the same page.
"""

import asyncio
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, field_validator

from tidegauge.alert.channels.answer import document_of, receipt
from tidegauge.alert.channels.base import Base
from tidegauge.alert.channels.errors import RefusedError
from tidegauge.alert.channels.fitted import Room, fitted
from tidegauge.alert.channels.plain import below
from tidegauge.alert.channels.post import post
from tidegauge.alert.channels.text import clean, cut
from tidegauge.alert.channels.words import Words, iso, runbook_of, words_of
from tidegauge.alert.notice import Listed, Notice
from tidegauge.alert.reach import Reach
from tidegauge.monitor.severity import AnySeverity, Severity

SUMMARY: Final = 1024
EVENT: Final = 512_000
_KEY: Final = 255
_SEVERITIES: Final[dict[Severity, str]] = {
    "low": "info",
    "medium": "warning",
    "high": "error",
    "critical": "critical",
}


class PagerDuty(Base):
    kind: Literal["pagerduty"] = "pagerduty"
    is_idempotent = True
    min_severity: AnySeverity = "high"

    routing_key: Annotated[SecretStr, Field(description="32 letters and digits.")]
    url: Annotated[
        str, Field(max_length=2048, description="Of another region, or of a compatible service.")
    ] = "https://events.pagerduty.com/v2/enqueue"

    @field_validator("routing_key")
    @classmethod
    def _has_the_shape(cls, key: SecretStr) -> SecretStr:
        text = key.get_secret_value()
        if len(text) != 32 or not (text.isascii() and text.isalnum()):
            raise ValueError("must be the 32 letters and digits of an Events API v2 integration")
        return key

    @field_validator("heartbeat")
    @classmethod
    def _does_not_page_hearts(cls, heartbeat: bool) -> bool:  # noqa: FBT001 - pydantic's
        if heartbeat:
            raise ValueError(
                "PagerDuty would page every 5 minutes; use a webhook of a dead man's switch"
            )
        return heartbeat

    async def send(self, notice: Notice, reach: Reach) -> str:
        if notice.kind == "digest":
            # Of different incidents: none waits for another.
            told = await asyncio.gather(*(self._tell(each, reach) for each in events(notice)))
        else:
            told = [await self._tell(each, reach) for each in events(notice)]
        return told[-1] if told else "nothing to tell"

    async def _tell(self, event: dict[str, Any], reach: Reach) -> str:
        key = self.routing_key.get_secret_value()
        body = fitted(lambda room: {"routing_key": key, **_within(event, room)}, EVENT)
        answer = await post(self.url, body, {"Content-Type": "application/json"}, reach)
        said = receipt(answer)
        document = document_of(answer)
        status = document.get("status") if isinstance(document, dict) else None
        if status != "success":
            raise RefusedError(
                f"{answer.host}: {answer.status} and an answer that is not PagerDuty's",
                "misconfigured",
            )
        return said

    def reached(self) -> list[str]:
        return [self.url]


def events(notice: Notice) -> list[dict[str, Any]]:
    """In the order in which they are sent, without the routing key."""
    if notice.kind == "digest" and notice.digest is not None:
        return [_listed(each, notice) for each in notice.digest.worst]
    key = clean(notice.incident or notice.id)[:_KEY]
    if notice.kind == "ack":
        return [{"event_action": "acknowledge", "dedup_key": key}]
    resolve = {"event_action": "resolve", "dedup_key": key}
    if notice.kind == "resolved" and not notice.was_untold:
        return [resolve]
    trigger = _trigger(notice, key)
    # A test shows the whole way, and leaves no page behind.
    return [trigger, resolve] if notice.kind in ("resolved", "test") else [trigger]


def _trigger(notice: Notice, key: str) -> dict[str, Any]:
    words = words_of(notice)
    return {
        "event_action": "trigger",
        "dedup_key": key,
        "client": "tidegauge",
        **({"client_url": notice.links.incident} if words.links else {}),
        "links": [{"href": link.url, "text": link.label} for link in words.links],
        "payload": {
            "summary": cut(words.headline, SUMMARY),
            "source": cut(clean(notice.model), 255) or "tidegauge",
            "severity": _SEVERITIES[notice.severity],
            "timestamp": iso(notice.opened_at if notice.opened_at is not None else notice.at),
            "component": cut(clean(notice.model), 255),
            "group": cut(clean(notice.tenant), 255),
            "class": notice.family or notice.kind,
            "custom_details": _details(notice, words),
        },
    }


def _details(notice: Notice, words: Words) -> dict[str, Any]:
    given: dict[str, Any] = {
        "what": " ".join(words.lead),
        "description": "\n".join(words.description),
        **dict(words.facts),
        "conditions": [
            {"severity": each.severity, "what": each.what, "details": below(each)}
            for each in words.evidence
        ],
        "more": words.more_evidence,
        "recommended": list(words.actions),
        "runbook": runbook_of(notice),
        "notice": clean(notice.id),
        "incident": clean(notice.incident),
    }
    return {name: value for name, value in given.items() if value}


def _listed(listed: Listed, notice: Notice) -> dict[str, Any]:
    """Of a digest: the page of each incident, as if it had come alone."""
    key = clean(listed.incident)[:_KEY]
    if listed.state in ("resolved", "closed"):
        return {"event_action": "resolve", "dedup_key": key}
    single = Notice(
        id=notice.id,
        kind="open",
        at=notice.at,
        title=listed.title,
        incident=listed.incident,
        tenant=notice.tenant,
        model=listed.model,
        state=listed.state,
        severity=listed.severity,
        description="It was held back for a while, since there were too many notices.",
    )
    event = _trigger(single, key)
    link = words_of(notice).items
    found = next((item.url for item in link if item.url and item.url == listed.link), "")
    return event | ({"client_url": found} if found else {})


def _within(event: dict[str, Any], room: Room) -> dict[str, Any]:
    payload = event.get("payload")
    if payload is None:
        return event
    details = payload["custom_details"]
    conditions = details.get("conditions", [])
    hidden = len(conditions) - room.parts
    short = {
        name: cut(value, room.text) if isinstance(value, str) else value
        for name, value in details.items()
    }
    if conditions:
        short["conditions"] = [
            {**each, "details": [cut(line, room.text) for line in each["details"]]}
            for each in conditions[: room.parts]
        ]
    if hidden > 0:
        short["not_shown"] = f"{hidden} more conditions: the message would be too large"
    return {**event, "payload": {**payload, "custom_details": short}}
