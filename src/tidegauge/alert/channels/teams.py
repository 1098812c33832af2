"""Notices as Adaptive Cards, to a workflow of Teams."""

import re
from typing import Any, Final, Literal

from tidegauge.alert.channels.answer import failure, is_a_page, receipt
from tidegauge.alert.channels.base import Base, SecretUrl
from tidegauge.alert.channels.errors import RefusedError
from tidegauge.alert.channels.fitted import Room, fitted
from tidegauge.alert.channels.plain import below
from tidegauge.alert.channels.post import Answer, post
from tidegauge.alert.channels.text import cut
from tidegauge.alert.channels.words import Evidence, Words, runbook_of, words_of
from tidegauge.alert.notice import Notice
from tidegauge.alert.reach import Reach, UnsafeUrlError, checked_url
from tidegauge.monitor.severity import AnySeverity, Severity

LARGEST: Final = 28_000
_COLOURS: Final[dict[Severity, str]] = {
    "low": "accent",
    "medium": "warning",
    "high": "attention",
    "critical": "attention",
}
_FACTS: Final = 9
"""Those that are not tags."""
_SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"
# The old connectors answer 200 and say in the body what went wrong.
_INNER: Final = re.compile(rb"HTTP error (\d{3})", re.IGNORECASE)


class Teams(Base):
    kind: Literal["teams"] = "teams"
    min_severity: AnySeverity = "medium"

    url: SecretUrl

    async def send(self, notice: Notice, reach: Reach) -> str:
        answer = await post(
            self.url.get_secret_value(),
            render(notice),
            {"Content-Type": "application/json"},
            reach,
        )
        return told(answer)

    def reached(self) -> list[str]:
        return [self.url.get_secret_value()]

    def warnings(self) -> list[str]:
        try:
            host = checked_url(self.url.get_secret_value(), Reach()).host
        except UnsafeUrlError:
            return []
        if host.endswith(("webhook.office.com", "outlook.office.com", "outlook.office365.com")):
            return ["connectors are being retired, use Workflows"]
        return []


def told(answer: Answer) -> str:
    said = receipt(answer)
    if inner := _INNER.search(answer.body):
        raise failure(answer, int(inner[1]))
    if is_a_page(answer):
        raise RefusedError(f"{answer.host}: {said}, but with a web page", "misconfigured")
    return said


def render(notice: Notice) -> bytes:
    words = words_of(notice)
    return fitted(lambda room: _message(notice, words, room), LARGEST)


def _message(notice: Notice, words: Words, room: Room) -> dict[str, Any]:
    return {
        "type": "message",
        "summary": cut(words.headline, 200),
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": _SCHEMA,
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "fallbackText": cut(words.headline, 200),
                    "body": _body(notice, words, room),
                    "actions": [
                        {"type": "Action.OpenUrl", "title": link.label, "url": link.url}
                        for link in words.links
                    ],
                    "msteams": {"width": "Full"},
                },
            }
        ],
    }


def _body(notice: Notice, words: Words, room: Room) -> list[dict[str, Any]]:
    colour = "good" if notice.is_over else _COLOURS[notice.severity]
    body = [_text(_run(cut(words.headline, 300), size="large", weight="bolder", color=colour))]
    body += [_text(_run(line)) for line in words.lead]
    body += [_text(_run(cut(line, room.text))) for line in words.description[: room.parts]]
    body += [
        _text(
            _run(f"{label}: ", weight="bolder"),
            _run(value),
            spacing="none" if number else "default",
        )
        # The tags come last: of those as many as there is room.
        for number, (label, value) in enumerate(words.facts[: _FACTS + room.parts])
    ]
    shown = words.evidence[: room.parts]
    for each in shown:
        body += _condition(each, room)
    hidden = notice.more_findings + len(notice.findings) - len(shown)
    if hidden > 0:
        body.append(_text(_run(f"+{hidden:,} more conditions: see the incident")))
    body += [_text(_run(cut(line, room.text)), spacing="small") for line in words.counts]
    body += _items(words, room, notice)
    if words.actions:
        body.append(_text(_run("Recommended", weight="bolder")))
        body += [
            _text(_run(f"• {cut(each, room.text)}"), spacing="none")
            for each in words.actions[: room.parts]
        ]
    if runbook := runbook_of(notice):
        body.append(_text(_run("Runbook: ", weight="bolder"), _run(cut(runbook, room.text))))
    return [*body, _text(_run(words.footer, size="small", isSubtle=True))]


def _condition(evidence: Evidence, room: Room) -> list[dict[str, Any]]:
    colour = "good" if evidence.is_over else _COLOURS[evidence.severity]
    what = _run(cut(evidence.what, room.text), weight="bolder", color=colour)
    others = below(evidence)
    if evidence.columns and len(others[-1]) > room.text:
        # The names go before the count of those that are not named.
        others[-1] = cut(others[-1], room.text - 40) + f" {evidence.more}".rstrip()
    return [_text(what), *(_text(_run(line), spacing="none") for line in others)]


def _items(words: Words, room: Room, notice: Notice) -> list[dict[str, Any]]:
    shown = words.items[: room.parts]
    lines: list[dict[str, Any]] = []
    for item in shown:
        mark = _run(f"{item.severity.upper()} ", weight="bolder", color=_COLOURS[item.severity])
        opens = {"type": "Action.OpenUrl", "url": item.url}
        text = cut(item.text, room.text)
        run = _run(text, selectAction=opens) if item.url else _run(text)
        lines.append(_text(mark, run, spacing="small"))
    hidden = len(words.items) - len(shown) + (notice.digest.more if notice.digest else 0)
    return [*lines, _text(_run(f"+{hidden:,} more incidents"))] if hidden else lines


def _text(*runs: dict[str, Any], spacing: str = "default") -> dict[str, Any]:
    # Unlike a TextBlock, runs know no Markdown: a column's name cannot become a link.
    return {"type": "RichTextBlock", "spacing": spacing, "inlines": list(runs)}


def _run(text: str, **look: object) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **look}
