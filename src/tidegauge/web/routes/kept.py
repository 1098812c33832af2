"""What is kept beside the rows: jobs, dead letters, the audit."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from tidegauge.catalog import audit, dead_letters, jobs
from tidegauge.catalog.jobs import Job, State
from tidegauge.ingest.problem import ProblemError
from tidegauge.web.routes.asked import (
    Admin,
    Cursor,
    Limit,
    Reader,
    cursor_of,
    moment,
    read_cursor,
)
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1", tags=["kept"])
_STATES: tuple[State, ...] = ("waiting", "running", "done", "failed", "cancelled")


class JobShown(BaseModel):
    id: str
    kind: str
    subject: str
    state: State
    progress: Annotated[float, Field(description="0 to 1.")]
    detail: dict[str, Any]
    created_at: datetime
    changed_at: datetime
    created_by: str


class DeadLetterShown(BaseModel):
    id: int
    at: datetime
    model_id: str
    kind: str
    reason: str
    detail: str
    size: Annotated[int, Field(description="Bytes that it had.")]
    body: Annotated[
        str | None, Field(description="Its first 64 KiB; for keys that may see personal data.")
    ]


class DeadLetterPage(BaseModel):
    dead_letters: list[DeadLetterShown]
    next: str | None


class EntryShown(BaseModel):
    id: int
    at: datetime
    who: str
    what: str
    subject: str
    detail: dict[str, Any]


class AuditPage(BaseModel):
    entries: list[EntryShown]
    next: str | None


@router.get("/jobs")
def list_jobs(
    request: Request,
    key: Reader,
    state: Annotated[list[State] | None, Query(description="All where none is named.")] = None,
    limit: Limit = 100,
) -> list[JobShown]:
    """Work that takes longer than a request, the oldest first."""
    with state_of(request).kept.catalog.read() as connection:
        found = jobs.listed(connection, state or _STATES, about=f"{key.tenant}/", limit=limit)
    return [_job(each) for each in found]


@router.get("/jobs/{job_id}")
def get_job(job_id: str, request: Request, key: Reader) -> JobShown:
    with state_of(request).kept.catalog.read() as connection:
        found = jobs.get(connection, job_id) if job_id.isascii() and "\0" not in job_id else None
    if found is None or not found.subject.startswith(f"{key.tenant}/"):
        raise ProblemError("not-found", "there is no such job")
    return _job(found)


@router.get("/dead-letters")
def list_dead_letters(
    request: Request, key: Reader, cursor: Cursor = None, limit: Limit = 100
) -> DeadLetterPage:
    """What was accepted and could not be counted, the latest first."""
    before = _before(cursor)
    with state_of(request).kept.catalog.read() as connection:
        found = dead_letters.listed(connection, key.tenant, before=before, limit=limit + 1)
    return DeadLetterPage(
        dead_letters=[
            DeadLetterShown(
                id=each.id,
                at=moment(each.at),
                model_id=each.model,
                kind=each.kind,
                reason=each.reason,
                detail=each.detail,
                size=each.size,
                body=each.body.decode("utf-8", "replace") if key.pii else None,
            )
            for each in found[:limit]
        ],
        next=cursor_of(found[limit - 1].id) if len(found) > limit else None,
    )


@router.get("/audit")
def list_audit(
    request: Request, key: Admin, cursor: Cursor = None, limit: Limit = 100
) -> AuditPage:
    """Who did what, the latest first."""
    before = _before(cursor)
    with state_of(request).kept.catalog.read() as connection:
        found = audit.listed(connection, about=f"{key.tenant}/", before=before, limit=limit + 1)
    return AuditPage(
        entries=[
            EntryShown(
                id=each.id,
                at=moment(each.at),
                who=each.who,
                what=each.what,
                subject=each.subject,
                detail=dict(each.detail),
            )
            for each in found[:limit]
        ],
        next=cursor_of(found[limit - 1].id) if len(found) > limit else None,
    )


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    (before,) = read_cursor(cursor, int)
    return min(before, (1 << 63) - 1)


def _job(job: Job) -> JobShown:
    return JobShown(
        id=job.id,
        kind=job.kind,
        subject=job.subject,
        state=job.state,
        progress=job.progress,
        detail=dict(job.detail),
        created_at=moment(job.created_at),
        changed_at=moment(job.changed_at),
        created_by=job.created_by,
    )
