"""Monitors: what is watched, one by one; as files say it they are set elsewhere."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.catalog import models, monitors, standing
from tidegauge.catalog.monitors import Kept, Origin
from tidegauge.catalog.standing import Standing
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.monitor.faults import FaultsError, checked, document_of
from tidegauge.monitor.union import Monitor
from tidegauge.monitor.usual import made_usual
from tidegauge.monitor.watching import watching
from tidegauge.record.refusal import step
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    Cursor,
    Limit,
    Reader,
    Writer,
    checked_text,
    cursor_of,
    matching,
    moment,
    moment_or_none,
    now,
    read_cursor,
    who,
)
from tidegauge.web.routes.channels import unfit
from tidegauge.web.routes.noted import audited, etag
from tidegauge.web.state import State, state_of

router = APIRouter(prefix="/api/v1/monitors", tags=["monitors"])
MOST = 10_000
IfMatch = Annotated[str | None, Header(description="The ETag of what was seen.")]
Document = Annotated[
    dict[str, Any],
    Field(description="As in a file; its JSON Schema is at `/api/v1/monitors/schema`."),
]


class StandingShown(BaseModel):
    status: str
    severity: str | None
    targets: Annotated[int, Field(description="Models, versions and segments that stand so.")]


class MonitorShown(BaseModel):
    name: str
    kind: str
    document: Document
    origin: Annotated[
        Origin, Field(description="Kept by a file, made through the API, or there by default.")
    ]
    revision: int
    created_at: datetime
    changed_at: datetime
    changed_by: str


class MonitorListed(MonitorShown):
    models: Annotated[
        int,
        Field(
            description="That it watches now.  A usual one steps back where another is of the same."
        ),
    ]
    one_false_alarm_in_months: Annotated[
        float | None, Field(description="The budget of one model, of a kind that keeps to one.")
    ]
    last_at: Annotated[datetime | None, Field(description="The last slot that it has read.")]
    standing: Annotated[
        list[StandingShown], Field(description="By its last readings, the usual first.")
    ]


class MonitorPage(BaseModel):
    monitors: list[MonitorListed]
    next: str | None


@router.get("")
def list_monitors(
    request: Request,
    response: Response,
    key: Reader,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> MonitorPage:
    """The monitors by name.  The ETag is that of the whole set."""
    state = state_of(request)
    after = checked_text(read_cursor(cursor, str)[0]) if cursor else ""
    in_use(state, key)
    with state.kept.catalog.read() as connection:
        kept = monitors.listed(connection, key.tenant)
        own = [each for each in models.all(connection) if each.tenant == key.tenant]
        stands = standing.standing(connection, key.tenant)
    response.headers["ETag"] = etag_of(kept)
    counts = watching(kept, own)
    some = [each for each in kept if each.name > after]
    shown = [
        _listed(each, counts.get(each.id, 0), [s for s in stands if s.monitor == each.id])
        for each in some[:limit]
    ]
    following = cursor_of(some[limit - 1].name) if len(some) > limit else None
    return MonitorPage(monitors=shown, next=following)


@router.post("", status_code=201)
def make_monitor(
    wanted: Document, request: Request, response: Response, key: Writer
) -> MonitorShown:
    """Make one; a name that is there is a conflict."""
    monitor = _one_of(wanted)
    state, at = state_of(request), now()
    in_use(state, key)

    def make(connection: Connection) -> Kept:
        check_channels(connection, key, [("", monitor)])
        kept = monitors.listed(connection, key.tenant)
        if any(each.name == monitor.name for each in kept):
            raise ProblemError("state-conflict", f"there is a monitor {monitor.name!r} already")
        if len(kept) >= MOST:
            raise ProblemError("quota-exceeded", f"there may be {MOST:,} monitors")
        document = document_of(monitor)
        audited(connection, key, at, "monitor.make", monitor.name, document)
        return monitors.add(
            connection, key.tenant, monitor.name, document, origin="api", at=at, by=who(key)
        )

    return _answer(state.kept.catalog.write(make), response)


@router.get("/{name}")
def get_monitor(name: str, request: Request, response: Response, key: Reader) -> MonitorShown:
    """One of them; its ETag is what a change asks for."""
    with state_of(request).kept.catalog.read() as connection:
        return _answer(_monitor_in(connection, key, name), response)


@router.put("/{name}")
def put_monitor(
    name: str,
    wanted: Document,
    request: Request,
    response: Response,
    key: Writer,
    if_match: IfMatch = None,
) -> MonitorShown:
    """Say anew what it watches, if nobody else did meanwhile.

    It stays with whoever keeps it: what a file says of it comes back when the file is applied.
    """
    if wanted.setdefault("name", name) != name:
        fault: Fault = {"pointer": "/name", "code": "bad-format", "detail": f"must be {name!r}"}
        raise ProblemError("invalid-request", "a monitor keeps its name", [fault])
    monitor, at = _one_of(wanted), now()

    def change(connection: Connection) -> Kept:
        before = _monitor_in(connection, key, name)
        matching(if_match, etag(before), "the monitor")
        check_channels(connection, key, [("", monitor)])
        document = document_of(monitor)
        audited(connection, key, at, "monitor.change", name, document)
        return monitors.change(
            connection, before, document, origin=before.origin, at=at, by=who(key)
        )

    return _answer(state_of(request).kept.catalog.write(change), response)


@router.delete("/{name}", status_code=204)
def remove_monitor(name: str, request: Request, key: Writer, if_match: IfMatch = None) -> None:
    """Remove it with all that it found."""
    at = now()

    def remove(connection: Connection) -> None:
        before = _monitor_in(connection, key, name)
        matching(if_match, etag(before), "the monitor")
        audited(connection, key, at, "monitor.remove", name, before.document)
        monitors.remove(connection, [before.id])

    state_of(request).kept.catalog.write(remove)


def problem_of(
    faults: Sequence[tuple[str, FaultsError]], what: str = "the monitors"
) -> ProblemError:
    """What is wrong with some documents; each with the pointer to it."""
    told: list[Fault] = [
        {
            "pointer": above + "".join(step(str(part)) for part in each.loc),
            "code": "bad-format",
            "detail": each.said,
        }
        for above, error in faults
        for each in error.faults
    ]
    return ProblemError("invalid-request", f"{len(told)} faults in {what}", told)


def all_checked(
    documents: Sequence[Mapping[str, Any]], pointer: str = "/monitors"
) -> list[Monitor]:
    """Each of some documents, or all that is wrong with them."""
    found: list[Monitor] = []
    faults: list[tuple[str, FaultsError]] = []
    for place, each in enumerate(documents):
        try:
            found.append(checked(each))
        except FaultsError as error:
            faults.append((f"{pointer}/{place}", error))
    if faults:
        raise problem_of(faults)
    return found


def check_channels(connection: Connection, key: Key, some: Iterable[tuple[str, Monitor]]) -> None:
    """Those that monitors name are there; beside each is the pointer to it."""
    told: list[tuple[str, str]] = []
    hooks: list[tuple[str, str]] = []
    for pointer, each in some:
        told += [(f"{pointer}/channels/{place}", name) for place, name in enumerate(each.channels)]
        hooks += [(f"{pointer}/halt", each.halt)] if each.halt else []
    faults = [
        *unfit(connection, key, told, lambda _kind: None),
        *unfit(connection, key, hooks, _why_not),
    ]
    if faults:
        raise ProblemError("invalid-request", f"{len(faults)} channels do not fit", faults)


def _why_not(kind: str) -> str | None:
    return None if kind == "webhook" else "a model is stopped by a webhook"


def _one_of(document: Mapping[str, Any]) -> Monitor:
    try:
        return checked(document)
    except FaultsError as error:
        raise problem_of([("", error)]) from None


def in_use(state: State, key: Key) -> list[Kept]:
    """The tenant's; one that has none gets the usual ones."""
    catalog = state.kept.catalog
    kept = catalog.look(lambda c: monitors.listed(c, key.tenant))
    return kept or catalog.write(lambda c: made_usual(c, key.tenant, now()))


