"""The hot path: records in, durable, answered.  Bare ASGI, in front of the API.

The event loop only moves bytes.  Batches are decoded by processes beside it, single records at
once; the log's own thread writes and syncs.  An answer of 200 goes out when the sync has returned.
"""

import asyncio
import math
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Final
from urllib.parse import parse_qsl

import structlog

from tidegauge.failpoint import hit
from tidegauge.ingest.accept import accept
from tidegauge.ingest.decoder import Decoder
from tidegauge.ingest.envelope import checked_batch_id
from tidegauge.ingest.problem import ProblemError
from tidegauge.ingest.receivers import RECEIVERS
from tidegauge.ingest.request import ARROW, JSON, MEDIA, Options, Request, Verdict
from tidegauge.log import Batch, Clock, ClosedError, FailedError, FullError, Log, NoSpaceError, Seen
from tidegauge.record import limits
from tidegauge.record.fields import KINDS, PREDICTIONS
from tidegauge.web import asgi
from tidegauge.web.asgi import Receive, Scope, Send
from tidegauge.web.auth import Gate, address_of
from tidegauge.web.body import DisconnectedError, media_of, read_body
from tidegauge.web.keys import Key
from tidegauge.web.metrics import Metrics
from tidegauge.web.rates import Rates

_log = structlog.stdlib.get_logger(__name__)

PREFIX: Final = "/api/v1/"
# The kind of record that comes at a path, and the protocol it comes in.
PATHS: Final[Mapping[str, tuple[str, str]]] = {
    **{PREFIX + name: (name, "") for name in KINDS},
    **{f"{PREFIX}receivers/{name}": ("predictions", name) for name in RECEIVERS},
}
# A body of this size takes the event loop less than a millisecond.
_INLINE: Final = 16 * limits.KIB
_DAY: Final = 86_400_000_000
_AGREES: Final = 60_000_000
"""Clocks of a fleet differ by seconds all the time, and a request takes some to come."""
_DIGITS: Final = 18
_SENDER: Final = 200
_TOO_MUCH: Final = "the server has too much to do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    in_flight: int
    per_key: Rates
    per_tenant: Rates
    per_address: Rates
    retention_days: int


