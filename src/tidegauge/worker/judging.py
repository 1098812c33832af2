"""The judge as a process of its own, beside the counting: it is started again when it fails, and
ended when one monitor takes too long, which is then told as that monitor's error.  Beside it labels
are joined to predictions, what has none yet is estimated, answers are explained, and models are
trained again where drift lasts.

The child is told its configuration on standard input and ends when that does; on standard output
it names what it judges.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import IO, Final

import structlog

from tidegauge import telemetry
from tidegauge.catalog import Catalog
from tidegauge.config import Config
from tidegauge.confine import limit_memory
from tidegauge.log import LogReader
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.series.tables import Tables
from tidegauge.store import LocalStore
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.computed import explain
from tidegauge.worker.estimates import estimate
from tidegauge.worker.judge import Judge
from tidegauge.worker.retraining import retrain
from tidegauge.worker.roll import KEPT
from tidegauge.worker.truth import join

LIMIT: Final = 30.0
"""Seconds that one monitor may take."""
_ROOM: Final = 4 << 30
_FIRST: Final = 0.5
_LONGEST: Final = 30.0
_PATIENCE: Final = 10.0
_BESIDE: Final = (
    ("truth", join),
    ("estimates", estimate),
    ("explanations", explain),
    ("retraining", retrain),
)
_log = structlog.stdlib.get_logger(__name__)


@dataclass
class Judging:
    """The parent's side."""

    config: Config
    limit: float = LIMIT
    _process: subprocess.Popen[bytes] | None = None
    _at: str = ""
    _since: float = 0.0
    _blamed: list[str] = field(default_factory=list[str])

    def run(self, stop: threading.Event) -> None:
        pause = _FIRST
        while not stop.is_set():
            began = time.monotonic()
            process = self._start()
            while process.poll() is None and not stop.wait(0.1):
                self._look_after(process)
            self._end(process)
            if stop.is_set():
                break
            _log.error("the judge ended, and starts again", code=process.returncode, pause=pause)
            pause = _FIRST if time.monotonic() - began > _LONGEST else min(pause * 2, _LONGEST)
            stop.wait(pause)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tidegauge.worker.judging"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        self._process, self._at = process, ""
        told = {"config": self.config.model_dump(mode="json"), "blamed": self._blamed}
        self._blamed = []
        # It may have died already: that is seen by who waits for it.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(told).encode() + b"\n")
            process.stdin.flush()
        threading.Thread(target=self._listen, args=(process.stdout,), daemon=True).start()
        return process

    def _listen(self, told: IO[bytes]) -> None:
        with told:
            for line in told:
                self._at, self._since = line.decode().rstrip("\n"), time.monotonic()

    def _look_after(self, process: subprocess.Popen[bytes]) -> None:
        at, took = self._at, time.monotonic() - self._since
        if at and took > self.limit:
            _log.error("a monitor takes too long and is ended", at=at, seconds=round(took, 1))
            self._blamed = [at]
            process.kill()
            process.wait()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """It ends when nobody holds its input any more."""
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _main() -> None:
    told = json.loads(sys.stdin.buffer.readline())
    config = Config.model_validate(told["config"])
    telemetry.start(config.logging)
    # Ctrl-C is for the parent, which ends us in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(_ROOM)
    stop = threading.Event()
    # When the worker ends, however it does, so do we.
    threading.Thread(target=_wait_for_the_end, args=(stop,), daemon=True).start()

    def heartbeat(name: str) -> None:
        sys.stdout.buffer.write(name.encode() + b"\n")
        sys.stdout.buffer.flush()

    def waiting(reason: str) -> None:
        _log.warning("the catalog is waited for", reason=reason)

    catalog = Catalog.open(config.catalog_url, patience=None, waiting=waiting)
    with contextlib.closing(catalog), contextlib.closing(LogReader(config.data / "log")) as log:
        kept = {**KEPT, HOUR: config.keep.hot_days * DAY * SECOND}
        source = Source(catalog, log, threading.Lock(), Memory(most=1))
        judge = Judge(
            catalog,
            log,
            kept,
            heartbeat=heartbeat,
            blamed=set(told["blamed"]),
            tables=Tables(source, LocalStore(config.data / "store")),
        )
        # What is judged of labels rests on their being joined: all are one process.
        beside = [
            threading.Thread(target=each, args=(config, catalog, stop), name=name, daemon=True)
            for name, each in _BESIDE
        ]
        for thread in beside:
            thread.start()
        try:
            judge.run(stop)
        finally:
            stop.set()
            for thread in beside:
                thread.join(_PATIENCE / 4)


def _wait_for_the_end(stop: threading.Event) -> None:
    # Not through `sys.stdin`: who is inside its lock when the interpreter ends aborts it.
    while os.read(0, 4096):
        pass
    stop.set()


if __name__ == "__main__":
    _main()
