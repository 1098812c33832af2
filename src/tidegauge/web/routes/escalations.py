"""Escalations: who is told next, and as how grave, where nobody answers."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.alert.ladder import ADAPTER, Ladder
from tidegauge.catalog import channels, ladders, progress
from tidegauge.catalog.ladders import Kept
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.schema import near
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import Admin, Reader, checked_text, matching, moment, who
from tidegauge.web.routes.channels import NAME, problem_of
from tidegauge.web.routes.noted import audited, etag
from tidegauge.web.routes.silences import parsed
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/escalations", tags=["channels"])
Name = Annotated[str, Path(pattern=NAME)]
IfMatch = Annotated[str | None, Header(description="The ETag of what was seen, if that matters.")]
Document = Annotated[
    dict[str, Any],
    Field(description="`matchers`, and `levels` of `after_minutes`, `channels` and `severity`."),
]
_MOST: Final = 1_000


class EscalationShown(BaseModel):
    name: str
    document: Document
    enabled: bool
    revision: int
    created_at: datetime
    changed_at: datetime
    changed_by: str
    warnings: Annotated[list[str], Field(description="As of a channel that was removed since.")]


@router.get("")
def list_escalations(request: Request, key: Reader) -> list[EscalationShown]:
    """By name: of those that match an incident the first is taken."""
    with state_of(request).kept.catalog.read() as connection:
        known = _channels(connection, key)
        return [_shown(each, known) for each in ladders.listed(connection, key.tenant)]


@router.get("/{name}")
def get_escalation(
    name: Name, request: Request, response: Response, key: Reader
) -> EscalationShown:
    with state_of(request).kept.catalog.read() as connection:
        kept = _one(connection, key, name)
        response.headers["ETag"] = etag(kept)
        return _shown(kept, _channels(connection, key))


@router.put("/{name}")
def put_escalation(
    name: Name,
    wanted: Document,
    request: Request,
    response: Response,
    key: Admin,
    if_match: IfMatch = None,
) -> EscalationShown:
    """Make it, or say it anew; incidents that are open keep the levels that they have."""
    ladder = _ladder(wanted)
    document = ladder.model_dump(mode="json", exclude_defaults=True)

    def write(connection: Connection) -> EscalationShown:
        progress.lock(connection, act.NAME)
        known = _channels(connection, key)
        if faults := list(_unknown(ladder, known)):
            raise ProblemError("invalid-request", f"{len(faults)} channels are not there", faults)
        before = ladders.by_name(connection, key.tenant, name)
        at = act.now(connection)
        if before is None:
            if len(ladders.listed(connection, key.tenant)) >= _MOST:
                raise ProblemError("quota-exceeded", f"there may be {_MOST:,} escalations")
            after = ladders.add(
                connection, key.tenant, name, document, origin="api", at=at, by=who(key)
            )
        else:
            if if_match is not None:
                matching(if_match, etag(before), "the escalation")
            after = ladders.change(connection, before, document, origin="api", at=at, by=who(key))
        audited(connection, key, at, "escalation.put", name, document)
        response.headers["ETag"] = etag(after)
        return _shown(after, known)

    return state_of(request).kept.catalog.write(write)


@router.delete("/{name}", status_code=204)
def remove_escalation(name: Name, request: Request, key: Admin, if_match: IfMatch = None) -> None:
    def remove(connection: Connection) -> None:
        before = _one(connection, key, name)
        if if_match is not None:
            matching(if_match, etag(before), "the escalation")
        ladders.remove(connection, [before.id])
        at = act.now(connection)
        audited(connection, key, at, "escalation.remove", name, before.document)

    state_of(request).kept.catalog.write(remove)


def _ladder(document: Mapping[str, Any]) -> Ladder:
    try:
        ladder = ADAPTER.validate_python(document)
    except ValidationError as error:
        raise problem_of(error, "the escalation") from None
    parsed(ladder.matchers)
    for level in ladder.levels:
        for channel in level.channels:
            checked_text(channel)
    return ladder


def _unknown(ladder: Ladder, known: list[str]) -> Iterable[Fault]:
    for place, level in enumerate(ladder.levels):
        for number, channel in enumerate(level.channels):
            if channel not in known:
                detail = f"there is no channel {channel!r}{near(channel, known)}"
                pointer = f"/levels/{place}/channels/{number}"
                yield {"pointer": pointer, "code": "bad-enum", "detail": detail}


def _channels(connection: Connection, key: Key) -> list[str]:
    return [each.name for each in channels.listed(connection, key.tenant)]


def _one(connection: Connection, key: Key, name: str) -> Kept:
    found = ladders.by_name(connection, key.tenant, name)
    if found is None:
        raise ProblemError("not-found", f"there is no escalation {name!r}")
    return found


def _shown(kept: Kept, known: list[str]) -> EscalationShown:
    ladder = ADAPTER.validate_python(kept.document)
    return EscalationShown(
        name=kept.name,
        document=dict(kept.document),
        enabled=ladder.enabled,
        revision=kept.revision,
        created_at=moment(kept.created_at),
        changed_at=moment(kept.changed_at),
        changed_by=kept.changed_by,
        warnings=[str(fault["detail"]) for fault in _unknown(ladder, known)],
    )
