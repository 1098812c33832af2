"""What a provider says of itself, and the keys that it signs with, held for an hour."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from tidegauge.oidc.address import is_safe
from tidegauge.oidc.errors import SignInError
from tidegauge.oidc.fetch import fetch

T = TypeVar("T")
Jwk = dict[str, Any]
_FRESH_S: Final = 3600.0
# Between two looks for a key that is not there yet, or at a provider that did not answer.
_PAUSE_S: Final = 5.0
_MOST_KEYS: Final = 50


@dataclass(frozen=True, kw_only=True)
class About:
    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    posts_secret: bool
    """Whether the client's secret goes into the form, since it may not go into a header."""
    names_itself: bool
    """Whether it tells its address with each answer (RFC 9207)."""


class Provider:
    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._turn = asyncio.Lock()
        self._about: tuple[float, About] | None = None
        self._keys: tuple[float, list[Jwk]] | None = None
        self._failed: tuple[float, SignInError] | None = None

    async def about(self) -> About:
        async with self._turn:
            if self._about is None or _age(self._about[0]) > _FRESH_S:
                self._about = time.monotonic(), await self._held_back(self._ask)
            return self._about[1]

    async def keys(self, *, anew: bool = False) -> Sequence[Jwk]:
        """`anew`: one was looked for in vain, for the provider may have changed them."""
        address = (await self.about()).keys
        async with self._turn:
            oldest = _PAUSE_S if anew else _FRESH_S
            if self._keys is None or _age(self._keys[0]) > oldest:
                self._keys = time.monotonic(), await self._held_back(partial(_keys, address))
            return self._keys[1]

    async def _held_back(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Who does not answer is not asked by everybody who waits, each for seconds."""
        if self._failed is not None and _age(self._failed[0]) < _PAUSE_S:
            raise self._failed[1].with_traceback(None)
        try:
            found = await ask()
        except SignInError as error:
            self._failed = time.monotonic(), error
            raise
        self._failed = None
        return found

    async def _ask(self) -> About:
        address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        told = await fetch(address, "the provider's description")
        if told.get("issuer") != self.issuer:
            raise SignInError("wrong", "the provider calls itself otherwise than oidc.issuer")
        ways = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return About(
            authorization=_address(told, "authorization_endpoint"),
            token=_address(told, "token_endpoint"),
            keys=_address(told, "jwks_uri"),
            userinfo=_address(told, "userinfo_endpoint", is_needed=False),
            end_session=_address(told, "end_session_endpoint", is_needed=False),
            posts_secret=isinstance(ways, list) and "client_secret_basic" not in ways,
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
        )


def _address(told: dict[str, Any], name: str, *, is_needed: bool = True) -> str:
    found = told.get(name)
    if found is None and not is_needed:
        return ""
    if not isinstance(found, str) or not is_safe(found):
        raise SignInError("wrong", f"the provider's {name} is no https address")
    return found


async def _keys(address: str) -> list[Jwk]:
    told = (await fetch(address, "the provider's keys")).get("keys")
    if not isinstance(told, list):
        raise SignInError("wrong", "the provider's keys are no list")
    return [each for each in told[:_MOST_KEYS] if isinstance(each, dict)]


def _age(since: float) -> float:
    return time.monotonic() - since
