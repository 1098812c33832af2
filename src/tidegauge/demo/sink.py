"""Where the demo's notices arrive: a webhook and a mailbox on this machine, shown as they come."""

import json
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

WEBHOOK: Final = "demo webhook"
_LARGEST: Final = 4 << 20


@dataclass(frozen=True)
class Arrived:
    by: str
    """`webhook` or `mail`."""
    what: str


class Sink:
    """Both, on ports of their own, until it is closed."""

    def __init__(
        self, show: Callable[[Arrived], None], do: Callable[[str, Mapping[str, Any]], None]
    ) -> None:
        """`do` gets what is not only told, by its type: what is to serve."""
        self._web = ThreadingHTTPServer(("127.0.0.1", 0), _webhook(show, do))
        self._mail = _Mail(("127.0.0.1", 0), _mailbox(show))
        for server in (self._web, self._mail):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def webhook(self) -> str:
        return f"http://127.0.0.1:{self._web.server_address[1]}/"

    @property
    def mail_port(self) -> int:
        return self._mail.server_address[1]

    @property
    def allowed(self) -> dict[str, str]:
        """What the server's environment has to say, for channels to reach it."""
        return {
            "TIDEGAUGE_ALERTS_REACH_ALLOW_HTTP": "true",
            "TIDEGAUGE_ALERTS_REACH_HOSTS": "127.0.0.1",
            "TIDEGAUGE_ALERTS_REACH_NETWORKS": "127.0.0.0/8",
            "TIDEGAUGE_ALERTS_REACH_PORTS": f"{self._web.server_address[1]},{self.mail_port}",
        }

    @property
    def channels(self) -> dict[str, dict[str, object]]:
        """As the server is told of them."""
        mail: dict[str, object] = {
            "kind": "email",
            "host": "127.0.0.1",
            "port": self.mail_port,
            "mode": "none",
            "sender": "tidegauge@example.com",
            "to": ["on-call@example.com"],
        }
        return {
            WEBHOOK: {"kind": "webhook", "url": self.webhook},
            "demo mail": mail,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for server in (self._web, self._mail):
            server.shutdown()
            server.server_close()


class _Mail(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _webhook(
    show: Callable[[Arrived], None], do: Callable[[str, Mapping[str, Any]], None]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = min(int(self.headers.get("Content-Length", 0)), _LARGEST)
            told = json.loads(self.rfile.read(size))
            data = told["data"]
            if "job" in data:
                do(told["type"], data["job"])
                words = f"{data['job']['model_id']} {data['job'].get('version', '')}"
            else:
                words = data["alert"]["title"]
            show(Arrived("webhook", f"{told['type']}  {words}"))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nothing: what came is shown."""

    return Handler


def _mailbox(show: Callable[[Arrived], None]) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        """As much of SMTP as it takes to be given a letter (RFC 5321)."""

        def handle(self) -> None:
            self._say("220 the demo's mailbox")
            while line := self.rfile.readline(2048):
                verb = line.strip().upper()[:4]
                if verb == b"DATA":
                    self._say("354 go on")
                    self._show(self._letter())
                    self._say("250 it is shown")
                elif verb == b"QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 yes")

        def _letter(self) -> bytes:
            lines: list[bytes] = []
            while (line := self.rfile.readline(_LARGEST)) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            return b"".join(lines)

        def _show(self, letter: bytes) -> None:
            message = message_from_bytes(letter, policy=policy.default)
            show(Arrived("mail", f"to {message['To']}: {message['Subject']}"))

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    return Handler
