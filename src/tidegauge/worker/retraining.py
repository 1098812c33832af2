"""Retraining beside the judging: what asks for a job by itself, webhooks that are to start one, and
jobs that nobody says anything of any more."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.alert import act
from tidegauge.catalog import Catalog, artifacts, policies, progress, retrainings
from tidegauge.catalog.models import Model
from tidegauge.catalog.retrainings import Retraining
from tidegauge.config import Config
from tidegauge.log import LogReader
from tidegauge.retrain import queue, tell, trigger
from tidegauge.retrain.guards import Refusal
from tidegauge.retrain.trigger import Finding, Kept
from tidegauge.series.memory import Memory
from tidegauge.series.rows import Source
from tidegauge.store import LocalStore
from tidegauge.window import HOUR, SECOND
from tidegauge.worker.beside import Beside
from tidegauge.worker.late import JUDGE
from tidegauge.worker.proving import Proving
from tidegauge.worker.rollouts import Watching

NAME: Final = "retraining"
_AGAIN: Final = HOUR * SECOND
"""What was read before so long is looked at once more: it may have been read anew."""
_log = structlog.stdlib.get_logger(__name__)


def retrain(config: Config, catalog: Catalog, stop: threading.Event) -> None:
    with contextlib.closing(LogReader(config.data / "log")) as log:
        source = Source(catalog, log, threading.Lock(), Memory(most=1))
        store = LocalStore(config.data / "store")
        beside = Proving(catalog, source, store), Watching(catalog, source, store)
        Retrain(catalog, beside).run(stop)


@dataclass
class Retrain:
    catalog: Catalog
    beside: Sequence[Proving | Watching] = ()
    """What is looked at along with it."""
    clock: Callable[[Connection], int] = act.now
    _found: dict[tuple[int, int], Finding] = field(default_factory=dict[tuple[int, int], Finding])
    """By target and slot: what monitors found lately."""
    _upto: int = 0

    def run(self, stop: threading.Event) -> None:
        beside = Beside(self.catalog, NAME, self._now, _expire, share=1.0)
        beside.run(lambda _stop: self.step(), stop)

    def step(self) -> None:
        """What is due by now."""
        with self.catalog.read() as connection:
            at = self.clock(connection)
            pairs = trigger.sought(connection, trigger.in_use(connection))
            has_jobs = bool(retrainings.waiting(connection) or retrainings.taken(connection))
            due = self._due(connection, pairs, at) if pairs else []
        for kept, model, own in due:
            self._ask(kept, model, own)
        if has_jobs or due:
            self.catalog.write(self._lapse)
            while self.catalog.write(self._start):
                failpoint.hit("retraining.started")
        for each in self.beside:
            each.step(at)

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

    def _due(
        self, connection: Connection, pairs: Sequence[tuple[Kept, Model]], at: int
    ) -> list[tuple[Kept, Model, list[Finding]]]:
        self._look(connection, at)
        found: dict[int, list[Finding]] = {}
        for each in self._found.values():
            found.setdefault(each.model, []).append(each)
        marks = policies.marked(connection)
        return [
            (kept, model, own)
            for kept, model in pairs
            for own in [found.get(model.id, [])]
            if trigger.is_due(connection, kept, model, own, marks.get((kept.id, model.id)), at)
        ]

    def _ask(self, kept: Kept, model: Model, own: Sequence[Finding]) -> None:
        def ask(connection: Connection) -> list[Retraining | Refusal | None]:
            at = self.clock(connection)
            return [
                trigger.by_drift(connection, kept, model, own, at),
                trigger.by_calendar(connection, kept, model, at),
            ]

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


def _expire(connection: Connection, at: int) -> None:
    retrainings.expire(connection, at)
    artifacts.expire(connection, at)
