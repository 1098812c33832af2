"""The data that the benchmarks share: 40 numeric and 10 category columns, seeded."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

NUMERIC, NAMED = 40, 10


def columns(rows: int, seed: int, features: int = NUMERIC + NAMED) -> dict[str, np.ndarray]:
    """Normal, skewed, heavy-tailed, counted and mostly-zero numbers; categories of 3 to 30 values.

    A fifth of the columns are categories, whatever their number.
    """
    rng = np.random.default_rng(seed)
    named = features // 5
    makers = (
        lambda: rng.normal(size=rows),
        lambda: rng.lognormal(0, 1, rows),
        lambda: rng.standard_t(3, rows),
        lambda: rng.poisson(3, rows).astype(float),
        lambda: rng.exponential(2, rows) * (rng.random(rows) < 0.3),
    )
    found = {f"number_{i}": makers[i % len(makers)]() for i in range(features - named)}
    for i in range(named):
        values = np.array([f"value_{k}" for k in range(3 + 3 * i)])
        shares = 1 / np.arange(1, len(values) + 1)
        cumulated = np.cumsum(shares / shares.sum())
        places = np.searchsorted(cumulated[:-1], rng.random(rows))
        found[f"category_{i}"] = values[places]
    return found


def write(path: str, rows: int, seed: int) -> None:
    pq.write_table(pa.table(columns(rows, seed)), path)
