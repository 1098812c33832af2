"""Channels: where notices go.  Their secrets go in, and never come out."""

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.alert.channels import ADAPTER, KINDS, Channel
from tidegauge.alert.channels.base import revealed
from tidegauge.alert.channels.errors import DeliveryError, UnavailableError
from tidegauge.alert.ids import new_id
from tidegauge.alert.notice import Notice
from tidegauge.alert.reach import Reach, UnsafeUrlError
from tidegauge.catalog import channels, notices, progress
from tidegauge.catalog.channels import Kept
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.schema import near
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    DAYS,
    Admin,
    Cursor,
    Limit,
    Reader,
    checked_text,
    cursor_of,
    matching,
    moment,
    moment_or_none,
    read_cursor,
    who,
)
from tidegauge.web.routes.masked import MASK, masked, unmasked
from tidegauge.web.routes.noted import audited, etag
from tidegauge.web.routes.notices import NoticeShown, notices_shown
from tidegauge.web.routes.silences import parsed
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/channels", tags=["channels"])
NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,127}$"
Name = Annotated[str, Path(pattern=NAME)]
IfMatch = Annotated[str | None, Header(description="The ETag of what was seen, if that matters.")]
Document = Annotated[
    dict[str, Any],
    Field(description="`kind`, what the kind needs, and what every channel has."),
]
_MOST: Final = 1_000
_REMEMBERED: Final = 30 * DAYS
_FAILED: Final = ("dead", "retry_wait", "unknown")
_REMOVED: Final = "the channel was removed"


class HealthShown(BaseModel):
    waiting: Annotated[int, Field(description="Notices that are not delivered yet.")]
    last_delivery: Annotated[datetime | None, Field(description="Within the last 30 days.")]
    last_error: Annotated[str, Field(description="Of the last that failed, within as long.")]
    last_error_at: datetime | None


class ChannelShown(BaseModel):
    name: str
    kind: str
    document: Annotated[
        dict[str, Any], Field(description=f"As it was written; a secret is `{MASK}`.")
    ]
    enabled: bool
    revision: int
    created_at: datetime
    changed_at: datetime
    changed_by: str
    warnings: list[str]
    health: HealthShown


class ChannelPut(ChannelShown):
    made_secrets: Annotated[
        list[str], Field(description="What signs a webhook, if it was made here: shown this once.")
    ]


class ChannelTested(BaseModel):
    delivered: bool
    answer: Annotated[str, Field(description="What came back, in short.")]
    reason: Annotated[str | None, Field(description="Why it was not delivered, in one word.")]
    may_help_again: Annotated[bool, Field(description="Whether another try might.")]


class NoticePage(BaseModel):
    notices: Annotated[list[NoticeShown], Field(description="The latest first.")]
    next: str | None


@router.get("")
def list_channels(request: Request, key: Reader) -> list[ChannelShown]:
    """All of them by name, and how each is."""
    with state_of(request).kept.catalog.read() as connection:
        kept = channels.listed(connection, key.tenant)
        waiting = notices.count_waiting(connection, key.tenant)
        return [ChannelShown(**_fields(connection, each, waiting)) for each in kept]


@router.get("/{name}")
def get_channel(name: Name, request: Request, response: Response, key: Reader) -> ChannelShown:
    with state_of(request).kept.catalog.read() as connection:
        kept = _one(connection, key, name)
        waiting = notices.count_waiting(connection, key.tenant)
        response.headers["ETag"] = etag(kept)
        return ChannelShown(**_fields(connection, kept, waiting))


