"""What changes, as it comes: by server-sent events or a WebSocket, one address for both."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Final, get_args

import anyio
from fastapi import APIRouter, Header, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.requests import HTTPConnection
from fastapi.responses import StreamingResponse

from tidegauge.ingest.problem import ProblemError
from tidegauge.web.answers import answered
from tidegauge.web.asgi import header
from tidegauge.web.auth import is_foreign
from tidegauge.web.keys import Key
from tidegauge.web.live import Asked, Change, Ended, Heard, Kind, Place
from tidegauge.web.routes.asked import Reader, checked_text
from tidegauge.web.state import state_of

router = APIRouter(prefix="/api/v1/live", tags=["live"])
_ALL: Final[frozenset[Kind]] = frozenset(get_args(Kind))
_SEVERAL: Final = 1_000
_PROTOCOL: Final = "tidegauge"
_KEY: Final = "tidegauge.key."
"""A browser cannot send a key as a header of a WebSocket: it offers it as a protocol."""
_AGAIN: Final = 2_000
_GOING_AWAY: Final = 1012
_KEY_ENDED: Final = 4401
"""Of the codes that are everybody's own: as the status 401."""
Kinds = Annotated[list[Kind] | None, Query(description="All where none is named.")]
Models = Annotated[
    list[str] | None, Query(max_length=_SEVERAL, description="All where none is named.")
]
Since = Annotated[
    str | None,
    Query(
        max_length=64, description="The `id` of the last that was heard: what came after is told."
    ),
]


@router.get(
    "",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `reading`, `incident` and `notice` as they come; `here` says"
            " that all until its id is told, `missed` that more was missed than is told again, and"
            " `ended`, the last, that the key is good no longer.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def hear(
    request: Request,
    key: Reader,
    kind: Kinds = None,
    model: Models = None,
    since: Since = None,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """Readings, incidents and notices as they come, as server-sent events; or as a WebSocket.

    A change may be told twice after a break: know it by its names.
    """
    asked = _asked(request, key, kind, model)
    heard = state_of(request).live.listen(asked, _place(since or last_event_id))
    # Whether there is room is to be told before the answer begins.
    first = await anext(heard)
    return StreamingResponse(
        _events(first, heard, key),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.websocket("")
async def hear_by_socket(
    socket: WebSocket, kind: Kinds = None, model: Models = None, since: Since = None
) -> None:
    try:
        key = _admitted(socket)
        asked = _asked(socket, key, kind, model)
        heard = state_of(socket).live.listen(asked, _place(since))
        first = await anext(heard)
    except ProblemError as problem:
        await socket.send_denial_response(answered(socket, problem))
        return
    offers = socket.scope["subprotocols"]
    await socket.accept(_PROTOCOL if _PROTOCOL in offers else None)
    async with aclosing(heard), anyio.create_task_group() as tasks:
        tasks.start_soon(_until_closed, socket, tasks.cancel_scope)
        try:
            await socket.send_text(_message(first, key))
            code, why = _GOING_AWAY, "come back with the id of the last that was heard"
            async for each in heard:
                if each != "still":
                    await socket.send_text(_message(each, key))
                if isinstance(each, Ended):
                    code, why = _KEY_ENDED, each.slug
            await socket.close(code, why)
        except WebSocketDisconnect:
            pass
        tasks.cancel_scope.cancel()


async def _until_closed(socket: WebSocket, scope: anyio.CancelScope) -> None:
    """What a listener says is of no matter, but that it goes is."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    scope.cancel()


async def _events(first: Heard, heard: AsyncGenerator[Heard], key: Key) -> AsyncIterator[str]:
    async with aclosing(heard):
        yield f"retry: {_AGAIN}\n\n{_event(first, key)}"
        async for each in heard:
            yield _event(each, key)


def _event(heard: Heard, key: Key) -> str:
    match heard:
        case Change():
            return f"id: {heard.place}\nevent: {heard.kind}\ndata: {_text(heard, key)}\n\n"
        case Place():
            return f"id: {heard}\nevent: here\ndata: {{}}\n\n"
        case "missed":
            return "event: missed\ndata: {}\n\n"
        case Ended():
            return f"event: ended\ndata: {_ended(heard)}\n\n"
        case _:
            return ": still here\n\n"


def _message(heard: Heard, key: Key) -> str:
    match heard:
        case Change():
            return f'{{"id":"{heard.place}","event":"{heard.kind}","data":{_text(heard, key)}}}'
        case Place():
            return f'{{"id":"{heard}","event":"here","data":{{}}}}'
        case Ended():
            return f'{{"event":"ended","data":{_ended(heard)}}}'
        case _:
            return f'{{"event":"{heard}","data":{{}}}}'


def _ended(ended: Ended) -> str:
    return json.dumps({"type": f"/problems/{ended.slug}", "detail": ended.why})


def _text(change: Change, key: Key) -> str:
    return change.text if key.pii else change.masked


def _asked(
    request: HTTPConnection, key: Key, kinds: list[Kind] | None, models: list[str] | None
) -> Asked:
    gate = state_of(request).gate
    return Asked(
        tenant=key.tenant,
        kinds=frozenset(kinds) if kinds else _ALL,
        models=frozenset(checked_text(each) for each in models) if models else None,
        check=lambda: gate.check_again(key),
    )


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    found = Place.parse(text)
    if found is None:
        detail = "since is the id of an event that was heard, as it is"
        raise ProblemError("invalid-request", detail)
    return found


def _admitted(socket: HTTPConnection) -> Key:
    """Browsers let any page open a WebSocket anywhere: only our own may."""
    scope = socket.scope
    if is_foreign(scope):
        origin = header(scope, b"origin")[:200]
        raise ProblemError("forbidden-origin", f"no page of {origin} may listen here")
    offered = next((each for each in scope["subprotocols"] if each.startswith(_KEY)), None)
    if offered is not None:
        own = (b"authorization", f"Bearer {offered.removeprefix(_KEY)}".encode())
        scope = {**scope, "headers": [*scope["headers"], own]}
    return state_of(socket).gate.admit(scope, "read")
