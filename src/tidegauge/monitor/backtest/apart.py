"""Backtests in a process of their own: each takes seconds of a core, and the server has others to
answer.

`python -m tidegauge.monitor.backtest.apart` is told what to do by a line of JSON on standard input,
and answers with another.  It stays for a while, as who writes a monitor asks again and again, and
it takes longer to start than to answer.
"""

import json
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tidegauge.catalog import Catalog
from tidegauge.confine import give_back, limit_memory
from tidegauge.errors import InputError
from tidegauge.monitor.backtest.part import Wanted
from tidegauge.monitor.backtest.run import backtest
from tidegauge.monitor.backtest.told import backtest_told
from tidegauge.monitor.faults import checked
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Known, find

PATIENCE: Final = 300.0
"""Seconds."""
_QUEUES: Final = 30.0
"""While another backtest runs."""
_STAYS: Final = 120.0
"""After its last answer."""
_ROOM: Final = 3 << 30
_FATAL: Final = (
    "it took more memory or time than one backtest may: ask for fewer days, fewer monitors or"
    " fewer trials"
)
_Told = dict[str, Any]


class Apart:
    """The process, which is there while it is asked.  One backtest at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def backtested(
        self,
        url: str,
        kept: Mapping[int, int],
        tenant: str,
        model: str,
        sets: Sequence[Sequence[Mapping[str, Any]]],
        wanted: Wanted,
    ) -> list[_Told] | None:
        """Of some sets of monitors, each on the same past of a model; None where others are still
        busy after half a minute."""
        told = {
            "url": url,
            "kept": {str(resolution): for_ for resolution, for_ in kept.items()},
            "tenant": tenant,
            "model": model,
            "sets": sets,
            "wanted": wanted._asdict(),
        }
        line = json.dumps(told).encode() + b"\n"
        if not self._lock.acquire(timeout=_QUEUES):
            return None
        try:
            answer = self._asked(line) or self._asked(line)
        finally:
            self._lock.release()
        if answer is None:
            raise InputError(_FATAL)
        if "refused" in answer:
            raise InputError(answer["refused"])
        return answer["found"]

    def close(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.communicate()

    def _asked(self, line: bytes) -> _Told | None:
        """None where it has just left: ask again."""
        process = self._here()
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        assert process.stdout is not None  # noqa: S101 - as above
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        finally:
            timer.cancel()
        if answer:
            return json.loads(answer)
        if process.wait() != 0:
            raise InputError(_FATAL)
        return None

    def _here(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            # Its pipes are closed with it.
            self._process.communicate()
            self._process = None
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tidegauge.monitor.backtest.apart"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process


def _main() -> None:
    # Who stops the server on a terminal closes its standard input, too, and that ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(_ROOM)
    catalogs: dict[str, Catalog] = {}
    while select.select([sys.stdin], [], [], _STAYS)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            break
        answer = _answer(json.loads(line), catalogs)
        sys.stdout.buffer.write(json.dumps(answer, allow_nan=False).encode() + b"\n")
        sys.stdout.buffer.flush()
        give_back()
    for each in catalogs.values():
        each.close()


def _answer(told: _Told, catalogs: dict[str, Catalog]) -> _Told:
    try:
        url = told["url"]
        if url not in catalogs:
            catalogs[url] = Catalog.open(url)
        return {"found": _found(told, catalogs[url])}
    except InputError as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"refused": _FATAL}


def _found(told: _Told, catalog: Catalog) -> list[_Told]:
    kept = {int(resolution): for_ for resolution, for_ in told["kept"].items()}
    wanted = Wanted(**told["wanted"])
    with catalog.read() as connection:
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
