"""Retraining beside the judging: what asks for a job by itself, webhooks that are to start one, and
jobs that nobody says anything of any more."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.alert import act
from tidegauge.catalog import Catalog, progress, retrainings
from tidegauge.catalog.models import Model
from tidegauge.catalog.retrainings import Retraining
from tidegauge.config import Config
from tidegauge.retrain import queue, tell, trigger
from tidegauge.retrain.guards import Refusal
from tidegauge.retrain.trigger import Finding, Kept
from tidegauge.window import HOUR, SECOND
from tidegauge.worker.beside import Beside
from tidegauge.worker.late import JUDGE

NAME: Final = "retraining"
_AGAIN: Final = HOUR * SECOND
"""What was read before so long is looked at once more: it may have been read anew."""
_log = structlog.stdlib.get_logger(__name__)


def retrain(config: Config, catalog: Catalog, stop: threading.Event) -> None:
    del config
    Retrain(catalog).run(stop)


@dataclass
class Retrain:
    catalog: Catalog
    clock: Callable[[Connection], int] = act.now
    _found: dict[tuple[int, int], Finding] = field(default_factory=dict[tuple[int, int], Finding])
    """By target and slot: what monitors found lately."""
    _upto: int = 0

    def run(self, stop: threading.Event) -> None:
        beside = Beside(self.catalog, NAME, self._now, retrainings.expire, share=1.0)
        beside.run(lambda _stop: self.step(), stop)

    def step(self) -> None:
        """What is due by now."""
        with self.catalog.read() as connection:
            at = self.clock(connection)
            pairs = trigger.sought(connection, trigger.in_use(connection))
            has_jobs = bool(retrainings.waiting(connection) or retrainings.taken(connection))
            if pairs:
                self._look(connection, at)
        for kept, model in pairs:
            self._ask(kept, model)
        if has_jobs:
            self.catalog.write(self._lapse)
            while self.catalog.write(self._start):
                failpoint.hit("retraining.started")

    def _now(self) -> int:
        return self.catalog.look(self.clock)

    def _look(self, connection: Connection, at: int) -> None:
        judged = progress.get(connection, JUDGE)
        upto = judged.at if judged else 0
        after = max(self._upto - _AGAIN, at - trigger.LONGEST)
        again = [key for key in self._found if key[1] > after or key[1] <= at - trigger.LONGEST]
        for key in again:
            del self._found[key]
        for each in trigger.findings(connection, after, upto):
            self._found[each.target, each.slot] = each
        self._upto = max(self._upto, upto)

    def _ask(self, kept: Kept, model: Model) -> None:
        own = [each for each in self._found.values() if each.model == model.id]

        def ask(connection: Connection) -> list[Retraining | Refusal | None]:
            at = self.clock(connection)
            return [
                trigger.by_drift(connection, kept, model, own, at),
                trigger.by_calendar(connection, kept, model, at),
            ]

        if not own and kept.policy.calendar is None:
            return
        for made in self.catalog.write(ask):
            if isinstance(made, Retraining):
                _log.info("a model is to be trained again", model=model.name, why=made.origin)
        failpoint.hit("retraining.asked")

    def _lapse(self, connection: Connection) -> None:
        for each in queue.lapse(connection, self.clock(connection)):
            _log.warning("a job said nothing more", job=each.id, state=each.state)

    def _start(self, connection: Connection) -> bool:
        """The next that a webhook is to start: it runs from here on, and its notice is made."""
        at = self.clock(connection)
        for job in retrainings.waiting(connection):
            if not job.target.startswith("webhook:"):
                continue
            taken = queue.claim(connection, job.tenant, [job.target], job.target, at)
            if taken is not None:
                tell.machine(connection, taken, "job", at)
                return True
        return False
