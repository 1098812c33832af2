"""What is beside a server of the demo's own: a runner that trains, and who lets a version serve.

The model of the taxis is trained by `tidegauge worker --jobs`, as anybody's would be. The server
asks by webhook that a version serve; from then on the live calls are answered by it.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tidegauge.arrow import Table, pa, pc
from tidegauge.artifacts import Artifact, Cache, Folder
from tidegauge.demo.sink import WEBHOOK
from tidegauge.demo.taxi_arrival import TaxiArrival
from tidegauge.runner import offspring, scikit

POLICY: Final = TaxiArrival.model_id
_ASKED: Final = "tidegauge.rollout.asked.v1"
_TAKEN_BACK: Final = "tidegauge.rollout.taken_back.v1"


def policy(root: Path) -> dict[str, object]:
    """One finding is enough, and nobody is asked: whoever looks should not have to wait."""
    return {
        "models": TaxiArrival.model_id,
        "target": {"kind": "python", "name": "scikit"},
        "parameters": {"folder": str(root.resolve())},
        "detections": {"count": 1},
        "channels": [WEBHOOK],
        "promotion": {"channel": WEBHOOK, "auto_deploy": True, "watch": "1 h"},
    }


@dataclass
class Deployed:
    """Which version answers: the demo's own first one, until another is to serve."""

    root: Path
    version: str = ""
    _cache: Cache[scikit.Fitted] = field(init=False)

    def __post_init__(self) -> None:
        self._cache = Cache(_load, Folder(self.root), most=2)

    def hear(self, kind: str, job: Mapping[str, Any]) -> None:
        """An event of the server's; called in the thread where it came."""
        if job.get("model_id") == TaxiArrival.model_id and kind in (_ASKED, _TAKEN_BACK):
            self.serve(str(job["version"]))

    def serve(self, version: str) -> None:
        is_trained = version in Folder(self.root).versions(TaxiArrival.model_id)
        self.version = version if is_trained else ""

    def answer(self, rows: Table) -> Table:
        """Calls of the stream as the version that serves answers them."""
        version = self.version
        if not version or not rows.num_rows or rows["model_id"][0].as_py() != TaxiArrival.model_id:
            return rows
        fitted = self._cache.get(TaxiArrival.model_id, version=version)
        minutes = pa.array([each["prediction_score"] for each in fitted.answers(rows)])
        went_well = rows["prediction_score"].is_valid()
        said = pc.if_else(went_well, pc.round(minutes, 2), None)
        named = pa.array([version] * rows.num_rows, pa.string())
        for name, column in (("prediction_score", said), ("model_version", named)):
            rows = rows.set_column(rows.column_names.index(name), name, column)
        return rows


def _load(artifact: Artifact) -> scikit.Fitted:
    return scikit.load(artifact.location)


@contextlib.contextmanager
def runner(url: str, api_key: str, log: Path) -> Generator[None]:
    """`tidegauge worker --jobs`, until it is left."""
    key = {"TIDEGAUGE_API_KEY": api_key} if api_key else {}
    with log.open("ab") as file:
        running = subprocess.Popen(  # noqa: S603 - words of ours
            [sys.executable, "-m", "tidegauge.cli", "worker", "--jobs", "--url", url],
            stdout=file,
            stderr=file,
            start_new_session=True,
            env={**os.environ, **key},
            # Whoever is interrupted just now does not know yet that it is there.
            preexec_fn=offspring.end_with_parent,  # noqa: PLW1509 - it asks the kernel alone
        )
    try:
        yield
    finally:
        running.terminate()
        running.wait(60)
