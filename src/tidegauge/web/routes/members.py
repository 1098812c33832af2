"""Members: the people of a tenant who may log in.  For its admins."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, SecretStr

from tidegauge.errors import InputError
from tidegauge.ingest.problem import ProblemError
from tidegauge.web.keys import Key
from tidegauge.web.members import Member
from tidegauge.web.routes.asked import Admin, Closed, moment, moment_or_none
from tidegauge.web.routes.noted import note
from tidegauge.web.sessions import Session
from tidegauge.web.state import State, state_of

router = APIRouter(prefix="/api/v1/members", tags=["members"])
MemberRole = Literal["viewer", "editor", "admin"]
Password = Annotated[SecretStr, Field(min_length=12, max_length=256)]
Name = Annotated[str, Field(max_length=128)]


class MemberShown(BaseModel):
    email: str
    name: str
    role: MemberRole
    pii: Annotated[bool, Field(description="May see fields that hold personal data.")]
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, member: Member) -> Self:
        disabled = member.disabled_at
        return cls(
            email=member.id,
            name=member.name,
            role=member.role,
            pii=member.pii,
            created_at=moment(round(member.created_at * 1e6)),
            disabled_at=moment_or_none(None if disabled is None else round(disabled * 1e6)),
        )


class MemberWanted(Closed):
    email: Annotated[str, Field(max_length=256)]
    password: Annotated[
        Password | None, Field(description="None: they come by the provider of identities only.")
    ] = None
    role: MemberRole = "viewer"
    name: Name = ""
    pii: bool = False


class MemberChange(Closed):
    """What is not named stays as it is."""

    role: MemberRole = "viewer"
    name: Name = ""
    pii: bool = False
    password: Password | None = None
    disabled: bool = False


@router.get("")
def list_members(request: Request, admin: Admin) -> list[MemberShown]:
    return [MemberShown.of(each) for each in state_of(request).members.all(admin.tenant)]


@router.post("", status_code=201)
def add_member(wanted: MemberWanted, request: Request, admin: Admin) -> MemberShown:
    """Somebody who may log in: with this password, which they can change, or by the provider."""
    state = state_of(request)
    if state.members.get(wanted.email) is not None:
        raise ProblemError("state-conflict", "there is a member with this address")
    note(state, admin, "member.add", wanted.email, {"role": wanted.role})
    return _fit(
        lambda: state.members.add(
            wanted.email,
            wanted.password.get_secret_value() if wanted.password else None,
            role=wanted.role,
            name=wanted.name,
            tenant=admin.tenant,
            pii=wanted.pii,
        )
    )


@router.patch("/{email}")
def change_member(email: str, wanted: MemberChange, request: Request, admin: Admin) -> MemberShown:
    """What they may do holds at once, in sessions that go on too; another password ends these."""
    state = state_of(request)
    found = _there(state, admin, email)
    told = wanted.model_dump(exclude_unset=True)
    if _is_self(admin, found) and (told.get("disabled") or told.get("role", "admin") != "admin"):
        raise ProblemError("state-conflict", "another admin can take this away from you")
    seen = {name: value for name, value in told.items() if name != "password"}
    note(state, admin, "member.change", found.id, seen)
    if wanted.password is not None:
        told["password"] = wanted.password.get_secret_value()
    changed = _fit(lambda: state.members.change(found.id, admin.tenant, **told))
    if wanted.password is not None or wanted.disabled:
        state.sessions.end_all(lambda each: each.member == found.id and each.id != admin.id)
    return changed


@router.delete("/{email}", status_code=204)
def remove_member(email: str, request: Request, admin: Admin) -> None:
    state = state_of(request)
    found = _there(state, admin, email)
    if _is_self(admin, found):
        raise ProblemError("state-conflict", "another admin can remove you")
    note(state, admin, "member.remove", found.id)
    state.members.remove(found.id, admin.tenant)
    state.sessions.end_all(lambda each: each.member == found.id)


def _there(state: State, admin: Key, email: str) -> Member:
    found = state.members.get(email)
    if found is None or found.tenant != admin.tenant:
        raise ProblemError("not-found", "there is no such member")
    return found


def _is_self(admin: Key, found: Member) -> bool:
    return isinstance(admin, Session) and admin.member == found.id


def _fit(change: Callable[[], Member]) -> MemberShown:
    try:
        return MemberShown.of(change())
    except InputError as error:
        raise ProblemError("invalid-request", str(error)) from None
