"""Candidates that are to serve: let to, watched, and taken back."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.catalog import retrainings, rollouts
from tidegauge.catalog.retrainings import Retraining
from tidegauge.catalog.rollouts import Rollout, State
from tidegauge.ingest.problem import ProblemError
from tidegauge.retrain import rollout
from tidegauge.retrain.rollout import NoRolloutError
from tidegauge.series.serving import serving
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import Writer, checked_text, moment, moment_or_none, who
from tidegauge.web.routes.noted import audited
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/retraining/jobs/{job_id}", tags=["retraining"])


class RolloutShown(BaseModel):
    version: str
    before: Annotated[str, Field(description="The version that answered most until then.")]
    state: Annotated[
        State,
        Field(
            description="`asked` until predictions name the version; `serving` while it is held"
            " against the one before; then what came of that."
        ),
    ]
    asked_at: datetime
    asked_by: str
    served_at: datetime | None
    ended_at: datetime | None
    result: dict[str, Any] | None
    cause: str


@router.post("/promote", status_code=202)
def promote_candidate(job_id: str, request: Request, key: Writer) -> RolloutShown:
    """Have a candidate that has proved it serve: the webhook of its policy is told, where there is
    one. From when its predictions come the model is compared with what it said of rows that were
    held out, and it is held against the version before it."""

    def promote(connection: Connection, job: Retraining, at: int) -> Rollout:
        known = rollouts.of_jobs(connection, [job.id]).get(job.id)
        if known is not None:
            return known
        version = (job.result or {}).get("candidate", {}).get("version", "")
        before = serving(connection, job.model, at, but=version)
        return rollout.promote(connection, job, before, at, who(key))

    return _done(request, key, job_id, "rollout.promote", promote)


@router.post("/roll-back", status_code=202)
def roll_back(job_id: str, request: Request, key: Writer) -> RolloutShown:
    """Have the version before it serve again: the webhook is told."""

    def back(connection: Connection, job: Retraining, at: int) -> Rollout:
        known = rollouts.of_jobs(connection, [job.id]).get(job.id)
        if known is None:
            raise ProblemError("state-conflict", "it was not rolled out")
        cause = f"taken back by {who(key)}"
        return rollout.roll_back(connection, job, known, at, cause)

    return _done(request, key, job_id, "rollout.roll_back", back)


def _done(
    request: Request,
    key: Key,
    job_id: str,
    what: str,
    do: Callable[[Connection, Retraining, int], Rollout],
) -> RolloutShown:
    def write(connection: Connection) -> Rollout:
        job = retrainings.get(connection, checked_text(job_id))
        if job is None or job.tenant != key.tenant:
            raise ProblemError("not-found", f"there is no job {job_id!r}")
        at = act.now(connection)
        try:
            made = do(connection, job, at)
        except NoRolloutError as error:
            raise ProblemError("state-conflict", str(error)) from None
        if made.changed_at >= at:
            told = {"job": job.id, "version": made.version, "state": made.state}
            audited(connection, key, at, what, job.document["model_id"], told)
        return made

    return rollout_shown(state_of(request).kept.catalog.write(write))


def rollout_shown(made: Rollout) -> RolloutShown:
    return RolloutShown(
        version=made.version,
        before=made.before,
        state=made.state,
        asked_at=moment(made.asked_at),
        asked_by=made.asked_by,
        served_at=moment_or_none(made.served_at),
        ended_at=moment_or_none(made.ended_at),
        result=None if made.result is None else dict(made.result),
        cause=made.cause,
    )
