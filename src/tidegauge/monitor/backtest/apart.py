"""A backtest in a process of its own: it takes seconds of a core, and the server has others to
answer.

`python -m tidegauge.monitor.backtest.apart` is told what to do as JSON on standard input, and
answers with a line of JSON.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tidegauge.catalog import Catalog
from tidegauge.confine import limit_memory
from tidegauge.errors import InputError
from tidegauge.monitor.backtest.part import Wanted
from tidegauge.monitor.backtest.run import backtest
from tidegauge.monitor.backtest.told import backtest_told
from tidegauge.monitor.faults import checked
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Known, find

PATIENCE: Final = 300.0
"""Seconds."""
_ROOM: Final = 3 << 30
_FATAL: Final = (
    "it took more memory or time than one backtest may: ask for fewer days, fewer monitors or"
    " fewer trials"
)


def backtested(
    url: str,
    kept: Mapping[int, int],
    tenant: str,
    model: str,
    sets: Sequence[Sequence[Mapping[str, Any]]],
    wanted: Wanted,
) -> list[dict[str, Any]]:
    """Of some sets of monitors, each on the same past of a model."""
    told = {
        "url": url,
        "kept": {str(resolution): for_ for resolution, for_ in kept.items()},
        "tenant": tenant,
        "model": model,
        "sets": sets,
        "wanted": wanted._asdict(),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tidegauge.monitor.backtest.apart"],
            input=json.dumps(told).encode(),
            stdout=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(_FATAL) from None
    if done.returncode or not done.stdout:
        raise InputError(_FATAL)
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise InputError(answer["refused"])
    return answer["found"]


def _main() -> None:
    told = json.loads(sys.stdin.buffer.read())
    limit_memory(_ROOM)
    try:
        answer: dict[str, Any] = {"found": _found(told)}
    except InputError as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": _FATAL}
    sys.stdout.buffer.write(json.dumps(answer, allow_nan=False).encode() + b"\n")


def _found(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    kept = {int(resolution): for_ for resolution, for_ in told["kept"].items()}
    wanted = Wanted(**told["wanted"])
    with contextlib.closing(Catalog.open(told["url"])) as catalog, catalog.read() as connection:
        subject = find(connection, Known(), told["tenant"], told["model"])
        if subject is None:
            raise InputError(f"there is no model {told['model']!r}")
        reach = Reach.read(connection, kept)
        return [
            backtest_told(
                backtest(connection, reach, subject, [checked(each) for each in some], wanted)
            )
            for some in told["sets"]
        ]


if __name__ == "__main__":
    _main()
