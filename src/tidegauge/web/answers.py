"""What goes wrong in the API, as it is answered: problem details (RFC 9457), whatever it was."""

import errno

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tidegauge.catalog import FullError, StaleError, UnavailableError
from tidegauge.errors import InputError, UnreadableError
from tidegauge.ingest.problem import Fault, ProblemError
from tidegauge.record.refusal import step
from tidegauge.web import asgi

_log = structlog.stdlib.get_logger(__name__)


def register(api: FastAPI) -> None:
    api.add_exception_handler(ProblemError, _problem)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(StaleError, _stale)
    api.add_exception_handler(FullError, _full)
    api.add_exception_handler(UnavailableError, _unavailable)
    # What is damaged here is our matter, not the asker's.
    api.add_exception_handler(UnreadableError, _failed)
    api.add_exception_handler(InputError, _unfit)
    api.add_exception_handler(OSError, _disk)
    api.add_exception_handler(Exception, _failed)


def answered(request: HTTPConnection, problem: ProblemError) -> Response:
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
    return answered(request, error)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    faults: list[Fault] = []
    for each in error.errors():
        pointer = "".join(step(str(part)) for part in each["loc"][1:])
        code = {"missing": "required", "extra_forbidden": "unknown-field"}.get(each["type"])
        if each["type"] == "json_invalid":
            return answered(request, ProblemError("malformed-json", "the body is not valid JSON"))
        faults.append(
            {"pointer": pointer, "code": code or "bad-format", "detail": each["msg"].lower()}
        )
    unknown = any(fault["code"] == "unknown-field" for fault in faults)
    slug = "unknown-field" if unknown else "invalid-request"
    return answered(request, ProblemError(slug, f"{len(faults)} fields are not right", faults))


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
    return answered(
        request, ProblemError(slug, f"{slug.replace('-', ' ')}: {request.method}", headers=headers)
    )


def _stale(request: Request, error: Exception) -> Response:
    del error
    detail = "it was changed meanwhile: read it again, and decide anew"
    return answered(request, ProblemError("stale", detail))


def _unavailable(request: Request, error: Exception) -> Response:
    _log.warning("the catalog is not there", path=request.url.path, error=str(error))
    detail = "the catalog does not answer now; records are taken as ever"
    return answered(request, ProblemError("unavailable", detail, retry_after=2))


def _unfit(request: Request, error: Exception) -> Response:
    return answered(request, ProblemError("invalid-request", str(error)))


def _disk(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)  # noqa: S101 - as above
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _full(request, error)
    return _failed(request, error)


def _full(request: Request, error: Exception) -> Response:
    del error
    detail = "the disk is full; nothing was changed"
    return answered(request, ProblemError("insufficient-storage", detail, retry_after=5))


def _failed(request: Request, error: Exception) -> Response:
    _log.error("request failed", path=request.url.path, exc_info=error)
    return answered(request, ProblemError("internal", "this is our mistake; the log has more"))
