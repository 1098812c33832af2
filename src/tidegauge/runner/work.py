"""One job: a command that is given the job as JSON on its standard input, and is watched.

What it prints is its log. A line `progress 0.4` says how far it is. It ends well with 0, and has
then written what it made, as JSON, into the file that TIDEGAUGE_RESULT names.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import structlog

from tidegauge.errors import TidegaugeError
from tidegauge.runner.server import AwayError, LostError, Server

EVERY: Final = 3.0
"""Seconds from one word to the next."""
GRACE: Final = 8.0
"""From the wish that it end to its being ended."""
_ALONE: Final = 15.0
"""Without the server's answer for so long it ends: soon another may have the job."""
_LINES: Final = 500
_LONGEST: Final = 1_900
_PROGRESS: Final = re.compile(r"progress (0(?:\.\d+)?|1(?:\.0+)?)\s*")
_log = structlog.stdlib.get_logger(__name__)


@dataclass
class Said:
    """What came of it since the last word to the server."""

    lines: list[str] = field(default_factory=list[str])
    progress: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, stream: IO[str]) -> None:
        for line in stream:
            found = _PROGRESS.fullmatch(line)
            with self.lock:
                if found:
                    self.progress = float(found[1])
                else:
                    self.lines.append(line.rstrip("\n")[:_LONGEST])
                    del self.lines[:-_LINES]

    def take(self) -> dict[str, Any]:
        with self.lock:
            lines, self.lines = self.lines, []
            return {"log": lines, **({} if self.progress is None else {"progress": self.progress})}


@dataclass(frozen=True, kw_only=True)
class End:
    code: int
    why: str
    """ "" where it ended by itself; else cancelled, lost, alone or stopped."""
    result: Mapping[str, Any] | None


def work(
    server: Server, job: Mapping[str, Any], command: Sequence[str], stop: threading.Event
) -> End:
    """Run it, and say how it goes, until it has ended."""
    said = Said()
    with tempfile.TemporaryDirectory(prefix="tidegauge-job-") as folder:
        told, made = Path(folder) / "job.json", Path(folder) / "result.json"
        told.write_text(json.dumps(job), encoding="utf-8")
        process = subprocess.Popen(  # noqa: S603 - what the owner of the runner says
            [sys.executable, "-m", "tidegauge.runner.keeper", str(GRACE), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                "TIDEGAUGE_JOB_FILE": str(told),
                "TIDEGAUGE_RESULT": str(made),
            },
        )
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        hearing = threading.Thread(target=said.hear, args=(process.stdout,), daemon=True)
        hearing.start()
        why = _watch(server, job, process, said, stop)
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        code = process.wait()
        hearing.join(1.0)
        result = _result(made) if not why and code == 0 else None
    with contextlib.suppress(TidegaugeError):
        server.say(job, **said.take())
    return End(code=code, why=why, result=result)


def _watch(
    server: Server,
    job: Mapping[str, Any],
    process: "subprocess.Popen[str]",
    said: Said,
    stop: threading.Event,
) -> str:
    """Until it ends, or is to end: why."""
    heard = time.monotonic()
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(EVERY)
            return ""
        if stop.is_set():
            return "stopped"
        try:
            word = server.say(job, **said.take())
        except LostError:
            return "lost"
        except AwayError as error:
            if time.monotonic() - heard > _ALONE:
                return "alone"
            _log.warning("the server is waited for", reason=str(error))
            continue
        heard = time.monotonic()
        if word["is_cancelled"]:
            return "cancelled"


def _result(file: Path) -> Mapping[str, Any] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
