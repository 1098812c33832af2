"""The runner's loop: ask for a job, run it, say how it ended, ask again."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from tidegauge.errors import TidegaugeError
from tidegauge.runner.server import AwayError, LostError, Server
from tidegauge.runner.work import End, work

PAUSE: Final = 3.0
_LONGEST: Final = 60.0
_log = structlog.stdlib.get_logger(__name__)


@dataclass
class Runner:
    server: Server
    name: str
    commands: Mapping[str, Sequence[str]]
    """By target, as `command:train`: what is run for it."""
    say: Callable[[str], None] = print
    clear: Callable[[], None] = lambda: None
    """Called when a job has ended: what is left of it, as where its keeper was killed, goes too."""

    def run(self, stop: threading.Event) -> None:
        pause = PAUSE
        while not stop.is_set():
            try:
                job = self.server.claim(self.name, sorted(self.commands))
            except AwayError as error:
                _log.warning("the server is waited for", reason=str(error))
                pause = min(2 * pause, _LONGEST)
                stop.wait(pause)
                continue
            pause = PAUSE
            if job is None:
                stop.wait(PAUSE)
            else:
                self._one(job, stop)

    def _one(self, job: Mapping[str, Any], stop: threading.Event) -> None:
        named = f"{job['model_id']}, attempt {job['attempt']}"
        self.say(f"{named}: begins ({job['origin']} {job['why']})".replace(" )", ")"))
        ended = work(self.server, job, self.commands[job["target"]], stop)
        self.clear()
        told = _told(ended)
        if told is not None:
            self._tell(job, told)
        self.say(f"{named}: {_said(ended)}")

    def _tell(self, job: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        """What is not heard is found out by the server: who is silent has lost the job."""
        try:
            self.server.say(job, **told)
        except (LostError, AwayError) as error:
            _log.warning("the end of a job was not heard", job=job["job_id"], reason=str(error))
        except TidegaugeError as error:
            _log.error("the end of a job was refused", job=job["job_id"], reason=str(error))
            self._tell(job, {"state": "failed", "cause": f"its result was refused: {error}"[:1900]})


def _told(ended: End) -> dict[str, Any] | None:
    match ended:
        case End(why="lost" | "alone"):
            return None
        case End(why="cancelled"):
            return {"state": "cancelled"}
        case End(why="stopped"):
            return {"state": "failed", "cause": "the runner was stopped"}
        case End(code=0, result=None):
            return {"state": "failed", "cause": "it ended well, and wrote no result"}
        case End(code=0, result=result):
            return {"state": "trained", "candidate": result}
        case _:
            return {"state": "failed", "cause": f"it ended with {ended.code}"}


def _said(ended: End) -> str:
    if ended.why:
        return {
            "lost": "not ours any more, ended",
            "alone": "the server was not to be reached, ended",
            "cancelled": "cancelled",
            "stopped": "stopped",
        }[ended.why]
    return "trained" if ended.code == 0 and ended.result else f"failed ({ended.code})"
