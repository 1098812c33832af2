"""The body of a request, and what it says it is, within the limits."""

from collections.abc import Callable, Sequence
from typing import Final

from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.unpack import ENCODINGS
from tidegauge.record import limits
from tidegauge.web.asgi import Receive, Scope, header

_ALIASES: Final = {
    "application/jsonl": "application/x-ndjson",
    "application/x-jsonlines": "application/x-ndjson",
    "application/json-lines": "application/x-ndjson",
}
_NEVER: Final = ("pickle", "joblib", "x-python", "numpy", "dill")


class DisconnectedError(Exception):
    """The sender is gone: nobody is left to be told."""


async def read_body(receive: Receive, make_room: Callable[[int], None]) -> bytes:
    """`make_room` is told the size so far, and refuses when there is no room for it."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        piece = message.get("body", b"")
        size += len(piece)
        if size > limits.BODY:
            detail = f"the body is over {limits.BODY // limits.MIB} MiB"
            raise ProblemError("too-large", detail)
        make_room(size)
        if piece:
            pieces.append(piece)
        if not message.get("more_body"):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def media_of(scope: Scope, supported: Sequence[str]) -> tuple[str, str]:
    """The media type and the encoding of the body."""
    given = header(scope, b"content-type")
    name, _, parameters = given.partition(";")
    media = name.strip().lower()
    media = _ALIASES.get(media, media)
    if media not in supported:
        what = "no Content-Type was sent" if not given else "this type is not accepted"
        if any(word in media for word in _NEVER):
            what = "this is a code-carrying format, which is never accepted"
        raise ProblemError("unsupported-media-type", f"{what}; send {', '.join(supported)}")
    charset = parameters.partition("charset=")[2].strip().strip('"').lower()
    if charset and charset not in {"utf-8", "utf8"}:
        raise ProblemError("unsupported-media-type", "only utf-8 is accepted")
    encoding = header(scope, b"content-encoding").strip().lower()
    if encoding in {"", "identity"}:
        return media, ""
    if encoding not in ENCODINGS:
        detail = f"one encoding at most, of {', '.join(ENCODINGS)}"
        raise ProblemError("unsupported-encoding", detail)
    return media, encoding