def _monitor_in(connection: Connection, key: Key, name: str) -> Kept:
    found = monitors.by_name(connection, key.tenant, checked_text(name))
    if found is None:
        raise ProblemError("not-found", f"there is no monitor {name!r}")
    return found


def etag_of(kept: Sequence[Kept]) -> str:
    """Of the whole set."""
    told = ",".join(etag(each) for each in kept)
    return f'"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def _answer(kept: Kept, response: Response) -> MonitorShown:
    response.headers["ETag"] = etag(kept)
    return MonitorShown(**_fields(kept))


def _fields(kept: Kept) -> dict[str, Any]:
    return {
        "name": kept.name,
        "kind": str(kept.document.get("kind", "metric")),
        "document": dict(kept.document),
        "origin": kept.origin,
        "revision": kept.revision,
        "created_at": moment(kept.created_at),
        "changed_at": moment(kept.changed_at),
        "changed_by": kept.changed_by,
    }


def _listed(kept: Kept, count: int, stands: Sequence[Standing]) -> MonitorListed:
    ordered = sorted(stands, key=lambda each: -each.targets)
    return MonitorListed(
        **_fields(kept),
        models=count,
        one_false_alarm_in_months=_budget(kept),
        last_at=moment_or_none(max((each.slot for each in stands), default=None)),
        standing=[
            StandingShown(status=each.status, severity=each.severity, targets=each.targets)
            for each in ordered
        ],
    )


def _budget(kept: Kept) -> float | None:
    try:
        monitor = checked(kept.document)
    except FaultsError:
        # A later version wrote it.
        return None
    return getattr(monitor, "one_false_alarm_in_months", None) if monitor.enabled else None
