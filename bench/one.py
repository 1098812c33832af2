"""Time one contender in a process of its own, on one core, and print seconds and memory as JSON.

Run by `bench/run.py` with the Python of the contender's environment.
"""

import importlib
import json
import os
import resource
import sys
import time


def main(contender: str, reference: str, current: str) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    before, after = frames(reference, current, contender)
    run = importlib.import_module(f"contenders.{contender}").run
    held = peak()
    started = time.perf_counter()
    run(before, after)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "extra_mb": peak() - held, "held_mb": held}))


def frames(reference: str, current: str, contender: str) -> tuple[object, object]:
    if contender == "tidegauge_files":
        return reference, current
    import pandas as pd

    return pd.read_parquet(reference), pd.read_parquet(current)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:4])
