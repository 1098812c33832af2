"""Rows to keep, and a store for them."""

import math
import random
from datetime import UTC, datetime

from tidegauge.arrow import pa
from tidegauge.record.columns import TIME
from tidegauge.store import LocalStore, new_name, write

START = 1_795_000_000_000_000
DAY = 86_400_000_000


def seeded(seed):
    return random.Random(seed)


def moment(micros):
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)


def rows(count, *, start=START, step=1000, seed=0, **columns):
    """Rows with ids that tell them apart."""
    chance = seeded(seed)
    times = [start + step * i for i in range(count)]
    table = {
        "prediction_id": [f"{start}-{seed}-{i}" for i in range(count)],
        "timestamp": pa.array(times, TIME),
        "received_at": pa.array([at + 500 for at in times], TIME),
        "features.age": [chance.choice([None, *range(18, 90)]) for _ in range(count)],
        "features.income": [round(chance.lognormvariate(10, 1), 2) for _ in range(count)],
        "tags.region": [chance.choice(["eu", "us", None]) for _ in range(count)],
        "prediction_label": [chance.choice(["yes", "no"]) for _ in range(count)],
    }
    return pa.table(table | columns)


def named(at=START):
    return new_name("predictions", 17, at)


def stored(folder, *tables):
    store = LocalStore(folder / "store")
    return store, [write(store, table, name=named()) for table in tables]


def plain(table):
    """Rows as values that can be compared: NaN is itself, and -0.0 is not 0.0."""
    return [{name: _plain(value) for name, value in row.items()} for row in table.to_pylist()]


def _plain(value):
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else (value, math.copysign(1, value))
    return value


def unordered(table):
    return sorted(
        repr(sorted((k, v) for k, v in row.items() if v is not None)) for row in plain(table)
    )
