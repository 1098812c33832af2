"""Estimates before labels: how far from what is realised later, and what they cost.

A model is trained on a part of a world's rows, a reference is another part, and chunks of a third
are estimated and then looked at.  In worlds without time a chunk's rows are drawn with weights that
tilt them to a side of the features, none to far; flights are in the order of their days.
"""

import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from tidegauge.arrays import Counts, Floats
from tidegauge.estimate import fit, read

HERE = Path(__file__).parent
METRICS = ("accuracy", "roc_auc", "f1")
SEEDS = 6
CHUNKS, SIZE = 12, 1_000
TILTS = (0.0, 0.5, 1.0, 1.5)
A_DAY_SIZE, DAYS = 2_000, 36
ROWS = 1_000_000


@dataclass(frozen=True)
class World:
    features: Floats
    label: Counts | Floats
    day: Counts
    """All 0 where there is no time."""


@dataclass(frozen=True)
class Chunk:
    kind: str
    rows: Counts


def made(seed: int) -> World:
    """Interactions and waves, which one model sees and the other does not."""
    rng = np.random.default_rng([7, seed])
    x = rng.normal(size=(30_000, 8))
    x[:, 6] = x[:, 6] > 0.5
    x[:, 7] = np.floor(2 * x[:, 7])
    odds = 1.2 * x[:, 0] - x[:, 1] * x[:, 2] + 0.8 * np.sin(2 * x[:, 3]) + 0.7 * x[:, 6] - 0.5
    label = (rng.random(len(x)) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    return World(x, label, np.zeros(len(x), dtype=np.int64))


def real(name: str, python: str | Path, folder: Path) -> World:
    path = folder / f"{name}.parquet"
    if not path.exists():
        script = HERE / "contenders/real_rows.py"
        subprocess.run([str(python), str(script), name, str(path)], check=True)
    table = pq.read_table(path)
    features = [each for each in table.column_names if each not in {"label", "day"}]
    return World(
        np.stack([table[each].to_numpy().astype(np.float64) for each in features], axis=1),
        table["label"].to_numpy(),
        table["day"].to_numpy(),
    )


def parts(world: World, seed: int) -> tuple[Counts, Counts, list[Chunk]]:
    """To train on, to refer to, and chunks."""
    rng = np.random.default_rng(seed)
    if world.day.any():
        order = np.argsort(world.day, kind="stable")
        first, second = len(order) // 6, len(order) // 4
        train = rng.choice(order[:first], 20_000, replace=False)
        reference = np.sort(rng.choice(np.arange(first, second), 15_000, replace=False))
        starts = np.linspace(second, len(order) - A_DAY_SIZE, DAYS).astype(np.int64)
        chunks = [Chunk("in time", order[start : start + A_DAY_SIZE]) for start in starts]
        return train, order[reference], chunks
    train, reference, pool = np.array_split(rng.permutation(len(world.label)), 3)
    return train, reference, list(_tilted(world.features, pool, rng))


def _tilted(features: Floats, pool: Counts, rng: np.random.Generator) -> Iterator[Chunk]:
    own = features[pool]
    z = np.clip((own - own.mean(axis=0)) / (own.std(axis=0) + 1e-9), -3, 3)
    for number in range(CHUNKS):
        tilt = TILTS[number % len(TILTS)]
        direction = rng.normal(size=z.shape[1])
        weights = np.exp(tilt * z @ (direction / np.linalg.norm(direction)))
        rows = rng.choice(pool, SIZE, p=weights / weights.sum())
        yield Chunk("tilted" if tilt else "as it was", rows)


def models() -> Mapping[str, Any]:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "boosted trees": HistGradientBoostingClassifier(max_iter=80, random_state=0),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    }


def rows_of(features: Floats, score: Floats, label: Counts | None) -> pa.Table:
    columns: dict[str, Any] = {
        "prediction_score": score,
        "prediction_label": np.where(score >= 0.5, "1", "0"),
        **{f"features.f{at}": features[:, at] for at in range(features.shape[1])},
    }
    if label is not None:
        columns["actual_label"] = label.astype(str)
    return pa.table(columns)


