"""The trainer that is there from the start, `python:scikit`: boosted trees of scikit-learn on the
features as they were logged.  Its file is pickled and read by its owner alone; the server gets a
reference to it.
"""

import hashlib
import json
import os
import pickle
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from tidegauge.arrow import Chunked, Table, pa, pc
from tidegauge.errors import InputError
from tidegauge.runner.trainer import Job, Made

_FEATURES: Final = "features."
_TRUTHS: Final = ("actual_label", "actual_score")
_FEWEST: Final = 500
"""Rows since a drift from which they alone may do better."""
_NEWEST: Final = 0.2
_MOST_WORDS: Final = 200
"""Of a column: what is seldom is one kind."""


class Fitted(NamedTuple):
    """What was learned, as it answers rows."""

    estimator: Any
    codes: Mapping[str, dict[str, int] | None]
    """Of each feature its words as numbers; None of one that is a number."""

    def answers(self, rows: Table) -> Iterator[dict[str, Any]]:
        """What it says of each, in the fields of a prediction, with its `prediction_id`."""
        ids, x = rows["prediction_id"].to_pylist(), _matrix(rows, self.codes)
        if not hasattr(self.estimator, "predict_proba"):
            for name, score in zip(ids, self.estimator.predict(x).tolist(), strict=True):
                yield {"prediction_id": name, "prediction_score": score}
            return
        classes = [str(each) for each in self.estimator.classes_]
        for name, odds in zip(ids, self.estimator.predict_proba(x).tolist(), strict=True):
            best = int(np.argmax(odds))
            yield {
                "prediction_id": name,
                "prediction_label": classes[best],
                "prediction_score": odds[1] if len(classes) == 2 else odds[best],
                "probabilities": dict(zip(classes, odds, strict=True)),
            }


def load(file: str | os.PathLike[str]) -> Fitted:
    """What `train` has put there, for a service. A pickle runs code: only what is your own."""
    return Fitted(**pickle.loads(Path(file).read_bytes()))  # noqa: S301 - it is the owner's


def train(job: Job) -> Made:
    """`parameters` are those of the estimator, and `folder`, where the models are put."""
    parameters = dict(job.parameters)
    folder = Path(str(parameters.pop("folder", "models")))
    rows, held = job.train(), job.holdout()
    truth = next((name for name in _TRUTHS if name in rows.column_names), None)
    if truth is None:
        raise InputError(f"no row has {' or '.join(_TRUTHS)}: there is nothing to learn")
    rows = rows.filter(rows[truth].is_valid())
    job.progress(0.1)
    began = time.monotonic()
    codes = _codes(rows)
    _say(f"{rows.num_rows:,} rows whose truth is known, {len(codes)} features")
    rows = _best(rows, codes, truth, parameters, job.since)
    estimator = _estimator(truth, parameters)
    estimator.fit(_matrix(rows, codes), rows[truth].to_pylist())
    took = time.monotonic() - began
    job.progress(0.8)
    version = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    fitted = Fitted(estimator, codes)
    place, digest, size = _put(folder / job.model_id / version, fitted, job, took)
    return Made(
        version=version,
        answers=fitted.answers(held),
        uri=place.as_uri(),
        digest=digest,
        size_bytes=size,
        training_seconds=took,
    )


def _best(
    rows: Table,
    codes: Mapping[str, dict[str, int] | None],
    truth: str,
    parameters: Mapping[str, Any],
    since: datetime | None,
) -> Table:
    """All rows or those since the drift: as do better on the newest."""
    if since is None:
        return rows
    rows = rows.take(pc.sort_indices(rows["timestamp"]))
    is_recent = pc.greater_equal(rows["timestamp"], pa.scalar(since, rows["timestamp"].type))
    recent = rows.filter(is_recent)
    newest = round(_NEWEST * recent.num_rows)
    if recent.num_rows < _FEWEST or recent.num_rows == rows.num_rows:
        return rows
    last = recent.slice(recent.num_rows - newest)
    x, y = _matrix(last, codes), last[truth].to_pylist()
    scores: list[float] = []
    for some in (rows, recent):
        before = some.slice(0, some.num_rows - newest)
        estimator = _estimator(truth, parameters)
        estimator.fit(_matrix(before, codes), before[truth].to_pylist())
        scores.append(float(estimator.score(x, y)))
    kept = recent if scores[1] > scores[0] else rows
    _say(
        f"on the newest {newest:,} rows: who learns from all scores {scores[0]:.3f}, from the"
        f" {recent.num_rows:,} since the drift {scores[1]:.3f}; it learns from"
        f" {'these' if kept is recent else 'all'}"
    )
    return kept


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - the log of the job


def _estimator(truth: str, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 - scikit-learn's
    from sklearn.ensemble import (  # noqa: PLC0415 - slow to import
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    given: dict[str, Any] = {"random_state": 0, **parameters}
    if truth == "actual_label":
        return HistGradientBoostingClassifier(**given)
    return HistGradientBoostingRegressor(**given)


def _codes(rows: Table) -> dict[str, dict[str, int] | None]:
    """Of each feature its words as numbers, the most frequent first; None of what is a number."""
    found: dict[str, dict[str, int] | None] = {}
    for name in rows.column_names:
        if not name.startswith(_FEATURES):
            continue
        kind = rows.schema.field(name).type
        if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind):
            found[name] = None
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            counts: Counter[str] = Counter(rows[name].drop_null().to_pylist())
            often = sorted((-count, word) for word, count in counts.items())[:_MOST_WORDS]
            found[name] = {word: at for at, (_count, word) in enumerate(often)}
    return found


def _matrix(rows: Table, codes: Mapping[str, dict[str, int] | None]) -> np.ndarray:
    columns = [_column(rows, name, words) for name, words in codes.items()]
    return np.column_stack(columns) if columns else np.zeros((rows.num_rows, 1))


def _column(rows: Table, name: str, words: dict[str, int] | None) -> np.ndarray:
    if name not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    column: Chunked = rows[name]
    if words is None:
        return column.cast(pa.float64()).to_numpy()
    known = words.get
    return np.array(
        [np.nan if each is None else known(each, len(words)) for each in column.to_pylist()],
        dtype=np.float64,
    )


def _put(folder: Path, fitted: Fitted, job: Job, took: float) -> tuple[Path, str, int]:
    """The model, and beside it, last, what it is: `tidegauge.artifacts.Folder` finds it there."""
    folder.mkdir(parents=True, exist_ok=True)
    # As a plain dictionary it can be read without us.
    body = pickle.dumps(fitted._asdict())
    file = (folder / "model.pickle").resolve()
    file.write_bytes(body)
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    about = {
        "digest": digest,
        "size_bytes": len(body),
        "created_at": datetime.now(UTC).isoformat(),
        "training_seconds": took,
        "job_id": job.told["job_id"],
    }
    (folder / "metadata.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    return file, digest, len(body)
