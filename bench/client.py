"""What `log()` costs in the caller's thread, with the server up, slow and gone.

Beside it, in the same run and of the same row: `queue.Queue.put` and `json.dumps`.  Each call is
timed on its own, so the clock's own cost (about 60 ns) is in every number.
"""

import contextlib
import gc
import json
import logging
import multiprocessing
import queue
import random
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tidegauge.client import Client

CALLS = 200_000
COLUMNS = ("median", "p99", "p99.9", "max")


def row():
    source = random.Random(0)  # noqa: S311 - values of a row
    numbers = {f"number_{place}": source.gauss(0, 1) for place in range(40)}
    return numbers | {f"text_{place}": f"value {source.randrange(9)}" for place in range(10)}


def timed(call, calls):
    """Microseconds of each call."""
    spent = []
    clock = time.perf_counter_ns
    gc.collect()
    for number in range(calls):
        started = clock()
        call(number)
        spent.append(clock() - started)
    spent.sort()
    places = (0.5, 0.99, 0.999, 1.0)
    return {
        name: spent[min(int(calls * place), calls - 1)] / 1000
        for name, place in zip(COLUMNS, places, strict=True)
    }


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seconds = 0.0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.seconds)
        from tidegauge.record.columns import from_stream

        rows = from_stream(body).num_rows
        said = json.dumps({"accepted": rows, "duplicate": 0, "rejected": 0, "errors": []}).encode()
        with contextlib.suppress(OSError):
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    def log_message(self, *_):
        pass


def _serve(ports, seconds):
    _Answer.seconds = seconds
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    ports.put(server.server_port)
    server.serve_forever()


@contextlib.contextmanager
def server(mood):
    if mood == "gone":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        return
    context = multiprocessing.get_context("spawn")
    ports = context.Queue()
    process = context.Process(target=_serve, args=(ports, 2.0 if mood == "slow" else 0.0))
    process.start()
    try:
        yield f"http://127.0.0.1:{ports.get(timeout=30)}"
    finally:
        process.terminate()
        process.join()


def logging_to(url, calls, **options):
    """A client, and what a program does that logs with it."""
    client = Client(url, "key", **options)
    features = row()

    def log(number):
        client.log(
            model_id="fraud",
            model_version="2.1.0",
            prediction_id=f"p{number}",
            features=features,
            prediction_label="fraud",
            prediction_score=0.87,
        )

    # The first batch loads pyarrow and httpcore, once in the life of a process.
    for number in range(1_000):
        log(number)
    client.flush(timeout=2.5)
    numbers = timed(log, calls)
    stats = client.stats()
    client.close(timeout=0.1)
    return numbers, stats


def main(calls=CALLS):
    """Median, p99, p99.9 and the longest, in microseconds, by what was called."""
    logging.getLogger("tidegauge").addHandler(logging.NullHandler())
    # Room for all, so that each call copies and queues a record: with the usual 10,000, a loop as
    # tight as this one has the queue full at once, and a record that is dropped costs less.
    room = {"max_records": 2 * calls, "max_bytes": 32 * 1024**3}
    found = {}
    for mood in ("up", "slow", "gone"):
        with server(mood) as url:
            found[f"log(), server {mood}"], stats = logging_to(url, calls, **room)
        assert not stats.dropped, stats
    with server("gone") as url:
        found["log(), queue full"], stats = logging_to(url, calls)
    assert stats.dropped["queue_full"] > calls * 0.9, stats
    features = row()
    waiting = queue.Queue()
    found["queue.Queue.put"] = timed(lambda _: waiting.put(features), calls)
    found["json.dumps"] = timed(lambda _: json.dumps(features), calls)
    return found


def table(found):
    lines = [f"{'microseconds':24}" + "".join(f"{name:>10}" for name in COLUMNS)]
    lines += [
        f"{name:24}" + "".join(f"{numbers[column]:10.2f}" for column in COLUMNS)
        for name, numbers in found.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(main()))
