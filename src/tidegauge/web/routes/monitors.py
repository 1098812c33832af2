"""Monitors: what is watched.  One by one, or the whole set as files say it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from tidegauge.catalog import channels, models, monitors, standing
from tidegauge.catalog.monitors import Kept, Origin
from tidegauge.catalog.standing import Standing
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.monitor.faults import FaultsError, checked, document_of
from tidegauge.monitor.file import json_schema
from tidegauge.monitor.plan import Step, What, plan
from tidegauge.monitor.union import Monitor
from tidegauge.monitor.usual import made_usual
from tidegauge.monitor.watching import watching
from tidegauge.record.refusal import step
from tidegauge.schema import near
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import (
    Closed,
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
from tidegauge.web.routes.noted import audited, etag
from tidegauge.web.state import State, state_of

router = APIRouter(prefix="/api/v1/monitors", tags=["monitors"])
_MOST = 10_000
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


class SetWanted(Closed):
    """What files hold, all together."""

    monitors: Annotated[list[Document], Field(max_length=_MOST)]
    dry_run: Annotated[bool, Field(description="Only say what would change.")] = False


class DifferenceShown(BaseModel):
    field: Annotated[str, Field(description="As `conditions[0].max`.")]
    old: Annotated[Any, Field(description="null where it is not said.")]
    new: Any


class StepShown(BaseModel):
    name: str
    what: What
    kind: str
    takes_over: Annotated[
        Origin | None, Field(description="Who has kept it until now, where that was no file.")
    ]
    differences: list[DifferenceShown]


class PlanShown(BaseModel):
    dry_run: bool
    added: int
    changed: int
    removed: int
    unchanged: int
    steps: list[StepShown]


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
    response.headers["ETag"] = _etag_of(kept)
    counts = watching(kept, own)
    some = [each for each in kept if each.name > after]
    shown = [
        _listed(each, counts.get(each.id, 0), [s for s in stands if s.monitor == each.id])
        for each in some[:limit]
    ]
    following = cursor_of(some[limit - 1].name) if len(some) > limit else None
    return MonitorPage(monitors=shown, next=following)


@router.get("/schema")
def get_monitor_schema(key: Reader) -> dict[str, Any]:
    """The JSON Schema of a monitors' file, for editors."""
    del key
    return json_schema()


@router.put("")
def put_monitors(
    wanted: SetWanted, request: Request, response: Response, key: Reader, if_match: IfMatch = None
) -> PlanShown:
    """Make the monitors those of some files, all or none; or say what would change.

    What came from files and has left them is removed.  What was made through the API, and what is
    there by default, stays unless a file has its name.
    """
    if not wanted.dry_run and not key.may("write"):
        raise ProblemError(
            "forbidden-role", f"the key {key.name!r} has the role {key.role!r}; this needs 'write'"
        )
    found = _set_of(wanted.monitors)
    state, at = state_of(request), now()
    in_use(state, key)

    def look(connection: Connection) -> tuple[list[Step], list[Kept]]:
        named = ((f"/monitors/{place}", each.channels) for place, each in enumerate(found))
        check_channels(connection, key, named)
        kept = monitors.listed(connection, key.tenant)
        if if_match is not None and if_match.strip() not in (_etag_of(kept), "*"):
            raise ProblemError("stale", "the monitors were changed meanwhile: plan again")
        return plan(kept, found), kept

    def write(connection: Connection) -> tuple[list[Step], list[Kept]]:
        steps, kept = look(connection)
        if len(kept) + sum(each.what == "added" for each in steps) > _MOST:
            raise ProblemError("quota-exceeded", f"there may be {_MOST:,} monitors")
        _apply(connection, key, steps, at)
        return steps, monitors.listed(connection, key.tenant)

    catalog = state.kept.catalog
    steps, kept = catalog.look(look) if wanted.dry_run else catalog.write(write)
    response.headers["ETag"] = _etag_of(kept)
    return _plan_shown(steps, dry_run=wanted.dry_run)