@router.put("/{name}")
def put_channel(
    name: Name,
    wanted: Document,
    request: Request,
    response: Response,
    key: Admin,
    if_match: IfMatch = None,
) -> ChannelPut:
    """Make it, or say it anew.

    A secret that is sent back masked, as it is shown, stays what it was, as long as the channel
    goes to the same host.
    """
    state = state_of(request)
    reach = state.config.alerts.reach.reach()

    def write(connection: Connection) -> ChannelPut:
        progress.lock(connection, act.NAME)
        before = channels.by_name(connection, key.tenant, name)
        if before is not None and if_match is not None:
            matching(if_match, etag(before), "the channel")
        given = unmasked(wanted, before.document if before else {})
        channel = _channel(given.document)
        _check(channel, reach)
        if given.is_kept and before is not None:
            _check_host(channel, before)
        document = revealed(channel)
        at = act.now(connection)
        if before is None:
            if len(channels.listed(connection, key.tenant)) >= _MOST:
                raise ProblemError("quota-exceeded", f"there may be {_MOST:,} channels")
            after = channels.add(
                connection, key.tenant, name, document, origin="api", at=at, by=who(key)
            )
        else:
            after = channels.change(connection, before, document, origin="api", at=at, by=who(key))
        audited(connection, key, at, "channel.put", name, masked(channel))
        waiting = notices.count_waiting(connection, key.tenant)
        response.headers["ETag"] = etag(after)
        made = document.get("secrets", []) if "secrets" not in given.document else []
        return ChannelPut(**_fields(connection, after, waiting), made_secrets=made)

    return state.kept.catalog.write(write)


@router.delete("/{name}", status_code=204)
def remove_channel(name: Name, request: Request, key: Admin, if_match: IfMatch = None) -> None:
    """Nothing goes there any more; what waits is given up."""
    state = state_of(request)

    def remove(connection: Connection) -> None:
        progress.lock(connection, act.NAME)
        before = _one(connection, key, name)
        if if_match is not None:
            matching(if_match, etag(before), "the channel")
        at = act.now(connection)
        channels.remove(connection, [before.id])
        critical = notices.count_critical(connection, key.tenant, name)
        count = notices.give_up(connection, key.tenant, name, at, _REMOVED)
        audited(connection, key, at, "channel.remove", name, {"given_up": count})
        if critical:
            title = f"the channel {name} was removed with {critical} critical notices not delivered"
            act.raise_of_ops(connection, state.config.alerts, key.tenant, title)

    state.kept.catalog.write(remove)


@router.post("/{name}/test")
def try_channel(name: Name, request: Request, key: Admin) -> ChannelTested:
    """Send a notice right now, and see what comes back."""
    state = state_of(request)
    place = f"{key.tenant}/{name}"
    if wait := state.tries.wait(place):
        detail = "a channel is tested at most 6 times a minute"
        raise ProblemError("rate-limited", detail, retry_after=math.ceil(wait))
    with state.kept.catalog.read() as connection:
        kept = _one(connection, key, name)
        at = act.now(connection)
    state.tries.take(place)
    notice = Notice(
        id=new_id(at),
        kind="test",
        at=at,
        tenant=key.tenant,
        title=f"A test of the channel {name}",
        description=f"{key.name} has asked for it.  Nothing is wrong, and nothing is to be done.",
    )
    channel: Channel = ADAPTER.validate_python(kept.document)
    told = asyncio.run(_tried(channel, notice, state.config.alerts.reach.reach()))
    detail = told.model_dump()
    state.kept.catalog.write(lambda c: audited(c, key, at, "channel.test", name, detail))
    return told


@router.get("/{name}/notices")
def list_channel_notices(
    name: Name, request: Request, key: Reader, cursor: Cursor = None, limit: Limit = 100
) -> NoticePage:
    """What it was told, and what came of it."""
    after = None
    if cursor is not None:
        at, last = read_cursor(cursor, int, str)
        after = max(min(at, (1 << 63) - 1), 0), checked_text(last)
    with state_of(request).kept.catalog.read() as connection:
        _one(connection, key, name)
        found = notices.page(connection, key.tenant, name, after=after, limit=limit + 1)
        shown = notices_shown(connection, found[:limit])
    following = None
    if len(found) > limit:
        following = cursor_of(found[limit - 1].made_at, found[limit - 1].id)
    return NoticePage(notices=shown, next=following)


async def _tried(channel: Channel, notice: Notice, reach: Reach) -> ChannelTested:
    try:
        answer = await channel.send(notice, reach)
    except DeliveryError as error:
        may_help = isinstance(error, UnavailableError)
        return ChannelTested(
            delivered=False, answer=str(error), reason=error.reason, may_help_again=may_help
        )
    return ChannelTested(delivered=True, answer=answer, reason=None, may_help_again=False)


def _channel(document: Mapping[str, Any]) -> Channel:
    try:
        channel: Channel = ADAPTER.validate_python(document)
    except ValidationError as error:
        raise problem_of(error, "the channel") from None
    parsed(channel.matchers)
    return channel


