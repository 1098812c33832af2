"""What an answer of HTTP means for a notice: told, try again, or never.

>>> receipt(Answer(status=202))
'202 Accepted'
"""

import json
from http import HTTPStatus
from typing import Any, Final

from tidegauge.alert.channels.errors import DeliveryError, RefusedError, UnavailableError
from tidegauge.alert.channels.post import Answer

# Too early, too slow, too many: the request was fine.
_PATIENCE: Final = frozenset({408, 425, 429})
_HINTS: Final = {
    400: "it does not understand the message",
    401: "the secret is not right",
    403: "the secret is not right, or was withdrawn",
    404: "there is nothing at this URL; make a new one",
    410: "the URL was withdrawn; make a new one",
    413: "the message is too large for it",
}


def receipt(answer: Answer) -> str:
    """Of a success; UnavailableError or RefusedError for all else."""
    status = answer.status
    if 200 <= status < 300:
        return named(status)
    raise failure(answer, status)


def failure(answer: Answer, status: int) -> DeliveryError:
    """Of a status that the answer has, or tells of in its body."""
    host = answer.host
    if status in _PATIENCE or status >= 500 or status < 300:
        reason = "busy" if status == 429 else "answer"
        return UnavailableError(f"{host}: {named(status)}", reason, answer.retry_after)
    if status < 400:
        return RefusedError(
            f"{host}: {named(status)}: redirects are not followed; write the last URL", "redirected"
        )
    hint = _HINTS.get(status, "it refuses the message")
    return RefusedError(f"{host}: {named(status)}: {hint}", "misconfigured")


def named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def is_a_page(answer: Answer) -> bool:
    """A login or an error of something in between, whatever its status."""
    start = answer.body[:512].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def document_of(answer: Answer) -> Any:  # noqa: ANN401 - whatever JSON says
    """None when it is no JSON."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
