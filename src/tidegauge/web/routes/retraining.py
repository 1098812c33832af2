"""Jobs that train a model again: asked for, taken, told of, and cancelled.

Who trains is outside: a runner takes a job here, or a webhook was told of one.  Both say how it
goes with the token of their attempt; who has lost the job is refused, and is to stop.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.alert.ids import key_of, new_id
from tidegauge.catalog import audit, retrainings, rollouts
from tidegauge.catalog.retrainings import Retraining, State
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.record.check import Checker, Terms
from tidegauge.record.columns import to_stream, to_table
from tidegauge.record.fields import PREDICTIONS
from tidegauge.retrain import proof, queue
from tidegauge.retrain.guards import Refusal
from tidegauge.retrain.queue import StaleAttemptError, Wanted
from tidegauge.series.export import MEDIA, Union, parquet
from tidegauge.series.training import Labelled, without_truth
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    DAYS,
    Limit,
    Reader,
    Writer,
    checked_text,
    model_in,
    moment_or_none,
    now,
    source_of,
    who,
)
from tidegauge.web.routes.personal import hidden, without
from tidegauge.web.routes.policies import of_model
from tidegauge.web.routes.retraining_shown import (
    AnswersSaid,
    AnswersTaken,
    ClaimWanted,
    JobTaken,
    LineShown,
    ManualWanted,
    RetrainingShown,
    RetrainingsShown,
    RetrainingSummary,
    WordSaid,
    WordTaken,
    line_shown,
    shown,
    taken,
)
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/retraining", tags=["retraining"])
_SLUGS: Final = {"cooldown": "cooldown", "insufficient-data": "insufficient-data"}


@router.get("/summary")
def get_summary(request: Request, key: Reader) -> RetrainingSummary:
    with state_of(request).kept.catalog.read() as connection:
        at = act.now(connection)
        found = retrainings.tally(connection, key.tenant, at - 30 * DAYS)
        enabled = queue.settings_of(connection, key.tenant).enabled
    return RetrainingSummary(
        enabled=enabled,
        queued=found.get("queued", 0),
        running=found.get("running", 0),
        evaluating=found.get("evaluating", 0),
        succeeded_30d=found.get("succeeded", 0),
        rejected_30d=found.get("rejected", 0),
        failed_30d=found.get("failed", 0),
        cancelled_30d=found.get("cancelled", 0),
    )


@router.post("/manual", status_code=202)
def retrain_by_hand(
    wanted: ManualWanted,
    request: Request,
    key: Writer,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=128, description="Asked twice, it is one job.")
    ] = None,
) -> RetrainingShown:
    """Train a model again, as its policy says; the answer tells the place in the queue."""
    if wanted.force and key.role != "admin":
        raise ProblemError("forbidden-role", "`force` needs a key with the role admin")
    body = key_of(wanted.model_dump_json())

    def write(connection: Connection) -> RetrainingShown:
        model = model_in(connection, key, wanted.model_id)
        if model.archived_at is not None:
            raise ProblemError("state-conflict", f"the model {model.name!r} is archived")
        at = act.now(connection)
        name = new_id(at) if idempotency_key is None else checked_text(idempotency_key)
        known = retrainings.by_key(connection, key.tenant, f"manual:{name}")
        if known is not None and known.document.get("body") != body:
            told = "this Idempotency-Key was sent with another request"
            raise ProblemError("idempotency-key-reused", told)
        asked = Wanted(
            model=model,
            policy=of_model(connection, key, model.name, wanted.policy),
            origin="manual",
            by=who(key),
            key=f"manual:{name}",
            parameters=wanted.parameters,
            priority=wanted.priority,
            is_forced=wanted.force,
            body=body,
        )
        made = queue.ask(connection, asked, at)
        if isinstance(made, Refusal):
            raise _problem(made)
        if known is None:
            _note(connection, key, at, "retraining.ask", made, wanted.model_dump(mode="json"))
        return _alone(connection, made)

    return state_of(request).kept.catalog.write(write)


@router.get("/jobs")
def list_jobs(
    request: Request,
    key: Reader,
    model_id: Annotated[str | None, Query(max_length=128)] = None,
    state: Annotated[list[State] | None, Query()] = None,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(max_length=64, description="`next` of a page.")] = None,
) -> RetrainingsShown:
    """The latest first."""
    with state_of(request).kept.catalog.read() as connection:
        own = None if model_id is None else [model_in(connection, key, model_id).id]
        found = retrainings.page(
            connection, key.tenant, models=own, states=state, before=cursor, limit=limit + 1
        )
        waiting = [each.id for each in retrainings.waiting(connection, key.tenant)]
        known = rollouts.of_jobs(connection, [each.id for each in found])
        told = [shown(each, waiting, known.get(each.id)) for each in found[:limit]]
    return RetrainingsShown(jobs=told, next=told[-1].job_id if len(found) > limit else None)


@router.get("/jobs/{job_id}")
def get_job(job_id: str, request: Request, key: Reader) -> RetrainingShown:
    with state_of(request).kept.catalog.read() as connection:
        return _alone(connection, _one(connection, key, job_id))


@router.get("/jobs/{job_id}/log")
def get_job_log(
    job_id: str,
    request: Request,
    key: Reader,
    after: Annotated[int, Query(ge=0, description="`id` of the last that is known.")] = 0,
) -> list[LineShown]:
    """What it said of itself; the last 1,000 lines."""
    with state_of(request).kept.catalog.read() as connection:
        job = _one(connection, key, job_id)
        return [line_shown(each) for each in retrainings.said(connection, job.id, after)]


@router.delete("/jobs/{job_id}")
def cancel_job(job_id: str, request: Request, key: Writer) -> RetrainingShown:
    """What waits never starts; what runs is told to end. Once it is over it stays as it is."""

    def write(connection: Connection) -> RetrainingShown:
        job, at = _one(connection, key, job_id), act.now(connection)
        after = queue.cancel(connection, job, at, who(key))
        if after is not job:
            _note(connection, key, at, "retraining.cancel", job, {})
        return _alone(connection, after)

    return state_of(request).kept.catalog.write(write)


@router.post(
    "/claim",
    response_model=JobTaken,
    responses={204: {"description": "There is none now: ask again in some seconds."}},
)
def claim_job(wanted: ClaimWanted, request: Request, key: Writer) -> JobTaken | Response:
    """Take the next job that one can do: it is yours as long as you say that it goes on."""

    def write(connection: Connection) -> JobTaken | None:
        at = act.now(connection)
        job = queue.claim(connection, key.tenant, set(wanted.targets), wanted.runner, at)
        return None if job is None else taken(job)

    return state_of(request).kept.catalog.write(write) or Response(status_code=204)


@router.post("/jobs/{job_id}/status")
def say_status(job_id: str, wanted: WordSaid, request: Request, key: Writer) -> WordTaken:
    """Say that an attempt goes on, and how far it is; or that it has ended."""

    if (wanted.state == "trained") != (wanted.candidate is not None):
        raise ProblemError("invalid-request", "`trained` and `candidate` go together")
    if wanted.candidate is not None:
        for text in (wanted.candidate.version, wanted.candidate.digest):
            checked_text(text)

    def write(connection: Connection) -> WordTaken:
        job, at = _held(connection, key, job_id, wanted.token), act.now(connection)
        after = queue.alive(connection, job, at, progress=wanted.progress, said=wanted.log)
        if wanted.candidate is not None:
            told = wanted.candidate.model_dump(mode="json")
            after = queue.trained(connection, after, at, told)
        elif wanted.state in ("failed", "cancelled"):
            cause = wanted.cause or ("" if wanted.state == "cancelled" else "no cause was told")
            after = queue.end(connection, after, wanted.state, at, cause=cause or job.cause)
        return WordTaken(
            state=after.state,
            is_cancelled=after.is_cancelled,
            lease_until=moment_or_none(after.lease_until),
        )

    return state_of(request).kept.catalog.write(write)


@router.post("/jobs/{job_id}/answers")
def say_answers(job_id: str, wanted: AnswersSaid, request: Request, key: Writer) -> AnswersTaken:
    """What the candidate says of rows that were held out, some thousand at a time."""
    checker = Checker(PREDICTIONS, Terms(now=now()))
    records: list[dict[str, object]] = []
    faults: list[Fault] = []
    for at, answer in enumerate(wanted.answers):
        record, problems = checker.check({**answer, "model_id": "candidate"})
        pointer = f"/answers/{at}"
        for each in problems:
            where = f"{pointer}{each.pointer}"
            faults.append({"pointer": where, "code": each.code, "detail": each.detail})
        if record is not None:
            records.append(record)
        if not problems and not any(name in answer for name in proof.ANSWERS):
            told = f"says nothing of the row: {', '.join(proof.ANSWERS)}"
            faults.append({"pointer": pointer, "code": "required", "detail": told})
    if faults:
        raise ProblemError("invalid-request", f"{len(faults)} faults in the answers", faults)
    body = to_stream(to_table(records))

    def write(connection: Connection) -> AnswersTaken:
        job = _held(connection, key, job_id, wanted.token)
        rows = retrainings.answer(connection, job, len(records), body)
        if rows > proof.MOST:
            told = f"{rows:,} answers; {proof.MOST:,} may be, of the newest rows"
            raise ProblemError("too-many-records", told)
        return AnswersTaken(rows=rows)

    return state_of(request).kept.catalog.write(write)


@router.get(
    "/jobs/{job_id}/rows",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/vnd.apache.parquet": {}}, "description": "Rows."}},
)
def get_rows(
    job_id: str,
    request: Request,
    key: Reader,
    part: Annotated[
        Literal["train", "holdout"],
        Query(description="`train` has the truths; `holdout` has none."),
    ] = "train",
) -> StreamingResponse:
    """What to learn from, and what to answer: labelled predictions, as Parquet."""
    state = state_of(request)
    with state.kept.catalog.read() as connection:
        job = _one(connection, key, job_id)
        model = model_in(connection, key, job.document["model_id"])
        at = act.now(connection)
    span, secret = job.document[part], hidden(model, key)
    labelled = Labelled(source_of(state), state.kept.store, model)
    tables = [without(each, secret) for each in labelled.rows(span["start"], span["stop"])]
    if part == "holdout":
        tables = [without_truth(each) for each in tables]
    state.kept.catalog.write(
        lambda c: _note(c, key, at, "rows.export", job, {"part": part, "job": job_id})
    )
    union = Union([[(each.name, each.type) for each in table.schema] for table in tables])
    return StreamingResponse(parquet(union, tables), media_type=MEDIA["parquet"])


def _held(connection: Connection, key: Key, job_id: str, token: str) -> Retraining:
    job = _one(connection, key, job_id)
    try:
        queue.hold(job, token)
    except StaleAttemptError:
        told = f"job {job_id} is {job.state}, and not in the attempt of this token: stop"
        raise ProblemError("stale-attempt", told) from None
    return job


def _problem(refusal: Refusal) -> ProblemError:
    return ProblemError(
        _SLUGS.get(refusal.kind, "state-conflict"),
        refusal.detail,
        retry_after=refusal.retry_after_s,
    )


def _one(connection: Connection, key: Key, job_id: str) -> Retraining:
    found = retrainings.get(connection, checked_text(job_id))
    if found is None or found.tenant != key.tenant:
        raise ProblemError("not-found", f"there is no job {job_id!r}")
    return found


def _alone(connection: Connection, job: Retraining) -> RetrainingShown:
    waiting = [each.id for each in retrainings.waiting(connection, job.tenant)]
    return shown(job, waiting, rollouts.of_jobs(connection, [job.id]).get(job.id))


def _note(
    connection: Connection, key: Key, at: int, what: str, job: Retraining, detail: Mapping[str, Any]
) -> None:
    subject = f"{key.tenant}/{job.document['model_id']}"
    told = {"job": job.id, **detail}
    audit.add(connection, at=at, who=who(key), what=what, subject=subject, detail=told)
