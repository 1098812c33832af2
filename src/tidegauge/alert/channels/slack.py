"""Notices as Slack messages, through an incoming webhook.

Mattermost and Rocket.Chat read the same message, where the operator allows their hosts.
"""

import re
from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import Any, Final, Literal

import orjson

from tidegauge.alert.channels.answer import document_of, failure, receipt
from tidegauge.alert.channels.base import Base, SecretUrl
from tidegauge.alert.channels.errors import RefusedError, UnavailableError
from tidegauge.alert.channels.plain import below
from tidegauge.alert.channels.post import Answer, post
from tidegauge.alert.channels.text import cut, size
from tidegauge.alert.channels.words import Evidence, Words, runbook_of, words_of
from tidegauge.alert.notice import STATELESS, Notice
from tidegauge.alert.reach import Reach, UnsafeUrlError, checked_url
from tidegauge.monitor.severity import AnySeverity, Severity

HOST: Final = "hooks.slack.com"
SECTION: Final = 3000
_HEADER: Final = 150
_FIELD: Final = 2000
_CONDITIONS: Final = 10
_COLOURS: Final[dict[Severity, str]] = {
    "critical": "#ff0000",
    "high": "#ff0000",
    "medium": "#ff8c00",
    "low": "#ffff00",
}
_OTHER: Final = "#808080"
# Text in which Slack finds bold, italics, strokes, code, emoji or a quotation, once it is escaped.
_MARKUP: Final = re.compile(r"[*~`]|(?<!\w)_|_(?!\w)|:[\w+'-]+:|^&gt;", re.MULTILINE)
# Words of Slack's own, which say nothing of what was sent.
_PATIENCE: Final = frozenset({"ratelimited", "rate_limited", "service_unavailable", "fatal_error"})
_KNOWN: Final = _PATIENCE | {
    "account_inactive",
    "action_prohibited",
    "channel_is_archived",
    "channel_not_found",
    "invalid_auth",
    "invalid_blocks",
    "invalid_payload",
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "no_text",
    "posting_to_general_channel_denied",
    "team_disabled",
    "token_revoked",
    "too_many_attachments",
    "user_not_found",
}


class Slack(Base):
    kind: Literal["slack"] = "slack"
    min_severity: AnySeverity = "medium"

    url: SecretUrl

    async def send(self, notice: Notice, reach: Reach) -> str:
        try:
            self.check(reach)
        except UnsafeUrlError as error:
            raise RefusedError(f"the URL is not allowed: {error}", "unsafe_url") from None
        answer = await post(
            self.url.get_secret_value(),
            orjson.dumps(render(notice)),
            {"Content-Type": "application/json; charset=utf-8"},
            reach,
        )
        return told(answer)

    def check(self, reach: Reach) -> None:
        host = checked_url(self.url.get_secret_value(), reach).host
        if host != HOST and host not in reach.hosts:
            raise UnsafeUrlError(f"a Slack URL begins with https://{HOST}/; {host} is another host")

    def reached(self) -> list[str]:
        return [self.url.get_secret_value()]


def told(answer: Answer) -> str:
    """Slack says what is wrong in the body, now and then with the status 200."""
    said = answer.body.strip().decode("utf-8", "replace")
    document = document_of(answer)
    is_fine = said in ("ok", "")
    if isinstance(document, dict):
        is_fine = document.get("ok") is True or document.get("success") is True
        said = str(document.get("error", ""))
    if answer.status >= 300 and said not in _KNOWN:
        raise failure(answer, answer.status)
    if 200 <= answer.status < 300 and is_fine:
        return receipt(answer)
    word = said if said in _KNOWN else "an answer that is not Slack's"
    if said in _PATIENCE or answer.status == 429 or answer.status >= 500:
        raise UnavailableError(f"{answer.host}: {answer.status} {word}", "busy", answer.retry_after)
    raise RefusedError(f"{answer.host}: {answer.status} {word}", "misconfigured")


def render(notice: Notice) -> dict[str, Any]:
    words = words_of(notice)
    lead = " ".join(words.lead)
    return {
        "text": _escaped(f"{words.headline}\n{lead}".strip(), SECTION),
        "blocks": list(_blocks(notice, words)),
        "attachments": [_attachment(notice, words)],
    }


def _blocks(notice: Notice, words: Words) -> Iterable[dict[str, Any]]:
    yield {
        "type": "header",
        "text": {
            "type": "plain_text",
            "text": _escaped(words.headline, _HEADER),
            "emoji": False,
        },
    }
    for lines in (words.lead, words.description):
        if lines:
            yield _section(_escaped("\n".join(lines), SECTION))
    for each in words.evidence[:_CONDITIONS]:
        yield _condition(each)
    unsaid = _unsaid(notice, words)
    if unsaid:
        yield _marked(_linked(unsaid, notice))
    if words.counts:
        yield _section(_escaped("\n".join(words.counts), SECTION))
    yield from _items(words, notice)
    if words.actions:
        listed = "\n".join(f"• {each}" for each in words.actions)
        yield _section(_escaped(listed, SECTION - 20), "Recommended")
    if runbook := runbook_of(notice):
        yield _section(_escaped(runbook, SECTION - 20), "Runbook")
    links = [f"<{_url(link.url)}|{link.label}>" for link in words.links if _short(link.url)]
    if links:
        yield _marked("   ".join(links))
    yield {"type": "context", "elements": [_mrkdwn(_escaped(words.footer, SECTION))]}