@router.post("", status_code=201)
def make_monitor(
    wanted: Document, request: Request, response: Response, key: Writer
) -> MonitorShown:
    """Make one; a name that is there is a conflict."""
    monitor = _one_of(wanted)
    state, at = state_of(request), now()
    in_use(state, key)

    def make(connection: Connection) -> Kept:
        check_channels(connection, key, [("", monitor.channels)])
        kept = monitors.listed(connection, key.tenant)
        if any(each.name == monitor.name for each in kept):
            raise ProblemError("state-conflict", f"there is a monitor {monitor.name!r} already")
        if len(kept) >= _MOST:
            raise ProblemError("quota-exceeded", f"there may be {_MOST:,} monitors")
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
        check_channels(connection, key, [("", monitor.channels)])
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


def problem_of(faults: Sequence[tuple[str, FaultsError]]) -> ProblemError:
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
    return ProblemError("invalid-request", f"{len(told)} faults in the monitors", told)


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


def check_channels(
    connection: Connection, key: Key, named: Iterable[tuple[str, Sequence[str]]]
) -> None:
    """Those that are named are there; beside the names is the pointer to whatever names them."""
    known = [each.name for each in channels.listed(connection, key.tenant)]
    faults: list[Fault] = [
        {
            "pointer": f"{pointer}/channels/{place}",
            "code": "bad-enum",
            "detail": f"there is no channel {name!r}{near(name, known)}",
        }
        for pointer, names in named
        for place, name in enumerate(names)
        if name not in known
    ]
    if faults:
        raise ProblemError("invalid-request", f"{len(faults)} channels are not there", faults)


def _set_of(documents: Sequence[Mapping[str, Any]]) -> list[Monitor]:
    found: dict[str, Monitor] = {}
    faults: list[tuple[str, FaultsError]] = []
    doubles: list[Fault] = []
    for place, each in enumerate(documents):
        try:
            monitor = checked(each)
        except FaultsError as error:
            faults.append((f"/monitors/{place}", error))
            continue
        if monitor.name in found:
            said = f"two monitors are called {monitor.name!r}"
            pointer = f"/monitors/{place}/name"
            doubles.append({"pointer": pointer, "code": "bad-format", "detail": said})
        found[monitor.name] = monitor
    if faults or doubles:
        problem = problem_of(faults)
        told = [*problem.errors, *doubles]
        raise ProblemError("invalid-request", f"{len(told)} faults in the monitors", told)
    return list(found.values())


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


def _apply(connection: Connection, key: Key, steps: Sequence[Step], at: int) -> None:
    told: dict[str, list[str]] = {}
    for each in steps:
        if each.what == "unchanged":
            continue
        told.setdefault(each.what, []).append(each.name)
        if each.before is None and each.monitor is not None:
            document = document_of(each.monitor)
            monitors.add(
                connection, key.tenant, each.name, document, origin="file", at=at, by=who(key)
            )
        elif each.before is not None and each.monitor is not None:
            document = document_of(each.monitor)
            monitors.change(connection, each.before, document, origin="file", at=at, by=who(key))
    gone = [each.before.id for each in steps if each.what == "removed" and each.before]
    monitors.remove(connection, gone)
    if told:
        audited(connection, key, at, "monitors.apply", "monitors", told)


def _monitor_in(connection: Connection, key: Key, name: str) -> Kept:
    found = monitors.by_name(connection, key.tenant, checked_text(name))
    if found is None:
        raise ProblemError("not-found", f"there is no monitor {name!r}")
    return found


def _etag_of(kept: Sequence[Kept]) -> str:
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


def _plan_shown(steps: Sequence[Step], *, dry_run: bool) -> PlanShown:
    counts = dict.fromkeys(("added", "changed", "removed", "unchanged"), 0)
    for each in steps:
        counts[each.what] += 1
    return PlanShown(
        dry_run=dry_run,
        **counts,
        steps=[
            StepShown(
                name=each.name,
                what=each.what,
                kind=_kind(each),
                takes_over=each.takes_over,
                differences=[
                    DifferenceShown(field=field, old=old, new=new)
                    for field, old, new in each.differences
                ],
            )
            for each in steps
        ],
    )


def _kind(each: Step) -> str:
    if each.monitor is not None:
        return each.monitor.kind
    return str(each.before.document.get("kind", "metric")) if each.before else ""
