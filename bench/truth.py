"""What the truth costs: joining labels to predictions, and measuring how good a model was."""

import contextlib
import json
import statistics
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tidegauge.catalog import Catalog, models, parts
from tidegauge.catalog.models import Model
from tidegauge.ingest.accept import accept
from tidegauge.ingest.request import ARROW, Request
from tidegauge.log import Batch, LocalLog, LogReader
from tidegauge.record.columns import TIME, to_stream
from tidegauge.series import performance
from tidegauge.series.memory import Memory
from tidegauge.series.reach import Reach
from tidegauge.series.rows import Source
from tidegauge.series.subject import Known, find
from tidegauge.store import LocalStore, new_name, write
from tidegauge.window import DAY, SECOND, floor
from tidegauge.worker.commit import part_of
from tidegauge.worker.loop import Settings, Worker
from tidegauge.worker.roll import KEPT
from tidegauge.worker.tails import Of
from tidegauge.worker.truth import Truth

HERE = Path(__file__).parent
DAYS, A_DAY, LABELS = 30, 100_000, 100_000
_DAY = DAY * SECOND
START = floor(1_790_000_000 * SECOND, DAY)
END = START + DAYS * _DAY


Contenders = Mapping[str, tuple[str, str | Path]]


def text(contenders: Contenders, of_groups: Contenders) -> str:
    joined, looked = _joined()
    lines = [
        "## The truth",
        "",
        f"{LABELS:,} labels come for {DAYS * A_DAY:,} predictions of {DAYS} days, kept in {DAYS}",
        "parts: they are joined, and all five minutes (of two days), hours and days that they",
        f"touch are measured anew: {joined:.2f} s of one core. Performance of the {DAYS} days by",
        f"the day, from what is kept: {looked * 1000:.0f} ms.",
        "",
        "Two classes, 1,000,000 rows in ten pieces: accuracy, precision, recall, F1 and ROC AUC;",
        "ours with intervals, log loss, Brier score and calibration beside them. The first time in",
        "a new process, and again in the same one.",
        "",
        "| | s of one core | tidegauge is faster | again | tidegauge is faster |",
        "|---|---|---|---|---|",
    ]
    seconds = _performance(contenders)
    ours = seconds["tidegauge"]
    lines += [f"| {name} | {_beside(taken, ours)} |" for name, taken in seconds.items()]
    seconds, apart = _groups(of_groups)
    lines += [
        "",
        "Three rates (of the positive class, of true and of false positives) of five groups of",
        f"1,000,000 rows; what is told differs by {apart:.0e} at the most.",
        "",
        "| | s of one core | against fairlearn's |",
        "|---|---|---|",
    ]
    slowest = max(seconds.values())
    lines += [
        f"| {name} | {taken:.3f} | {'' if taken == slowest else f'{slowest / taken:.0f}x faster'} |"
        for name, taken in seconds.items()
    ]
    return "\n".join(lines)


def _performance(contenders: Contenders) -> dict[str, tuple[float, float]]:
    """Each in a process of its own, in turns: the first time, and again."""
    return {
        name: (min(each["seconds"] for each in runs), min(each["again"] for each in runs))
        for name, runs in _runs(contenders).items()
    }


def _beside(taken: tuple[float, float], ours: tuple[float, float]) -> str:
    return " | ".join(
        f"{own:.3f} | {'' if own == best else f'{own / best:.1f}x'}"
        for own, best in zip(taken, ours, strict=True)
    )


def _groups(contenders: Contenders) -> tuple[dict[str, float], float]:
    """Seconds, and how far apart the rates are that they tell."""
    runs = _runs(contenders)
    told = [each[0]["told"] for each in runs.values()]
    apart = max(
        abs(rates[rate] - told[0][group][rate])
        for one in told
        for group, rates in one.items()
        for rate in rates
    )
    return {name: min(run["seconds"] for run in each) for name, each in runs.items()}, apart


