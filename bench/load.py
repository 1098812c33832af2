"""An open-loop load generator: so many posts a second, whatever the server makes of them.

A post is due at its time, and its latency counts from then, not from when it could be sent: a
server that stalls is charged for all that had to wait (no coordinated omission).  Bodies are made
beforehand; each post gets a batch id and prediction ids of its own, which are written over those
in the prepared bytes, so that one process with one core's rest is enough.

    python bench/load.py http://127.0.0.1:8712 --key tg_... --form arrow --rate 100 --seconds 20

It stops by itself, and only ever talks to this machine.
"""

import argparse
import asyncio
import ipaddress
import json
import os
import resource
import secrets
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import orjson
import uvloop

from frames import columns
from tidegauge.record.columns import to_stream, to_table

ARROW, JSON = "application/vnd.apache.arrow.stream", "application/json"
NDJSON = "application/x-ndjson"
FORMS = {
    "arrow": ARROW,
    "arrow-lz4": ARROW,
    "json": JSON,
    "json-columns": JSON,
    "ndjson": NDJSON,
    "single": JSON,
}
_LETTERS = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-", np.uint8
)
_WIDTH, _OWN = 16, 8  # letters of a prediction id, and how many of them each post has of its own
_TEMPLATES = 4
_MOST_WAITING = 20_000
_LAST_ANSWERS_S = 10.0


@dataclass(frozen=True)
class Load:
    url: str
    key: str = ""
    form: str = "arrow"
    rate: float = 100.0  # posts a second
    seconds: float = 20.0
    rows: int = 1000
    connections: int = 32
    path: str = "/api/v1/predictions"
    ledger: Path | None = None
    tag: str = field(default_factory=lambda: secrets.token_hex(4))

    def __post_init__(self) -> None:
        host = urlsplit(self.url).hostname or ""
        assert host == "localhost" or ipaddress.ip_address(host).is_loopback, "this machine only"
        assert 0 < self.rate <= 50_000, "at most 50,000 posts a second"
        assert 0 < self.seconds <= 3600, "at most an hour"
        assert 0 < self.connections <= 2000, "at most 2,000 connections"


# Bodies.


def records_of(rows: int, seed: int) -> list[dict[str, object]]:
    """Rows of 40 numbers and 10 categories, with ids that are nothing but letters by chance."""
    rng = np.random.default_rng(seed)
    found = {name: values.tolist() for name, values in columns(rows, seed).items()}
    ids = [bytes(each).decode() for each in _LETTERS[rng.integers(0, 64, (rows, _WIDTH))]]
    start = datetime.now(UTC) - timedelta(seconds=30)
    scores = rng.random(rows).tolist()
    return [
        {
            "model_id": "fraud",
            "model_version": "2.1.0",
            "prediction_id": ids[n],
            "timestamp": start + timedelta(milliseconds=n),
            "features": {name: values[n] for name, values in found.items()},
            "prediction_label": "fraud" if scores[n] > 0.9 else "legit",
            "prediction_score": scores[n],
        }
        for n in range(rows)
    ]


def body_of(form: str, records: list[dict[str, object]]) -> bytes:
    match form:
        case "arrow":
            return to_stream(to_table(records))
        case "arrow-lz4":
            return to_stream(to_table(records), "lz4")
        case "ndjson":
            return b"\n".join(map(orjson.dumps, records))
        case "single":
            return orjson.dumps(records[0])
        case "json-columns":
            names = [name for name in records[0] if name != "features"]
            plain = {name: [record[name] for record in records] for name in names}
            inputs = {
                name: [record["features"][name] for record in records]
                for name in records[0]["features"]
            }
            return orjson.dumps({"columns": plain | {"features": inputs}})
        case _:
            return orjson.dumps(records)


class Template:
    """A prepared body, the places of its ids, and the part of each id that stays."""

    def __init__(self, form: str, rows: int, seed: int) -> None:
        records = records_of(1 if form == "single" else rows, seed)
        body = body_of(form, records)
        self.rows = len(records)
        self.ends: list[str] = []
        places: list[int] = []
        at = 0
        for record in records:
            # Letters by chance do not get smaller, so that compressed bodies hold them as they are.
            at = body.index(str(record["prediction_id"]).encode(), at)
            places.append(at)
            self.ends.append(str(record["prediction_id"])[_OWN:])
        assert len(set(self.ends)) == self.rows
        self._bytes = np.frombuffer(bytearray(body), np.uint8)
        self._places = np.array(places)[:, None] + np.arange(_OWN)

    def body(self, own: str) -> bytes:
        self._bytes[self._places] = np.frombuffer(own.encode(), np.uint8)
        return self._bytes.tobytes()

    def ids(self, own: str) -> list[str]:
        return [own + end for end in self.ends]


