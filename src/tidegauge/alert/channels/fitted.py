"""The largest form of a message that its provider takes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import orjson


@dataclass(frozen=True, kw_only=True)
class Room:
    """How much a message may say: so many conditions, so long a text."""

    parts: int
    text: int


ROOMS: Final = tuple(
    Room(parts=parts, text=text)
    for parts, text in ((20, 3000), (10, 2000), (5, 1000), (3, 500), (1, 250), (1, 80))
)


def fitted(make: Callable[[Room], object], limit: int) -> bytes:
    """As JSON of at most `limit` bytes: ever less is said until it fits."""
    body = b""
    for room in ROOMS:
        body = orjson.dumps(make(room))
        if len(body) <= limit:
            break
    return body
