"""A process that decodes what strangers send, so that only it dies of it.

It has a limit on its memory, one request at a time, and no files, keys or log: a forged Arrow
buffer that takes a process down takes this one, its request is refused, and the next starts.
"""

import signal
import socket
import subprocess
import sys
import threading
from typing import Final

from tidegauge.confine import limit_memory
from tidegauge.ingest import wire
from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.request import Request, Verdict
from tidegauge.record import limits

# What 64 MiB of JSON take as Python values, and the interpreter beside them.
_ROOM: Final = 1536 * limits.MIB
_PATIENCE: Final = 20.0
_FATAL: Final = "the body could not be decoded within the memory and time that one may take"


class Decoder:
    """One process, used by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self.deaths = 0

    def start(self) -> None:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.MIB)
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "tidegauge.ingest.decoder", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        ours.settimeout(_PATIENCE)
        self._socket = ours
        # It says when it has loaded what it needs.
        wire.receive(ours)

    def judge(self, request: Request) -> Verdict:
        with self._lock:
            try:
                if self._process is None or self._process.poll() is not None:
                    self.stop()
                    self.start()
                assert self._socket is not None  # noqa: S101 - start has made it
                wire.send(self._socket, wire.request_head(request), [request.body])
                head, bodies = wire.receive(self._socket)
            except (OSError, EOFError):
                # Dead of the body, or at it for too long: the body is to blame either way.
                self.deaths += 1
                self.stop()
                slug = "malformed-arrow" if "arrow" in request.media else "too-large"
                raise ProblemError(slug, _FATAL) from None
        if "slug" in head:
            raise wire.problem_of(head)
        return wire.verdict_of(head, bodies, request)

    def stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._socket = None


def _serve(end: socket.socket) -> None:
    # Loaded here: the side that asks has no need of it.
    from tidegauge.ingest.accept import accept  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(_ROOM)
    wire.send(end, {}, [])
    names: dict[str, set[str]] = {}
    while True:
        try:
            head, (body,) = wire.receive(end)
        except (EOFError, OSError):
            return
        request = wire.request_of(head, body)
        try:
            try:
                parts = wire.verdict_parts(accept(request, names), request)
            except MemoryError:
                raise ProblemError("decompressed-too-large", _FATAL) from None
        except ProblemError as problem:
            parts = wire.problem_head(problem), []
        wire.send(end, *parts)
        if sum(map(len, names.values())) > 1_000_000:
            names.clear()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
