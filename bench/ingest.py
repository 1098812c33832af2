"""What a real `tidegauge web` accepts, durably, and how quickly it answers.

The server, its decoder and the load generator share the machine's cores, as they would on a small
machine; the generator's own part is told.  In the same run the disk is timed alone, with writes of
the same size at the same rate, and the plain libraries decode the same bodies, so that each figure
is also a ratio.  What a worker would have consumed is released all along.

    python bench/ingest.py [--short] [--data DIRECTORY]
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson
import pyarrow as pa
from pyarrow import ipc

import load
from tidegauge.config import LogConfig
from tidegauge.log import START, LogReader

HERE = Path(__file__).parent
_SEGMENT = LogConfig().segment_mib << 20


@dataclass(frozen=True)
class Figure:
    name: str
    form: str
    rate: float  # posts a second
    seconds: float
    p95: float | None = None  # at most so many milliseconds
    rows: int = 1000
    connections: int = 64


FIGURES = [
    Figure("Arrow, 100,000/s", "arrow", 100, 20, 20.0),
    Figure("Arrow with LZ4, 100,000/s", "arrow-lz4", 100, 5, 20.0),
    Figure("Arrow, 10,000/s", "arrow", 10, 6, 10.0),
    Figure("JSON, 25,000/s", "json", 25, 6),
    Figure("JSON columns, 25,000/s", "json-columns", 25, 3),
    Figure("NDJSON, 25,000/s", "ndjson", 25, 3),
    Figure("single, 2,000/s", "single", 2000, 6, rows=1, connections=256),
]
SHORT = ("Arrow, 100,000/s", "Arrow, 10,000/s", "JSON, 25,000/s", "single, 2,000/s")
_LADDER = (125, 150, 175, 200, 225, 250, 300, 350, 400)


class Server:
    """`tidegauge web` on a free port, and what its processes use."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._log = (data.parent / "web.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tidegauge.cli", "web", "--port", "0", "--data", str(data)],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.key = self.url = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"tg_\S+", line):
                self.key = found[0]
            if found := re.search(r"http://\S+", line):
                self.url = found[0]
                break
        for _ in range(1000):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/livez").is_success:
                    break
            time.sleep(0.01)
        pid = self.process.pid
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        children = [child for task in tasks for child in task.read_text().split()]
        self.pids = {"web": [pid], "decoder": [int(each) for each in children]}

    def cpu(self) -> dict[str, float]:
        return {name: sum(map(cpu_of, pids)) for name, pids in self.pids.items()}

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(30)
        self._log.close()
        return code


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def consuming(data: Path) -> Iterator[None]:
    """Release what is durable, as a worker does that keeps up."""
    ended = threading.Event()

    def consume() -> None:
        reader = LogReader(data / "log")
        while not ended.wait(0.5):
            reader.release(reader.end())

    thread = threading.Thread(target=consume)
    thread.start()
    yield
    ended.set()
    thread.join()


