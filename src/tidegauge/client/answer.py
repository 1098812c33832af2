"""What the server's answer to a batch means for the batch."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

READ_AT_MOST: Final = 64 * 1024
# Of a refusal's own words so many reach the log.
_WORDS: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, or `error` if nothing did."""

    status: int = 0
    body: bytes = b""
    retry_after: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that the server refused."""

    index: int
    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Accepted:
    acked: int
    duplicate: int
    rejected: int
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class TryAgain:
    why: str
    retry_after: float | None = None
    is_rate: bool = False
    is_fault: bool = False
    """Whether it may be the batch that the server fails at."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The batch will never be taken."""

    why: str
    is_barred: bool = False
    """The key is wrong: no other batch will be taken either."""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Half of it may do."""


Verdict = Accepted | TryAgain | Refused | TooLarge


def judge(answer: Answer, rows: int, now: datetime | None = None) -> Verdict:
    status = answer.status
    if answer.error:
        return TryAgain(answer.error)
    if status == 200:
        return _accepted(answer.body, rows) or TryAgain("an answer that is not tidegauge's")
    if status == 422:
        found = _object(answer.body)
        refusals = _refusals(found.get("errors"), rows)
        if refusals:
            return Accepted(0, 0, rows, refusals)
    if status == 413:
        return TooLarge()
    if status in {408, 425, 429} or status >= 500:
        wait = _seconds(answer.retry_after, now or datetime.now(UTC))
        return TryAgain(f"status {status}", wait, status == 429, status == 500)
    if status < 400:
        # Somebody between us and the server: nothing was taken, and nothing refused.
        return TryAgain(f"status {status}, which is a redirect: is the url right?")
    title = _object(answer.body).get("title")
    words = f": {title[:_WORDS]}" if isinstance(title, str) and title.isprintable() else ""
    return Refused(f"status {status}{words}", status in {401, 403})


def _accepted(body: bytes, rows: int) -> Accepted | None:
    found = _object(body)
    counts = [found.get(name) for name in ("accepted", "duplicate", "rejected")]
    if not all(type(each) is int and each >= 0 for each in counts):  # pyright: ignore[reportOptionalOperand]
        return None
    accepted, duplicate, rejected = (each or 0 for each in counts)
    if accepted + duplicate + rejected != rows:  # pyright: ignore[reportOperatorIssue]
        return None
    refusals = _refusals(found.get("errors"), rows)
    return Accepted(accepted + duplicate, duplicate, rejected, refusals)  # pyright: ignore[reportArgumentType, reportOperatorIssue]


def _refusals(errors: object, rows: int) -> tuple[Refusal, ...]:
    if not isinstance(errors, list):
        return ()
    each: object
    found: list[Refusal] = []
    for each in errors:  # pyright: ignore[reportUnknownVariableType]
        index = each.get("index") if isinstance(each, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if type(index) is int and 0 <= index < rows:
            words = [str(each.get(name, ""))[:_WORDS] for name in ("pointer", "code", "detail")]  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportAttributeAccessIssue]
            found.append(Refusal(index, *words))
    return tuple(found)


def _object(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _seconds(header: str, now: datetime) -> float | None:
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        at = parsedate_to_datetime(header)
        return max((at.astimezone(UTC) - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
