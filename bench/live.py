"""How soon somebody is told, by the clock on the wall: a hundred faults in a hundred models.

As `injections`, with nothing left out: `tidegauge web` and `tidegauge worker` with its judge run
as they do for users, rows come over HTTP once a second, and the time is that from sending the
first row with a fault until the API answers with the breach.  Only the two weeks that the models
have behind them are put into the catalog.  It ends with 1 where one takes over five minutes.

    python bench/live.py [faults]
"""

import contextlib
import shutil
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa

from ingest import Server
from injections import COUNT, FAULTS, LIMIT, Fault, Found, by_fault, learned, rows
from tidegauge.catalog import progress
from tidegauge.record.columns import to_stream
from tidegauge.window import HOUR, SECOND, floor
from whole import Worker

A_SECOND = 10
"""Rows of each model."""
_WARM = 180
"""Seconds before the first fault."""
_APART = 3
"""Seconds between two."""
_MEDIA = {"Content-Type": "application/vnd.apache.arrow.stream"}


def _now() -> int:
    return time.time_ns() // 1000


@dataclass
class Live:
    """Models that are fed until all faults are told, or have had twice the time."""

    http: httpx.Client
    names: list[str]
    begin: int = field(default_factory=_now)
    faults: dict[str, Fault] = field(default_factory=dict)
    """Those that have begun, with the moment of their first row."""
    told: dict[str, tuple[int, str]] = field(default_factory=dict)
    """When the API told it, and the column that it named first."""
    early: set[str] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> list[Found]:
        asking = threading.Thread(target=self._ask)
        asking.start()
        try:
            self._feed()
        finally:
            self._over.set()
            asking.join()
        return [self._found(name) for name in self.names]

    def _feed(self) -> None:
        random = np.random.default_rng([17, self.begin])
        last = self.begin + (_WARM + _APART * len(self.names)) * SECOND + 2 * LIMIT
        due = time.monotonic()
        while len(self.told) < len(self.names) and _now() < last:
            self._send(random)
            due += 1
            time.sleep(max(0.0, due - time.monotonic()))

    def _send(self, random: np.random.Generator) -> None:
        at, count = _now(), A_SECOND * len(self.names)
        made = rows(random, at, count)
        for number, name in enumerate(self.names):
            begins = self.begin + (_WARM + _APART * number) * SECOND
            if at < begins:
                break
            fault = self.faults.get(name) or Fault(Fault.of(number, 0).name, _column(number), at)
            own = slice(number * A_SECOND, (number + 1) * A_SECOND)
            # A few rows of text hold no longer text than theirs.
            made[fault.column][own] = FAULTS[fault.name](random, made[fault.column][own])
            self.faults[name] = fault
        table = pa.table(
            {
                "model_id": np.repeat(self.names, A_SECOND),
                "model_version": np.repeat("1", count),
                "prediction_id": [f"{at}-{each}" for each in range(count)],
                "timestamp": pa.array([at] * count, pa.timestamp("us", "UTC")),
                **made,
            }
        )
        answer = self.http.post("/api/v1/predictions", content=to_stream(table), headers=_MEDIA)
        assert answer.status_code == 200, answer.text

    def _ask(self) -> None:
        while not self._over.wait(1):
            for name in list(self.faults):
                if name not in self.told:
                    self._look(name)

    def _look(self, name: str) -> None:
        begins = self.faults[name].begins
        asked = {"monitor": "drift", "limit": 10}
        answer = self.http.get(f"/api/v1/models/{name}/readings", params=asked)
        breaches = [
            each for each in answer.raise_for_status().json()["readings"] if each["severity"]
        ]
        if any(_micros(each) <= begins for each in breaches):
            self.early.add(name)
        after = [each for each in breaches if _micros(each) > begins]
        if after:
            named = after[-1]["detail"]["features"][0]["column"]
            self.told[name] = _now(), named

    def _found(self, name: str) -> Found:
        fault, (at, named) = self.faults[name], self.told.get(name, (0, ""))
        took = at - fault.begins if at else None
        return Found(fault.name, took, named == fault.column, name in self.early)


def _column(number: int) -> str:
    return Fault.of(number, 0).column


def _micros(reading: dict[str, Any]) -> int:
    return int(datetime.fromisoformat(reading["timestamp"]).timestamp() * 1e6)


def measure(count: int = COUNT) -> list[Found]:
    names = [f"model-{number:03}" for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        product = learned(data, names, floor(_now(), HOUR))
        # The log that is read from now on is another one.
        product.catalog.write(lambda c: progress.rewind(c, "worker"))
        product.close()
        shutil.rmtree(data / "log")
        with contextlib.ExitStack() as stack:
            server = Server(data)
            stack.callback(server.stop)
            worker = Worker(data)
            stack.callback(worker.stop)
            known = {"Authorization": f"Bearer {server.key}"}
            http = stack.enter_context(httpx.Client(base_url=server.url, headers=known, timeout=60))
            return Live(http, names).run()


def is_well(found: list[Found]) -> bool:
    return all(each.took is not None and each.took <= LIMIT for each in found)


def table(found: list[Found]) -> str:
    took = sorted(each.took / SECOND for each in found if each.took is not None)
    soon = sum(each <= LIMIT / SECOND for each in took)
    lines = [
        f"{len(found)} faults in as many models of 20 columns and {A_SECOND} rows a second each,",
        "over HTTP to a real `tidegauge web`, worker and judge; from sending the first row with",
        f"the fault until the API tells the breach: {soon} within five minutes, half within",
        f"{statistics.median(took):.0f} s, the last after {took[-1]:.0f} s.  The column was",
        f"named first in {sum(each.is_right for each in found)};",
        f"{sum(each.is_early for each in found)} had an alarm before.",
        "",
        *by_fault(found),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    found = measure(*map(int, sys.argv[1:]))
    print(table(found))
    sys.exit(not is_well(found))