def _runs(contenders: Contenders) -> dict[str, list[dict[str, Any]]]:
    rng = np.random.default_rng(1)
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
    with tempfile.TemporaryDirectory() as folder:
        files: list[str] = []
        for name, rows in (("reference", 1_000_000), ("current", 1_000_000)):
            score = rng.beta(1, 3, rows)
            true = (rng.random(rows) < score).astype(np.int64)
            table = pa.table(
                {
                    "true": true,
                    "chosen": (score > 0.5).astype(np.int64),
                    "score": score,
                    "group": rng.choice(list("abcde"), rows),
                }
            )
            pq.write_table(table, f"{folder}/{name}.parquet")
            files.append(f"{folder}/{name}.parquet")
        for _turn in range(3):
            for name, (module, python) in contenders.items():
                command = [str(python), str(HERE / "one.py"), module, *files]
                done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE)
                taken[name].append(json.loads(done.stdout.splitlines()[-1]))
    return taken


def _joined() -> tuple[float, float]:
    """Seconds of a core: to join, and to look at a month."""
    with tempfile.TemporaryDirectory() as folder, _opened(Path(folder)) as (catalog, truth):
        began = time.process_time()
        truth.step()
        joined = time.process_time() - began
        looks: list[float] = []
        for _turn in range(9):
            began = time.process_time()
            _look(catalog)
            looks.append(time.process_time() - began)
    return joined, statistics.median(looks)


def _look(catalog: Catalog) -> None:
    with catalog.read() as connection:
        subject = find(connection, Known(), "default", "m")
        if subject is None:
            raise SystemExit("the model is gone")
        reach = Reach.read(connection, KEPT)
        steps = reach.steps(START, END, DAY)
        found = performance.look(connection, reach, subject, steps)
        for point in (*found.points, found.total):
            point.figures("yes")


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[tuple[Catalog, Truth]]:
    """A month of predictions in parts, and labels that are counted and not joined."""
    catalog = Catalog.open(f"sqlite:///{folder}/catalog.db")
    store, log = LocalStore(folder / "store"), LocalLog(folder / "log", cap=1 << 30)
    rng = np.random.default_rng(2)
    model = catalog.write(lambda c: models.ensure(c, "default", ["m"], START)["m"])
    ids = [name for day in range(DAYS) for name in _day(catalog, store, model, rng, day)]
    _label(log, rng, ids)
    with contextlib.closing(LogReader(folder / "log")) as reader:
        worker = Worker(catalog, reader, store, Settings(ids=folder / "ids"))
        while worker.turn():
            pass
        worker.commit()
        source = Source(catalog, reader, threading.Lock(), Memory(most=1))
        yield catalog, Truth(catalog, source, store, clock=lambda: END)
        worker.close()
    log.close()
    catalog.close()


def _day(
    catalog: Catalog, store: LocalStore, model: Model, rng: np.random.Generator, day: int
) -> list[str]:
    at = pa.array(np.sort(rng.integers(0, _DAY, A_DAY)) + START + day * _DAY).cast(TIME)
    ids = [str(uuid.UUID(int=int(number))) for number in rng.integers(0, 2**62, A_DAY)]
    score = rng.beta(1, 10, A_DAY)
    table = pa.table(
        {
            "model_version": ["1"] * A_DAY,
            "prediction_id": ids,
            "timestamp": at,
            "received_at": at,
            "prediction_label": np.where(score > 0.5, "yes", "no"),
            "prediction_score": score,
            **{f"features.f{n}": rng.normal(size=A_DAY) for n in range(10)},
        }
    )
    name = new_name("predictions", model.id, START + day * _DAY)
    part = part_of(Of(model.id, "predictions"), write(store, table, name=name), END)
    catalog.write(lambda connection: parts.add(connection, [part]))
    return ids


def _label(log: LocalLog, rng: np.random.Generator, ids: list[str]) -> None:
    chosen = rng.choice(len(ids), LABELS, replace=False)
    for some in np.array_split(chosen, LABELS // 10_000):
        table = pa.table(
            {
                "model_id": ["m"] * len(some),
                "prediction_id": [ids[at] for at in some],
                "actual_label": np.where(rng.random(len(some)) < 0.1, "yes", "no"),
            }
        )
        request = Request(kind="labels", media=ARROW, body=to_stream(table), now=END)
        pieces = accept(request, {}).pieces
        log.append(
            Batch(tenant="default", at=END, pieces=pieces, batch_id=uuid.uuid4().hex)
        ).result()
