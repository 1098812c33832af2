"""What a backtest costs: thirty days of 50 columns by the usual monitors.

The catalog holds hours of 6,000 rows as the worker would have made them, from eight weeks ago on.

    python bench/backtested.py [TRIALS]
"""

import contextlib
import dataclasses
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from ask import rows, started, traffic
from tidegauge.catalog import Catalog, models, progress, windows
from tidegauge.catalog.windows import Window
from tidegauge.monitor.backtest import Wanted, backtest
from tidegauge.monitor.faults import checked
from tidegauge.monitor.usual import documents
from tidegauge.profile.codec import encode
from tidegauge.profile.table import Profile
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Known, find
from tidegauge.window import DAY, HOUR, SECOND, floor
from tidegauge.worker.roll import KEPT

_HOUR, _DAY = HOUR * SECOND, DAY * SECOND
_WEEKS, _DAYS, _POOL, _ROWS = 8, 30, 60, 6_000
TIMES = 3


def filled(catalog: Catalog, stop: int) -> None:
    rng = np.random.default_rng(1)
    reference = Profile.of(rows(rng, 20_000))
    layout = dataclasses.replace(reference.layout, repeats=0)
    reference = Profile.of(rows(rng, 20_000), layout)
    hours = [encode(Profile.of(rows(rng, _ROWS), layout), with_layout=False) for _ in range(_POOL)]
    calls = [traffic(rng) for _ in range(20)]
    start = stop - _WEEKS * 7 * _DAY

    def fill(connection: Connection) -> None:
        model = models.ensure(connection, "default", ["m"], 1)["m"]
        layout_id, number = started(connection, model.id, reference, start)
        made = [
            Window(
                series=number,
                resolution=HOUR,
                start=start + at * _HOUR,
                rows=_ROWS,
                traffic=calls[int(rng.integers(20))],
                changed_at=start,
                layout=layout_id,
                profile=hours[int(rng.integers(_POOL))],
            )
            for at in range(_WEEKS * 7 * 24)
        ]
        windows.put(connection, made)
        begun = progress.take(connection, "worker")
        rolled = {"300": stop, "3600": stop, "86400": start}
        progress.advance(
            connection, "worker", begun.epoch, begun.position, "0:8", stop, {"rolled": rolled}
        )

    catalog.write(fill)


def measure(trials: int = 10) -> dict[str, float]:
    stop = floor(time.time_ns() // 1000, DAY)
    monitors = [checked(each) for each in documents()]
    with tempfile.TemporaryDirectory() as name:
        catalog = Catalog.open(f"sqlite:///{Path(name)}/catalog.db")
        with contextlib.closing(catalog):
            filled(catalog, stop)
            took: dict[int, list[float]] = {0: [], trials: []}
            with catalog.read() as connection:
                reach = Reach.read(connection, KEPT)
                subject = find(connection, Known(), "default", "m")
                assert subject is not None
                for draws in [*took] * TIMES:
                    began = time.process_time()
                    wanted = Wanted(stop - _DAYS * _DAY, stop, draws, 1.0)
                    found = backtest(connection, reach, subject, monitors, wanted)
                    took[draws].append(time.process_time() - began)
    planted = sum(each.planted for outcome in found.outcomes for each in outcome.powers)
    return {
        "monitors": len(monitors),
        "alarms": sum(len(each.alarms) for each in found.outcomes),
        "read_s": statistics.median(took[0]),
        "trials_s": statistics.median(took[trials]),
        "planted": planted,
    }


def table() -> str:
    found = measure()
    return "\n".join(
        [
            f"A backtest of {_DAYS} days of 50 columns by the {found['monitors']} usual monitors",
            f"takes {found['read_s']:.1f} s of one core, learning the rule included (wanted: under",
            f"3 s), and {found['trials_s']:.1f} s with {found['planted']:.0f} planted changes.",
            "",
        ]
    )


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=1))
