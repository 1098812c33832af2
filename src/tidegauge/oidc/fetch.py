"""One question to the provider, one JSON document back: of bounded size, in bounded time.

Its address comes from an admin or from the provider itself.  Redirects are not followed, proxies
of the environment are not used.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import httpx
import orjson

from tidegauge.oidc.address import is_safe
from tidegauge.oidc.errors import SignInError, code_of
from tidegauge.version import VERSION

IN_ALL: Final = 10.0
_CONNECT: Final = 5.0
_AT_MOST: Final = 256 * 1024

# It would write down the headers of answers.
logging.getLogger("httpcore.http11").setLevel(logging.INFO)

Document = dict[str, Any]


async def fetch(
    address: str,
    what: str,
    *,
    form: Mapping[str, str] | None = None,
    auth: httpx.Auth | None = None,
    bearer: str = "",
) -> Document:
    """SignInError: `unreachable` without an answer in time, `wrong` for one that is no good."""
    if not is_safe(address):
        raise SignInError("wrong", f"{what}: its address is not https")
    try:
        async with asyncio.timeout(IN_ALL):
            status, body = await _exchange(address, form, auth, bearer)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
        raise SignInError("unreachable", f"{what}: {_why(error)}") from None
    if status >= 500 or status == 429:
        raise SignInError("unreachable", f"{what}: it answers {status}")
    document = _read(body)
    if status != 200 or document is None:
        code = f", {code_of(document['error'])}" if document and "error" in document else ""
        raise SignInError("wrong", f"{what}: it answers {status}{code}")
    return document


async def _exchange(
    address: str, form: Mapping[str, str] | None, auth: httpx.Auth | None, bearer: str
) -> tuple[int, bytes]:
    # Not packed, for a little can be packed that is much.
    headers = {"Accept-Encoding": "identity", "User-Agent": f"tidegauge/{VERSION}"}
    headers["Accept"] = "application/json"
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    async with (
        httpx.AsyncClient(
            verify=_tls(),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(IN_ALL, connect=_CONNECT),
        ) as http,
        http.stream(
            "GET" if form is None else "POST", address, data=form, auth=auth, headers=headers
        ) as response,
    ):
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > _AT_MOST:
                return response.status_code, b""
        return response.status_code, bytes(body)


def _read(body: bytes) -> Document | None:
    try:
        found: object = orjson.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _why(error: BaseException) -> str:
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLCertVerificationError):
            return f"its certificate is not good: {inner.verify_message}"
        inner = inner.__cause__ or inner.__context__
    return "no answer in time" if _is_slow(error) else "no connection"


def _is_slow(error: BaseException) -> bool:
    return isinstance(error, httpx.TimeoutException | TimeoutError)


@cache
def _tls() -> ssl.SSLContext:
    """The authorities that come with us, and those of this machine."""
    made = httpx.create_ssl_context(trust_env=False)
    made.load_default_certs()
    return made
