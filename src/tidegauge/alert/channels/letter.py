"""A notice as a letter: what its subject, its text and its HTML say.

The page needs nothing from anywhere else.  Mail programs drop style sheets as they like, so each
element has its style, in colours that can be read in the light; the sheet only turns the colours
over for the programs that have a dark side and say so.
"""

import re
from collections.abc import Callable
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
    made.set_content("\n".join(body(notice)) + "\n", cte="quoted-printable")
    made.add_alternative(html(notice), subtype="html", cte="quoted-printable")
    return made


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
