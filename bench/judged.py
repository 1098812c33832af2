"""What judging costs: a thousand models of 50 columns, every minute, by the usual monitors.

The catalog is filled as the worker would have filled it: a reference each, two weeks of hours of
one of them (what they teach holds for all), and minutes of 100 rows.

    python bench/judged.py [MODELS]
"""

import contextlib
import dataclasses
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from ask import rows, started, traffic
from product import share
from tidegauge.catalog import Catalog, models, progress, windows
from tidegauge.catalog.windows import Window
from tidegauge.log import LocalLog, LogReader
from tidegauge.profile.codec import encode
from tidegauge.profile.table import Profile
from tidegauge.window import DAY, HOUR, MINUTE, SECOND, floor
from tidegauge.worker.judge import Judge
from tidegauge.worker.roll import KEPT

_MINUTE, _HOUR, _DAY = MINUTE * SECOND, HOUR * SECOND, DAY * SECOND
SLOTS = 6


def filled(catalog: Catalog, count: int, start: int) -> None:
    """Models whose reference begins two weeks before a moment, and minutes from there on."""
    rng = np.random.default_rng(1)
    reference = Profile.of(rows(rng, 20_000))
    layout = dataclasses.replace(reference.layout, repeats=0)
    reference = Profile.of(rows(rng, 20_000), layout)
    minutes = [encode(Profile.of(rows(rng, 100), layout), with_layout=False) for _ in range(40)]
    hours = [encode(Profile.of(rows(rng, 6_000), layout), with_layout=False) for _ in range(40)]
    calls = [traffic(rng) for _ in range(20)]

    def window(number: int, layout_id: int, resolution: int, at: int, pool: list[bytes]) -> Window:
        return Window(
            series=number,
            resolution=resolution,
            start=at,
            rows=100,
            traffic=calls[(number + at // _MINUTE) % 20],
            changed_at=at,
            layout=layout_id,
            profile=pool[(number + at // _MINUTE) % len(pool)],
        )

    def fill(connection: Connection) -> None:
        first = start - 14 * _DAY
        names = [f"model-{n:04}" for n in range(count)]
        for at, (_name, model) in enumerate(models.ensure(connection, "default", names, 1).items()):
            layout_id, number = started(connection, model.id, reference, first)
            made = [
                window(number, layout_id, MINUTE, start + n * _MINUTE, minutes)
                for n in range(-1, SLOTS)
            ]
            if at == 0:
                made += [
                    window(number, layout_id, HOUR, first + n * _HOUR, hours)
                    for n in range(14 * 24)
                ]
            windows.put(connection, made)
        begun = progress.take(connection, "worker")
        rolled = {"300": start, "3600": start, "86400": start}
        progress.advance(
            connection, "worker", begun.epoch, begun.position, "0:8", start, {"rolled": rolled}
        )

    catalog.write(fill)


def measure(count: int = 1_000) -> dict[str, object]:
    start = floor(time.time_ns() // 1000, DAY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        LocalLog(folder / "log").close()
        catalog = Catalog.open(f"sqlite:///{folder}/catalog.db")
        log = LogReader(folder / "log")
        with contextlib.closing(catalog), contextlib.closing(log):
            filled(catalog, count, start)
            judge = Judge(catalog, log, KEPT, clock=lambda: start)
            began = time.process_time()
            readings = judge.judge(start)
            first = time.process_time() - began
            share(catalog, 1)
            took: list[float] = []
            memory: list[float] = []
            for slot in range(1, SLOTS + 1):
                began = time.process_time()
                readings = judge.judge(start + slot * _MINUTE)
                took.append(time.process_time() - began)
                memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
            size = (folder / "catalog.db").stat().st_size
    return {
        "models": count,
        "readings": readings,
        "first_s": first,
        "cycle_s": statistics.median(took),
        "longest_s": max(took),
        "memory_mb": memory,
        "catalog_mb": size / 1e6,
    }


def table() -> str:
    found = measure()
    return "\n".join(
        [
            f"{found['models']:,} models of 50 columns, 100 rows a minute each, usual monitors:",
            f"{found['readings']:,} readings a slot in {found['cycle_s']:.1f} s of one core, the",
            f"catalog's reading and writing included ({found['longest_s']:.1f} s in the slots that",
            "also ask what comes every five minutes, or what the last week was). The first slot,",
            f"which makes all rules of references, takes {found['first_s']:.0f} s.",
            "",
        ]
    )


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=1))
