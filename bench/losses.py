"""Estimates of errors before labels come, beside NannyML's direct loss estimation.

As in `estimates`: a model is trained on a part of a world's rows, a reference is another part, and
chunks of a third are tilted to a side of the features, estimated, and then looked at.
"""

import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from estimates import CHUNKS, HERE, SIZE, World, paired, parts, real
from tidegauge.arrays import Counts, Floats
from tidegauge.estimate import fit, read

METRICS = ("mae", "rmse")
SEEDS = 4


def made(seed: int) -> World:
    """Numbers that are the less certain the larger one feature is, and lean where another is."""
    rng = np.random.default_rng([8, seed])
    x = rng.normal(size=(30_000, 6))
    spread = np.exp(0.5 * x[:, 0] - 0.3 * x[:, 1] * (x[:, 2] > 0))
    true = 2 * x[:, 0] + x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + spread * rng.normal(size=len(x))
    return World(x, true, np.zeros(len(x), dtype=np.int64))


def models() -> Mapping[str, Any]:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import LinearRegression

    return {
        "boosted trees": HistGradientBoostingRegressor(max_iter=80, random_state=0),
        "linear": LinearRegression(),
    }


def realised(said: Floats, true: Floats) -> dict[str, float]:
    error = said - true
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
    }


def rows_of(features: Floats, said: Floats, true: Floats | None) -> pa.Table:
    columns = {
        "prediction_score": said,
        **{f"features.f{at}": features[:, at] for at in range(features.shape[1])},
    }
    if true is not None:
        columns["actual_score"] = true
    return pa.table(columns)


def judged(world: World, seed: int, rival: str | Path, folder: Path) -> Iterator[dict[str, Any]]:
    """A row for each model, chunk and metric; errors in parts of the reference's own figure."""
    train, reference, chunks = parts(world, seed)
    true = world.label.astype(np.float64)
    for name, model in models().items():
        with threadpool_limits(1):
            model.fit(world.features[train], true[train])
            said = model.predict(world.features)
        estimator = fit(
            rows_of(world.features[reference], said[reference], true[reference]), "regression"
        )
        assert estimator is not None
        usual = realised(said[reference], true[reference])
        every = np.concatenate([chunk.rows for chunk in chunks])
        files: list[str] = []
        for when, rows in (("before", reference), ("after", every)):
            files.append(f"{folder}/{when}.parquet")
            pq.write_table(_told(world.features, said, true, rows), files[-1])
        theirs = _rivals(rival, files)
        for at, chunk in enumerate(chunks):
            own = realised(said[chunk.rows], true[chunk.rows])
            rows = read(rows_of(world.features[chunk.rows], said[chunk.rows], None))
            figures = estimator.figures(estimator.estimate(rows))
            for metric in METRICS:
                figure, scale = figures[metric], usual[metric]
                yield {
                    "seed": seed,
                    "model": name,
                    "kind": chunk.kind,
                    "metric": metric,
                    "ours": abs(figure.value - own[metric]) / scale,
                    "theirs": abs(theirs[metric][at] - own[metric]) / scale,
                    "constant": abs(usual[metric] - own[metric]) / scale,
                    "inside": (figure.low or 0.0) <= own[metric] <= (figure.high or np.inf),
                }


def _told(features: Floats, said: Floats, true: Floats, rows: Counts) -> pa.Table:
    columns = {f"f{at}": features[rows, at] for at in range(features.shape[1])}
    return pa.table({**columns, "said": said[rows], "true": true[rows]})


def _rivals(python: str | Path, files: list[str]) -> dict[str, list[float]]:
    command = [str(python), str(HERE / "contenders/nannyml_losses.py"), *files, str(SIZE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def text(rival: Path, flights: Path) -> str:
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        worlds = {
            "doctor visits": real("visits counted", rival, folder),
            "flights' delays": real("delays", flights, folder),
        }
        for seed in range(SEEDS):
            for world, rows in {"made": made(seed), **worlds}.items():
                found += [each | {"world": world} for each in judged(rows, seed, rival, folder)]
    inside = statistics.mean(each["inside"] for each in found)
    return "\n".join(
        [
            "## Estimates of errors before labels",
            "",
            "The mean distance of what was estimated and what was realised, in percent of the",
            "reference's own figure: ours, NannyML's DLE, and the reference's figure for ever;",
            "then by how much ours is the less on the same chunks, with its standard error over",
            f"{SEEDS} seeds of {CHUNKS} chunks of {SIZE:,} rows, tilted to a side of the features",
            "by none to much.",
            "",
            *paired(found, METRICS, ("MAE", "RMSE"), 100.0, 2),
            f"The realised figure lay in our interval of 95 % in {inside:.1%} of all.",
            "",
        ]
    )


if __name__ == "__main__":
    rivals = HERE / "../.rivals"
    print(text(rivals / "nannyml/bin/python", rivals / "flights/bin/python"))
