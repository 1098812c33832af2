"""Notices through Apprise, to chat, push and SMS services that have no channel of their own.

Apprise can also reach machines, programs and files of one's own; those would go around what the
operator allows, so only services with an address of their own are taken, and none of the options
that change how the connection is made.
"""

import asyncio
import logging
import re
import threading
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, SecretStr, field_validator

from tidegauge.alert.channels.base import Base
from tidegauge.alert.channels.errors import RefusedError, UnavailableError
from tidegauge.alert.channels.plain import body
from tidegauge.alert.channels.post import CONNECT, IN_ALL
from tidegauge.alert.channels.text import cut
from tidegauge.alert.channels.words import headline
from tidegauge.alert.notice import Notice
from tidegauge.alert.reach import Reach
from tidegauge.monitor.severity import AnySeverity

# Each speaks with the one host of its service, and reads no file.
_HOSTED = """
    bulksms bulkvs burstsms clickatell clicksend d7sms dingtalk discord elks 46elks eight00com
    exotel feishu flock freemobile gchat gupshup httpsms ifttt incidentio join kavenegar
    kudosity lark line mailersend mobilemessage msg91 msgbird nexmo notifiarr octopush
    opsgenie pagertree pbul plivo postmark pover prowl psafers push pushed pushme pushplus pushy
    resend schan sendgrid seven signl4 simplepush sinch smsmanager sns spike splunk spush spugpush
    squadcast strmlabs telesign telnyx tgram threema twilio twist victorops viber voipms vonage
    webex wecombot whapi whatsapp wxpusher wxteams brevo
"""
_OPTIONS = """
    verify redirect redirects rto cto template attach file path url keyfile cert config host server
    proxy tz emojis interpret escape
"""
HOSTED: Final = frozenset(_HOSTED.split())
OPTIONS: Final = frozenset(_OPTIONS.split())
"""That change where it goes, what it reads, or how long it waits."""
_SCHEME: Final = re.compile(r"([a-z0-9]{2,32})://", re.IGNORECASE)
_STATUS: Final = re.compile(r"error[=:]\s?(\d{3})\b")
_NEVER: Final = frozenset({400, 401, 403, 404, 410})
_BODY: Final = 30_000


class Apprise(Base):
    kind: Literal["apprise"] = "apprise"
    min_severity: AnySeverity = "medium"

    urls: Annotated[
        list[Annotated[SecretStr, Field(max_length=2048)]],
        Field(min_length=1, max_length=20, description="As Apprise writes them."),
    ]

    @field_validator("urls")
    @classmethod
    def _are_hosted(cls, given: list[SecretStr]) -> list[SecretStr]:
        for each in given:
            _check(each.get_secret_value())
        return given

    async def send(self, notice: Notice, reach: Reach) -> str:
        del reach
        try:
            async with asyncio.timeout(IN_ALL):
                results = await asyncio.gather(
                    *(asyncio.to_thread(_notify, each, notice) for each in self.urls)
                )
        except TimeoutError:
            raise UnavailableError("Apprise: no answer in time", "timeout") from None
        failed = [each for each in results if each]
        if not failed:
            return f"{len(results)} told"
        told = f"Apprise: {len(failed)} of {len(results)} services did not take it"
        if all(300 <= each < 400 or each in _NEVER for each in failed):
            codes = ", ".join(str(each) for each in sorted(set(failed)))
            raise RefusedError(f"{told} ({codes})", "misconfigured")
        raise UnavailableError(told, "answer")


def _check(url: str) -> None:
    found = _SCHEME.match(url)
    scheme = found[1].lower() if found else ""
    if scheme not in HOSTED:
        raise ValueError(
            "only hosted services are allowed, and this is none that we know;"
            " for a server of your own use a webhook"
        )
    if re.search(r"[\x00-\x20\x7f]", url):
        raise ValueError("a URL has no spaces or controls")
    try:
        query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        raise ValueError("not a URL of Apprise") from None
    for name, _ in query:
        if name.lower().lstrip("+-:") in OPTIONS:
            raise ValueError(f"the option {name!r} is not allowed here")
    if _service(url) is None:
        raise ValueError(f"Apprise does not understand this {scheme}:// URL")


def _service(url: str) -> Any:  # noqa: ANN401 - a plug-in of theirs
    # Half a second, and only for who uses it.
    import apprise  # noqa: PLC0415

    _quiet()
    asset = apprise.AppriseAsset(secure_logging=True, app_id="tidegauge")
    return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


def _quiet() -> None:
    """It writes down URLs, as does what it sends with; our log holds no secrets."""
    logging.getLogger("apprise").addFilter(_EAR)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def _notify(url: SecretStr, notice: Notice) -> int:
    """0, or the status that the service answered, 599 when there was none."""
    service = _service(url.get_secret_value())
    if service is None:
        return 400
    service.socket_connect_timeout = CONNECT
    service.socket_read_timeout = IN_ALL - CONNECT
    service.redirects = False
    service.verify_certificate = True
    _EAR.heard.status = 0
    try:
        is_told = service.notify(
            title=headline(notice),
            body=cut("\n".join(body(notice)), _BODY),
            notify_type=_type(notice),
            body_format="text",
        )
    except Exception:  # noqa: BLE001 - a plug-in may raise anything, with the URL in its text
        is_told = False
    return 0 if is_told else _EAR.heard.status or 599


def _type(notice: Notice) -> str:
    if notice.is_over:
        return "success"
    return {"low": "info", "medium": "warning", "high": "failure", "critical": "failure"}[
        notice.severity
    ]


class _Ear(logging.Filter):
    """Apprise answers yes or no; which status it met it only tells its log, where it ends here."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        if met := _STATUS.search(record.getMessage()):
            self.heard.status = int(met[1])
        return False


_EAR: Final = _Ear()
