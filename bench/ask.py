"""How quickly the catalog answers: a sweep over a thousand models, and a month of one.

The catalog is filled as the worker would have filled it: a thousand models of 50 columns with a
reference and 25 windows of an hour each, and one with 30 days of hours and days.
"""

import contextlib
import dataclasses
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import uvicorn
from sqlalchemy import Connection

from tidegauge.catalog import Catalog, models, progress, series, windows
from tidegauge.catalog.windows import Window
from tidegauge.config import Config
from tidegauge.drift import KL, KS, PSI
from tidegauge.log import LocalLog
from tidegauge.profile.codec import encode
from tidegauge.profile.table import Profile
from tidegauge.profile.timing import Timing
from tidegauge.profile.traffic import Traffic
from tidegauge.reference.fit import adopt
from tidegauge.series.reach import Reach
from tidegauge.series.sweep import References, sweep
from tidegauge.web.app import Application
from tidegauge.web.keys import Keys
from tidegauge.window import DAY, HOUR, SECOND, floor
from tidegauge.worker.roll import KEPT

MODELS, HOURS = 1_000, 25
_HOUR, _DAY = HOUR * SECOND, DAY * SECOND
ASKED = {
    "traffic": ("traffic", {}),
    "drift of one feature, PSI": ("drift", {"feature": "n1", "metric": "psi"}),
    "drift of 50 features, PSI": ("drift", {"metric": "psi"}),
    "the drift result as a whole": ("drift/overall", {}),
    "profile": ("profile", {}),
    "traffic by the hour": ("traffic", {"step": 3600}),
    "drift of one feature by the hour, PSI": (
        "drift",
        {"feature": "n1", "metric": "psi", "step": 3600},
    ),
}


def rows(rng: np.random.Generator, number: int) -> dict[str, object]:
    found: dict[str, object] = {f"features.n{n}": rng.lognormal(size=number) for n in range(40)}
    found |= {f"features.c{n}": rng.choice(list("abcdef"), number) for n in range(9)}
    return found | {"prediction_score": rng.random(number)}


def traffic(rng: np.random.Generator) -> bytes:
    none = Traffic()
    timing = Timing.of(rng.lognormal(2, 0.5, 1000), np.ones(1000, dtype=np.int64))
    counts = {**none.counts, "records": 1000, "predictions": 1000, "with_status": 1000, "errors": 3}
    made = dataclasses.replace(none, counts=counts, timings=(timing, *none.timings[1:]))
    return made.encode()


def filled(folder: Path) -> Catalog:
    catalog = Catalog.open(f"sqlite:///{folder}/catalog.db")
    now = floor(time.time_ns() // 1000, HOUR)
    hours = {**{f"model-{n:04}": HOURS for n in range(MODELS)}, "long": 721}
    fill(catalog, hours, now)

    def count(connection: Connection) -> None:
        begun = progress.take(connection, "worker")
        rolled = {"300": now, "3600": now, "86400": floor(now, DAY)}
        progress.advance(
            connection, "worker", begun.epoch, begun.position, "0:8", now, {"rolled": rolled}
        )

    catalog.write(count)
    return catalog


def fill(catalog: Catalog, hours: Mapping[str, int], now: int) -> None:
    """Models by name, each with the windows of the hours before this one."""
    rng = np.random.default_rng(1)
    reference = Profile.of(rows(rng, 20_000))
    layout = dataclasses.replace(reference.layout, repeats=0)
    reference = Profile.of(rows(rng, 20_000), layout)
    pool = [encode(Profile.of(rows(rng, 1000), layout), with_layout=False) for _ in range(40)]
    calls = [traffic(rng) for _ in range(20)]

    def write(connection: Connection) -> None:
        for name, model in models.ensure(connection, "default", list(hours), now).items():
            first = now - 40 * _DAY
            layout_id, number = started(connection, model.id, reference, first)
            spans = [(HOUR, now - n * _HOUR) for n in range(1, hours[name])]
            days = (hours[name] - 1) // 24
            if days > 1:
                spans += [(DAY, floor(now - n * _DAY, DAY)) for n in range(1, days + 1)]
            made = [
                Window(
                    series=number,
                    resolution=resolution,
                    start=start,
                    rows=1000,
                    traffic=calls[at % 20],
                    changed_at=now,
                    layout=layout_id,
                    profile=pool[at % 40],
                )
                for at, (resolution, start) in enumerate(spans)
            ]
            windows.put(connection, made)

    catalog.write(write)


def started(connection: Connection, model: int, reference: Profile, first: int) -> tuple[int, int]:
    """A model with a reference of its first day: the layout of it, and its series."""
    baseline = adopt(
        connection,
        model,
        reference,
        source="learned",
        name="first rows",
        first_at=first,
        last_at=first + _DAY,
        at=first,
        by="bench",
        why="bench",
    )
    number = series.ensure(connection, [(model, "1", "")])[model, "1", ""]
    return baseline.layout, number


def swept(catalog: Catalog) -> dict[str, float]:
    """CPU seconds of PSI, KS and KL over the last hour of all, reading included."""
    references = References()
    spent: list[float] = []
    numbers = 0
    for _ in range(6):
        began = time.process_time()
        with catalog.read() as connection:
            found = models.listed(connection, "default", limit=MODELS)
            reach = Reach.read(connection, KEPT)
            span = reach.at - _HOUR, reach.at
            methods = [PSI(), KS(), KL()]
            made = list(sweep(connection, reach, references, [m.id for m in found], span, methods))
        spent.append(time.process_time() - began)
        numbers = sum(len(each.values) for each in made)
    return {"first": spent[0], "again": statistics.median(spent[1:]), "numbers": numbers}


@contextlib.contextmanager
def served(folder: Path) -> Iterator[httpx.Client]:
    log = LocalLog(folder / "log", cap=64 << 20, segment=1 << 20)
    app = Application(Config(data=folder), log, Keys(folder), dev=True)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
    )
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    base = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1/"
    with httpx.Client(base_url=base, timeout=60) as http:
        yield http
    server.should_exit = True
    thread.join()
    app.ingest.close()
    app.kept.close()
    log.close()


def asked(folder: Path) -> dict[str, tuple[float, float]]:
    """Milliseconds for 30 days: the first time, and the median of nine more."""
    start = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    found: dict[str, tuple[float, float]] = {}
    with served(folder) as http:
        http.get("models")
        for name, (path, query) in ASKED.items():
            spent: list[float] = []
            for _ in range(10):
                began = time.perf_counter()
                answer = http.get(f"models/long/{path}", params={"start_time": start, **query})
                spent.append(1000 * (time.perf_counter() - began))
                assert answer.status_code == 200, answer.text
            found[name] = spent[0], statistics.median(spent[1:])
    return found


def table() -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        catalog = filled(folder)
        sweeping = swept(catalog)
        catalog.close()
        answers = asked(folder)
    lines = [
        "## How quickly it answers",
        "",
        f"PSI, KS and KL of {MODELS:,} models of 50 columns over their last hour, from the",
        f"catalog, reading included ({sweeping['numbers']:,} numbers): {sweeping['again']:.2f} s",
        f"of one core; {sweeping['first']:.2f} s the first time, when their references are read.",
        "",
        "A month of one of 1,001 models over HTTP, by the day where nothing else is said;",
        "milliseconds, the first time and then:",
        "",
        "| 30 days of | first | again |",
        "|---|---|---|",
    ]
    lines += [f"| {name} | {first:.0f} | {again:.0f} |" for name, (first, again) in answers.items()]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(table())