def loaded(server: Server, figure: Figure, **more: object) -> dict[str, object]:
    """One run of the generator, in a process of its own."""
    words = [f"--{name}={value}" for name, value in more.items()]
    told = ("form", "rate", "seconds", "rows", "connections")
    words += [f"--{name}={getattr(figure, name)}" for name in told]
    before, began = server.cpu(), _end(server.data)
    done = subprocess.run(
        [sys.executable, str(HERE / "load.py"), server.url, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TIDEGAUGE_API_KEY": server.key},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    after = server.cpu()
    thousands = max(found["accepted"], 1) / 1000
    found["cpu_ms_per_1000"] = {
        name: 1000 * (after[name] - before[name]) / thousands for name in after
    }
    found["cpu_ms_per_1000"]["generator"] = 1000 * found["cpu_s"] / thousands
    found["log_bytes"] = (_end(server.data) - began) / max(found["accepted"], 1)
    return found


def _end(data: Path) -> int:
    reader = LogReader(data / "log")
    with contextlib.closing(reader):
        number, offset = reader.end()
        return number * _SEGMENT + offset


def kept_up(found: dict[str, object]) -> bool:
    """Whether the server took all that came as it came, and the backlog did not grow."""
    sent_all = not found["unsent"] and not found["unknown"] and set(found["statuses"]) == {"200"}
    return (
        sent_all and found["accepted_per_s"] >= 0.97 * found["offered"] and found["ms"]["p50"] < 250
    )


def disk(folder: Path, size: int, rate: float, seconds: float) -> dict[str, float]:
    """Plain writes over allocated blocks, each synced, in milliseconds from when each was due."""
    path = folder / "disk.probe"
    room = max(_SEGMENT, size)
    body = os.urandom(size)
    spent: list[float] = []
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        for at in range(0, room, 1 << 20):
            os.pwrite(fd, bytes(1 << 20), at)
        os.fsync(fd)
        start = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = start + number / rate
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(wait)
            os.pwrite(fd, body, number * size % (room - size + 1))
            os.fdatasync(fd)
            spent.append(time.perf_counter() - due)
    finally:
        os.close(fd)
        path.unlink()
    return load.quantiles(spent)


def plain_decoding() -> dict[str, float]:
    """Milliseconds that the libraries alone take for a body of 1,000 records."""

    def arrow(body: bytes) -> None:
        ipc.open_stream(pa.py_buffer(body)).read_all()

    def arrow_in_full(body: bytes) -> None:
        ipc.open_stream(pa.py_buffer(body)).read_all().validate(full=True)

    def lines(body: bytes) -> None:
        for line in body.split(b"\n"):
            orjson.loads(line)

    ways: dict[str, tuple[str, Callable[[bytes], object]]] = {
        "arrow: read_all": ("arrow", arrow),
        "arrow: read_all, validate(full)": ("arrow", arrow_in_full),
        "arrow-lz4: read_all": ("arrow-lz4", arrow),
        "json: orjson.loads": ("json", orjson.loads),
        "json-columns: orjson.loads": ("json-columns", orjson.loads),
        "ndjson: orjson.loads a line": ("ndjson", lines),
    }
    found: dict[str, float] = {}
    for name, (form, way) in ways.items():
        body = load.Template(form, 1000, 0).body("00000000")
        spent: list[float] = []
        for _ in range(25):
            started = time.perf_counter()
            way(body)
            spent.append(1000 * (time.perf_counter() - started))
        found[name] = statistics.median(spent)
    return found


def highest(server: Server, figure: Figure) -> dict[str, object]:
    """Climb until the server does not keep up."""
    quick = sustained = 0
    steps: list[dict[str, object]] = []
    for rate in _LADDER:
        step = Figure("step", figure.form, rate, 3.0, connections=128)
        found = loaded(server, step)
        found["offered"] = rate * 1000
        steps.append({name: found[name] for name in ("offered", "accepted_per_s", "ms")})
        if not kept_up(found):
            break
        sustained = rate * 1000
        quick = rate * 1000 if found["ms"]["p95"] < 20 else quick
    return {"p95_under_20_ms": quick, "sustained": sustained, "steps": steps}


def exactly_once(server: Server, ledger: Path, seconds: float) -> dict[str, object]:
    """Nothing consumes; then each batch that was answered with 200 is in the log, once."""
    os.sync()
    figure = Figure("nothing consumes", "arrow", 100, seconds)
    found = loaded(server, figure, ledger=ledger)
    code = server.stop()
    sent = load.read_ledger(ledger)
    stored: Counter[str] = Counter()
    wrong = 0
    reader = LogReader(server.data / "log")
    with contextlib.closing(reader):
        for _position, batch in reader.read(START, most=1 << 40):
            if batch.batch_id in sent:
                stored[batch.batch_id] += 1
                with ipc.open_stream(batch.pieces[0].body) as stream:
                    ids = stream.read_all()["prediction_id"].to_pylist()
                wrong += ids != sent[batch.batch_id][1]
    acked = {batch for batch, (outcome, _ids) in sent.items() if outcome == "acked"}
    found |= {
        "acked": len(acked),
        "lost": len(acked - stored.keys()),
        "doubled": sum(count > 1 for count in stored.values()),
        "wrong": wrong,
        "exit_code": code,
    }
    return found


def file_system(path: Path) -> str:
    mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text().splitlines()]
    device, _point, kind = max(
        (mount for mount in mounts if path.is_relative_to(mount[1])), key=lambda each: len(each[1])
    )
    assert kind not in {"tmpfs", "ramfs", "overlay"}, f"{path} is on {kind}: give --data on a disk"
    return f"{kind} on {device}"


def measure(where: Path, *, short: bool = False) -> dict[str, object]:
    """Every figure three times, in turn; once and briefly when short."""
    folder = Path(tempfile.mkdtemp(prefix="tidegauge-ingest-", dir=where))
    found: dict[str, object] = {"file_system": file_system(folder), "figures": {}}
    try:
        server = Server(folder / "data")
        with consuming(server.data):
            for form in ("arrow", "json", "single"):
                loaded(server, Figure("warm", form, 20, 0.5 if short else 1.0))
            chosen = [each for each in FIGURES if not short or each.name in SHORT]
            for turn in range(1 if short else 3):
                for figure in chosen:
                    print(f"  {turn + 1}: {figure.name}", file=sys.stderr, flush=True)
                    seconds = min(figure.seconds, 1.5) if short else figure.seconds
                    brief = Figure(**{**vars(figure), "seconds": seconds})
                    one = loaded(server, brief)
                    one["offered"] = figure.rate * figure.rows
                    one["kept_up"] = kept_up(one)
                    one["disk"] = disk(folder, one["body_bytes"], figure.rate, min(seconds, 1.0))
                    found["figures"].setdefault(figure.name, []).append(one)
            if not short:
                found["highest"] = highest(server, FIGURES[0])
        found["exactly_once"] = exactly_once(server, folder / "ledger", 1.0 if short else 6.0)
        found["plain_decoding_ms"] = plain_decoding()
    finally:
        shutil.rmtree(folder)
    return found


def table(found: dict[str, object]) -> str:
    """In Markdown."""
    lines = [f"Data on {found['file_system']}. Milliseconds; the median of the runs (least-most)."]
    lines += ["", "| | accepted/s | p50 | p95 | p99 | wanted p95 | the disk alone, p50 / p95 |"]
    lines += ["|---|---|---|---|---|---|---|"]
    wanted = {each.name: each.p95 for each in FIGURES}
    for name, runs in found["figures"].items():
        cells = [_spread([one["accepted_per_s"] for one in runs], ",.0f")]
        cells += [_spread([one["ms"][which] for one in runs]) for which in ("p50", "p95", "p99")]
        cells += [f"{wanted[name]:.0f}" if wanted[name] else ""]
        alone = [statistics.median(one["disk"][which] for one in runs) for which in ("p50", "p95")]
        cells += [f"{alone[0]:.1f} / {alone[1]:.1f}"]
        late = "" if all(one["kept_up"] for one in runs) else " (did not keep up)"
        lines.append(f"| {name}{late} | {' | '.join(cells)} |")
    lines += [
        "",
        "| for 1,000 predictions | body, KB | web, CPU ms | decoder | generator | log, KB |",
    ]
    lines += ["|---|---|---|---|---|---|"]
    for name, runs in found["figures"].items():
        cpu = [
            statistics.median(one["cpu_ms_per_1000"][who] for one in runs)
            for who in ("web", "decoder", "generator")
        ]
        rows = next(each.rows for each in FIGURES if each.name == name)
        body = runs[0]["body_bytes"] / rows
        kept = statistics.median(one["log_bytes"] for one in runs)
        shown = " | ".join(f"{ms:.2f}" for ms in cpu)
        lines.append(f"| {name} | {body:,.0f} | {shown} | {kept:,.0f} |")
    if "highest" in found:
        top = found["highest"]
        lines += ["", f"Arrow, highest with p95 under 20 ms: {top['p95_under_20_ms']:,}/s;"]
        lines += [f"highest that is kept up: {top['sustained']:,}/s."]
        lines += [
            "",
            "| Arrow, offered/s | accepted/s | p50 | p95 | p99 |",
            "|---|---|---|---|---|",
        ]
        for step in top["steps"]:
            cells = " | ".join(f"{step['ms'][which]:.1f}" for which in ("p50", "p95", "p99"))
            lines.append(f"| {step['offered']:,} | {step['accepted_per_s']:,} | {cells} |")
    once = found["exactly_once"]
    lines += ["", f"While nothing consumed, at 100,000/s: p95 {once['ms']['p95']:.1f} ms. Of the"]
    lines += [f"{once['acked']} batches answered with 200, {once['lost']} are not in the log and"]
    lines += [f"{once['doubled']} are there twice."]
    lines += ["", "The libraries alone, ms for 1,000 records:"]
    lines += [f"- {name}: {ms:.2f}" for name, ms in found["plain_decoding_ms"].items()]
    return "\n".join([*lines, ""])


def _spread(values: list[float], form: str = ".1f") -> str:
    middle = format(statistics.median(values), form)
    if len(values) == 1:
        return middle
    return f"{middle} ({format(min(values), form)}-{format(max(values), form)})"


def main() -> None:
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words.add_argument("--short", action="store_true", help="20 seconds, once each")
    words.add_argument("--data", type=Path, default=Path("/var/tmp"), help="a real disk")  # noqa: S108
    words.add_argument("--json", type=Path, help="also write everything here")
    given = words.parse_args()
    found = measure(given.data, short=given.short)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))
    print(table(found))


if __name__ == "__main__":
    main()