def unfit(
    connection: Connection,
    key: Key,
    wanted: Iterable[tuple[str, str]],
    refuse: Callable[[str], str | None],
) -> Iterator[Fault]:
    """Of what names channels, by its pointers: those that are not there, or of a kind that is
    refused, with why."""
    kinds = {each.name: each.document["kind"] for each in channels.listed(connection, key.tenant)}
    for pointer, name in wanted:
        if name not in kinds:
            detail = f"there is no channel {name!r}{near(name, list(kinds))}"
            yield {"pointer": pointer, "code": "bad-enum", "detail": detail}
        elif why := refuse(kinds[name]):
            detail = f"{name} is a channel of {kinds[name]}: {why}"
            yield {"pointer": pointer, "code": "bad-enum", "detail": detail}


def problem_of(error: ValidationError, what: str) -> ProblemError:
    """Where each fault is and what it is, without what was sent: it may be a secret."""
    faults: list[Fault] = []
    told = error.errors(include_url=False, include_context=False, include_input=False)
    for each in told:
        loc = each["loc"][1:] if each["loc"] and each["loc"][0] in KINDS else each["loc"]
        code = {"missing": "required", "extra_forbidden": "unknown-field"}.get(each["type"])
        detail = str(each["msg"]).removeprefix("Value error, ")
        if each["type"] in ("union_tag_invalid", "union_tag_not_found"):
            loc, code = ("kind",), "bad-enum"
            detail = f"must be one of {', '.join(KINDS)}"
        pointer = "".join(f"/{part}" for part in loc)
        faults.append({"pointer": pointer, "code": code or "bad-format", "detail": detail})
    is_unknown = any(fault["code"] == "unknown-field" for fault in faults)
    slug = "unknown-field" if is_unknown else "invalid-request"
    return ProblemError(slug, f"{len(faults)} faults in {what}", faults)


def _check(channel: Channel, reach: Reach) -> None:
    try:
        channel.check(reach)
    except UnsafeUrlError as error:
        pointer = "/host" if "host" in type(channel).model_fields else "/url"
        fault: Fault = {"pointer": pointer, "code": "unsafe-url", "detail": str(error)}
        raise ProblemError("unsafe-url", str(error), [fault]) from None


def _check_host(channel: Channel, before: Kept) -> None:
    """Else whoever may write a channel could have its secrets sent to themselves."""
    was: Channel = ADAPTER.validate_python(before.document)
    if _hosts(channel) != _hosts(was):
        raise ProblemError(
            "invalid-request", "it goes to another host: write its secrets, not their masks"
        )


def _hosts(channel: Channel) -> set[str]:
    named = {url.split("://", 1)[-1].split("/", 1)[0].lower() for url in channel.reached()}
    host = getattr(channel, "host", None)
    return named | ({str(host).lower()} if host else set())


def _one(connection: Connection, key: Key, name: str) -> Kept:
    found = channels.by_name(connection, key.tenant, name)
    if found is None:
        raise ProblemError("not-found", f"there is no channel {name!r}")
    return found


def _fields(connection: Connection, kept: Kept, waiting: Mapping[str, int]) -> dict[str, Any]:
    channel: Channel = ADAPTER.validate_python(kept.document)
    return {
        "name": kept.name,
        "kind": channel.kind,
        "document": masked(channel),
        "enabled": channel.enabled,
        "revision": kept.revision,
        "created_at": moment(kept.created_at),
        "changed_at": moment(kept.changed_at),
        "changed_by": kept.changed_by,
        "warnings": channel.warnings(),
        "health": _health(connection, kept, waiting),
    }


def _health(connection: Connection, kept: Kept, waiting: Mapping[str, int]) -> HealthShown:
    since = act.now(connection) - _REMEMBERED
    last = notices.latest(connection, kept.tenant, kept.name, ["sent"], since)
    failed = notices.latest(connection, kept.tenant, kept.name, _FAILED, since)
    tries = notices.attempts_of(connection, [failed.id]).get(failed.id, []) if failed else []
    return HealthShown(
        waiting=waiting.get(kept.name, 0),
        last_delivery=moment_or_none(last.ended_at) if last else None,
        last_error=failed.answer if failed else "",
        last_error_at=moment_or_none(tries[-1].ended_at or tries[-1].at) if tries else None,
    )
