"""Sign in with the organisation's own provider: there, back again, and in.

The pages of this way are for browsers: whatever goes wrong ends on the login page, which says it.
"""

from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from tidegauge.errors import InputError
from tidegauge.ingest.problem import ProblemError
from tidegauge.oidc.address import own_path, with_query
from tidegauge.oidc.errors import GUESSES, SignInError, words
from tidegauge.oidc.pending import LASTS_S
from tidegauge.oidc.person import Person
from tidegauge.oidc.sign_in import PLACE, Answer, SignIn
from tidegauge.web.auth import address_of
from tidegauge.web.keys import Key
from tidegauge.web.members import Member
from tidegauge.web.routes.noted import note
from tidegauge.web.routes.session import keep_cookie
from tidegauge.web.state import State, state_of

router = APIRouter(prefix=PLACE, tags=["session"])
PENDING: Final = "tidegauge_sign_in"
_ASIDE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_log = structlog.stdlib.get_logger(__name__)


class ProviderShown(BaseModel):
    name: str
    begins_at: Annotated[str, Field(description="Where a browser goes to sign in.")]
    refused: Annotated[str | None, Field(description="The sentence for what was asked about.")]


@router.get("")
def get_provider(
    request: Request,
    refused: Annotated[str, Query(description="As the login page has it in its address.")] = "",
) -> ProviderShown | None:
    """With whom people can sign in; nothing where an admin has named nobody."""
    sign_in = state_of(request).sign_in
    if sign_in is None:
        return None
    name = sign_in.settings.name
    return ProviderShown(name=name, begins_at=sign_in.begins_at, refused=words(refused, name))


@router.get("/begin", status_code=303, response_class=RedirectResponse)
async def begin(
    request: Request,
    path: Annotated[str, Query(alias="next", description="The page to end on.")] = "/",
) -> RedirectResponse:
    """To the provider, which asks who one is."""
    sign_in = _sign_in(request)
    try:
        address, kept = await sign_in.begin(path)
    except SignInError as error:
        return _refused(error, own_path(path))
    answer = _to(address)
    answer.set_cookie(
        PENDING,
        kept,
        max_age=round(LASTS_S),
        httponly=True,
        # It is another site that sends the browser back: `strict` would hide it.
        samesite="lax",
        secure=sign_in.is_secure,
        path=PLACE,
    )
    return answer


@router.get("/return", status_code=303, response_class=RedirectResponse)
async def come_back(
    request: Request, code: str = "", state: str = "", error: str = "", iss: str = ""
) -> RedirectResponse:
    """From the provider: the session begins here."""
    sign_in, shared = _sign_in(request), state_of(request)
    pending = sign_in.begun(request.cookies.get(PENDING, ""))
    path = pending.path if pending else "/"
    try:
        _slow_down(shared, request)
        told = Answer(code=code, state=state, error=error, issuer=iss)
        person = await sign_in.finish(pending, told)
        token = await run_in_threadpool(_let_in, shared, sign_in, person)
    except SignInError as refusal:
        if refusal.reason in GUESSES:
            shared.gate.wrong.take(address_of(request.scope))
        answer = _refused(refusal, path)
    else:
        answer = _to(path)
        keep_cookie(request, answer, token)
    answer.delete_cookie(PENDING, path=PLACE)
    return answer


@router.get("/end", status_code=303, response_class=RedirectResponse)
async def end(request: Request) -> RedirectResponse:
    """Log out at the provider too, where that is wanted; one's session here has ended before."""
    try:
        return _to(await _sign_in(request).ends_at())
    except SignInError:
        return _to("/")


def _sign_in(request: Request) -> SignIn:
    sign_in = state_of(request).sign_in
    if sign_in is None:
        raise ProblemError("not-found", "no provider of identities is configured: oidc.issuer")
    return sign_in


def _slow_down(state: State, request: Request) -> None:
    if state.gate.wrong.wait(address_of(request.scope)):
        raise SignInError("slow", "too many wrong tries from this address")


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303, headers=_ASIDE)


def _refused(error: SignInError, path: str) -> RedirectResponse:
    _log.warning("not signed in", reason=error.reason, detail=error.detail)
    return _to(with_query(path, refused=error.reason))


def _let_in(state: State, sign_in: SignIn, person: Person) -> str:
    """A session for who is a member, or becomes one; its token."""
    member = state.members.get(person.email) or _made(state, sign_in, person)
    if member is None or member.disabled_at is not None:
        raise SignInError("unknown", "no member has this address, or they are kept out")
    session, token = state.sessions.of_member(member, by_provider=True)
    note(state, session, "session.begin", session.name, {"by": sign_in.settings.issuer})
    return token


def _made(state: State, sign_in: SignIn, person: Person) -> Member | None:
    if person.role is None:
        return None
    settings = sign_in.settings
    told = {"role": person.role, "by": settings.issuer}
    note(state, _as_key(sign_in), "member.add", person.email, told)
    try:
        return state.members.add(
            person.email, None, role=person.role, name=person.name, tenant=settings.tenant
        )
    except InputError:
        # In another tab, a moment ago.
        return state.members.get(person.email)


def _as_key(sign_in: SignIn) -> Key:
    """As the audit names who let them in."""
    settings = sign_in.settings
    return Key(
        id="oidc",
        name=settings.name,
        role="admin",
        tenant=settings.tenant,
        secret_hash="",
        created_at=0.0,
    )
