"""How soon a storm is told: a thousand notices at once for a webhook that works, by itself and
beside four that take a connection and never answer.

python bench/delivering.py [notices]
"""

import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

from tidegauge.alert.channels import ADAPTER
from tidegauge.alert.channels.base import revealed
from tidegauge.alert.ids import new_id
from tidegauge.alert.notice import Notice, packed
from tidegauge.alert.reach import Reach
from tidegauge.catalog import Catalog, channels, notices
from tidegauge.worker.delivering import Delivering

NOTICES = 1_000
HUNG = 4
REACH = Reach(
    networks=(ip_network("127.0.0.0/8"),),
    hosts=frozenset({"127.0.0.1"}),
    allow_http=True,
    ports=frozenset(range(1, 65536)),
)


@contextmanager
def answering(heard: list[float]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(time.monotonic())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def _now() -> int:
    return time.time_ns() // 1000


def told(count: int, hung: int) -> list[float]:
    """Seconds until each of the working channel's has arrived."""
    heard: list[float] = []
    with (
        tempfile.TemporaryDirectory() as name,
        answering(heard) as port,
        socket.create_server(("127.0.0.1", 0), backlog=256) as silent,
    ):
        catalog = Catalog.open(f"sqlite:///{Path(name)}/catalog.db")
        ports = {"works": port}
        ports |= {f"hangs-{n}": silent.getsockname()[1] for n in range(hung)}

        def make(connection) -> None:
            for channel, at in ports.items():
                made = ADAPTER.validate_python(
                    {"kind": "webhook", "url": f"http://127.0.0.1:{at}/", "cap": 10_000}
                )
                document = revealed(made)
                channels.add(
                    connection, "default", channel, document, origin="api", at=1, by="bench"
                )
                notices.add(connection, [_row(channel, n) for n in range(count)])

        catalog.write(make)
        delivering = Delivering(catalog, REACH, _now)
        stop = threading.Event()
        began = time.monotonic()
        thread = threading.Thread(target=delivering.run, args=(stop,), daemon=True)
        thread.start()
        while len(heard) < count and time.monotonic() - began < 300:
            time.sleep(0.01)
        stop.set()
        thread.join(60)
        catalog.close()
    return sorted(at - began for at in heard)


def _row(channel: str, number: int) -> notices.Kept:
    at = _now()
    told = Notice(id=new_id(at), kind="open", at=at, title=f"model-{number} is slow", model="m")
    return notices.Kept(
        id=told.id,
        tenant="default",
        incident=f"{number}",
        channel=channel,
        kind="open",
        seq=0,
        status="queued",
        severity="high",
        exempt=False,
        made_at=at,
        body=packed(told),
        digest="",
        due_at=at,
        tries=0,
        lease_until=None,
        token="",
        ended_at=None,
        answer="",
    )


def measure(count: int = NOTICES) -> dict[str, float]:
    found: dict[str, float] = {"notices": count}
    for name, hung in (("alone", 0), ("beside", HUNG)):
        took = told(count, hung)
        found[f"{name}_median_s"] = took[len(took) // 2]
        found[f"{name}_p99_s"] = took[-len(took) // 100]
    return found


def table(found: dict[str, float]) -> str:
    beside = f"| beside {HUNG} that never answer, with as many each |"
    lines = [
        f"{found['notices']:,.0f} notices that are due at once on a webhook that works: seconds",
        "until they have arrived, each try written down before and after it.",
        "",
        "| the webhook | median | 99 of 100 |",
        "|---|---|---|",
        f"| by itself | {found['alone_median_s']:.1f} | {found['alone_p99_s']:.1f} |",
        f"{beside} {found['beside_median_s']:.1f} | {found['beside_p99_s']:.1f} |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    measured = measure(int(sys.argv[1]) if len(sys.argv) > 1 else NOTICES)
    print(json.dumps(measured), table(measured), sep="\n")
