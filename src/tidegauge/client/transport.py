"""One request at a time over one connection that is kept, each with a limit for the whole of it.

httpx limits the time between two bytes, so that a server which sends one byte a second would hold
the worker for hours.  Its own lower half, httpcore, lets the limit be set for each read and write.
"""

import importlib
import os
import socket
import ssl
import time
import urllib.request
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpcore

from tidegauge.client.answer import READ_AT_MOST, Answer
from tidegauge.version import VERSION

# Else the first look-up of a host loads it, perhaps while the process forks.
importlib.import_module("encodings.idna")

# A slow reader is met within this many bytes.
_CHUNK: Final = 64 * 1024


class Transport:
    def __init__(self, url: str, api_key: str, timeout: float) -> None:
        self._url = url.rstrip("/")
        self._headers = [
            ("Authorization", f"Bearer {api_key}"),
            ("Content-Type", "application/vnd.apache.arrow.stream"),
            ("Accept", "application/json"),
            ("User-Agent", f"tidegauge-client/{VERSION}"),
        ]
        self._timeout = timeout
        self._limit = _Limit()
        self._pool = _pool(self._url, self._limit)

    def post(self, kind: str, batch_id: str, body: bytes, timeout: float | None = None) -> Answer:
        seconds = self._timeout if timeout is None else min(timeout, self._timeout)
        self._limit.end = time.monotonic() + seconds
        # httpcore asks with these, and `_Limit` says what is left of them.
        limits = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        try:
            with self._pool.stream(
                "POST",
                f"{self._url}/api/v1/{kind}?batch_id={batch_id}",
                headers=[*self._headers, *_self_told()],
                content=body,
                extensions={"timeout": limits},
            ) as response:
                told = bytearray()
                for chunk in response.iter_stream():
                    told += chunk
                    if len(told) >= READ_AT_MOST:
                        break
                headers = {name.lower(): value for name, value in response.headers}
                wait = headers.get(b"retry-after", b"").decode("latin-1").strip()
                return Answer(response.status, bytes(told[:READ_AT_MOST]), wait)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            return Answer(error=type(error).__name__)
        except (httpcore.ProxyError, httpcore.UnsupportedProtocol, OSError) as error:
            return Answer(error=type(error).__name__)

    def close(self) -> None:
        self._pool.close()


def _self_told() -> list[tuple[str, str]]:
    """Who sends, and what time it is here: a clock that is wrong is then found by the server."""
    return [
        ("Tidegauge-Sender", f"{socket.gethostname()}/{os.getpid()}"),
        ("Tidegauge-Sent-At", str(time.time_ns() // 1000)),
    ]


class _Limit(httpcore.NetworkBackend):
    """Connections on which all reads and writes of a request end by the same moment."""

    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()
        self.end = 0.0

    def left(self) -> float:
        seconds = self.end - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - what is left counts
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(host, port, self.left(), local_address, socket_options)
        return _Stream(stream, self)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, limit: _Limit) -> None:
        self._inner = inner
        self._limit = limit

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._inner.read(max_bytes, self._limit.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        view = memoryview(buffer)
        for start in range(0, len(view), _CHUNK):
            self._inner.write(view[start : start + _CHUNK], self._limit.left())  # pyright: ignore[reportArgumentType]

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._limit.left())
        return _Stream(inner, self._limit)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401
        return self._inner.get_extra_info(info)


def _pool(url: str, limit: _Limit) -> httpcore.ConnectionPool:
    """To the server, or to the proxy that the environment names for it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    options: dict[str, Any] = {
        "max_connections": 1,
        "keepalive_expiry": 60.0,
        "network_backend": limit,
        # Certificates are of no use to a server without TLS, and take 20 ms to load.
        "ssl_context": httpcore.default_ssl_context() if parts.scheme == "https" else _no_tls(),
    }
    if not proxy or urllib.request.proxy_bypass(host) or _is_loopback(host):
        return httpcore.ConnectionPool(**options)
    found = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    address = f"{found.scheme}://{found.hostname}:{found.port or 80}"
    user = (unquote(found.username), unquote(found.password or "")) if found.username else None
    return httpcore.HTTPProxy(address, proxy_auth=user, **options)


def _no_tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")
