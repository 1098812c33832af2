"""Notices: what was told where, what came of each try, and one try more."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.catalog import audit, channels, notices
from tidegauge.catalog.notices import Attempt, Kept
from tidegauge.ingest.problem import ProblemError
from tidegauge.web.routes.asked import Writer, checked_text, moment, moment_or_none, who
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/notices", tags=["channels"])


class AttemptShown(BaseModel):
    number: int
    at: datetime
    ended_at: datetime | None
    outcome: str
    answer: Annotated[str, Field(description="What the other side said, in short.")]


class NoticeShown(BaseModel):
    notice_id: str
    incident_id: Annotated[str, Field(description='"" of what is of no single incident: a digest.')]
    channel: str
    kind: str
    severity: str
    status: Annotated[
        str,
        Field(
            description="queued, sending, retry_wait, sent, dead; held_rate waits for a digest,"
            " and digested was told by one."
        ),
    ]
    made_at: datetime
    due_at: Annotated[datetime | None, Field(description="Of the next try.")]
    ended_at: datetime | None
    tries: int
    answer: str
    digest: Annotated[str, Field(description="The notice that told it, of what is digested.")]
    attempts: list[AttemptShown]


def notices_shown(connection: Connection, kept: Sequence[Kept]) -> list[NoticeShown]:
    tries = notices.attempts_of(connection, [each.id for each in kept])
    return [_shown(each, tries.get(each.id, ())) for each in kept]


@router.post("/{notice_id}/resend")
def resend_notice(notice_id: str, request: Request, key: Writer) -> NoticeShown:
    """Try again to deliver what was given up, once its channel is mended."""

    def again(connection: Connection) -> NoticeShown:
        found = notices.get(connection, checked_text(notice_id))
        if found is None or found.tenant != key.tenant:
            raise ProblemError("not-found", "there is no such notice")
        if channels.by_name(connection, key.tenant, found.channel) is None:
            raise ProblemError("state-conflict", f"the channel {found.channel!r} is not there")
        at = act.now(connection)
        if not notices.again(connection, found.id, at):
            detail = f"the notice is {found.status}: only one that is dead is sent again"
            raise ProblemError("state-conflict", detail)
        audit.add(
            connection,
            at=at,
            who=who(key),
            what="notice.resend",
            subject=f"{key.tenant}/{found.channel}",
            detail={"notice": found.id},
        )
        after = notices.get(connection, found.id)
        return notices_shown(connection, [after or found])[0]

    return state_of(request).kept.catalog.write(again)


def _shown(kept: Kept, attempts: Sequence[Attempt]) -> NoticeShown:
    return NoticeShown(
        notice_id=kept.id,
        incident_id=kept.incident,
        channel=kept.channel,
        kind=kept.kind,
        severity=kept.severity,
        status=kept.status,
        made_at=moment(kept.made_at),
        due_at=moment_or_none(kept.due_at),
        ended_at=moment_or_none(kept.ended_at),
        tries=kept.tries,
        answer=kept.answer,
        digest=kept.digest,
        attempts=[
            AttemptShown(
                number=each.number,
                at=moment(each.at),
                ended_at=moment_or_none(each.ended_at),
                outcome=each.outcome,
                answer=each.answer,
            )
            for each in attempts
        ],
    )
