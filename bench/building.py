"""How many rows of 50 columns a second are counted into a profile, on one core."""

import json
import os
import sys
import time

import pandas as pd
import pyarrow as pa

from frames import columns
from tidegauge.profile.table import Profile

ROWS = 1_000_000
MAKE = {
    "numpy": lambda found: {
        name: values if values.dtype.kind == "f" else pa.array(values)
        for name, values in found.items()
    },
    "arrow": pa.table,
    "pandas": pd.DataFrame,
}


def main(kind: str) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    data = MAKE[kind](columns(ROWS, 1))
    layout = Profile.of(MAKE[kind](columns(20_000, 0))).layout
    started = time.perf_counter()
    Profile.of(data, layout)
    print(json.dumps({"rows_per_s": ROWS / (time.perf_counter() - started)}))


if __name__ == "__main__":
    main(sys.argv[1])
