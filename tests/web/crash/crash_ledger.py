"""Senders that do not give up, what became of each of their batches, and the core check.

A sender repeats a batch under its id until it is answered, as our client does.  Whatever happens
to the server: what was acknowledged is in the log, nothing is there twice, and nothing that was
never sent.
"""

import contextlib
import http.client
import random
import threading
from collections import Counter
from dataclasses import dataclass, field

import orjson

from tidegauge.arrow import pa
from tidegauge.record.columns import from_stream, to_stream

JSON, ARROW = "application/json", "application/vnd.apache.arrow.stream"
PATH = "/api/v1/predictions"
BUSY = (429, 503, 507)


@dataclass
class Post:
    batch_id: str
    media: str
    body: bytes
    values: dict[str, float]
    answers: list[bytes] = field(default_factory=list)

    @property
    def is_acked(self):
        return bool(self.answers)


def json_post(batch_id, rows, value):
    values = {f"{batch_id}-{n}": value + n for n in range(rows)}
    records = [
        {"model_id": "churn", "prediction_id": one, "features": {"n": n}}
        for one, n in values.items()
    ]
    return Post(batch_id, JSON, orjson.dumps(records), values)


def arrow_post(batch_id, rows, value, *, fill=500):
    """`fill` letters in each row make it as large as it is wanted."""
    values = {f"{batch_id}-{n}": value + n for n in range(rows)}
    table = pa.table(
        {
            "model_id": ["churn"] * rows,
            "prediction_id": list(values),
            "features.n": [float(n) for n in values.values()],
            "texts.t": ["x" * fill] * rows,
        }
    )
    return Post(batch_id, ARROW, to_stream(table), values)


def values_of(batch):
    """The predictions of a stored batch, by id."""
    found = {}
    for piece in batch.pieces:
        if piece.encoding == "json":
            rows = [
                (each["prediction_id"], each["features"]["n"]) for each in orjson.loads(piece.body)
            ]
        else:
            table = from_stream(piece.body)
            rows = zip(
                table["prediction_id"].to_pylist(), table["features.n"].to_pylist(), strict=True
            )
        found.update(rows)
    return found


def send(server, post, *, key=None, patience=30.0, connection=None):
    """Status, headers and body of one try."""
    used = connection or http.client.HTTPConnection("127.0.0.1", server.port, timeout=patience)
    headers = {"Content-Type": post.media, "Authorization": f"Bearer {key or server.admin}"}
    try:
        used.request("POST", f"{PATH}?batch_id={post.batch_id}", post.body, headers)
        answer = used.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        if connection is None:
            used.close()


class Ledger:
    def __init__(self):
        self._lock = threading.Lock()
        self.posts = {}
        self.statuses = Counter()
        self.wrong = []

    def add(self, post):
        with self._lock:
            assert post.batch_id not in self.posts
            self.posts[post.batch_id] = post
        return post

    def note(self, post, status, headers, body):
        """Whether the post is done with."""
        with self._lock:
            self.statuses[status] += 1
            if status == 200:
                post.answers.append(body)
            elif status not in BUSY or "Retry-After" not in headers:
                self.wrong.append((status, dict(headers), body))
        return status == 200

    @property
    def acked(self):
        with self._lock:
            return {name for name, post in self.posts.items() if post.is_acked}

    def check(self, batches):
        """The core check, on the whole log."""
        assert not self.wrong, f"answers that no sender should get: {self.wrong[:3]}"
        stored = self.check_no_double(batches)
        lost = self.acked - stored.keys()
        assert not lost, f"{len(lost)} batches were acknowledged and are lost: {sorted(lost)[:5]}"
        strange = stored.keys() - self.posts.keys()
        assert not strange, f"nobody sent these: {sorted(strange)[:5]}"
        for batch in batches:
            sent = self.posts[batch.batch_id]
            assert values_of(batch) == sent.values, f"{batch.batch_id} is not what was sent"
            answers = {*sent.answers, batch.answer}
            assert len(answers) == 1, f"{batch.batch_id} was answered differently: {answers}"

    def check_no_double(self, batches):
        stored = Counter(batch.batch_id for batch in batches)
        doubled = [name for name, count in stored.items() if count > 1]
        assert not doubled, f"{len(doubled)} batches are in the log twice: {doubled[:5]}"
        return stored


class Sender(threading.Thread):
    """Sends one batch after another; what it holds when it is told to finish it still delivers."""

    def __init__(self, name, server, ledger, seed, sizes=(1, 20, 100)):
        super().__init__(name=name, daemon=True)
        self._server = server
        self._ledger = ledger
        self._chance = random.Random(seed)
        self._sizes = sizes
        self._connection = None
        self.last = threading.Event()
        self.given_up = threading.Event()

    def run(self):
        number = 0
        while not self.last.is_set():
            self._deliver(self._next(number))
            number += 1
        self._close()

    def _next(self, number):
        rows = self._chance.choice(self._sizes)
        make = arrow_post if self._chance.random() < 0.5 else json_post
        return self._ledger.add(make(f"{self.name}-{number}", rows, number))

    def _deliver(self, post):
        while not self.given_up.is_set():
            try:
                done = self._ledger.note(post, *self._try(post))
            except (OSError, http.client.HTTPException):
                self._close()
                done = False
            if done:
                # A client that lost the answer asks again.
                if self._chance.random() < 0.1:
                    with contextlib.suppress(OSError, http.client.HTTPException):
                        self._ledger.note(post, *self._try(post))
                return
            self.given_up.wait(0.01)

    def _try(self, post):
        server = self._server
        if self._connection is None:
            if not server.url:
                raise ConnectionRefusedError
            port = int(server.url.rpartition(":")[2] or 0)
            self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        return send(server, post, connection=self._connection)

    def _close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextlib.contextmanager
def sending(server, ledger, seed=0, senders=4, **more):
    """Senders at work; on leaving each delivers its last batch."""
    before = len(ledger.posts)
    made = [
        Sender(f"s{before}-{number}", server, ledger, f"{seed}-{number}", **more)
        for number in range(senders)
    ]
    for each in made:
        each.start()
    try:
        yield made
        for each in made:
            each.last.set()
        for each in made:
            each.join(30)
            assert not each.is_alive(), f"{each.name} could not deliver its last batch"
    finally:
        for each in made:
            each.given_up.set()
            each.last.set()
        for each in made:
            each.join(35)
