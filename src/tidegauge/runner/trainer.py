"""A trainer in Python, run as a command: `python -m tidegauge.runner.trainer NAME`.

A trainer is a function of a `Job` that gives what it made:

    def train(job: Job) -> Made: ...

NAME is where it is, as `our_package.train:train`, or what a package calls it among its entry
points, in the group `tidegauge.trainers`.
"""

import io
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final

from tidegauge.arrow import Table

GROUP: Final = "tidegauge.trainers"
_AT_ONCE: Final = 5_000


@dataclass(frozen=True, kw_only=True)
class Made:
    """A candidate: where it lies, and what it says of the rows that were held out."""

    version: str
    answers: Iterable[Mapping[str, Any]]
    """With `prediction_id`, and the fields of a prediction."""
    uri: str = ""
    digest: str = ""
    size_bytes: int | None = None
    training_seconds: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    importance: Mapping[str, float] = field(default_factory=dict[str, float])
    """By feature."""


@dataclass(frozen=True)
class Job:
    told: Mapping[str, Any]
    """As the server has it."""

    @property
    def model_id(self) -> str:
        return str(self.told["model_id"])

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.told["parameters"]

    @property
    def since(self) -> datetime | None:
        """When the drift began that started it."""
        told = self.told.get("since")
        return None if told is None else datetime.fromisoformat(told)

    def train(self) -> Table:
        """Labelled predictions to learn from."""
        return _rows(self.told, "train")

    def holdout(self) -> Table:
        """Those that the candidate is to answer; their truths are not told."""
        return _rows(self.told, "holdout")

    def progress(self, share: float) -> None:
        print(f"progress {share:.4f}", flush=True)  # noqa: T201 - how a job says it


def _rows(job: Mapping[str, Any], part: str) -> Table:
    import pyarrow.parquet as pq  # noqa: PLC0415 - for who trains only

    with _server() as http:
        answer = http.get(f"retraining/jobs/{job['job_id']}/rows", params={"part": part})
        answer.raise_for_status()
    return pq.read_table(io.BytesIO(answer.content))


def _server() -> Any:  # noqa: ANN401 - a client of httpx
    import httpx  # noqa: PLC0415 - as above

    key = os.environ.get("TIDEGAUGE_API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    base = f"{os.environ['TIDEGAUGE_URL'].rstrip('/')}/api/v1/"
    return httpx.Client(base_url=base, headers=headers, timeout=600)


def main() -> int:
    (name,) = sys.argv[1:]
    found = (
        EntryPoint(name, name, GROUP)
        if ":" in name
        else next((each for each in entry_points(group=GROUP) if each.name == name), None)
    )
    if found is None:
        print(f"there is no trainer {name!r} in {GROUP}")  # noqa: T201 - its log
        return 1
    # As a script has it: what lies where the runner was started can be imported.
    sys.path.insert(0, "")
    job = json.load(sys.stdin)
    began = time.monotonic()
    made = found.load()(Job(job))
    took = time.monotonic() - began
    answered(job, made.answers)
    # Not `asdict`: answers may come as they are asked for.
    told = {each.name: getattr(made, each.name) for each in fields(made) if each.name != "answers"}
    told["training_seconds"] = took if made.training_seconds is None else made.training_seconds
    Path(os.environ["TIDEGAUGE_RESULT"]).write_text(json.dumps(told), encoding="utf-8")
    return 0


def answered(job: Mapping[str, Any], answers: Iterable[Mapping[str, Any]]) -> None:
    """Tell the server what the candidate says."""
    rows = list(answers)
    with _server() as http:
        for start in range(0, len(rows), _AT_ONCE):
            words = {"token": job["token"], "answers": rows[start : start + _AT_ONCE]}
            path = f"retraining/jobs/{job['job_id']}/answers"
            http.post(path, json=words).raise_for_status()


if __name__ == "__main__":
    raise SystemExit(main())