def templates(form: str, rows: int) -> list[Template]:
    return [Template(form, rows, seed) for seed in range(_TEMPLATES)]


# The wire.


class Post:
    __slots__ = ("batch", "due", "number", "own", "template")

    def __init__(self, number: int, due: float, batch: str, own: str, template: int) -> None:
        self.number = number
        self.due = due
        self.batch = batch
        self.own = own
        self.template = template


class Connection(asyncio.Protocol):
    """HTTP/1.1, one post at a time."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._got = b""
        self.transport: asyncio.Transport | None = None
        self.post: Post | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._run.idle(self)

    def data_received(self, data: bytes) -> None:
        self._got = self._got + data if self._got else data
        head_end = self._got.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._got[:head_end].lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._got) < head_end + 4 + size:
            return
        body, self._got = self._got[head_end + 4 : head_end + 4 + size], b""
        post, self.post = self.post, None
        if post is not None:
            self._run.answered(post, int(head[9:12]), body)
        if b"connection: close" in head and self.transport is not None:
            self.transport.close()
        else:
            self._run.idle(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._run.lost(self)


class Run:
    def __init__(self, load: Load, prepared: list[Template]) -> None:
        self._load = load
        self._templates = prepared
        found = urlsplit(load.url)
        self._address = found.hostname or "127.0.0.1", found.port or 80
        encoding = FORMS[load.form]
        key = f"Authorization: Bearer {load.key}\r\n" if load.key else ""
        self._head = f"Host: localhost\r\nContent-Type: {encoding}\r\n{key}"
        self._idle: deque[Connection] = deque()
        self._waiting: deque[Post] = deque()
        self._open: set[Connection] = set()
        self._ending = False
        self._connecting: set[asyncio.Task[None]] = set()
        self._last = 0.0
        self.sent = self.unsent = self.unknown = self.accepted = self.under_way = 0
        self.seconds: list[float] = []
        self.late: list[float] = []
        self.statuses: Counter[int] = Counter()
        self._ledger = load.ledger.open("ab") if load.ledger else None
        if self._ledger:
            head = {"templates": [template.ends for template in prepared]}
            self._ledger.write(orjson.dumps(head) + b"\n")

    async def go(self) -> dict[str, object]:
        load = self._load
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(self._connect() for _ in range(load.connections)))
        assert self._open, f"nothing listens on {load.url}"
        before = resource.getrusage(resource.RUSAGE_SELF)
        start = time.perf_counter()
        count = max(1, int(load.rate * load.seconds))
        number = 0
        synced = start
        while number < count:
            now = time.perf_counter()
            while number < count and start + number / load.rate <= now:
                self._due(number, start + number / load.rate)
                number += 1
            if self._ledger and now - synced > 1.0:
                synced = now
                self._ledger.flush()
                loop.run_in_executor(None, os.fdatasync, self._ledger.fileno())
            await asyncio.sleep(max(0.001, start + number / load.rate - time.perf_counter()))
        give_up = time.perf_counter() + _LAST_ANSWERS_S
        while (self._waiting or self.under_way) and time.perf_counter() < give_up:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        self._ending = True
        self.unsent += len(self._waiting)
        for connection in list(self._open):
            if connection.transport is not None:
                connection.transport.abort()
        for task in self._connecting:
            task.cancel()
        await asyncio.sleep(0.01)
        if self._ledger:
            self._ledger.flush()
            os.fdatasync(self._ledger.fileno())
            self._ledger.close()
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return self._report(start, cpu)

    def _due(self, number: int, due: float) -> None:
        which = number % len(self._templates)
        own = f"{self._load.tag[:2]}{number:06x}"
        post = Post(number, due, f"{self._load.tag}-{number}", own, which)
        if len(self._waiting) >= _MOST_WAITING:
            self.unsent += 1
        elif self._idle and not self._waiting:
            self._send(self._idle.popleft(), post)
        else:
            self._waiting.append(post)

    def _send(self, connection: Connection, post: Post) -> None:
        body = self._templates[post.template].body(post.own)
        line = f"POST {self._load.path}?batch_id={post.batch} HTTP/1.1\r\n"
        head = f"{line}{self._head}Content-Length: {len(body)}\r\n\r\n".encode()
        connection.post = post
        self.sent += 1
        self.under_way += 1
        self.late.append(time.perf_counter() - post.due)
        assert connection.transport is not None
        if len(body) < 16_384:
            connection.transport.write(head + body)
        else:
            connection.transport.write(head)
            connection.transport.write(body)

    def idle(self, connection: Connection) -> None:
        self._open.add(connection)
        if self._waiting:
            self._send(connection, self._waiting.popleft())
        else:
            self._idle.append(connection)

    def answered(self, post: Post, status: int, body: bytes) -> None:
        self._last = time.perf_counter()
        self.under_way -= 1
        self.statuses[status] += 1
        if status == 200:
            self.seconds.append(self._last - post.due)
            self.accepted += orjson.loads(body)["accepted"]
        self._note(post, "acked" if status == 200 else "rejected", status)

    def lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        post, connection.post = connection.post, None
        if post is not None:
            self.under_way -= 1
            self.unknown += 1
            self._note(post, "unknown", 0)
        if not self._ending:
            task = asyncio.get_running_loop().create_task(self._connect(0.05))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _connect(self, pause: float = 0.0) -> None:
        await asyncio.sleep(pause)
        loop = asyncio.get_running_loop()
        while not self._ending:
            try:
                await loop.create_connection(partial(Connection, self), *self._address)
            except OSError:
                if not pause:
                    return
                await asyncio.sleep(pause)
            else:
                return

    def _note(self, post: Post, outcome: str, status: int) -> None:
        if self._ledger:
            said = [post.batch, post.own, post.template, outcome, status]
            self._ledger.write(orjson.dumps(said) + b"\n")

    def _report(self, start: float, cpu: float) -> dict[str, object]:
        took = max(self._last - start, 1e-9)
        body = len(self._templates[0].body("00000000"))
        return {
            "form": self._load.form,
            "posts_per_s": self._load.rate,
            "seconds": round(took, 2),
            "body_bytes": body,
            "sent": self.sent,
            "unsent": self.unsent,
            "unknown": self.unknown,
            "accepted": self.accepted,
            "accepted_per_s": round(self.accepted / took),
            "ms": quantiles(self.seconds),
            "late_ms": quantiles(self.late),
            "statuses": dict(self.statuses),
            "cpu_s": round(cpu, 3),
            "tag": self._load.tag,
        }


def quantiles(seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {}
    found = 1000 * np.quantile(seconds, (0.5, 0.95, 0.99, 1.0))
    return dict(zip(("p50", "p95", "p99", "max"), found.round(2).tolist(), strict=True))


def run(load: Load) -> dict[str, object]:
    """Blocks until all is answered or given up."""
    prepared = templates(load.form, load.rows)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(Run(load, prepared).go())


def read_ledger(path: Path) -> dict[str, tuple[str, list[str]]]:
    """For each batch id what became of it, and its prediction ids."""
    ends: list[list[str]] = []
    found: dict[str, tuple[str, list[str]]] = {}
    for line in path.read_bytes().splitlines():
        said = orjson.loads(line)
        if isinstance(said, dict):
            ends = said["templates"]
        else:
            batch, own, template, outcome, _status = said
            found[batch] = outcome, [own + end for end in ends[template]]
    return found


def main() -> None:
    plain = Load("http://127.0.0.1:8712")
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words.add_argument("url", help="where it listens: http://127.0.0.1:PORT")
    words.add_argument("--key", default=os.environ.get("TIDEGAUGE_API_KEY", ""))
    words.add_argument("--form", choices=FORMS, default=plain.form)
    words.add_argument("--rate", type=float, default=plain.rate, help="posts a second")
    words.add_argument("--seconds", type=float, default=plain.seconds)
    words.add_argument("--rows", type=int, default=plain.rows, help="predictions in a post")
    words.add_argument("--connections", type=int, default=plain.connections)
    words.add_argument("--ledger", type=Path, help="a file that gets what became of each post")
    load = Load(**vars(words.parse_args()))
    shown = {name: str(value) for name, value in asdict(load).items() if name != "key"}
    print(json.dumps(shown), file=sys.stderr)
    print(json.dumps(run(load)))


if __name__ == "__main__":
    main()