def _attachment(notice: Notice, words: Words) -> dict[str, Any]:
    """The bar of colour, with the facts beside it; who shows no blocks has its title to click."""
    url = _short(words.links[0].url) if words.links else ""
    return {
        "color": _OTHER
        if notice.is_over or notice.kind in STATELESS - {"digest"}
        else _COLOURS[notice.severity],
        "fallback": _escaped(words.headline, SECTION),
        "title": _escaped(words.headline, _HEADER),
        **({"title_link": url} if url else {}),
        "fields": [
            {"title": _escaped(label, 100), "value": _escaped(value, _FIELD), "short": True}
            for label, value in words.facts
        ],
        "footer": "tidegauge",
        "ts": notice.at // 1_000_000,
        # Nothing of it is markup.
        "mrkdwn_in": [],
    }


def _condition(evidence: Evidence) -> dict[str, Any]:
    what = _escaped(evidence.what, 1000)
    others = below(evidence)
    if evidence.columns:
        # However long the names, how many there are in all is not cut off.
        return _section("\n".join(_columns(evidence, others[:-1])), what)
    return _section("\n".join(_escaped(line, 600) for line in others), what)


def _columns(evidence: Evidence, others: list[str]) -> list[str]:
    lines = [_escaped(line, 400) for line in others]
    room = SECTION - 1100 - sum(size(line) + 1 for line in lines)
    moved: list[str] = []
    for number, each in enumerate(evidence.columns):
        column = _escaped(each, 300)
        if sum(size(one) + 2 for one in moved) + size(column) > room - 100:
            hidden = evidence.hidden + len(evidence.columns) - number
            return [*lines, f"columns: {', '.join([*moved, f'+{hidden:,} more'])}"]
        moved.append(column)
    return [*lines, f"columns: {', '.join([*moved, evidence.more] if evidence.more else moved)}"]


def _unsaid(notice: Notice, words: Words) -> str:
    hidden = notice.more_findings + len(notice.findings) - len(words.evidence[:_CONDITIONS])
    return f"+{hidden:,} more conditions" if hidden > 0 else ""


def _linked(text: str, notice: Notice) -> str:
    links = words_of(notice).links
    return f"<{_url(links[0].url)}|{text}>" if links and _short(links[0].url) else text


def _items(words: Words, notice: Notice) -> Iterable[dict[str, Any]]:
    """Each is a link, but for those with marks of Slack's in their text."""
    for has_marks, lines in groupby(_lines(words, notice), lambda line: line[0]):
        text = "\n".join(line for _, line in lines)
        yield _section(text) if has_marks else _marked(text)


def _lines(words: Words, notice: Notice) -> Iterable[tuple[bool, str]]:
    """The incidents of a digest, and whether their text has marks of Slack's in it."""
    used = 0
    for number, item in enumerate(words.items):
        text = _escaped(f"{item.severity.upper()} {item.text}", 400)
        url = _url(item.url)
        has_marks = bool(_MARKUP.search(text))
        is_linked = url and size(url) < 500 and not has_marks
        line = f"• <{url}|{text}>" if is_linked else f"• {text}"
        used += size(line) + 1
        if used > SECTION - 1200:
            unlisted = len(words.items) - number + (notice.digest.more if notice.digest else 0)
            yield False, _linked(f"+{unlisted:,} more incidents", notice)
            return
        yield has_marks, line
    if words.more_items:
        yield False, _linked(words.more_items, notice)


def _section(text: str, title: str = "") -> dict[str, Any]:
    """With the title in bold; but where a text has Slack's marks in it, all plain and as it is."""
    if _MARKUP.search(f"{title}\n{text}"):
        whole = f"{title}\n{text}".strip("\n")
        return {"type": "section", "text": {"type": "plain_text", "text": whole, "emoji": False}}
    return _marked("\n".join(part for part in (f"*{title}*" if title else "", text) if part))


def _marked(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, Any]:
    # Verbatim: names of people, channels and addresses in it become no links or mentions.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _escaped(text: str, limit: int) -> str:
    """Slack reads &, < and > as markup; the limit is of what is sent."""
    room = limit
    whole = escape(cut(text, room), quote=False)
    while size(whole) > limit:
        # "&" alone becomes five.
        room -= max(1, (size(whole) - limit) // 5)
        whole = escape(cut(text, room), quote=False)
    return whole


def _short(url: str) -> str:
    """The URL, or "" if a few of its length do not fit into one section."""
    return url if size(url) < 900 else ""


def _url(url: str) -> str:
    return escape(url, quote=False)
