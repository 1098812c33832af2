"""Jobs that train a model again, as rows: what may follow on what is said elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from tidegauge.catalog.errors import StaleError
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import retraining_answers as answers
from tidegauge.catalog.tables import retraining_lines as lines
from tidegauge.catalog.tables import retrainings
from tidegauge.catalog.upsert import pieces
from tidegauge.window import DAY, SECOND

State = Literal["queued", "running", "evaluating", "succeeded", "rejected", "failed", "cancelled"]
OPEN: Final[tuple[State, ...]] = ("queued", "running", "evaluating")
TAKEN: Final[tuple[State, ...]] = ("running", "evaluating")
STATES: Final[tuple[State, ...]] = State.__args__
_KEPT: Final = 2 * 365 * DAY * SECOND
_ANSWERS_KEPT: Final = 30 * DAY * SECOND
_LINES: Final = 1_000
"""Of a job; older ones go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retraining:
    id: str
    tenant: str
    model: int
    policy: str
    """ "" of one that was asked for without any."""
    origin: str
    """What started it: drift, calendar or manual."""
    priority: int
    target: str
    """As `command:train`: who may take it."""
    key: str
    """Who asks twice with one key gets one job."""
    state: State
    attempt: int
    """Counts up; who says anything names the one that it is."""
    token: str
    """Of this attempt."""
    runner: str
    """Who has it."""
    is_cancelled: bool
    """Somebody wants it to end; who has it is to say that it has."""
    lease_until: int | None
    """Without a word until then it is lost."""
    progress: float
    document: Mapping[str, Any]
    """What is asked for."""
    result: Mapping[str, Any] | None
    cause: str
    """Why it ended as it did, or was lost before."""
    created_at: int
    created_by: str
    started_at: int | None
    ended_at: int | None
    changed_at: int


class Line(NamedTuple):
    id: int
    attempt: int
    at: int
    text: str


def add(connection: Connection, new: Retraining) -> None:
    connection.execute(insert(retrainings).values(written(new)))


def get(connection: Connection, job: str) -> Retraining | None:
    row = connection.execute(select(retrainings).where(retrainings.c.id == job)).one_or_none()
    return None if row is None else read(Retraining, row)


def states(connection: Connection, jobs: Iterable[str]) -> dict[str, State]:
    """Of those that are there."""
    found: dict[str, State] = {}
    for some in pieces(jobs):
        own = retrainings.c
        rows = connection.execute(select(own.id, own.state).where(own.id.in_(some)))
        found.update((row.id, row.state) for row in rows)
    return found


def by_key(connection: Connection, tenant: str, key: str) -> Retraining | None:
    query = select(retrainings).where(retrainings.c.tenant == tenant, retrainings.c.key == key)
    row = connection.execute(query).one_or_none()
    return None if row is None else read(Retraining, row)


def page(
    connection: Connection,
    tenant: str,
    *,
    models: Sequence[int] | None = None,
    states: Sequence[str] | None = None,
    before: str | None = None,
    limit: int = 100,
) -> list[Retraining]:
    """The latest first; their ids are in the order of time."""
    query = select(retrainings).where(retrainings.c.tenant == tenant)
    if models is not None:
        query = query.where(retrainings.c.model.in_(models))
    if states is not None:
        query = query.where(retrainings.c.state.in_(states))
    if before is not None:
        query = query.where(retrainings.c.id < before)
    rows = connection.execute(query.order_by(retrainings.c.id.desc()).limit(limit))
    return [read(Retraining, row) for row in rows]


def waiting(connection: Connection, tenant: str | None = None) -> list[Retraining]:
    """In the order in which they are to be taken."""
    query = select(retrainings).where(retrainings.c.state == "queued")
    if tenant is not None:
        query = query.where(retrainings.c.tenant == tenant)
    rows = connection.execute(query.order_by(retrainings.c.priority.desc(), retrainings.c.id))
    return [read(Retraining, row) for row in rows]


def taken(connection: Connection, tenant: str | None = None) -> list[Retraining]:
    query = select(retrainings).where(retrainings.c.state.in_(TAKEN))
    if tenant is not None:
        query = query.where(retrainings.c.tenant == tenant)
    return [read(Retraining, row) for row in connection.execute(query.order_by(retrainings.c.id))]


