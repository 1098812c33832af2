"""What goes into a log and what is told about it: batches, positions, places, health."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Self

from tidegauge.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """The rows of one model in a batch."""

    kind: str
    """"predictions", "labels", "feedback", "explanations", "metrics", ..."""
    model: str
    """May be "": a metric of no model."""
    rows: int
    encoding: str
    """"arrow" (an IPC stream) or "json" (an array of records): the log does not look inside."""
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What one request brought: whole in the log, or absent."""

    tenant: str
    at: int
    """When it was accepted, in microseconds since 1970 UTC."""
    pieces: tuple[Piece, ...]
    batch_id: str = ""
    """"" when the sender gave none."""
    digest: bytes = b""
    """Of the payload as sent: tells a retry from another payload under the same id."""
    answer: bytes = b""
    """The JSON that the sender was answered, given again on a retry."""
    clock: "Clock | None" = None
    """Of the sender, where it is wrong."""


class Clock(NamedTuple):
    """A sender's clock that does not agree with ours."""

    sender: str
    """The process that sent, by a name of its own; "" when it told none."""
    ahead: int
    """By how many microseconds; negative where it is behind."""


class Position(NamedTuple):
    """A point in a log; later ones are greater, and none is ever given to two batches."""

    segment: int
    offset: int

    def __str__(self) -> str:
        return f"{self.segment}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Self:
        segment, _, offset = text.partition(":")
        try:
            return cls(int(segment), int(offset))
        except ValueError:
            raise InputError(f"{text!r} is no position of a log; one reads like 12:4096") from None


START: Final = Position(0, 0)
"""Before everything."""


class Seen(NamedTuple):
    digest: bytes
    answer: bytes


class Place(NamedTuple):
    """A batch that holds rows of a model."""

    position: Position
    """Its end, as `read` gives it."""
    rows: int
    """Of the model and kind asked for."""
    bytes: int
    """Of the whole batch in the log."""


State = Literal["ok", "full", "no-space", "failing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    state: State
    detail: str
    """What is wrong and what to do, or ""; also what was wrong since the start."""
    bytes: int
    """On disk, in segments that are not released."""
    segments: int
    oldest_at: int | None
    """When the oldest batch that is not released was accepted, to the segment."""
    unread_bytes: int
    """Appended and not released."""
    aside: int
    """Files that could not be read, or not in full, and are kept in `aside/`."""
    damaged: int
    """Frames that could not be read."""
    torn_bytes: int
    """Cut off behind the last whole frame at the start: batches that were never answered."""
    failures: int = 0
    """Writes and syncs that failed since the start."""
