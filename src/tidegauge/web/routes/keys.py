"""API keys: see, make, revoke.  For admins, of their own tenant."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from tidegauge.errors import InputError
from tidegauge.ingest.problem import ProblemError
from tidegauge.web.keys import Key, LastAdminError, Role
from tidegauge.web.routes.noted import note
from tidegauge.web.state import Needs, state_of

router = APIRouter(prefix="/api/v1/keys", tags=["keys"])
Admin = Annotated[Key, Depends(Needs("admin"))]


class KeyShown(BaseModel):
    id: str
    name: str
    role: Role
    tenant: str
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    rate: float | None
    pii: bool

    @classmethod
    def of(cls, key: Key) -> Self:
        return cls(**{name: getattr(key, name) for name in cls.model_fields})


class KeyMade(KeyShown):
    token: Annotated[str, Field(description="Shown this once.")]


class KeyWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=128)]
    role: Role
    lasts_days: Annotated[float | None, Field(gt=0, le=3650, allow_inf_nan=False)] = None
    rate: Annotated[
        float | None, Field(gt=0, le=1e9, allow_inf_nan=False, description="Records a second.")
    ] = None
    pii: bool = False


@router.get("")
def list_keys(request: Request, admin: Admin) -> list[KeyShown]:
    """The keys of the tenant, without their secrets."""
    keys = state_of(request).keys.all()
    return [KeyShown.of(key) for key in keys if key.tenant == admin.tenant]


@router.post("", status_code=201)
def make_key(wanted: KeyWanted, request: Request, admin: Admin) -> KeyMade:
    """A new key; its token is in this answer and nowhere else."""
    note(state_of(request), admin, "key.make", wanted.name, {"role": wanted.role})
    try:
        key, token = state_of(request).keys.create(
            name=wanted.name,
            role=wanted.role,
            tenant=admin.tenant,
            lasts_s=None if wanted.lasts_days is None else wanted.lasts_days * 86_400,
            rate=wanted.rate,
            pii=wanted.pii,
        )
    except InputError as error:
        raise ProblemError("invalid-request", str(error)) from None
    return KeyMade(token=token, **KeyShown.of(key).model_dump())


@router.delete("/{key_id}")
def revoke_key(key_id: str, request: Request, admin: Admin) -> KeyShown:
    """Refuse the key from now on."""
    keys = state_of(request).keys
    if not any(key.id == key_id and key.tenant == admin.tenant for key in keys.all()):
        raise ProblemError("not-found", "there is no such key")
    note(state_of(request), admin, "key.revoke", key_id)
    try:
        return KeyShown.of(keys.revoke(key_id))
    except LastAdminError as error:
        raise ProblemError("state-conflict", str(error)) from None
