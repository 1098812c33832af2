"""Who sends a request, and whether they may."""

import base64
import ipaddress
import math
import time
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl

from tidegauge.ingest.problem import ProblemError
from tidegauge.web.asgi import Scope, header
from tidegauge.web.keys import BadKeyError, Key, Keys, Role
from tidegauge.web.rates import Rates
from tidegauge.web.sessions import COOKIE, Session, Sessions

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="tidegauge"'}
_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")
# Who comes, with whatever key, to a server that was started with --dev.
_DEVELOPER: Final = Key(id="dev", name="--dev", role="admin", secret_hash="", created_at=0.0)


@dataclass(frozen=True, slots=True)
class Gate:
    keys: Keys
    sessions: Sessions
    wrong: Rates
    dev: bool = False

    def admit(self, scope: Scope, role: Role, *, in_address: bool = False) -> Key:
        """The key of a request, if its role is enough.

        A sender that knows an address only (KServe's logger) writes it before the host's name,
        `https://any:<key>@host`, and it arrives as the password of basic authentication.
        """
        key = self._key(scope, in_address=in_address)
        if not key.may(role):
            detail = f"the key {key.name!r} has the role {key.role!r}; this needs {role!r}"
            raise ProblemError("forbidden-role", detail)
        return key

    def check_again(self, key: Key) -> None:
        """BadKeyError where one that was let in would not be so now."""
        if isinstance(key, Session):
            self.sessions.check_again(key.id, time.time())
        elif key is not _DEVELOPER:
            self.keys.check_again(key.id, time.time())

    def _key(self, scope: Scope, *, in_address: bool) -> Key:
        if self.dev and is_local(scope):
            return _DEVELOPER
        given = header(scope, b"authorization")
        if not given and (token := session_token(scope)):
            return self._session(scope, token)
        if not given:
            detail = "send 'Authorization: Bearer <key>'"
            if any(
                name == "api_key" for name, _ in parse_qsl(scope["query_string"].decode("latin-1"))
            ):
                detail = "keys go in the Authorization header, not in the address, which is logged"
            raise ProblemError("unauthenticated", detail, headers=_CHALLENGE)
        self.slow_down(scope)
        scheme, _, token = given.partition(" ")
        if in_address and scheme.lower() == "basic":
            scheme, token = "bearer", _password(token)
        try:
            if scheme.lower() != "bearer":
                raise ProblemError(
                    "unauthenticated", "the scheme must be 'Bearer'", headers=_CHALLENGE
                )
            return self.keys.check(token, time.time())
        except BadKeyError as error:
            self.wrong.take(address_of(scope))
            raise ProblemError(error.slug, str(error), headers=_CHALLENGE) from None

    def slow_down(self, scope: Scope) -> None:
        """Refuse who guesses."""
        if wait := self.wrong.wait(address_of(scope)):
            detail = "too many wrong keys or passwords from this address"
            raise ProblemError("rate-limited", detail, retry_after=math.ceil(wait))

    def _session(self, scope: Scope, token: str) -> Session:
        if is_foreign(scope):
            # A browser sends the cookie along, whoever's page had it ask.
            raise ProblemError("forbidden-origin", "a page of another server asked")
        try:
            return self.sessions.check(token, time.time())
        except BadKeyError as error:
            raise ProblemError(error.slug, str(error)) from None


def session_token(scope: Scope) -> str:
    """Of the cookie; nothing where there is none."""
    try:
        found = SimpleCookie(header(scope, b"cookie")).get(COOKIE)
    except (CookieError, ProblemError):
        return ""
    return found.value if found else ""


def _password(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def address_of(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def is_local(scope: Scope) -> bool:
    """From this machine, and meant for it: a page elsewhere could make a browser call us."""
    try:
        loopback = ipaddress.ip_address(address_of(scope)).is_loopback
    except ValueError:
        return False
    host = header(scope, b"host").rpartition(":")[0] or header(scope, b"host")
    proxied = header(scope, b"x-forwarded-for") or header(scope, b"forwarded")
    return loopback and host in _HOSTS and not proxied and not is_foreign(scope)


def is_foreign(scope: Scope) -> bool:
    """Whether a page of another server has its browser ask."""
    origin = header(scope, b"origin")
    _scheme, _, host = origin.partition("://")
    return bool(origin) and host != header(scope, b"host")
