"""Time one contender in a process of its own, on one core, and print seconds and memory as JSON.

Run by `bench/run.py` with the Python of the contender's environment.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

_QUICK = 2.0


def main(contender: str, reference: str, current: str) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    before, after = frames(reference, current, contender)
    run = importlib.import_module(f"contenders.{contender}").run
    # What loading the frames took at its peak must not hide what the run takes.
    Path("/proc/self/clear_refs").write_text("5")
    held = memory("VmRSS")
    started = time.perf_counter()
    told = run(before, after)
    seconds = time.perf_counter() - started
    extra = memory("VmHWM") - held
    again = _again(run, before, after, seconds)
    # What is told of groups is held against what the others tell.
    told = told if contender.endswith("_groups") else None
    print(
        json.dumps(
            {"seconds": seconds, "extra_mb": extra, "held_mb": held, "told": told, "again": again}
        )
    )


def _again(run: Callable[..., object], before: object, after: object, first: float) -> float:
    """Seconds in a process that has done it before, as a service has; of what is quick."""
    best = first
    for _turn in range(4 if first < _QUICK else 0):
        started = time.perf_counter()
        run(before, after)
        best = min(best, time.perf_counter() - started)
    return best


def frames(reference: str, current: str, contender: str) -> tuple[object, object]:
    if contender == "tidegauge_files":
        return reference, current
    import pandas as pd

    return pd.read_parquet(reference), pd.read_parquet(current)


def memory(what: str) -> float:
    """Megabytes of this process: held now (VmRSS), or at most since the mark (VmHWM)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"/proc/self/status does not tell {what}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