def realised(score: Floats, label: Counts) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

    chosen = score >= 0.5
    return {
        "accuracy": float(accuracy_score(label, chosen)),
        "roc_auc": float(roc_auc_score(label, score)),
        "f1": float(f1_score(label, chosen)),
    }


def judged(world: World, seed: int, rival: str | Path, folder: Path) -> Iterator[dict[str, Any]]:
    """A row for each model, chunk and metric."""
    train, reference, chunks = parts(world, seed)
    for name, model in models().items():
        with threadpool_limits(1):
            model.fit(world.features[train], world.label[train])
            score = model.predict_proba(world.features)[:, 1]
        estimator = fit(
            rows_of(world.features[reference], score[reference], world.label[reference]), "binary"
        )
        assert estimator is not None
        constant = realised(score[reference], world.label[reference])
        theirs = _rivals(world.label, score, reference, chunks, (rival, folder))
        for at, chunk in enumerate(chunks):
            true = realised(score[chunk.rows], world.label[chunk.rows])
            rows = read(rows_of(world.features[chunk.rows], score[chunk.rows], None))
            estimate = estimator.estimate(rows)
            figures = estimator.figures(estimate, "1")
            for metric in METRICS:
                figure = figures[metric]
                yield {
                    "seed": seed,
                    "model": name,
                    "kind": chunk.kind,
                    "metric": metric,
                    "ours": abs(figure.value - true[metric]),
                    "theirs": abs(theirs[metric][at] - true[metric]),
                    "constant": abs(constant[metric] - true[metric]),
                    "inside": (figure.low or 0.0) <= true[metric] <= (figure.high or 1.0),
                    "is_supported": estimate.is_supported,
                }


def _rivals(
    label: Counts,
    score: Floats,
    reference: Counts,
    chunks: list[Chunk],
    where: tuple[str | Path, Path],
) -> dict[str, list[float]]:
    python, folder = where
    files: list[str] = []
    for name, rows in (("before", reference), ("after", np.concatenate([c.rows for c in chunks]))):
        told = {"true": label[rows], "score": score[rows]}
        table = pa.table({**told, "chosen": (score[rows] >= 0.5).astype(np.int64)})
        files.append(f"{folder}/{name}.parquet")
        pq.write_table(table, files[-1])
    script = HERE / "contenders/nannyml_estimates.py"
    command = [str(python), str(script), *files, str(len(chunks[0].rows))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def seconds(contenders: Mapping[str, tuple[str, str | Path]]) -> dict[str, float]:
    """Each in a process of its own, in turns."""
    rng = np.random.default_rng(1)
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    with tempfile.TemporaryDirectory() as folder:
        files: list[str] = []
        for name in ("reference", "current"):
            score = rng.beta(1, 3, ROWS)
            true = (rng.random(ROWS) < score**1.3).astype(np.int64)
            chosen = (score > 0.5).astype(np.int64)
            files.append(f"{folder}/{name}.parquet")
            pq.write_table(pa.table({"true": true, "chosen": chosen, "score": score}), files[-1])
        for _turn in range(3):
            for name, (module, python) in contenders.items():
                command = [str(python), str(HERE / "one.py"), module, *files]
                done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE)
                taken[name].append(json.loads(done.stdout.splitlines()[-1])["seconds"])
    return {name: statistics.median(each) for name, each in taken.items()}


def text(contenders: Mapping[str, tuple[str, str | Path]], rival: Path, flights: Path) -> str:
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(SEEDS):
            for world, rows in (
                ("made", made(seed)),
                ("doctor visits", real("visits", rival, folder)),
            ):
                found += [each | {"world": world} for each in judged(rows, seed, rival, folder)]
        days = real("flights", flights, folder)
        found += [each | {"world": "flights"} for each in judged(days, 0, rival, folder)]
    return "\n".join(
        [
            *_head(),
            *paired(found, METRICS, ("accuracy", "ROC AUC", "F1"), 1.0, 4),
            *_inside(found),
            *_speed(seconds(contenders)),
        ]
    )


