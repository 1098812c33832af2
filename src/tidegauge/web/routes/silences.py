"""Silences and maintenance windows: when nobody is told, of what, and by whose word.

Both are the same thing by two names: a maintenance window is planned, and may last longer.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection

from tidegauge.alert import act
from tidegauge.alert.book import Book
from tidegauge.alert.condition import LIVE
from tidegauge.alert.matchers import Matcher, is_everything, matches, parse
from tidegauge.catalog import alerts, audit, models, silences
from tidegauge.catalog.silences import Silence
from tidegauge.errors import InputError
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.monitor.duration import Duration, text_of
from tidegauge.web.keys import Key
from tidegauge.web.routes.alerts import ALERT
from tidegauge.web.routes.asked import (
    DAYS,
    Closed,
    Cursor,
    Limit,
    Reader,
    Writer,
    checked_text,
    cursor_of,
    micros,
    moment,
    read_cursor,
    who,
)
from tidegauge.web.routes.recurring import (
    RecurrenceShown,
    RecurrenceWanted,
    next_span,
    recurs_of,
    unfit,
)
from tidegauge.web.state import state_of
from tidegauge.window import DAY, SECOND

State = Literal["pending", "active", "expired"]
Number = Annotated[int, Path(ge=1, le=1 << 53)]
Text = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
_AHEAD: Final = 90 * DAYS
_LATE: Final = 60 * SECOND
"""A start so long ago is the present, by another clock."""
_PAGE: Final = 1_000


class Kind(NamedTuple):
    name: str
    """As the catalog has it."""
    title: str
    path: str
    days: int


_KINDS: Final = (
    Kind("silence", "silence", "silences", 30),
    Kind("maintenance", "maintenance window", "maintenance-windows", 90),
)


class SilenceShown(BaseModel):
    id: int
    kind: Literal["silence", "maintenance"]
    state: State
    matchers: list[str]
    start_time: datetime
    end_time: datetime
    comment: str
    created_at: datetime
    created_by: str
    recurrence: Annotated[
        RecurrenceShown | None,
        Field(description="Its times are of the next."),
    ]


class SilenceMade(SilenceShown):
    matched: Annotated[int, Field(description="Alerts of now that it is about.")]
    warnings: list[str]


class SilencePage(BaseModel):
    silences: Annotated[list[SilenceShown], Field(description="The one that ends last first.")]
    next: str | None


class SilenceWanted(Closed):
    """Give `end_time` or `duration`."""

    matchers: Annotated[
        list[Annotated[str, Field(max_length=4096)]],
        Field(
            max_length=50,
            description='`model=~"fraud-.*"`, `family=drift`; all must match.  Labels: model,'
            " family, monitor, version, segment, severity, owner, and the model's tags.",
        ),
    ]
    start_time: Annotated[AwareDatetime | None, Field(description="Now, where none is told.")] = (
        None
    )
    end_time: AwareDatetime | None = None
    duration: Annotated[Duration | None, Field(ge=1)] = None
    recurrence: Annotated[
        RecurrenceWanted | None,
        Field(description="For maintenance windows: it comes again like its first, start_time."),
    ] = None
    comment: Annotated[Text, Field(description="Why.")]
    confirm_all: Annotated[bool, Field(description="For admins: it may silence everything.")] = (
        False
    )


class SilenceChange(Closed):
    """What is not named stays as it is."""

    end_time: AwareDatetime | None = None
    comment: Text | None = None


def silence_shown(kept: Silence, at: int) -> SilenceShown:
    return SilenceShown(**_fields(kept, at))


def parsed(texts: Sequence[str], pointer: str = "/matchers") -> list[Matcher]:
    """Matchers that somebody wrote; the error tells the place of each that is none."""
    found: list[Matcher] = []
    faults: list[Fault] = []
    for number, text in enumerate(texts):
        try:
            found.append(parse(checked_text(text)))
        except InputError as error:
            faults.append(
                {"pointer": f"{pointer}/{number}", "code": "bad-format", "detail": str(error)}
            )
    if faults:
        raise ProblemError("invalid-request", f"{len(faults)} matchers are not right", faults)
    return found


def _router(kind: Kind) -> APIRouter:
    router = APIRouter(prefix=f"/api/v1/{kind.path}", tags=["silences"])

    told = f"{kind.title.capitalize()}s, those that are over too."

    @router.get("", name=f"list_{kind.name}", description=told)
    def list_them(
        request: Request,
        key: Reader,
        state: Annotated[list[State] | None, Query(description="All where none is named.")] = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> SilencePage:
        after = read_cursor(cursor, int, int) if cursor else None
        with state_of(request).kept.catalog.read() as connection:
            at = act.now(connection)
            kept = silences.listed(connection, key.tenant, kind.name)
        found = [
            each
            for each in kept
            if (state is None or _state(each, at) in state)
            and (after is None or [each.stop, each.id] < after)
        ]
        last = found[limit - 1] if len(found) > limit else None
        return SilencePage(
            silences=[silence_shown(each, at) for each in found[:limit]],
            next=cursor_of(last.stop, last.id) if last else None,
        )

    told = f"Make a {kind.title}, of {kind.days} days at most.  What it is about is listed as ever."

    @router.post("", status_code=201, name=f"make_{kind.name}", description=told)
    def make(wanted: SilenceWanted, request: Request, key: Writer) -> SilenceMade:
        matchers = _allowed(parsed(wanted.matchers), wanted, key)
        comment = checked_text(wanted.comment)

        def write(connection: Connection) -> SilenceMade:
            at = act.now(connection)
            start, stop = _span(wanted, kind, at)
            recurs = None
            if wanted.recurrence is not None:
                recurs = _recurs(wanted.recurrence, kind, start, stop - start)
                start, stop = next_span(recurs, at)
            new = Silence(
                id=0,
                tenant=key.tenant,
                kind=kind.name,
                matchers=[str(each) for each in matchers],
                start=start,
                stop=stop,
                comment=comment,
                created_at=at,
                created_by=key.name,
                recurs=recurs,
            )
            made = silences.add(connection, new)
            _note(connection, key, at, "make", made)
            matched, count = _matched(connection, key, matchers)
            warnings = [] if matched else [f"it matches 0 of {count} alerts of now"]
            return SilenceMade(**_fields(made, at), matched=matched, warnings=warnings)

        return state_of(request).kept.catalog.write(write)

    @router.get("/{number}", name=f"get_{kind.name}")
    def get(number: Number, request: Request, key: Reader) -> SilenceShown:
        with state_of(request).kept.catalog.read() as connection:
            return silence_shown(_one(connection, key, kind, number), act.now(connection))

    @router.patch("/{number}", name=f"change_{kind.name}")
    def change(
        number: Number, wanted: SilenceChange, request: Request, key: Writer
    ) -> SilenceShown:
        """Say anew when it ends, or why it is."""

        def write(connection: Connection) -> SilenceShown:
            at = act.now(connection)
            before = _unended(connection, key, kind, number, at)
            after = before
            if wanted.end_time is not None:
                after = _ending(before, kind, micros(wanted.end_time), at)
            if wanted.comment is not None:
                after = replace(after, comment=checked_text(wanted.comment))
            return _changed(connection, key, at, "change", after)

        return state_of(request).kept.catalog.write(write)

    @router.delete("/{number}", name=f"end_{kind.name}")
    def end(number: Number, request: Request, key: Writer) -> SilenceShown:
        """It ends now; that it was there is kept."""

        def write(connection: Connection) -> SilenceShown:
            at = act.now(connection)
            before = _unended(connection, key, kind, number, at)
            after = replace(before, start=min(before.start, at), stop=at, recurs=None)
            return _changed(connection, key, at, "end", after)

        return state_of(request).kept.catalog.write(write)

    return router


def _allowed(matchers: list[Matcher], wanted: SilenceWanted, key: Key) -> list[Matcher]:
    if not is_everything(matchers):
        return matchers
    if not wanted.confirm_all:
        fault: Fault = {
            "pointer": "/confirm_all",
            "code": "required",
            "detail": "an admin may say true",
        }
        raise ProblemError(
            "invalid-request", "it would silence everything: match a model or a family", [fault]
        )
    if not key.may("admin"):
        raise ProblemError(
            "forbidden-role",
            f"the key {key.name!r} has the role {key.role!r}; to silence everything needs 'admin'",
        )
    return matchers


def _span(wanted: SilenceWanted, kind: Kind, at: int) -> tuple[int, int]:
    start = at if wanted.start_time is None else micros(wanted.start_time)
    if (wanted.end_time is None) == (wanted.duration is None):
        raise unfit("/end_time", "required", "give end_time or duration")
    if wanted.end_time is not None:
        stop = micros(wanted.end_time)
    else:
        stop = start + min(wanted.duration or 0, 10 * 365 * DAY) * SECOND
    if start < at - _LATE:
        raise unfit("/start_time", "out-of-range", "it cannot begin in the past")
    if start > at + _AHEAD:
        raise unfit("/start_time", "out-of-range", f"at most {_AHEAD // DAYS} days ahead")
    _check_span(kind, start, stop, at)
    return start, stop


def _recurs(wanted: RecurrenceWanted, kind: Kind, first: int, lasts: int) -> dict[str, Any]:
    if kind.name != "maintenance":
        raise unfit("/recurrence", "bad-format", "only maintenance windows come again")
    return recurs_of(wanted, first, lasts)


def _ending(before: Silence, kind: Kind, stop: int, at: int) -> Silence:
    if before.recurs is not None:
        detail = "one that comes again lasts as long each time: end it, and make another"
        raise ProblemError("state-conflict", detail)
    _check_span(kind, before.start, stop, at)
    return replace(before, stop=stop)


def _check_span(kind: Kind, start: int, stop: int, at: int) -> None:
    if stop <= start:
        raise unfit("/end_time", "out-of-range", "it must end after it begins")
    if stop <= at:
        raise unfit("/end_time", "out-of-range", "it cannot end in the past; DELETE ends it now")
    if stop - start > kind.days * DAYS:
        most = text_of(kind.days * DAY)
        raise unfit("/end_time", "out-of-range", f"a {kind.title} lasts {most} at most")


def _one(connection: Connection, key: Key, kind: Kind, number: int) -> Silence:
    found = silences.get(connection, number)
    if found is None or found.tenant != key.tenant or found.kind != kind.name:
        raise ProblemError("not-found", f"there is no such {kind.title}")
    return found


def _unended(connection: Connection, key: Key, kind: Kind, number: int, at: int) -> Silence:
    found = _one(connection, key, kind, number)
    if found.stop <= at:
        raise ProblemError("state-conflict", f"the {kind.title} is expired: make another")
    return found


def _changed(connection: Connection, key: Key, at: int, what: str, after: Silence) -> SilenceShown:
    silences.change(
        connection,
        after.id,
        start=after.start,
        stop=after.stop,
        comment=after.comment,
        recurs=after.recurs,
    )
    _note(connection, key, at, what, after)
    return silence_shown(after, at)


def _matched(connection: Connection, key: Key, matchers: Sequence[Matcher]) -> tuple[int, int]:
    """How many alerts of now it is about, and how many there are."""
    book = Book()
    for model in models.all(connection):
        tags = {str(name): str(value) for name, value in model.tags.items()}
        book.labels[model.tenant, model.name] = {**tags, "owner": model.owner}
    asked = alerts.Asked(tenant=key.tenant, states=LIVE)
    matched = count = 0
    after = ""
    while True:
        page = alerts.listed(connection, asked, after=after, limit=_PAGE)
        count += len(page)
        for each in page:
            matched += matches(matchers, book.labels_of(ALERT.validate_python(each.body)))
        if len(page) < _PAGE:
            return matched, count
        after = page[-1].fingerprint


def _state(kept: Silence, at: int) -> State:
    if kept.stop <= at:
        return "expired"
    return "pending" if kept.start > at else "active"


def _fields(kept: Silence, at: int) -> dict[str, Any]:
    return {
        "id": kept.id,
        "kind": kept.kind,
        "state": _state(kept, at),
        "matchers": list(kept.matchers),
        "start_time": moment(kept.start),
        "end_time": moment(kept.stop),
        "comment": kept.comment,
        "created_at": moment(kept.created_at),
        "created_by": kept.created_by,
        "recurrence": kept.recurs,
    }


def _note(connection: Connection, key: Key, at: int, what: str, kept: Silence) -> None:
    audit.add(
        connection,
        at=at,
        who=who(key),
        what=f"{kept.kind}.{what}",
        subject=f"{key.tenant}/{kept.id}",
        detail={
            "matchers": list(kept.matchers),
            "start": kept.start,
            "stop": kept.stop,
            "comment": kept.comment,
            "recurs": kept.recurs,
        },
    )


routers: Final = tuple(_router(kind) for kind in _KINDS)
