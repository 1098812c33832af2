"""A notice as a letter: what its subject, its text and its HTML say.

The page needs nothing from anywhere else.  Mail programs drop style sheets as they like, so each
element has its style, in colours that can be read in the light; the sheet only turns the colours
over for the programs that have a dark side and say so.
"""

import base64
import gzip
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

from tidegauge.alert.channels.plain import body
from tidegauge.alert.channels.text import cut
from tidegauge.alert.channels.words import runbook_of, words_of
from tidegauge.alert.notice import Notice
from tidegauge.monitor.severity import Severity

LARGEST: Final = 1_000_000
_ROOM: Final = 700_000
"""Bytes before they are encoded for the way."""
_SUBJECT: Final = 250
# The bar above the letter: white on it, and it on white, can be read.
_BARS: Final[dict[Severity, str]] = {
    "critical": "#a1121f",
    "high": "#c4321c",
    "medium": "#9a5b00",
    "low": "#3b5b7a",
}
_OVER: Final = "#1f7a4d"
_ID: Final = re.compile(r"[^A-Za-z0-9_-]+")


def letter(notice: Notice, sender: str, recipients: list[str], *, is_utf8: bool) -> EmailMessage:
    """`is_utf8`: whether the server takes headers that are not ASCII."""
    domain = sender.rpartition("@")[2]
    made = EmailMessage(policy=SMTP.clone(utf8=is_utf8))
    made["Subject"] = subject(notice)
    made["From"] = sender
    made["To"] = ", ".join(recipients)
    made["Date"] = datetime.fromtimestamp(notice.at // 1_000_000, UTC)
    made["Message-ID"] = f"<notice-{_id(notice.id)}@{domain}>"
    if notice.incident:
        # Nobody sent the root of the thread, and every letter of the incident answers it: so they
        # form one in any order, also if the first was never told by mail.
        root = f"<incident-{_id(notice.incident)}@{domain}>"
        made["In-Reply-To"] = root
        made["References"] = root
        made["X-Tidegauge-Incident"] = _id(notice.incident)
    if notice.severity in ("high", "critical") and not notice.is_over:
        made["Importance"] = "high"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    text, page = _fitting(notice)
    made.set_content(text, cte=_encoding(text))
    made.add_alternative(page, subtype="html", cte=_encoding(page))
    if notice.attachment is not None:
        body = gzip.decompress(base64.b64decode(notice.attachment.packed))
        made.add_attachment(body, "text", "html", filename=notice.attachment.name)
    return made


def _fitting(notice: Notice) -> tuple[str, str]:
    """Its text and its page, of as many conditions as there is room for."""
    text = page = ""
    for most in (20, 10, 5, 2, 1):
        hidden = max(0, len(notice.findings) - most)
        shorter = replace(
            notice, findings=notice.findings[:most], more_findings=notice.more_findings + hidden
        )
        text, page = "\n".join(body(shorter)) + "\n", html(shorter)
        if len(text.encode()) + len(page.encode()) <= _ROOM:
            break
    return text, page


def _encoding(text: str) -> str:
    """Quoted-printable can be read as it is, but three times as long where nothing is ASCII."""
    return "base64" if len(text.encode()) > len(text) * 1.1 else "quoted-printable"


def subject(notice: Notice) -> str:
    return cut(words_of(notice).headline, _SUBJECT)


def html(notice: Notice) -> str:
    return _template()(
        notice=notice,
        words=words_of(notice),
        runbook=runbook_of(notice),
        bars=_BARS,
        bar=_OVER if notice.is_over else _BARS[notice.severity],
    )


def _id(text: str) -> str:
    return _ID.sub("-", text)[:128] or "none"


@cache
def _template() -> Callable[..., str]:
    found = files("tidegauge.alert.channels").joinpath("letter.html")
    source = found.read_text(encoding="utf-8")
    environment = Environment(
        loader=FunctionLoader(lambda _: source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("letter").render
