"""The few types of ASGI, and answers on it, for the paths that are too hot for a framework."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from random import Random
from typing import Any

import orjson

from tidegauge.ingest.problem import ProblemError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

# Of no secrecy: asking the kernel for each takes 46 us, an eighth of a single post.
_ids = Random()  # noqa: S311
_SAFE: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


async def answer(
    send: Send,
    status: int,
    body: bytes,
    *,
    media: bytes = b"application/json",
    headers: Headers = (),
) -> None:
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-type", media),
            (b"content-length", str(len(body)).encode()),
            *_SAFE,
            *headers,
        ],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, problem: ProblemError, path: str, request_id: str) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    if problem.retry_after is not None:
        headers.append((b"retry-after", str(problem.retry_after).encode()))
    headers.append((b"x-request-id", request_id.encode()))
    body = orjson.dumps(problem.body(path, request_id))
    await answer(send, problem.status, body, media=b"application/problem+json", headers=headers)


def new_request_id() -> str:
    return f"{_ids.getrandbits(128):032x}"


def header(scope: Scope, name: bytes) -> str:
    """Empty where there is none; a header that is given twice is a mistake of the sender."""
    found = ""
    for key, value in scope["headers"]:
        if key == name:
            if found:
                raise ProblemError("bad-request", f"the header {name.decode()} is given twice")
            found = value.decode("latin-1")
    return found
