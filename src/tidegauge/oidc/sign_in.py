"""The whole way: to the provider, back with a code, and from the code to a person."""

import hmac
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import quote_plus

import httpx

from tidegauge.errors import InputError
from tidegauge.oidc.address import own_path, with_query
from tidegauge.oidc.errors import SignInError, code_of
from tidegauge.oidc.fetch import fetch
from tidegauge.oidc.id_token import Expected, UnknownKeyError, claims_of
from tidegauge.oidc.pending import Pending, Seal
from tidegauge.oidc.person import Person, joined, person_of
from tidegauge.oidc.provider import About, Provider
from tidegauge.oidc.settings import Settings

PLACE: Final = "/api/v1/session/provider"
_LONGEST: Final = 4096


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the provider had the browser bring along."""

    code: str = ""
    state: str = ""
    error: str = ""
    issuer: str = ""


class SignIn:
    """`home` is the address at which browsers reach this server."""

    def __init__(self, settings: Settings, home: str) -> None:
        if find_spec("jwt") is None or find_spec("cryptography") is None:
            raise InputError("a login by oidc.issuer needs: pip install tidegauge[oidc]")
        assert settings.issuer is not None  # noqa: S101 - else nobody makes one
        self.settings = settings
        self.home = home.rstrip("/")
        self._secret = settings.secret()
        self._provider = Provider(settings.issuer)
        self._seal = Seal()

    @property
    def is_secure(self) -> bool:
        return self.home.startswith("https:")

    @property
    def begins_at(self) -> str:
        """Whole, for the browser must come back to the name under which it went."""
        return f"{self.home}{PLACE}/begin"

    @property
    def _returns_to(self) -> str:
        return f"{self.home}{PLACE}/return"

    async def begin(self, path: str) -> tuple[str, str]:
        """Where to send the browser, and what it is to keep until it is back."""
        about = await self._provider.about()
        pending = Pending(path=own_path(path), at=time.time())
        address = with_query(
            about.authorization,
            response_type="code",
            client_id=self.settings.client_id,
            redirect_uri=self._returns_to,
            scope=" ".join(self.settings.scopes),
            state=pending.state,
            nonce=pending.nonce,
            code_challenge=pending.challenge,
            code_challenge_method="S256",
        )
        return address, self._seal.sealed(pending)

    def begun(self, cookie: str) -> Pending | None:
        return self._seal.opened(cookie, time.time()) if cookie else None

    async def finish(self, pending: Pending | None, answer: Answer) -> Person:
        """SignInError, whatever it is that does not fit."""
        if pending is None:
            raise SignInError("stale", "the browser keeps no login that it has begun")
        if not hmac.compare_digest(_bytes(answer.state), pending.state.encode()):
            raise SignInError("stale", "the answer is to another login: its state differs")
        if not self._seal.spend(pending):
            raise SignInError("stale", "the answer came before")
        about = await self._provider.about()
        if (answer.issuer or about.names_itself) and answer.issuer != self.settings.issuer:
            raise SignInError("wrong", "another provider has answered: iss differs")
        if answer.error:
            raise SignInError("cancelled", f"the provider answers with {code_of(answer.error)}")
        if not answer.code or len(answer.code) > _LONGEST:
            raise SignInError("wrong", "the answer has no code")
        return person_of(await self._claims(about, answer.code, pending), self.settings)

    async def ends_at(self) -> str:
        """Where one logs out at the provider; ours where that is not wanted or not known."""
        address = (await self._provider.about()).end_session if self.settings.end_session else ""
        if not address:
            return "/"
        told = {"client_id": self.settings.client_id, "post_logout_redirect_uri": f"{self.home}/"}
        return with_query(address, **told)

    async def _claims(self, about: About, code: str, pending: Pending) -> dict[str, Any]:
        told = await self._tokens(about, code, pending)
        token, access = told.get("id_token"), told.get("access_token")
        if not isinstance(token, str):
            raise SignInError("wrong", "the provider gave no id_token")
        claims = await self._verified(token, pending)
        if about.userinfo and isinstance(access, str) and self._wants_more(claims):
            more = await fetch(about.userinfo, "the provider's userinfo", bearer=access)
            if more.get("sub") != claims["sub"]:
                raise SignInError("wrong", "userinfo is about somebody else: sub differs")
            claims = joined(claims, more)
        return claims

    def _wants_more(self, claims: dict[str, Any]) -> bool:
        wanted = {"email", "email_verified"} | (
            {self.settings.groups_claim} if self.settings.roles else set()
        )
        return not wanted <= claims.keys()

    async def _tokens(self, about: About, code: str, pending: Pending) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._returns_to,
            "code_verifier": pending.verifier,
        }
        auth = None
        if about.posts_secret:
            form |= {"client_id": self.settings.client_id, "client_secret": self._secret}
        else:
            # RFC 6749, 2.3.1: encoded as in a form, before they are joined with a colon.
            auth = httpx.BasicAuth(quote_plus(self.settings.client_id), quote_plus(self._secret))
        return await fetch(about.token, "the provider's tokens", form=form, auth=auth)

    async def _verified(self, token: str, pending: Pending) -> dict[str, Any]:
        expected = Expected(
            issuer=self._provider.issuer,
            client_id=self.settings.client_id,
            nonce=pending.nonce,
        )
        try:
            return claims_of(token, await self._provider.keys(), expected)
        except UnknownKeyError:
            return claims_of(token, await self._provider.keys(anew=True), expected)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