def _head() -> list[str]:
    return [
        "## Estimates before labels",
        "",
        "The mean distance of what was estimated and what was realised: ours, NannyML's CBPE,",
        "and the reference's own figure for ever; then by how much ours is the less on the same",
        f"chunks, with its standard error over {SEEDS} seeds of {CHUNKS} chunks of {SIZE:,} rows,",
        "tilted to a side of the features by none to much; for flights of 2013 (late by more than",
        f"15 minutes) {DAYS} chunks of {A_DAY_SIZE:,}, from April on: there the truth moves too,",
        "and neither is to be believed.",
        "",
    ]


def paired(
    found: list[dict[str, Any]],
    metrics: Sequence[str],
    titles: Sequence[str],
    scale: float,
    digits: int,
) -> list[str]:
    """By world and model: ours, theirs, the constant; and by how much ours is the less, with its
    standard error over seeds (of one seed, over chunks)."""
    lines = [f"| world | model | {' | '.join(titles)} |", "|---|---|" + "---|" * len(metrics)]
    for world, model in dict.fromkeys((each["world"], each["model"]) for each in found):
        cells: list[str] = []
        for metric in metrics:
            own = [
                each
                for each in found
                if (each["world"], each["model"], each["metric"]) == (world, model, metric)
            ]
            ours, theirs, constant = (
                scale * statistics.mean(each[who] for each in own)
                for who in ("ours", "theirs", "constant")
            )
            less, error = _less(own)
            cells.append(
                f"**{ours:.{digits}f}**, {theirs:.{digits}f}, {constant:.{digits}f};"
                f" {scale * less:.{digits}f} ± {scale * error:.{digits}f}"
            )
        lines.append(f"| {world} | {model} | {' | '.join(cells)} |")
    return [*lines, ""]


def _less(own: list[dict[str, Any]]) -> tuple[float, float]:
    by_seed: dict[int, list[float]] = {}
    for each in own:
        by_seed.setdefault(each["seed"], []).append(each["theirs"] - each["ours"])
    (first, *rest) = by_seed.values()
    each = [statistics.mean(one) for one in (first, *rest)] if rest else first
    return statistics.mean(each), statistics.stdev(each) / math.sqrt(len(each))


def _inside(found: list[dict[str, Any]]) -> list[str]:
    lines = ["How often the realised figure lay in our interval of 95 %:", ""]
    lines += [
        "| chunks | accuracy | ROC AUC | F1 | said to be unsupported |",
        "|---|---|---|---|---|",
    ]
    for kind in dict.fromkeys(each["kind"] for each in found):
        own = [each for each in found if each["kind"] == kind]
        cells = [
            f"{statistics.mean(each['inside'] for each in own if each['metric'] == metric):.1%}"
            for metric in METRICS
        ]
        quiet = statistics.mean(not each["is_supported"] for each in own)
        lines.append(f"| {kind} | {' | '.join(cells)} | {quiet:.1%} |")
    return [*lines, ""]


def _speed(taken: Mapping[str, float]) -> list[str]:
    ours = taken["tidegauge"]
    return [
        f"{ROWS:,} rows to learn from, and as many in ten pieces: the figures of two classes.",
        "",
        "| | s of one core | tidegauge is faster |",
        "|---|---|---|",
        *(
            f"| {name} | {each:.2f} | {'' if name == 'tidegauge' else f'{each / ours:.1f}x'} |"
            for name, each in taken.items()
        ),
        "",
    ]


if __name__ == "__main__":
    rivals = HERE / "../.rivals"
    print(
        text(
            {
                "tidegauge": ("tidegauge_estimates", sys.executable),
                "NannyML's CBPE": ("nannyml_estimates", rivals / "nannyml/bin/python"),
            },
            rivals / "nannyml/bin/python",
            rivals / "flights/bin/python",
        )
    )