def of_model(connection: Connection, model: int, since: int) -> list[Retraining]:
    """Those that are open, or were made or ended since then; the latest first."""
    own = retrainings.c
    query = select(retrainings).where(
        own.model == model,
        own.state.in_(OPEN) | (own.created_at > since) | (own.ended_at > since),
    )
    return [read(Retraining, row) for row in connection.execute(query.order_by(own.id.desc()))]


def last_trained(connection: Connection, model: int) -> Retraining | None:
    """The last that came to a candidate which was kept."""
    query = select(retrainings).where(
        retrainings.c.model == model, retrainings.c.state == "succeeded"
    )
    row = connection.execute(query.order_by(retrainings.c.ended_at.desc()).limit(1)).one_or_none()
    return None if row is None else read(Retraining, row)


def change(connection: Connection, before: Retraining, after: Retraining) -> Retraining:
    """StaleError where it is not any more as it was seen."""
    own = retrainings.c
    done = connection.execute(
        update(retrainings)
        .where(
            own.id == before.id,
            own.state == before.state,
            own.attempt == before.attempt,
            own.changed_at == before.changed_at,
        )
        .values(written(after, leave={"id", "tenant", "model"}))
    )
    if done.rowcount != 1:
        raise StaleError(f"job {before.id} has gone on meanwhile: read it again")
    return after


def say(connection: Connection, job: Retraining, at: int, told: Sequence[str]) -> None:
    """Lines of its log; of many the last."""
    if not told:
        return
    connection.execute(
        insert(lines),
        [
            {"retraining": job.id, "attempt": job.attempt, "at": at, "text": text}
            for text in told[-_LINES:]
        ],
    )
    newest = select(lines.c.id).where(lines.c.retraining == job.id).order_by(lines.c.id.desc())
    oldest = connection.scalar(newest.offset(_LINES - 1).limit(1))
    if oldest is not None:
        gone = (lines.c.retraining == job.id) & (lines.c.id < oldest)
        connection.execute(delete(lines).where(gone))


def said(connection: Connection, job: str, after: int = 0) -> list[Line]:
    rows = connection.execute(
        select(lines.c.id, lines.c.attempt, lines.c.at, lines.c.text)
        .where(lines.c.retraining == job, lines.c.id > after)
        .order_by(lines.c.id)
    )
    return [Line(*row) for row in rows]


def answer(connection: Connection, job: Retraining, rows: int, body: bytes) -> int:
    """Keep a piece of what its candidate answers; how many rows there are now."""
    own = answers.c.retraining == job.id
    # What an attempt before has answered is another candidate's.
    connection.execute(delete(answers).where(own, answers.c.attempt != job.attempt))
    last = connection.scalar(select(func.max(answers.c.number)).where(own))
    connection.execute(
        insert(answers).values(
            retraining=job.id,
            number=0 if last is None else last + 1,
            attempt=job.attempt,
            rows=rows,
            body=body,
        )
    )
    return int(connection.scalar(select(func.sum(answers.c.rows)).where(own)) or 0)


def answered(connection: Connection, job: Retraining) -> list[bytes]:
    own = (answers.c.retraining == job.id) & (answers.c.attempt == job.attempt)
    return list(connection.scalars(select(answers.c.body).where(own).order_by(answers.c.number)))


def forget_answers(connection: Connection, job: Retraining) -> None:
    connection.execute(delete(answers).where(answers.c.retraining == job.id))


def evaluating(connection: Connection) -> list[Retraining]:
    query = select(retrainings).where(retrainings.c.state == "evaluating")
    return [read(Retraining, row) for row in connection.execute(query.order_by(retrainings.c.id))]


def expire(connection: Connection, at: int) -> None:
    """Jobs that ended long ago go; what their candidates answered goes sooner."""
    ended = select(retrainings.c.id).where(retrainings.c.ended_at < at - _ANSWERS_KEPT)
    connection.execute(delete(answers).where(answers.c.retraining.in_(ended)))
    connection.execute(delete(retrainings).where(retrainings.c.ended_at < at - _KEPT))


def tally(connection: Connection, tenant: str, since: int) -> dict[str, int]:
    """How many of each state: those that are open, and those that ended since then."""
    own = retrainings.c
    rows = connection.execute(
        select(own.state, func.count())
        .where(own.tenant == tenant, own.state.in_(OPEN) | (own.ended_at > since))
        .group_by(own.state)
    )
    return {state: int(count) for state, count in rows}
