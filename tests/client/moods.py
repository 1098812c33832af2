"""A server that is in a mood, and that writes down what it really stored.

It decodes the Arrow bodies with the product's own reader.  A mood is what the next requests meet;
`first` holds moods for single requests, before the lasting one.
"""

import contextlib
import json
import socket
import socketserver
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field

from tidegauge.record.columns import from_stream, to_records


@dataclass
class Request:
    kind: str
    batch_id: str
    headers: dict
    metadata: dict
    records: list
    mood: str
    at: float
    body: bytes


def wait_for(what, seconds=30.0):
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.005)


@dataclass
class MoodServer:
    mood: str = "up"
    first: deque = field(default_factory=deque)
    retry_after: str = "1"
    max_rows: int = 10
    reject: object = None
    fails: object = None
    pause: float = 0.02  # between the bytes of "drip"
    requests: list = field(default_factory=list)
    stored: list = field(default_factory=list)
    known: set = field(default_factory=set)

    def __enter__(self):
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError, ValueError):
                    while outer.handle(self):
                        pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            allow_reuse_address = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def records(self, kind="predictions"):
        return [record for of, record in self.stored if of == kind]

    def ids(self):
        return [record["prediction_id"] for record in self.records()]

    def counts(self):
        return Counter(self.ids())

    def losses(self):
        """What the client told of its drops, in requests that were answered well."""
        told = Counter()
        for request in self.requests:
            if request.mood == "up":
                for loss in json.loads(request.metadata.get(b"tidegauge.drops", b"[]")):
                    assert loss["from"] <= loss["to"]
                    told[loss["model_id"], loss["reason"]] += loss["records"]
        return told

    def wait_for(self, requests, seconds=10.0):
        until = time.monotonic() + seconds
        while len(self.requests) < requests:
            assert time.monotonic() < until, f"{len(self.requests)} requests, of {requests}"
            time.sleep(0.002)

    def wait_for_ids(self, *ids, seconds=30.0):
        """Until these predictions are here, and no other, each once."""
        wait_for(lambda: sorted(self.ids()) == sorted(ids), seconds)

    def handle(self, handler):
        if self.mood == "tls":
            handler.wfile.write(b"\x15\x03\x03\x00\x02\x02\x28" * 3)
            return False
        line = handler.rfile.readline().decode()
        if not line:
            return False
        headers = {}
        while (header := handler.rfile.readline().decode().strip()) != "":
            name, _, value = header.partition(": ")
            headers[name.lower()] = value
        body = handler.rfile.read(int(headers["content-length"]))
        path, _, query = line.split()[1].partition("?")
        kind, batch_id = path.rpartition("/")[2], query.partition("=")[2]
        table = from_stream(body)
        with self._lock:
            mood = self.first.popleft() if self.first else self.mood
            records = to_records(table)
            if self.fails is not None and any(map(self.fails, records)):
                mood = "500"
            request = Request(
                kind,
                batch_id,
                headers,
                dict(table.schema.metadata),
                records,
                mood,
                time.monotonic(),
                body,
            )
            self.requests.append(request)
        return getattr(self, "_" + mood)(handler, request)

    def _commit(self, request):
        """What a server does that answers 200: a batch id that is known is stored once."""
        rejected = []
        with self._lock:
            known = request.batch_id in self.known
            self.known.add(request.batch_id)
            for index, record in enumerate(request.records):
                if self.reject is not None and self.reject(record):
                    rejected.append(
                        {"index": index, "pointer": "/x", "code": "wrong-type", "detail": "no"}
                    )
                elif not known:
                    self.stored.append((request.kind, record))
        good = len(request.records) - len(rejected)
        return {
            "accepted": 0 if known else good,
            "duplicate": good if known else 0,
            "rejected": len(rejected),
            "errors": rejected,
            "warnings": [],
        }

    def _say(self, handler, status, body=b"", **headers):
        named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{named}\r\n"
        handler.wfile.write(head.encode() + body)
        return True

    def _up(self, handler, request):
        return self._say(handler, 200, json.dumps(self._commit(request)).encode())

    def _silent(self, _handler, _request):
        self._closing.wait(60)
        return False

    def _drip(self, handler, _request):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000:
            handler.wfile.write(bytes([byte]))
            if self._closing.wait(self.pause):
                break
        return False

    def _lost(self, _handler, request):
        self._commit(request)
        return False

    def _500(self, handler, _request):
        return self._say(handler, 500, b"oh")

    def _503(self, handler, _request):
        return self._say(handler, 503, b"{}", Retry_After=self.retry_after)

    def _429(self, handler, _request):
        return self._say(handler, 429, b"{}", Retry_After=self.retry_after)

    def _garbage(self, handler, _request):
        return self._say(handler, 200, b"<html>welcome to the hotel</html>")

    def _noise(self, handler, _request):
        handler.wfile.write(b"\x00\xff\xfe not http at all\r\n\r\n")
        return False

    def _301(self, handler, _request):
        return self._say(handler, 301, Location=f"{self.url}/elsewhere")

    def _400(self, handler, _request):
        return self._problem(handler, 400, "bad-request")

    def _401(self, handler, _request):
        return self._problem(handler, 401, "unauthenticated")

    def _403(self, handler, _request):
        return self._problem(handler, 403, "forbidden-role")

    def _404(self, handler, _request):
        return self._problem(handler, 404, "not-found")

    def _409(self, handler, _request):
        return self._problem(handler, 409, "batch-id-conflict")

    def _415(self, handler, _request):
        return self._problem(handler, 415, "unsupported-media-type")

    def _418(self, handler, _request):
        return self._problem(handler, 418, "teapot")

    def _422(self, handler, request):
        errors = [
            {"index": index, "pointer": "/features/x", "code": "wrong-type", "detail": "must not"}
            for index in range(min(len(request.records), 100))
        ]
        return self._problem(handler, 422, "invalid-request", errors=errors)

    def _413(self, handler, request):
        if len(request.records) <= self.max_rows:
            return self._up(handler, request)
        return self._problem(handler, 413, "too-many-records")

    def _truncated(self, handler, _request):
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"accep')
        return False

    def _huge(self, handler, _request):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        self.huge = 0
        for _ in range(15_000):
            handler.wfile.write(b"x" * 65_536)
            self.huge += 65_536
        return False

    def _problem(self, handler, status, slug, **more):
        body = {"type": f"/problems/{slug}", "title": slug, "status": status, **more}
        return self._say(handler, status, json.dumps(body).encode())


def closed_port():
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def https(url):
    return url.replace("http://", "https://")
