"""HTTP/1.1 with the limits that uvicorn leaves open: sizes of heads, and slow peers.

A head, a body or a reader that takes longer than the server's patience is cut off; a head that is
too large is refused while it arrives.  What is no HTTP gets an answer in the form of all others.
"""

import asyncio
from asyncio import TimerHandle
from functools import cache
from typing import Any, Final

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tidegauge.ingest.problem import ProblemError
from tidegauge.record.limits import KIB
from tidegauge.web.asgi import new_request_id

_HEAD: Final = 64 * KIB
_HEADERS: Final = 1000
LIVE: Final = b"/api/v1/live"
"""The one address that is a WebSocket too."""
_KEY: Final = b"sec-websocket-key"
_LAST_LOOK: Final = 0.05
_ADDRESS: Final = 16 * KIB
_LINE_LIMIT: Final = ProblemError("uri-too-long", "the address is over 16 KiB")
_HEAD_LIMIT: Final = ProblemError("header-too-large", "the headers are over 64 KiB or 1,000")


class _CutError(Exception):
    """Raised inside the parser's callbacks, to stop it."""


class Protocol(HttpToolsProtocol):
    patience: float = 30.0

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*arguments, **named)
        self._head = 0
        self._fault: ProblemError | None = None
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._wait_for("the head of the request")

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.parser is None or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._is_handshake():
                self._stop_waiting()
                self.handle_websocket_upgrade()
            else:
                self._refuse(ProblemError("bad-request", "no such upgrade is offered here"))
        except httptools.HttpParserError as error:
            self._refuse(self._fault or ProblemError("bad-request", _why(error)))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = 0
        if self._timer is None:
            self._wait_for("the head of the request")

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > _ADDRESS:
            self._fail(_LINE_LIMIT)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value)
        if self._head > _HEAD or len(self.headers) >= _HEADERS:
            self._fail(_HEAD_LIMIT)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        names = [name for name, _value in self.headers]
        if b"transfer-encoding" in names and b"content-length" in names:
            detail = "Content-Length and Transfer-Encoding exclude each other"
            self._fail(ProblemError("bad-request", detail))
        if names.count(b"content-length") > 1 or names.count(b"host") > 1:
            self._fail(
                ProblemError("bad-request", "a header is given twice that may be given once")
            )
        self._wait_for("the body")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.cycle.more_body:
            self._stop_waiting()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for(None)

    def resume_writing(self) -> None:
        self._stop_waiting()
        super().resume_writing()

    def shutdown(self) -> None:
        # A request may lie unread in an idle connection: closing that would reset its sender.
        self.loop.call_later(_LAST_LOOK, super().shutdown)

    def _is_handshake(self) -> bool:
        names = {name for name, _value in self.headers}
        return self._should_upgrade() and self.url.partition(b"?")[0] == LIVE and _KEY in names

    def _fail(self, fault: ProblemError) -> None:
        # The parser turns what its callbacks raise into an error of its own.
        self._fault = fault
        raise _CutError

    def _wait_for(self, what: str | None) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(self.patience, self._cut, what)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut(self, what: str | None) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        is_answered = bool(self.cycle) and self.cycle.response_started
        if what is None or is_answered:
            self.transport.abort()
            return
        self._refuse(ProblemError("request-timeout", f"{what} did not come in {self.patience:g} s"))

    def _refuse(self, problem: ProblemError) -> None:
        """Answer on the wire itself: there is no request that the application could see."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        request_id = new_request_id()
        body = orjson.dumps(problem.body("", request_id))
        head = [
            STATUS_LINE[problem.status],
            b"content-type: application/problem+json\r\ncontent-length: %d\r\n" % len(body),
            b"x-request-id: %s\r\nconnection: close\r\n\r\n" % request_id.encode(),
        ]
        self.transport.write(b"".join(head) + body)
        self.transport.close()


def _why(error: Exception) -> str:
    if isinstance(error, httptools.HttpParserInvalidMethodError):
        return "the method is not known"
    if isinstance(error, httptools.HttpParserInvalidURLError):
        return "the address is not valid"
    return "this is not valid HTTP/1.1"


@cache
def with_patience(seconds: float) -> type[Protocol]:
    return type("Protocol", (Protocol,), {"patience": seconds})
