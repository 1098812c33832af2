"""A server to look at: a thousand models with an incident here and there, and six of a month.

The thousand are put into the catalog as the worker would have put them; the six are those of
`tidegauge demo`, sent over HTTP with their labels and counted by a real worker.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

import ask
from alerting import Fleet
from ingest import Server
from tidegauge.catalog import Catalog
from tidegauge.window import HOUR, floor
from whole import Worker

MODELS, HOURS, BROKEN, DAYS = 1_000, 25, 40, 30
LABELLED = ("card-fraud", "restaurant-demand")
_PATIENCE = 600


@dataclass(frozen=True)
class Watched:
    server: Server
    fleet: Fleet
    http: httpx.Client

    def break_some(self, some: int) -> None:
        """The latency of every so many models breaks, and all others are well: a minute passes."""
        latencies = [target for target, is_latency in self.fleet.targets if is_latency]
        self.fleet.minute(set(latencies[::some]))
        self.fleet.took()


@contextlib.contextmanager
def watched(folder: Path, days: int = DAYS) -> Iterator[Watched]:
    data = folder / "data"
    with contextlib.ExitStack() as stack:
        server = Server(data)
        stack.callback(server.stop)
        headers = {"Authorization": f"Bearer {server.key}"}
        base = f"{server.url}/api/v1/"
        http = stack.enter_context(httpx.Client(base_url=base, headers=headers, timeout=60))
        _live_through(data, server, http, days)
        catalog = Catalog.open(f"sqlite:///{data}/catalog.db")
        stack.callback(catalog.close)
        # Without a worker: the judge would find a thousand models that have fallen silent.
        now = time.time_ns() // 1000
        ask.fill(catalog, {f"model-{n:04}": HOURS for n in range(MODELS)}, floor(now, HOUR))
        fleet = Fleet(catalog, MODELS, now)
        found = Watched(server, fleet, http)
        for _minute in range(3):
            found.break_some(MODELS // BROKEN)
        yield found


def _live_through(data: Path, server: Server, http: httpx.Client, days: int) -> None:
    worker = Worker(data)
    words = [sys.executable, "-m", "tidegauge.cli", "demo", "--back-fill-only"]
    words += ["--days", str(days), "--url", server.url, "--api-key", server.key]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    until = time.monotonic() + _PATIENCE
    while not all(_is_known(http, each) for each in LABELLED):
        if time.monotonic() > until:
            raise SystemExit("what was sent is not counted")
        time.sleep(1)
    worker.stop()


def _is_known(http: httpx.Client, model: str) -> bool:
    waiting = http.get(f"models/{model}/watermark")
    if not waiting.is_success or waiting.json()["waiting_rows"]:
        return False
    found = http.get(f"models/{model}/performance").json()["data_points"]
    return sum(bool(each["metrics"]) for each in found) > 1
