"""Jobs: work that takes longer than a request, and can be looked at while it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack

from sqlalchemy import Connection, select, update

from tidegauge.catalog.errors import StaleError
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import jobs
from tidegauge.catalog.upsert import add_missing

State = Literal["waiting", "running", "done", "failed", "cancelled"]
OPEN: tuple[State, ...] = ("waiting", "running")


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    id: str
    kind: str
    subject: str
    state: State
    progress: float
    """From 0 to 1."""
    detail: Mapping[str, Any]
    created_at: int
    changed_at: int
    created_by: str


class Changes(TypedDict, total=False):
    state: State
    progress: float
    detail: Mapping[str, Any]


def add(connection: Connection, new: Job) -> None:
    """Its id is the caller's, so that a repetition makes no second one."""
    add_missing(connection, jobs, [written(new)])


def get(connection: Connection, job: str) -> Job | None:
    row = connection.execute(select(jobs).where(jobs.c.id == job)).one_or_none()
    return None if row is None else read(Job, row)


def listed(
    connection: Connection, states: Sequence[State], *, about: str = "", limit: int = 100
) -> list[Job]:
    """The oldest first; `about` is what their subjects begin with."""
    query = select(jobs).where(jobs.c.state.in_(states))
    if about:
        query = query.where(jobs.c.subject.startswith(about, autoescape=True))
    rows = connection.execute(query.order_by(jobs.c.created_at, jobs.c.id).limit(limit))
    return [read(Job, row) for row in rows]


def change(connection: Connection, job: str, at: int, **changes: Unpack[Changes]) -> Job:
    """StaleError where it is over already: done, failed, or cancelled by somebody."""
    row = connection.execute(
        update(jobs)
        .where(jobs.c.id == job, jobs.c.state.in_(OPEN))
        .values(**changes, changed_at=at)
        .returning(*jobs.c)
    ).one_or_none()
    if row is None:
        raise StaleError(f"job {job} is over, or not there: leave it")
    return read(Job, row)
