"""The web process, put together: the hot path in front, the API behind it."""

import asyncio
import errno

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tidegauge.catalog import StaleError, UnavailableError
from tidegauge.config import Config
from tidegauge.errors import InputError, UnreadableError
from tidegauge.ingest.decoder import Decoder
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.log import Log
from tidegauge.record.limits import MIB
from tidegauge.record.refusal import step
from tidegauge.version import VERSION
from tidegauge.web import asgi
from tidegauge.web.asgi import Receive, Scope, Send
from tidegauge.web.auth import Gate
from tidegauge.web.described import describe
from tidegauge.web.ingest import PATHS, Ingest, Limits
from tidegauge.web.keys import Keys
from tidegauge.web.metrics import Metrics
from tidegauge.web.rates import Rates
from tidegauge.web.routes import ROUTERS
from tidegauge.web.state import Kept, State

_log = structlog.stdlib.get_logger(__name__)


class Application:
    """The whole application.  The log is closed by whoever opened it."""

    def __init__(self, config: Config, log: Log, keys: Keys, *, dev: bool = False) -> None:
        rates = config.rates
        gate = Gate(keys=keys, wrong=Rates(rates.wrong_keys_a_minute / 60, span=60.0), dev=dev)
        self._decoders = [Decoder() for _ in range(config.web.decoders)]
        metrics = Metrics(log.health, lambda: sum(each.deaths for each in self._decoders))
        limits = Limits(
            in_flight=config.web.in_flight_mib * MIB,
            per_key=Rates(rates.per_key),
            per_tenant=Rates(rates.per_tenant),
            per_address=Rates(rates.per_address),
            retention_days=config.retention_days,
        )
        self.ingest = Ingest(log, gate, metrics, limits, self._decoders)
        self.kept = Kept(config)
        self.api = make_api(
            State(config=config, log=log, keys=keys, gate=gate, metrics=metrics, kept=self.kept)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in PATHS:
            await self.ingest(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self.api(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await asyncio.gather(*(asyncio.to_thread(each.start) for each in self._decoders))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.ingest.close()
        await asyncio.to_thread(self.kept.close)
        await send({"type": "lifespan.shutdown.complete"})


def make_api(state: State) -> FastAPI:
    api = FastAPI(
        title="tidegauge",
        version=VERSION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.tidegauge = state
    for router in ROUTERS:
        api.include_router(router)

    def openapi() -> dict[str, object]:
        if api.openapi_schema is None:
            own = get_openapi(title=api.title, version=api.version, routes=api.routes)
            api.openapi_schema = describe(own)
        return api.openapi_schema

    api.openapi = openapi
    api.add_exception_handler(ProblemError, _problem)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(StaleError, _stale)
    api.add_exception_handler(UnavailableError, _unavailable)
    # What is damaged here is our matter, not the asker's.
    api.add_exception_handler(UnreadableError, _failed)
    api.add_exception_handler(InputError, _unfit)
    api.add_exception_handler(OSError, _disk)
    api.add_exception_handler(Exception, _failed)
    return api


def _answer(request: Request, problem: ProblemError) -> Response:
    request_id = asgi.new_request_id()
    headers = {**problem.headers, "X-Request-Id": request_id, "Cache-Control": "no-store"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return JSONResponse(
        problem.body(request.url.path, request_id),
        status_code=problem.status,
        headers=headers,
        media_type="application/problem+json",
    )


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - it is registered for these
    return _answer(request, error)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    faults: list[Fault] = []
    for each in error.errors():
        pointer = "".join(step(str(part)) for part in each["loc"][1:])
        code = {"missing": "required", "extra_forbidden": "unknown-field"}.get(each["type"])
        if each["type"] == "json_invalid":
            return _answer(request, ProblemError("malformed-json", "the body is not valid JSON"))
        faults.append(
            {"pointer": pointer, "code": code or "bad-format", "detail": each["msg"].lower()}
        )
    unknown = any(fault["code"] == "unknown-field" for fault in faults)
    slug = "unknown-field" if unknown else "invalid-request"
    return _answer(request, ProblemError(slug, f"{len(faults)} fields are not right", faults))


_BY_STATUS = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    415: "unsupported-media-type",
}


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    slug = _BY_STATUS.get(error.status_code, "bad-request")
    headers = dict(error.headers or {})
    return _answer(
        request, ProblemError(slug, f"{slug.replace('-', ' ')}: {request.method}", headers=headers)
    )


def _stale(request: Request, error: Exception) -> Response:
    del error
    detail = "it was changed meanwhile: read it again, and decide anew"
    return _answer(request, ProblemError("stale", detail))


def _unavailable(request: Request, error: Exception) -> Response:
    _log.warning("the catalog is not there", path=request.url.path, error=str(error))
    detail = "the catalog does not answer now; records are taken as ever"
    return _answer(request, ProblemError("unavailable", detail, retry_after=2))


def _unfit(request: Request, error: Exception) -> Response:
    return _answer(request, ProblemError("invalid-request", str(error)))


def _disk(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)  # noqa: S101 - as above
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        detail = "the disk is full; nothing was changed"
        return _answer(request, ProblemError("insufficient-storage", detail, retry_after=5))
    return _failed(request, error)


def _failed(request: Request, error: Exception) -> Response:
    _log.error("request failed", path=request.url.path, exc_info=error)
    return _answer(request, ProblemError("internal", "this is our mistake; the log has more"))
