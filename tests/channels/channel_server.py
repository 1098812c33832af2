"""A server of HTTP on loopback: it answers as it is told, and keeps what it was sent."""

import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import trustme

from tidegauge.alert.reach import Reach

LOOPBACK = ip_network("127.0.0.0/8")


@dataclass(frozen=True)
class Said:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    port: int
    heard: list[Said] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    """One for each request; the last for all that follow."""

    def answer(self, status=200, body=b"", headers=None):
        self.answers = [(status, headers or {}, body)]


@contextmanager
def serving(tls: ssl.SSLContext | None = None, port=0, host="127.0.0.1"):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                # Whoever spoke was killed in the middle of it: nobody has heard that.
                self.close_connection = True
                return
            server.heard.append(Said(self.path, dict(self.headers), body))
            status, headers, told = (
                server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_):
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request, client_address):
            """Those who hang up while they are spoken to are what some tests are about."""

    listener = Quiet((host, port), Handler)
    if tls is not None:
        listener.socket = tls.wrap_socket(
            listener.socket, server_side=True, do_handshake_on_connect=False
        )
    server = Server(listener.server_address[1], answers=[(200, {}, b"ok")])
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


@contextmanager
def hanging(port=0):
    """Takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def breaking_off(port=0):
    """Takes a connection, reads a little and hangs up, each time."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        over = threading.Event()

        def hang_up():
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(10)

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        with socket.create_connection(listener.getsockname()):
            pass
        thread.join()


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def to_loopback(port, **allowed):
    """Every name is this machine: the names of the services are used as they are."""

    async def resolve(_host, _port):
        return ["127.0.0.1"]

    given = {
        "networks": (LOOPBACK,),
        "allow_http": True,
        "ports": frozenset({port}),
        "mail_ports": frozenset({port}),
        "resolve": resolve,
    }
    return Reach(**(given | allowed))


def server_tls(certificate: trustme.LeafCert):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(made)
    return made


def client_tls(authority: trustme.CA):
    made = ssl.create_default_context()
    authority.configure_trust(made)
    return made
