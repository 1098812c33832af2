"""The one way out over HTTP: a POST to a checked address, and what was answered.

The name is looked up once and the connection pinned to what was checked; the certificate is held
against the name.  Redirects are not followed, proxies of the environment are not used, and no
more of an answer is read than a person would.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final

import httpcore

from tidegauge.alert.channels.errors import Reason, RefusedError, UnavailableError
from tidegauge.alert.reach import Reach, Target, UnsafeUrlError, addresses_of, checked_url
from tidegauge.version import VERSION

CONNECT: Final = 5.0
IN_ALL: Final = 10.0
READ_AT_MOST: Final = 64 * 1024
WAIT_AT_MOST: Final = 3600.0
# It would write down the headers of answers, in which a server may repeat what it was sent.
logging.getLogger("httpcore.http11").setLevel(logging.INFO)
# A name with a thousand addresses is tried at the first few.
_TRIED: Final = 4


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: bytes = field(default=b"", repr=False)
    """The first 64 KiB."""
    retry_after: float | None = None
    host: str = ""


async def post(url: str, body: bytes, headers: Mapping[str, str], reach: Reach) -> Answer:
    """Any answer at all; UnavailableError without one, RefusedError for a URL out of reach."""
    try:
        target = checked_url(url, reach)
    except UnsafeUrlError as error:
        raise RefusedError(f"the URL is not allowed: {error}", "unsafe_url") from None
    host = target.host
    try:
        async with asyncio.timeout(IN_ALL):
            return await _exchange(target, body, headers, reach)
    except UnsafeUrlError as error:
        raise RefusedError(f"not sent: {error}", "unsafe_url") from None
    except (TimeoutError, httpcore.TimeoutException):
        raise UnavailableError(f"{host}: no answer in time", "timeout") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        said, reason = why(error)
        raise UnavailableError(f"{host}: {said}", reason) from None


def why(error: BaseException) -> tuple[str, Reason]:
    """In words that repeat nothing of what was sent."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLCertVerificationError):
            return f"its certificate is not good: {inner.verify_message}", "tls"
        if isinstance(inner, ssl.SSLError):
            return "TLS failed", "tls"
        inner = inner.__cause__ or inner.__context__
    if isinstance(error, httpcore.ConnectError | ConnectionRefusedError):
        return "no connection", "connect"
    return "the connection broke off", "broken_off"


async def looked_up(host: str, port: int, reach: Reach) -> list[str]:
    """UnavailableError when the name is not answered for, whatever the reason."""
    try:
        async with asyncio.timeout(CONNECT):
            return await addresses_of(host, port, reach)
    except (OSError, UnicodeError):
        raise UnavailableError(f"{host}: the name is not answered for", "dns") from None


async def _exchange(
    target: Target, body: bytes, headers: Mapping[str, str], reach: Reach
) -> Answer:
    addresses = await looked_up(target.host, target.port, reach)
    pool = httpcore.AsyncConnectionPool(
        ssl_context=tls_of(reach), network_backend=_Pinned(addresses), http2=False
    )
    url = httpcore.URL(
        scheme=target.scheme.encode(),
        host=target.host.encode(),
        port=target.port,
        target=target.path.encode(),
    )
    sent = {
        "Host": _authority(target),
        "User-Agent": f"tidegauge/{VERSION}",
        "Accept": "application/json, text/plain;q=0.9, */*;q=0.1",
        "Content-Length": str(len(body)),
        **headers,
    }
    limits = {"connect": CONNECT, "read": IN_ALL, "write": IN_ALL, "pool": IN_ALL}
    async with (
        pool,
        pool.stream(
            "POST", url, headers=list(sent.items()), content=body, extensions={"timeout": limits}
        ) as response,
    ):
        told = bytearray()
        async for chunk in response.aiter_stream():
            told += chunk
            if len(told) >= READ_AT_MOST:
                break
        given = {name.lower(): value for name, value in response.headers}
        return Answer(
            status=response.status,
            body=bytes(told[:READ_AT_MOST]),
            retry_after=seconds_of(given.get(b"retry-after", b"").decode("latin-1"), time.time()),
            host=target.host,
        )


def _authority(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = {"http": 80, "https": 443}[target.scheme]
    return host if target.port == usual else f"{host}:{target.port}"


def seconds_of(retry_after: str, now: float) -> float | None:
    """A number or a date; an hour at most, None for anything else.

    >>> seconds_of("120", 0), seconds_of("1e9", 0), seconds_of("soon", 0)
    (120.0, 3600.0, None)
    >>> seconds_of("Thu, 01 Jan 1970 00:01:00 GMT", 10)
    50.0
    """
    text = retry_after.strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    # What is not a number compares with nothing.
    return min(max(seconds, 0.0), WAIT_AT_MOST) if seconds == seconds else None  # noqa: PLR0124


def tls_of(reach: Reach) -> ssl.SSLContext:
    return reach.tls or _usual_tls()


@cache
def _usual_tls() -> ssl.SSLContext:
    """The authorities that come with us, and those of this machine."""
    made = httpcore.default_ssl_context()
    made.load_default_certs()
    return made


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to addresses that were checked, whatever name it is asked for."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses[:_TRIED]
        # As typed, it is the one for machines without anyio, which knows nothing.
        self._inner: httpcore.AsyncNetworkBackend = httpcore.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue]

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - was looked up
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        each_has = (timeout or CONNECT) / len(self._addresses)
        last = len(self._addresses) - 1
        for number, address in enumerate(self._addresses):
            try:
                return await self._inner.connect_tcp(
                    address, port, each_has, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == last:
                    raise
        raise httpcore.ConnectError

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
