"""Predictions of a web service: a middleware for FastAPI, Starlette or any other ASGI application.

```
app.add_middleware(TidegaugeMiddleware, client=client, model_id="fraud")

@app.post("/score")
async def score(request: Request, order: Order):
    answer = model(order)
    request.state.tidegauge.log(features=order.model_dump(), prediction_score=answer)
```

The duration and the end of the request are added.  `capture={"/predict": "fraud"}` logs the JSON
that goes in and comes out below a path, with no word in the route: what comes in is the features
(or its member `features`, `inputs` or `input`), what goes out the fields that it names.  In
FastAPI, `Depends(prediction_logger(client, model_id="fraud"))` gives a route its recorder without
any middleware.
"""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tidegauge.client.integrations.recorder import Recorder
from tidegauge.client.unfit import UnfitError
from tidegauge.record import limits
from tidegauge.record.fields import PREDICTIONS

if TYPE_CHECKING:
    from tidegauge.client.client import Client

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_INPUTS: Final = ("features", "inputs", "input")


class TidegaugeMiddleware:
    def __init__(
        self,
        app: Application,
        *,
        client: "Client",
        model_id: str | None = None,
        model_version: str | None = None,
        capture: Mapping[str, str] | None = None,
    ) -> None:
        self._app = app
        self._client = client
        self._model_id = model_id
        self._model_version = model_version
        self._capture = dict(capture or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        model = self._captured(scope["path"])
        if model is not None:
            tap = _Tap(self._client, model, self._model_version, receive, send)
            receive, send = tap.receive, tap.send
        recorder = Recorder(self._client, self._model_id, self._model_version)
        scope.setdefault("state", {})["tidegauge"] = recorder
        status = _Status(send)
        error: Exception | None = None
        try:
            await self._app(scope, receive, status.send)
        except Exception as caught:
            error = caught
            raise
        finally:
            recorder.end(status.word, error)
            if model is not None:
                tap.end(status.word, error)  # pyright: ignore[reportPossiblyUnboundVariable]

    def _captured(self, path: str) -> str | None:
        for prefix, model in self._capture.items():
            if path == prefix or path.startswith(prefix.rstrip("/") + "/"):
                return model
        return None


class _Status:
    """Notes how a request ended."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.word: str | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            self.word = "ok" if status < 400 else f"http-{status}"
        await self._send(message)


class _Tap:
    """Keeps a copy of the bodies that pass; the worker reads them."""

    def __init__(
        self, client: "Client", model_id: str, version: str | None, receive: Receive, send: Send
    ) -> None:
        self._client = client
        self._shared: dict[str, object] = {"model_id": model_id}
        if version is not None:
            self._shared["model_version"] = version
        self._receive = receive
        self._send = send
        self._came: list[bytes] = []
        self._went: list[bytes] = []
        self._size = 0
        self._started = time.perf_counter()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._keep(self._came, message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self._keep(self._went, message.get("body", b""))
        await self._send(message)

    def _keep(self, pieces: list[bytes], body: bytes) -> None:
        self._size += len(body)
        if self._size <= limits.RECORD:
            pieces.append(body)

    def end(self, status: str | None, error: Exception | None) -> None:
        shared = {
            **self._shared,
            "prediction_latency_ms": (time.perf_counter() - self._started) * 1000,
            "status": "error" if error else status or "error",
        }
        if error is not None:
            shared["error"] = type(error).__name__
        is_whole = self._size <= limits.RECORD
        exchange = Exchange(
            shared=shared,
            came=b"".join(self._came) if is_whole else None,
            went=b"".join(self._went) if is_whole else None,
            weight=self._size if is_whole else 0,
            at=time.time_ns(),
        )
        if self._client.door.count(self._shared["model_id"], 1):
            self._client.door.put(exchange)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer in the queue."""

    shared: dict[str, object]
    came: bytes | None
    went: bytes | None
    weight: int
    at: int
    kind: str = "predictions"
    count: int = 1

    @property
    def model_id(self) -> object:
        return self.shared.get("model_id")

    def rows(self) -> list[dict[str, object]]:
        if self.came is None or self.went is None:
            raise UnfitError("too_large", f"a request and answer of over {limits.RECORD} bytes")
        record = dict(self.shared)
        inputs = _object(self.came)
        for name in _INPUTS:
            if isinstance(inputs.get(name), dict):
                record.update({key: inputs[key] for key in inputs if key in PREDICTIONS.names})
                inputs = inputs[name]
                break
        record["features"] = inputs
        for each in _INPUTS[1:]:
            record.pop(each, None)
        outputs = _object(self.went)
        record.update({key: each for key, each in outputs.items() if key in PREDICTIONS.names})
        return [record]


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        raise UnfitError("invalid", "a body that is not JSON") from None
    if not isinstance(found, dict):
        raise UnfitError("invalid", "a body that is not a JSON object")
    return found  # pyright: ignore[reportUnknownVariableType]


class prediction_logger:  # noqa: N801 - it is used as a function is
    """A dependency of FastAPI: the recorder of one request."""

    def __init__(
        self, client: "Client", *, model_id: str | None = None, model_version: str | None = None
    ) -> None:
        self._client = client
        self._model_id = model_id
        self._model_version = model_version

    async def __call__(self) -> AsyncIterator[Recorder]:
        recorder = Recorder(self._client, self._model_id, self._model_version)
        error: Exception | None = None
        try:
            yield recorder
        except Exception as caught:
            error = caught
            raise
        finally:
            recorder.end("ok", error)
