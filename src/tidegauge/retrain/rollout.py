"""A candidate that has proved it, until it serves and has shown that it holds there.

asked -> serving -> verified, worse or unclear; unseen where nobody lets it serve; rolled-back, by
hand from each of these, or by itself from worse.  Who deploys is outside: a webhook or a person.
What is seen is the version that predictions name.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from tidegauge.catalog import rollouts
from tidegauge.catalog.retrainings import Retraining
from tidegauge.catalog.rollouts import Rollout, State
from tidegauge.errors import TidegaugeError
from tidegauge.retrain import tell
from tidegauge.retrain.artifacts import why_not_to_serve
from tidegauge.window import DAY, SECOND

PATIENCE: Final = 14 * DAY * SECOND
"""So long one may take to be let to serve."""


class NoRolloutError(TidegaugeError):
    """It may not be now: why."""


def promote(connection: Connection, job: Retraining, before: str, at: int, by: str) -> Rollout:
    """Have it serve; of one that was asked for already, what has come of that."""
    known = rollouts.of_jobs(connection, [job.id]).get(job.id)
    if known is not None:
        return known
    if job.state != "succeeded":
        raise NoRolloutError(f"the job is {job.state}: what it made has not proved to be better")
    if other := rollouts.unended(connection, job.model):
        told = f"version {other[0].version} is being rolled out: one at a time"
        raise NoRolloutError(told)
    assert job.result is not None  # noqa: S101 - it has succeeded
    version = job.result["candidate"]["version"]
    if told := why_not_to_serve(connection, job.model, version):
        raise NoRolloutError(told)
    new = Rollout(
        retraining=job.id,
        tenant=job.tenant,
        model=job.model,
        version=version,
        before=before,
        state="asked",
        asked_at=at,
        asked_by=by,
        served_at=None,
        ended_at=None,
        changed_at=at,
        document=dict(job.document["promotion"]),
        result=None,
        cause="",
    )
    rollouts.add(connection, new)
    tell.rollout(connection, job, new, at)
    return new


def serves(connection: Connection, rollout: Rollout, since: int, at: int) -> Rollout:
    after = replace(rollout, state="serving", served_at=since, changed_at=_later(rollout, at))
    return rollouts.change(connection, rollout, after)


def seen(connection: Connection, rollout: Rollout, found: Mapping[str, Any], at: int) -> Rollout:
    """How it does so far."""
    after = replace(rollout, result=dict(found), changed_at=_later(rollout, at))
    return rollouts.change(connection, rollout, after)


def end(
    connection: Connection, job: Retraining, rollout: Rollout, state: State, at: int, cause: str
) -> Rollout:
    after = replace(rollout, state=state, ended_at=at, cause=cause, changed_at=_later(rollout, at))
    ended = rollouts.change(connection, rollout, after)
    tell.rollout(connection, job, ended, at)
    return ended


def roll_back(
    connection: Connection, job: Retraining, rollout: Rollout, at: int, cause: str
) -> Rollout:
    """Have the version before it serve again."""
    if rollout.state == "rolled-back":
        return rollout
    last = rollouts.latest(connection, rollout.model)
    if last is not None and last.retraining != rollout.retraining:
        told = f"version {last.version} has been rolled out since: take that one back"
        raise NoRolloutError(told)
    if told := why_not_to_serve(connection, rollout.model, rollout.before):
        raise NoRolloutError(f"there is nothing to go back to: {told}")
    return end(connection, job, rollout, "rolled-back", at, cause)


def _later(rollout: Rollout, at: int) -> int:
    return max(at, rollout.changed_at + 1)
