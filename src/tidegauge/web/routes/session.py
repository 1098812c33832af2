"""Log in, see who one is, log out: for browsers, which hold a cookie instead of a key."""

import time
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr, model_validator

from tidegauge.errors import InputError
from tidegauge.ingest.problem import ProblemError
from tidegauge.oidc.sign_in import PLACE
from tidegauge.web.auth import address_of, is_foreign
from tidegauge.web.keys import BadKeyError, Key, Role
from tidegauge.web.routes.asked import Closed, Reader, moment
from tidegauge.web.routes.noted import note
from tidegauge.web.sessions import COOKIE, LASTS_S, Session
from tidegauge.web.state import State, state_of

router = APIRouter(prefix="/api/v1/session", tags=["session"])
_WRONG = "the address, the password or the key is not right"


class LoginWanted(Closed):
    """A member's address and password, or a key."""

    email: Annotated[str | None, Field(max_length=256)] = None
    password: Annotated[SecretStr | None, Field(max_length=256)] = None
    key: Annotated[SecretStr | None, Field(max_length=256)] = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.key is None) == (self.email is None or self.password is None):
            raise ValueError("tell email and password, or key")
        return self


class PasswordWanted(Closed):
    old: Annotated[SecretStr, Field(max_length=256)]
    new: Annotated[SecretStr, Field(min_length=12, max_length=256)]


class SessionShown(BaseModel):
    name: str
    role: Role
    tenant: str
    pii: bool
    kind: Annotated[
        Literal["member", "key", "dev"],
        Field(description="`dev`: the server lets everybody on its machine in."),
    ]
    expires_at: datetime | None
    leads_to: Annotated[
        str, Field(description="Where a browser goes once it has logged out of this session.")
    ]


@router.get("")
def get_session(request: Request) -> SessionShown | None:
    """Who asks; nothing where nobody has logged in, which is no fault."""
    state = state_of(request)
    try:
        return _shown(state.gate.admit(request.scope, "read"), state)
    except ProblemError as problem:
        if problem.status != 401:
            raise
        return None


@router.post("", status_code=201)
def log_in(wanted: LoginWanted, request: Request, response: Response) -> SessionShown:
    """Begin a session of twelve hours; its cookie is in the answer."""
    state, scope = state_of(request), request.scope
    if is_foreign(scope):
        raise ProblemError("forbidden-origin", "a page of another server asked")
    state.gate.slow_down(scope)
    found = _begun(state, wanted)
    if found is None:
        state.gate.wrong.take(address_of(scope))
        raise ProblemError("unauthenticated", _WRONG)
    session, token = found
    keep_cookie(request, response, token)
    note(state, session, "session.begin", session.name)
    return _shown(session, state)


@router.delete("", status_code=204)
def log_out(request: Request, response: Response, key: Reader) -> None:
    """End it."""
    if isinstance(key, Session):
        state_of(request).sessions.end(key.id)
        note(state_of(request), key, "session.end", key.name)
    response.delete_cookie(COOKIE, path="/")


@router.put("/password", status_code=204)
def change_password(wanted: PasswordWanted, request: Request, key: Reader) -> None:
    """One's own; every other session of one's ends."""
    state = state_of(request)
    if not isinstance(key, Session) or not key.member:
        raise ProblemError("state-conflict", "only a member who has logged in has a password")
    member = state.members.get(key.member)
    if member is not None and not member.password_hash:
        raise ProblemError("state-conflict", "you come by your provider, and have no password here")
    state.gate.slow_down(request.scope)
    if state.members.login(key.member, wanted.old.get_secret_value()) is None:
        state.gate.wrong.take(address_of(request.scope))
        raise ProblemError("unauthenticated", "the old password is not right")
    try:
        state.members.change(key.member, key.tenant, password=wanted.new.get_secret_value())
    except InputError as error:
        raise ProblemError("invalid-request", str(error)) from None
    state.sessions.end_all(lambda each: each.member == key.member and each.id != key.id)
    note(state, key, "member.password", key.member)


def keep_cookie(request: Request, response: Response, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=round(LASTS_S),
        httponly=True,
        samesite="strict",
        secure=_is_secure(request),
        path="/",
    )


def _begun(state: State, wanted: LoginWanted) -> tuple[Session, str] | None:
    if wanted.key is not None:
        try:
            key = state.keys.check(wanted.key.get_secret_value(), time.time())
        except BadKeyError:
            return None
        # One that only sends has nothing to look at.
        return state.sessions.of_key(key) if key.may("read") else None
    assert wanted.email is not None  # noqa: S101 - the form says so
    assert wanted.password is not None  # noqa: S101 - as above
    member = state.members.login(wanted.email, wanted.password.get_secret_value())
    return None if member is None else state.sessions.of_member(member)


def _shown(key: Key, state: State) -> SessionShown:
    is_session = isinstance(key, Session)
    ends_there = state.sign_in is not None and state.sign_in.settings.end_session
    kind = "dev" if key.id == "dev" else "member" if is_session and key.member else "key"
    return SessionShown(
        name=key.name,
        role=key.role,
        tenant=key.tenant,
        pii=key.pii,
        kind=kind,
        expires_at=None if key.expires_at is None else moment(round(key.expires_at * 1e6)),
        leads_to=f"{PLACE}/end"
        if isinstance(key, Session) and key.by_provider and ends_there
        else "/",
    )


def _is_secure(request: Request) -> bool:
    return "https" in {request.url.scheme, request.headers.get("x-forwarded-proto")}
