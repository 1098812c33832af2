"""WebSockets with a limit on what comes in: those who look on have next to nothing to say."""

from collections import deque
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_FRAMES: Final = 100
_SPAN: Final = 60.0
_LINGER: Final = 2.0
_TOO_MUCH: Final = 1008


class WebSocket(WebSocketsSansIOProtocol):
    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*arguments, **named)
        self._came: deque[float] = deque(maxlen=_FRAMES)

    def handle_ping(self) -> None:
        if self._is_fit():
            super().handle_ping()

    def send_receive_event_to_app(self) -> None:
        if self._is_fit():
            super().send_receive_event_to_app()

    def data_received(self, data: bytes) -> None:
        # What comes after a fault is of no matter.
        if self.conn.parser_exc is None:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        """Say why, and wait a moment: closing while the other side writes would reset it, and it
        would never read that."""
        told = self.conn.close_sent
        assert told is not None  # noqa: S101 - it has just been sent
        self.queue.put_nowait({"type": "websocket.disconnect", "code": told.code, "reason": ""})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_LINGER, self.transport.close)

    def _is_fit(self) -> bool:
        """Close where one more is one too many: a message costs us more than its sender."""
        if self.close_sent:
            return False
        now = self.loop.time()
        is_full = len(self._came) == _FRAMES and now - self._came[0] < _SPAN
        self._came.append(now)
        if is_full:
            self.conn.fail(_TOO_MUCH, f"more than {_FRAMES} frames in {_SPAN:.0f} s")
            self.handle_parser_exception()
        return not is_full
