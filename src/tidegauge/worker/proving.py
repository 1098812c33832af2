"""Candidates held against the champions, as soon as they have answered."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tidegauge import failpoint
from tidegauge.catalog import Catalog, StaleError, models, retrainings
from tidegauge.catalog.models import Model
from tidegauge.catalog.retrainings import Retraining
from tidegauge.errors import TidegaugeError
from tidegauge.retrain import queue, rollout
from tidegauge.retrain.gate import Gate
from tidegauge.retrain.proof import proof, read_answers, said, told
from tidegauge.retrain.rollout import NoRolloutError
from tidegauge.series.rows import Source
from tidegauge.series.serving import serving
from tidegauge.series.training import Labelled
from tidegauge.store import Store


@dataclass(frozen=True)
class Proving:
    catalog: Catalog
    source: Source
    store: Store

    def step(self, at: int) -> None:
        with self.catalog.read() as connection:
            waiting = retrainings.evaluating(connection)
            known = models.by_id(connection, {each.model for each in waiting})
            bodies = {each.id: retrainings.answered(connection, each) for each in waiting}
        for job in waiting:
            if (model := known.get(job.model)) is not None:
                self._prove(job, model, bodies[job.id], at)

    def _prove(self, job: Retraining, model: Model, bodies: Sequence[bytes], at: int) -> None:
        state, cause, found = "failed", "", None
        gate = Gate.model_validate(job.document["gate"])
        answers = read_answers(bodies)
        span = job.document["holdout"]
        try:
            if answers is None:
                cause = "the candidate answered none of the rows that were held out"
            else:
                held = Labelled(self.source, self.store, model).rows(
                    span["start"], span["stop"], features=False, segments=model.protected or ()
                )
                found = proof(model, gate, job.document["gate"]["better_by"], held, answers)
                cause = "nothing could be measured of both" if found is None else ""
        except TidegaugeError as error:
            cause = f"it could not be held against the champion: {error}"
        if found is not None:
            state = "succeeded" if found.verdict == "better" else "rejected"
            cause = said(found)
        result = {**(job.result or {}), "proof": None if found is None else told(found)}
        failpoint.hit("retraining.proven")

        def end(connection: Connection) -> None:
            ended = queue.end(connection, job, state, at, cause=cause, result=result)
            if state != "succeeded":
                retrainings.forget_answers(connection, job)
            elif job.document["promotion"]["auto_deploy"]:
                self._promote(connection, ended, at)

        # Somebody may have cancelled it meanwhile.
        with contextlib.suppress(StaleError):
            self.catalog.write(end)

    def _promote(self, connection: Connection, job: Retraining, at: int) -> None:
        before = serving(connection, job.model, at)
        try:
            rollout.promote(connection, job, before, at, "tidegauge")
        except NoRolloutError as error:
            retrainings.say(connection, job, at, [f"it is not rolled out: {error}"])
