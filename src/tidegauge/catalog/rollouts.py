"""Candidates that are to serve, as rows: each of the job that made it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, insert, select, update

from tidegauge.catalog.errors import StaleError
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import rollouts
from tidegauge.catalog.upsert import pieces

State = Literal["asked", "serving", "verified", "worse", "unclear", "unseen", "rolled-back"]
OPEN: Final[tuple[State, ...]] = ("asked", "serving")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollout:
    retraining: str
    """The job that made the candidate."""
    tenant: str
    model: int
    version: str
    before: str
    """The version that answered most before; "" where none is told."""
    state: State
    asked_at: int
    asked_by: str
    served_at: int | None
    """When predictions by it came."""
    ended_at: int | None
    changed_at: int
    document: Mapping[str, Any]
    """As its policy said: who is told, how long it is watched."""
    result: Mapping[str, Any] | None
    """How it has done since."""
    cause: str


def add(connection: Connection, new: Rollout) -> None:
    connection.execute(insert(rollouts).values(written(new)))


def of_jobs(connection: Connection, jobs: Sequence[str]) -> dict[str, Rollout]:
    found: dict[str, Rollout] = {}
    for some in pieces(jobs):
        rows = connection.execute(select(rollouts).where(rollouts.c.retraining.in_(some)))
        found |= {row.retraining: read(Rollout, row) for row in rows}
    return found


def unended(connection: Connection, model: int | None = None) -> list[Rollout]:
    """Those that are watched, the first first."""
    query = select(rollouts).where(rollouts.c.state.in_(OPEN))
    if model is not None:
        query = query.where(rollouts.c.model == model)
    rows = connection.execute(query.order_by(rollouts.c.asked_at, rollouts.c.retraining))
    return [read(Rollout, row) for row in rows]


def of_models(connection: Connection, models: Sequence[int]) -> dict[int, list[Rollout]]:
    """By model, the latest first."""
    found: dict[int, list[Rollout]] = {}
    own = rollouts.c
    for some in pieces(models):
        query = select(rollouts).where(own.model.in_(some))
        for row in connection.execute(query.order_by(own.asked_at.desc(), own.retraining.desc())):
            found.setdefault(row.model, []).append(read(Rollout, row))
    return found


def latest(connection: Connection, model: int) -> Rollout | None:
    own = rollouts.c
    query = select(rollouts).where(own.model == model).order_by(own.asked_at.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else read(Rollout, row)


def change(connection: Connection, before: Rollout, after: Rollout) -> Rollout:
    """StaleError where it is not any more as it was seen."""
    own = rollouts.c
    done = connection.execute(
        update(rollouts)
        .where(own.retraining == before.retraining, own.changed_at == before.changed_at)
        .values(written(after, leave={"retraining", "tenant", "model"}))
    )
    if done.rowcount != 1:
        raise StaleError(f"the rollout of {before.version} has gone on meanwhile: read it again")
    return after