class Ingest:
    def __init__(
        self, log: Log, gate: Gate, metrics: Metrics, limits_: Limits, decoders: list[Decoder]
    ) -> None:
        self._log = log
        self._gate = gate
        self._metrics = metrics
        self._limits = limits_
        self._names: dict[str, set[str]] = {}
        self._in_flight = 0
        self._waiting: dict[tuple[str, str], asyncio.Future[Seen]] = {}
        self._idle = SimpleQueue[Decoder]()
        for decoder in decoders:
            self._idle.put(decoder)
        self._threads = ThreadPoolExecutor(len(decoders), "decode")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        kind, receiver = PATHS[scope["path"]]
        request_id = asgi.new_request_id()
        try:
            body = await self._taken(kind, receiver, scope, receive)
        except DisconnectedError:
            _log.info("the sender left before its body was whole", request_id=request_id)
        except asyncio.CancelledError:
            # The grace of a shutdown is over; uvicorn would log the cancelling as our failure.
            problem = ProblemError("unavailable", "the server is stopping", retry_after=5)
            await asgi.refuse(send, problem, scope["path"], request_id)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender is answered
            problem = _as_problem(error, request_id)
            self._metrics.refused.labels(problem.slug).inc()
            await asgi.refuse(send, problem, scope["path"], request_id)
        else:
            hit("web.before-answer")
            await asgi.answer(send, 200, body, headers=[(b"x-request-id", request_id.encode())])
        self._metrics.seconds.labels(kind).observe(time.perf_counter() - started)

    async def _taken(self, kind: str, receiver: str, scope: Scope, receive: Receive) -> bytes:
        if scope["method"] != "POST":
            detail = f"{scope['method']} is not offered here"
            raise ProblemError("method-not-allowed", detail, headers={"Allow": "POST"})
        key = self._gate.admit(scope, "ingest", in_address=bool(receiver))
        self._check_rates(scope, key)
        media, encoding = media_of(scope, (JSON,) if receiver else MEDIA)
        options, is_history = _options(scope)
        if is_history and kind != PREDICTIONS.name:
            raise ProblemError("invalid-request", "only predictions have a history")
        expected = self._reserve(scope)

        def make_room(size: int) -> None:
            """A body that was announced without its length takes more as it comes."""
            nonlocal expected
            if size > expected:
                if self._in_flight + size - expected > self._limits.in_flight:
                    raise ProblemError("rate-limited", _TOO_MUCH, retry_after=1)
                self._in_flight += size - expected
                expected = size

        try:
            body = await read_body(receive, make_room)
            self._in_flight += len(body) - expected
            expected = len(body)
            now = time.time_ns() // 1000
            request = Request(
                kind=kind,
                media=media,
                body=body,
                encoding=encoding,
                options=options,
                now=now,
                oldest=now - self._limits.retention_days * _DAY,
                receiver=receiver,
                attributes=_attributes(scope, receiver),
            )
            verdict = await self._judged(request)
            if is_history:
                verdict = _as_history(verdict)
            self._charge(scope, key, verdict)
            self._metrics.bytes.inc(len(body))
            return await self._kept(request, verdict, key, _clock(scope, now))
        finally:
            self._in_flight -= expected

    def _check_rates(self, scope: Scope, key: Key) -> None:
        held = self._limits
        wait = max(
            held.per_key.wait(key.id, key.rate),
            held.per_tenant.wait(key.tenant),
            held.per_address.wait(address_of(scope)),
        )
        if wait:
            detail = "more records than the limit allows; wait as long as Retry-After says"
            raise ProblemError("rate-limited", detail, retry_after=math.ceil(wait))

    def _charge(self, scope: Scope, key: Key, verdict: Verdict) -> None:
        records = verdict.accepted + verdict.duplicate + verdict.rejected
        self._limits.per_key.take(key.id, records, key.rate)
        self._limits.per_tenant.take(key.tenant, records)
        self._limits.per_address.take(address_of(scope), records)

    def _reserve(self, scope: Scope) -> int:
        """Room for the body that is announced: bodies are not read before there is room."""
        told = asgi.header(scope, b"content-length")
        expected = int(told) if told.isdigit() else limits.MIB
        if expected > limits.BODY:
            detail = f"the body is over {limits.BODY // limits.MIB} MiB"
            raise ProblemError("too-large", detail)
        if self._in_flight + expected > self._limits.in_flight:
            raise ProblemError("rate-limited", _TOO_MUCH, retry_after=1)
        self._in_flight += expected
        return expected

    async def _judged(self, request: Request) -> Verdict:
        inline = request.media != ARROW and not request.encoding and len(request.body) <= _INLINE
        if inline:
            return accept(request, self._names)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._decoded, request)

    def _decoded(self, request: Request) -> Verdict:
        decoder = self._idle.get()
        try:
            return decoder.judge(request)
        finally:
            self._idle.put(decoder)

    async def _kept(
        self, request: Request, verdict: Verdict, key: Key, clock: Clock | None
    ) -> bytes:
        """Append, once for each batch id, and wait until it is durable."""
        at = datetime.fromtimestamp(request.now / 1e6, UTC)
        answer = verdict.answer(at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
        batch = Batch(
            tenant=key.tenant,
            at=request.now,
            pieces=verdict.pieces,
            batch_id=verdict.batch_id,
            digest=verdict.digest,
            answer=answer if verdict.batch_id else b"",
            clock=clock,
        )
        if not verdict.batch_id:
            await self._durable(batch)
            self._count(request.kind, verdict)
            return answer
        name = key.tenant, verdict.batch_id
        known = self._log.seen(*name)
        if known is None and (waiting := self._waiting.get(name)) is not None:
            known = await asyncio.shield(waiting)
        if known is not None:
            if known.digest != verdict.digest:
                detail = "the batch id was used for another payload, which is kept"
                raise ProblemError("batch-id-conflict", detail)
            self._metrics.records.labels(request.kind, "retried").inc(verdict.accepted)
            return known.answer
        waiting = self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            await self._durable(batch)
        except BaseException as error:
            waiting.set_exception(error)
            # Nobody may be waiting for it.
            waiting.exception()
            raise
        else:
            waiting.set_result(Seen(digest=verdict.digest, answer=answer))
        finally:
            del self._waiting[name]
        self._count(request.kind, verdict)
        return answer

    async def _durable(self, batch: Batch) -> None:
        if not batch.pieces:
            return
        hit("web.before-append")
        try:
            await asyncio.wrap_future(self._log.append(batch))
        except NoSpaceError:
            detail = "the disk is full; nothing was accepted"
            raise ProblemError("insufficient-storage", detail, retry_after=5) from None
        except FullError:
            detail = "the log is full: what consumes it is behind, or stopped"
            raise ProblemError("rate-limited", detail, retry_after=5) from None
        except (FailedError, ClosedError):
            detail = "the log does not take records now"
            raise ProblemError("unavailable", detail, retry_after=5) from None

    def _count(self, kind: str, verdict: Verdict) -> None:
        counts = {
            "accepted": verdict.accepted,
            "duplicate": verdict.duplicate,
            "rejected": verdict.rejected,
        }
        for outcome, count in counts.items():
            if count:
                self._metrics.records.labels(kind, outcome).inc(count)

    def close(self) -> None:
        self._threads.shutdown()
        while not self._idle.empty():
            self._idle.get().stop()


def _as_problem(error: Exception, request_id: str) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    _log.error("request failed", request_id=request_id, exc_info=error)
    return ProblemError("internal", "this is our mistake; the log has more")


def _clock(scope: Scope, now: int) -> Clock | None:
    """Of a sender that says what time it takes it for, if that is not the time."""
    told = asgi.header(scope, b"tidegauge-sent-at")
    if not told.lstrip("-").isdecimal() or len(told) > _DIGITS:
        return None
    ahead = int(told) - now
    if -_AGREES <= ahead <= _AGREES:
        return None
    sender = asgi.header(scope, b"tidegauge-sender")
    return Clock(sender[:_SENDER] if sender.isprintable() else "", ahead)


def _attributes(scope: Scope, receiver: str) -> dict[str, str]:
    prefix = RECEIVERS[receiver].headers.encode() if receiver else b""
    if not prefix:
        return {}
    return {
        name[len(prefix) :].decode("latin-1"): value.decode("utf-8", "replace")
        for name, value in scope["headers"]
        if name.startswith(prefix)
    }


def _as_history(verdict: Verdict) -> Verdict:
    pieces = [
        replace(piece, kind="history") if piece.kind == PREDICTIONS.name else piece
        for piece in verdict.pieces
    ]
    return replace(verdict, pieces=tuple(pieces))


_QUERY: Final = ("batch_id", "atomic", "generate_ids", "history", "model_id", "model_version")


def _options(scope: Scope) -> tuple[Options, bool]:
    """What the query says; and whether the rows are taken as if they had come long ago."""
    given: dict[str, str] = {}
    query = scope["query_string"].decode("latin-1")
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=50):
        if name in given:
            raise ProblemError("invalid-request", f"the parameter {name[:60]!r} is given twice")
        if name not in _QUERY:
            detail = f"no parameter {name[:60]!r}; there are {', '.join(_QUERY)}"
            raise ProblemError("unknown-field", detail)
        given[name] = value
    flags = {
        name: _flag(name, given.pop(name))
        for name in ("atomic", "generate_ids", "history")
        if name in given
    }
    is_history = flags.pop("history", False)
    batch_id = checked_batch_id(given.pop("batch_id")) if "batch_id" in given else ""
    return Options(batch_id=batch_id, defaults=given, **flags), is_history


def _flag(name: str, value: str) -> bool:
    if value not in {"true", "false"}:
        raise ProblemError("invalid-request", f"{name} must be true or false")
    return value == "true"
