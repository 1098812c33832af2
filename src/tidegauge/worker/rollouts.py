"""Candidates that are to serve: seen when they do, held against the version before, taken back."""

from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.catalog import Catalog, StaleError, models, retrainings, rollouts, schemas
from tidegauge.catalog.models import Model
from tidegauge.catalog.retrainings import Retraining
from tidegauge.catalog.rollouts import Rollout
from tidegauge.errors import TidegaugeError
from tidegauge.retrain import rollout
from tidegauge.retrain.proof import read_answers
from tidegauge.retrain.reference import retrained
from tidegauge.retrain.rollout import NoRolloutError
from tidegauge.retrain.watch import Seen, seen_of, verdict
from tidegauge.series import comparison
from tidegauge.series.adopted import adopted
from tidegauge.series.reach import Reach
from tidegauge.series.rows import Source
from tidegauge.series.serving import first_of
from tidegauge.series.subject import Known, find
from tidegauge.series.training import Labelled
from tidegauge.store import Store
from tidegauge.window import HOUR, MINUTE, SECOND, floor
from tidegauge.worker.roll import KEPT

_PAUSE: Final = MINUTE * SECOND
_log = structlog.stdlib.get_logger(__name__)


@dataclass
class Watching:
    catalog: Catalog
    source: Source
    store: Store
    known: Known = field(default_factory=Known)
    _looked: dict[str, int] = field(default_factory=dict[str, int])

    def step(self, at: int) -> None:
        with self.catalog.read() as connection:
            unended = rollouts.unended(connection)
            own = models.by_id(connection, {each.model for each in unended})
            jobs = {
                each.retraining: retrainings.get(connection, each.retraining) for each in unended
            }
        self._looked = {each.retraining: self._looked.get(each.retraining, 0) for each in unended}
        for each in unended:
            model, job = own.get(each.model), jobs[each.retraining]
            if model is None or job is None or at - self._looked[each.retraining] < _PAUSE:
                continue
            self._looked[each.retraining] = at
            try:
                self._one(each, job, model, at)
            except StaleError:
                # Somebody has ended it meanwhile.
                continue
            except TidegaugeError as error:
                _log.warning("a rollout waits", model=model.name, reason=str(error)[:500])

    def _one(self, new: Rollout, job: Retraining, model: Model, at: int) -> None:
        if new.state == "asked":
            self._await(new, job, model, at)
        else:
            self._hold(new, job, model, at)

    def _await(self, new: Rollout, job: Retraining, model: Model, at: int) -> None:
        with self.catalog.read() as connection:
            since = first_of(connection, model.id, new.version, new.asked_at, at)
        if since is not None:
            self._refer(new, job, model, at)
            failpoint.hit("rollout.referred")
            self.catalog.write(lambda c: rollout.serves(c, new, since, at))
        elif at - new.asked_at > rollout.PATIENCE:
            told = "no prediction has named its version"
            self.catalog.write(lambda c: rollout.end(c, job, new, "unseen", at, told))

    def _refer(self, new: Rollout, job: Retraining, model: Model, at: int) -> None:
        """From here on the model is compared with what the candidate said of rows that were held
        out.  Its answers go with that, so that it is done once."""
        with self.catalog.read() as connection:
            answers = read_answers(retrainings.answered(connection, job))
            schema = schemas.latest(connection, [model.id]).get(model.id)
        if answers is None:
            return
        span = job.document["holdout"]
        held = Labelled(self.source, self.store, model).rows(span["start"], span["stop"])
        made = retrained(model, held, answers, schema.schema if schema else None)

        def adopt(connection: Connection) -> None:
            if made is not None:
                name, why = f"version {new.version}", "it serves after it was trained again"
                adopted(connection, model, made, name=name, at=at, by="tidegauge", why=why)
            retrainings.forget_answers(connection, job)

        self.catalog.write(adopt)

    def _hold(self, new: Rollout, job: Retraining, model: Model, at: int) -> None:
        assert new.served_at is not None  # noqa: S101 - it serves
        with self.catalog.read() as connection:
            found = self._seen(connection, new, job, model, at)
        told = verdict(found, new.document, at - new.served_at)
        if told is None:
            if found is not None and found.told() != dict(new.result or {}):
                self.catalog.write(lambda c: rollout.seen(c, new, found.told(), at))
            return
        state, cause = told

        def end(connection: Connection) -> None:
            shown = new if found is None else rollout.seen(connection, new, found.told(), at)
            ended = rollout.end(connection, job, shown, state, at, cause)
            is_taken_back = new.document["roll_back"] and new.document["auto_deploy"]
            if state == "worse" and is_taken_back and new.before:
                self._take_back(connection, job, ended, at)

        self.catalog.write(end)
        failpoint.hit("rollout.ended")

    def _take_back(self, connection: Connection, job: Retraining, ended: Rollout, at: int) -> None:
        try:
            rollout.roll_back(connection, job, ended, at, ended.cause)
        except NoRolloutError as error:
            retrainings.say(connection, job, at, [f"it is not taken back: {error}"])

    def _seen(
        self, connection: Connection, new: Rollout, job: Retraining, model: Model, at: int
    ) -> Seen | None:
        """The version since it serves, beside the one before in as long a time before."""
        assert new.served_at is not None  # noqa: S101 - it serves
        subject = find(connection, self.known, model.tenant, model.name)
        if subject is None:
            return None
        reach = Reach.read(connection, KEPT)
        start = floor(new.served_at - new.document["watch_s"] * SECOND, HOUR)
        sides = (
            (start, new.served_at, new.before or None),
            (floor(new.served_at, HOUR), at, new.version),
        )
        before, after = (
            comparison.look(connection, reach, subject, first, last, version=version, segment="")
            for first, last, version in sides
        )
        metric = (job.result or {}).get("proof", {}).get("metric")
        return None if metric is None else seen_of(before, after, model.positive, metric)
