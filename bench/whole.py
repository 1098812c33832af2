"""The whole path: accepted, counted into windows, kept in parts; and what it costs.

A real `tidegauge web` and `tidegauge worker` share the machine with the load generator.  How far
the worker is behind is looked at ten times a second: the age of the last batch that it has
committed, while more come in.

    python bench/whole.py [--short] [--data DIRECTORY]
"""

import argparse
import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa

from frames import columns
from ingest import Figure, Server, cpu_of, loaded
from tidegauge.catalog import Catalog, parts, progress
from tidegauge.record.columns import to_stream

MODELS = 1_000
_FIRST = 30


class Worker:
    def __init__(self, data: Path) -> None:
        self._log = (data.parent / "worker.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tidegauge.cli", "worker", "--data", str(data)],
            stdout=self._log,
            stderr=self._log,
        )
        self.began = time.perf_counter()

    def cpu(self) -> float:
        return sum(map(cpu_of, self._processes()))

    def memory(self) -> float:
        return sum(map(memory_of, self._processes()))

    def _processes(self) -> list[int]:
        """Its own, and the judge's beside it."""
        pid = self.process.pid
        # Whoever starts a child is its parent: here a thread that looks after the judge.
        told = (file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children"))
        return [pid, *(int(child) for some in told for child in some.split())]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def memory_of(pid: int) -> float:
    """MB that are its own: what files lie in the page cache is nobody's."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) / 1000
    return 0.0


class Watch:
    """How old the last committed batch is, sampled while rows come in."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.seconds: list[float] = []

    def now(self) -> progress.Progress | None:
        with self._catalog.read() as connection:
            return progress.get(connection, "worker")

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        ended = threading.Event()

        def look() -> None:
            while not ended.wait(0.1):
                found = self.now()
                if found is not None and found.at:
                    self.seconds.append(time.time() - found.at / 1e6)

        thread = threading.Thread(target=look)
        thread.start()
        yield
        ended.set()
        thread.join()

    def settled(self, patience: float = 120) -> float:
        """Seconds until all that was sent is committed."""
        began = last = time.perf_counter()
        before = self.now()
        while time.perf_counter() - began < patience:
            time.sleep(0.2)
            found = self.now()
            if found != before:
                before, last = found, time.perf_counter()
            elif time.perf_counter() - last > 6:
                break
        return last - began


def at_rate(folder: Path, rate: float, seconds: float) -> dict[str, object]:
    """Rows of 50 features, as Arrow batches of 1,000."""
    data = folder / "data"
    server = Server(data)
    worker = Worker(data)
    catalog = Catalog.open(f"sqlite:///{data}/catalog.db")
    watch = Watch(catalog)
    try:
        loaded(server, Figure("warm", "arrow", 20, 3.0))
        watch.settled()
        watch.seconds.clear()
        before = worker.cpu()
        with watch.watching():
            found = loaded(server, Figure("whole", "arrow", rate / 1000, seconds))
        # At first the last batch is as old as the pause before.
        lags = watch.seconds[_FIRST:]
        after = watch.settled()
        found["worker_ms_per_1000"] = 1e6 * (worker.cpu() - before) / found["accepted"]
        half = len(lags) // 2
        found["lag_s"] = {
            "p50": statistics.median(lags),
            "p99": float(np.quantile(lags, 0.99)),
            "first_half": statistics.median(lags[:half]),
            "second_half": statistics.median(lags[half:]),
            "after_the_end": after,
        }
        found["memory_mb"] = {"web": memory_of(server.process.pid), "worker": worker.memory()}
        with catalog.read() as connection:
            totals = parts.totals(connection)
        found["bytes_per_row"] = totals.bytes / max(totals.rows, 1)
        found["stored_rows"] = totals.rows
        worker.stop()
        server.stop()
        found["restart_s"] = restarted(data)
    finally:
        for process in (worker.process, server.process):
            if process.poll() is None:
                process.kill()
        catalog.close()
        shutil.rmtree(data)
    return found


def restarted(data: Path) -> float:
    """Until both processes are ready to go on."""
    began = time.perf_counter()
    worker = Worker(data)
    server = Server(data)
    log = data.parent / "worker.log"
    wanted = log.read_text().count("worker started") + 1
    while log.read_text().count("worker started") < wanted and time.perf_counter() - began < 60:
        if '"worker started"' in log.read_text().splitlines()[-1]:
            break
        time.sleep(0.01)
    took = time.perf_counter() - began
    worker.stop()
    server.stop()
    return took


def many_models(folder: Path, minutes: float, every: float = 10.0) -> dict[str, object]:
    """A thousand models live, each a few rows at a time, every so many seconds."""
    data = folder / "data"
    server = Server(data)
    worker = Worker(data)
    catalog = Catalog.open(f"sqlite:///{data}/catalog.db")
    watch = Watch(catalog)
    rng = np.random.default_rng(1)
    table = pa.table({f"features.{name}": v for name, v in columns(20_000, 1).items()})
    sizes: list[tuple[float, float]] = []
    sent = 0
    began, cpu = time.perf_counter(), worker.cpu()
    try:
        with (
            httpx.Client(
                base_url=server.url, headers={"Authorization": f"Bearer {server.key}"}, timeout=30
            ) as http,
            watch.watching(),
        ):
            number = 0
            while time.perf_counter() - began < minutes * 60:
                # One batch of 20 rows a model in each round.
                model = f"model-{number % MODELS:04}"
                rows = table.slice(int(rng.integers(0, 19_000)), 20)
                now = int(time.time() * 1e6)
                rows = (
                    rows.append_column("model_id", pa.array([model] * 20))
                    .append_column("prediction_id", pa.array([f"{number}-{n}" for n in range(20)]))
                    .append_column("prediction_score", pa.array(rng.random(20)))
                    .append_column("timestamp", pa.array([now] * 20, pa.timestamp("us", "UTC")))
                )
                answer = http.post(
                    "/api/v1/predictions",
                    content=to_stream(rows),
                    headers={"Content-Type": "application/vnd.apache.arrow.stream"},
                )
                assert answer.status_code == 200, answer.text
                sent += 20
                number += 1
                if number % MODELS == 0:
                    sizes.append((memory_of(server.process.pid), worker.memory()))
                due = began + number * every / MODELS
                if (wait := due - time.perf_counter()) > 0:
                    time.sleep(wait)
        took = time.perf_counter() - began
        return {
            "rows": sent,
            "worker_cores": (worker.cpu() - cpu) / took,
            "lag_p50": statistics.median(watch.seconds[_FIRST:]),
            "lag_p99": float(np.quantile(watch.seconds[_FIRST:], 0.99)),
            "memory_mb": [sum(each) for each in sizes],
        }
    finally:
        for process in (worker.process, server.process):
            process.terminate()
            process.wait(60)
        catalog.close()
        shutil.rmtree(data)


def measure(folder: Path, *, short: bool = False) -> dict[str, dict[str, object]]:
    return {
        "fast": at_rate(folder, 100_000, 10 if short else 100),
        "steady": at_rate(folder, 5_800, 10 if short else 30),
        "many": many_models(folder, 0.5 if short else 5),
    }


def table(found: dict[str, dict[str, object]]) -> str:
    lines = [
        "## The whole path: accepted, counted, kept",
        "",
        "A real `tidegauge web` and `tidegauge worker` and the load generator on the same cores;",
        "Arrow batches of 1,000 rows of 50 features, random doubles. Behind is how old the last",
        "committed batch was, looked at ten times a second. The CPU is the worker's for",
        "1,000 rows, the memory that of web and worker together.",
        "",
        "| | accepted/s | p95, ms | behind p50, s | p99 | at first | at last | worker, ms | MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, key in (("100,000/s", "fast"), ("5,800/s", "steady")):
        one = found[key]
        lag = one["lag_s"]
        cells = [f"{one['accepted_per_s']:,}", f"{one['ms']['p95']:.1f}"]
        cells += [f"{lag[each]:.1f}" for each in ("p50", "p99", "first_half", "second_half")]
        cells += [f"{one['worker_ms_per_1000']:.1f}", f"{sum(one['memory_mb'].values()):.0f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    fast, many = found["fast"], found["many"]
    first, last = many["memory_mb"][len(many["memory_mb"]) // 4], many["memory_mb"][-1]
    lines += [
        "",
        f"With {fast['stored_rows'] / 1e6:.1f} million rows stored, web and worker are ready again",
        f"{fast['restart_s']:.1f} s after a start.",
        "",
        f"{MODELS:,} models of 50 features live, 20 rows each every ten seconds: the worker takes",
        f"{many['worker_cores']:.2f} of a core and is {many['lag_p50']:.1f} s behind",
        f"(p99 {many['lag_p99']:.1f}); web and worker",
        f"together hold {last:.0f} MB at the end, {first:.0f} after a quarter of the time.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words.add_argument("--short", action="store_true")
    words.add_argument("--data", type=Path, default=None)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(dir=given.data) as name:
        found = measure(Path(name), short=given.short)
        print(json.dumps(found, indent=1))
        print(table(found))


if __name__ == "__main__":
    main()
