"""How often the verdict is wrong: healthy pairs that drift, and drifted pairs that do not."""

import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from frames import columns
from tidegauge.judge.verdict import judge
from tidegauge.profile.table import Profile
from tidegauge.schema import Schema

SIZES = (200, 5_000, 100_000)
WIDTHS = (5, 50)
SHIFT = 0.3


def drifted(seed: int, rows: int, features: int, shift: float = 0.0) -> list[str]:
    """The columns that are called drifted in one pair of samples of one source."""
    before = columns(rows, 2 * seed, features)
    after = columns(rows, 2 * seed + 1, features)
    after["number_0"] = after["number_0"] + shift
    kinds = {name: "numeric" if name.startswith("number") else "category" for name in before}
    reference = Profile.of(before, schema=Schema.of(kinds))
    verdicts = judge(reference, Profile.of(after, reference.layout))
    return [name for name, verdict in verdicts.items() if verdict.severity]


def false_alarms(pairs: int) -> Iterator[tuple[int, int, int]]:
    with ProcessPoolExecutor(2) as pool:
        for features in WIDTHS:
            for rows in SIZES:
                found = pool.map(
                    partial(drifted, rows=rows, features=features), range(pairs), chunksize=5
                )
                yield rows, features, sum(bool(names) for names in found)


def found_shifts(pairs: int) -> tuple[int, int]:
    """Pairs in which the shifted column is named, and in which another one is."""
    with ProcessPoolExecutor(2) as pool:
        run = partial(drifted, rows=5_000, features=50, shift=SHIFT)
        found = list(pool.map(run, range(10_000, 10_000 + pairs), chunksize=5))
    return (
        sum("number_0" in names for names in found),
        sum(any(name != "number_0" for name in names) for names in found),
    )


if __name__ == "__main__":
    count = int(sys.argv[1])
    np.seterr(all="raise", under="ignore")
    for rows, features, alarms in false_alarms(count):
        print(f"{rows:>7} rows, {features:>2} columns: {alarms} of {count} healthy pairs drifted")
    print("shift of 0.3 sd in one of 50, 5,000 rows:", found_shifts(count), "of", count)
