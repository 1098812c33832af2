"""Attributions computed by a model that somebody registered, in a process of its own: whatever it
does there, it ends when its time is over.

`python -m tidegauge.worker.explainer`, with what is to be explained on standard input: a line of
JSON, the rows and the usual rows as Arrow streams.  It answers with a line of JSON, and the values
behind it.
"""

import json
import os
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from tidegauge.arrays import Floats
from tidegauge.arrow import Table
from tidegauge.confine import limit_memory
from tidegauge.errors import InputError
from tidegauge.explain.predictor import Asked, loaded
from tidegauge.record.columns import from_stream, to_stream

SECONDS: Final = 20.0
"""After which no more rows are begun."""
PATIENCE: Final = 120.0
_ROOM: Final = 4 << 30
_FIRST: Final = 8
"""Rows that are explained at first, then twice as many: who is slow is noticed in time."""


@dataclass(frozen=True, eq=False)
class Explained:
    features: list[str]
    outputs: list[str]
    values: Floats
    """[rows, features, outputs], of as many of the first rows as there was time for."""
    base: Floats
    """[outputs]"""


def explained_apart(name: str, rows: Table, usual: Table) -> Explained:
    streams = [to_stream(rows), to_stream(usual)]
    head = {"name": name, "seconds": SECONDS, "sizes": [len(each) for each in streams]}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tidegauge.worker.explainer"],
            input=b"".join([json.dumps(head).encode(), b"\n", *streams]),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"the predictor {name!r} was stopped after {PATIENCE:g} s") from None
    line, _, body = done.stdout.partition(b"\n")
    if done.returncode or not line:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = said[-1] if said else f"it said nothing, and ended with {done.returncode}"
        raise InputError(f"the predictor {name!r} failed: {why}"[:500])
    told = json.loads(line)
    values = np.frombuffer(body, np.float64).reshape(told["shape"])
    return Explained(told["features"], told["outputs"], values, np.array(told["base"]))


def _main() -> None:
    given = sys.stdin.buffer
    head = json.loads(given.readline())
    rows, usual = (from_stream(given.read(size)) for size in head["sizes"])
    # What it prints is not our answer.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limit_memory(_ROOM)
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        asked = Asked.of(loaded(head["name"]), rows, usual)
        values, base = _explained(asked, rows, head["seconds"])
    told: dict[str, Any] = {
        "features": list(asked.features),
        "outputs": asked.outputs(values.shape[2]),
        "shape": values.shape,
        "base": base.tolist(),
    }
    with answer:
        answer.write(json.dumps(told).encode() + b"\n")
        answer.write(np.ascontiguousarray(values).tobytes())


def _explained(asked: Asked, rows: Table, seconds: float) -> tuple[Floats, Floats]:
    matrix = asked.matrix(rows)
    began = time.monotonic()
    found = [asked.explain(matrix[:_FIRST])]
    at, step = _FIRST, 2 * _FIRST
    while at < len(matrix) and time.monotonic() - began < seconds:
        found.append(asked.explain(matrix[at : at + step]))
        at, step = at + step, 2 * step
    return np.concatenate([each.values for each in found]), found[0].base


if __name__ == "__main__":
    _main()
