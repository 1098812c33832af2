"""A metric that somebody wrote in Python: an entry point of the group `tidegauge.metrics`.

It is called with the predictions of a window as an Arrow table, what was said of them later beside
each, and returns a number, or a number and how many rows it is of; None where there is nothing to
tell.  It runs in a process of its own, which ends when its time is over.
"""

import io
import json
import math
import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any, Final, NamedTuple

from tidegauge.arrow import Table, pa
from tidegauge.errors import InputError
from tidegauge.record.columns import to_stream
from tidegauge.schema import near

GROUP: Final = "tidegauge.metrics"
SECONDS: Final = 15.0
_PAIR: Final = 2


class Told(NamedTuple):
    value: float | None
    n: int


def names() -> list[str]:
    return sorted({each.name for each in entry_points(group=GROUP)})


def measured(name: str, rows: Table) -> Told:
    if name not in names():
        known = ", ".join(names()) or "none"
        raise InputError(
            f"no plug-in {name!r}{near(name, names())}: installed are {known}; a package names its"
            f" metrics under the entry points {GROUP!r}"
        )
    try:
        done = subprocess.run(  # noqa: S603 - a name that is installed
            [sys.executable, "-m", "tidegauge.monitor.plugin", name],
            input=to_stream(rows),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"the plug-in {name!r} was stopped after {SECONDS:g} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(f"the plug-in {name!r} failed: {said[-1] if said else 'it said nothing'}")
    value, n = json.loads(done.stdout.splitlines()[-1])
    return Told(value, n)


def _main(name: str) -> None:
    (found,) = [each for each in entry_points(group=GROUP) if each.name == name][:1]
    with pa.ipc.open_stream(sys.stdin.buffer) as reader:
        rows = reader.read_all()
    made: Any = found.load()
    measure: Any = made() if isinstance(made, type) else made
    # What it prints is not our answer.
    kept, sys.stdout = sys.stdout, io.TextIOWrapper(sys.stderr.buffer)
    told: Any = measure(rows)
    sys.stdout = kept
    pair: tuple[Any, Any] = (told, rows.num_rows)
    if isinstance(told, tuple) and len(told) == _PAIR:  # pyright: ignore[reportUnknownArgumentType]
        pair = told  # pyright: ignore[reportUnknownVariableType]
    value, n = pair
    number = None if value is None or not math.isfinite(float(value)) else float(value)
    sys.stdout.write(json.dumps([number, int(n)]) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1])
