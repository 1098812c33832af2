"""What routes are asked in the same words: who, which model, which span; and how times are told."""

import base64
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple

import orjson
from fastapi import Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import Connection

from tidegauge.catalog import models
from tidegauge.catalog.models import Model
from tidegauge.ingest.problem import ProblemError
from tidegauge.series.reach import Reach
from tidegauge.series.rows import Source
from tidegauge.series.subject import Subject, of
from tidegauge.web.keys import Key
from tidegauge.web.state import Needs, State, state_of
from tidegauge.window import DAY, HOUR, SECOND

Reader = Annotated[Key, Depends(Needs("read"))]
Writer = Annotated[Key, Depends(Needs("write"))]
Admin = Annotated[Key, Depends(Needs("admin"))]
Version = Annotated[str | None, Query(description="Of the model; all of them where none is told.")]
Segment = Annotated[
    str, Query(description='One declared segment, as "tags.region=eu"; none is all rows.')
]
Step = Annotated[int | None, Query(description="Seconds of a step: 60, 300, 3600 or 86400.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Of entries on a page.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]
Time = Annotated[AwareDatetime | None, Query(description="RFC 3339, with an offset or Z.")]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
DAYS: Final = DAY * SECOND


class Closed(BaseModel):
    """The form of what is sent: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid")


class Span(NamedTuple):
    start: int
    stop: int

    @property
    def hours(self) -> float:
        return (self.stop - self.start) / (HOUR * SECOND)


def now() -> int:
    return time.time_ns() // 1000


def moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def moment_or_none(at: int | None) -> datetime | None:
    return None if at is None else moment(at)


def micros(told: datetime) -> int:
    if not _FIRST <= told <= _LAST:
        raise ProblemError("invalid-request", f"{told.isoformat()} is not a time to ask about")
    return (told - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class AskedSpan:
    """A dependency: from `start_time` to `end_time`; by default some time until now."""

    default: int = DAYS

    def __call__(self, start_time: Time = None, end_time: Time = None) -> Span:
        stop = now() if end_time is None else micros(end_time)
        start = stop - self.default if start_time is None else micros(start_time)
        if start >= stop:
            raise ProblemError(
                "invalid-request",
                "end_time must be after start_time",
                [{"pointer": "/end_time", "code": "bad-format", "detail": "not after start_time"}],
            )
        return Span(start, stop)


DaySpan = Annotated[Span, Depends(AskedSpan())]


class Looking(NamedTuple):
    """One snapshot of the catalog, and the model in it."""

    connection: Connection
    subject: Subject
    reach: Reach
    state: State


@contextmanager
def looking(request: Request, key: Key, model_id: str) -> Generator[Looking]:
    state = state_of(request)
    kept = state.kept
    with kept.catalog.read() as connection:
        model = model_in(connection, key, model_id)
        subject = of(connection, kept.known, model)
        yield Looking(connection, subject, Reach.read(connection, kept.windows_for), state)


def model_in(connection: Connection, key: Key, model_id: str) -> Model:
    found = models.by_name(connection, key.tenant, model_id) if _is_text(model_id) else None
    if found is None:
        raise ProblemError("not-found", f"there is no model {model_id!r}")
    return found


def model_of(request: Request, key: Key, model_id: str) -> Model:
    with state_of(request).kept.catalog.read() as connection:
        return model_in(connection, key, model_id)


def source_of(state: State) -> Source:
    kept = state.kept
    return Source(kept.catalog, state.log, kept.reading, kept.tails)


def who(key: Key) -> str:
    """As the audit names the one who did it."""
    return f"{key.name} ({key.id})"


def matching(if_match: str | None, etag: str, what: str) -> None:
    """Who changes something says which state of it they saw."""
    if if_match is None:
        raise ProblemError("precondition-required", f"send If-Match: {etag}")
    if if_match.strip() not in (etag, "*"):
        detail = f"{what} is at {etag}, not at {if_match[:100]}: read it again"
        raise ProblemError("stale", detail)


def checked_text(text: str) -> str:
    """Text that the catalog can hold."""
    if not _is_text(text):
        raise ProblemError("bad-unicode", "text must be UTF-8 without NUL")
    return text


def _is_text(text: str) -> bool:
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)


def cursor_of(*parts: str | int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def read_cursor(text: str, *kinds: type) -> list[Any]:
    """What a cursor of ours holds; a made-up one is refused."""
    try:
        parts: object = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        parts = None
    if (
        isinstance(parts, list)
        and len(parts) == len(kinds)
        and all(type(part) is kind for part, kind in zip(parts, kinds, strict=True))
    ):
        return parts
    raise ProblemError("invalid-request", "the cursor is none: take `next` of a page as it is")
