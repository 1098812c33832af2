"""API keys: made here, shown once, kept as hashes.

A key is `tg_<id>_<secret>`.  The id finds it, the secret (256 bits) proves it; of the secret only
its SHA-256 is kept, which for random bits needs no salt and no stretching.
"""

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from tidegauge.errors import InputError, TidegaugeError
from tidegauge.web.whole_file import WholeFile

Role = Literal["ingest", "read", "write", "admin"]
ROLES: Final[tuple[Role, ...]] = ("ingest", "read", "write", "admin")
# What each role may do: `write` changes monitors and sends data, `admin` also makes keys.
_MAY: Final[dict[Role, frozenset[Role]]] = {
    "ingest": frozenset({"ingest"}),
    "read": frozenset({"read"}),
    "write": frozenset({"ingest", "read", "write"}),
    "admin": frozenset(ROLES),
}
_TOKEN: Final = re.compile(r"tg_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
_TENANT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NO_KEY: Final = hashlib.sha256(b"no such key").hexdigest()


class BadKeyError(TidegaugeError):
    """A key is not good: `slug` says why."""

    def __init__(self, slug: str, message: str) -> None:
        super().__init__(message)
        self.slug = slug


class LastAdminError(TidegaugeError):
    """Nobody could make keys any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    id: str
    name: str
    role: Role
    tenant: str = "default"
    secret_hash: str = field(repr=False)
    created_at: float
    starts_at: float = 0.0
    expires_at: float | None = None
    revoked_at: float | None = None
    # Records a second.
    rate: float | None = None
    # Whether it may see fields that hold personal data.
    pii: bool = False

    def may(self, role: Role) -> bool:
        return role in _MAY[self.role]


class Keys:
    """The keys of one data directory."""

    def __init__(self, directory: Path) -> None:
        self._file = WholeFile(directory / "keys.json", lambda told: Key(**told), asdict)

    def all(self) -> list[Key]:
        return sorted(self._file.at().values(), key=lambda key: key.created_at)

    def create(
        self,
        *,
        name: str,
        role: Role,
        tenant: str = "default",
        lasts_s: float | None = None,
        rate: float | None = None,
        pii: bool = False,
    ) -> tuple[Key, str]:
        """A new key, and its token, which nobody can show again."""
        if role not in ROLES:
            raise InputError(f"no role {role!r}; the roles are {', '.join(ROLES)}")
        check_tenant(tenant)
        if not name or len(name) > 128 or not name.isprintable():
            raise InputError("a key needs a name of 1-128 printable characters")
        key, token = new_key(
            name=name, role=role, tenant=tenant, lasts_s=lasts_s, rate=rate, pii=pii
        )
        with self._file.changing() as keys:
            keys[key.id] = key
        return key, token

    def revoke(self, identity: str) -> Key:
        """It is refused from now on: on every server of this directory within a second."""
        with self._file.changing() as keys:
            key = keys.get(identity)
            if key is None:
                raise InputError(f"no key {identity!r}; 'tidegauge keys list' shows them")
            admins = [
                each
                for each in keys.values()
                if each.role == "admin" and each.revoked_at is None and each.tenant == key.tenant
            ]
            if admins == [key]:
                raise LastAdminError("this is the last admin key: make another one first")
            if key.revoked_at is None:
                key = replace(key, revoked_at=time.time())
                keys[identity] = key
        return key

    def check(self, token: str, now: float) -> Key:
        """The key of a token, or why it is not good; that is told to its owner only."""
        return key_of(self._file.at(now), token, now)

    def check_again(self, identity: str, now: float) -> None:
        """Whether one that was good is so still."""
        held = self._file.at(now).get(identity)
        if held is None:
            raise BadKeyError("unauthenticated", "the key is there no more")
        refuse_ended(held, now)


def new_key(
    *,
    name: str,
    role: Role,
    tenant: str,
    lasts_s: float | None,
    rate: float | None = None,
    pii: bool = False,
) -> tuple[Key, str]:
    identity = base64.b32encode(secrets.token_bytes(8)).decode()[:12].lower()
    secret = secrets.token_urlsafe(32)
    now = time.time()
    key = Key(
        id=identity,
        name=name,
        role=role,
        tenant=tenant,
        secret_hash=_hash(secret),
        created_at=now,
        expires_at=None if lasts_s is None else now + lasts_s,
        rate=rate,
        pii=pii,
    )
    return key, f"tg_{identity}_{secret}"


def key_of(keys: Mapping[str, Key], token: str, now: float) -> Key:
    found = _TOKEN.fullmatch(token)
    key = keys.get(found[1]) if found else None
    # An unknown id takes the way of a wrong secret, so that its time tells nothing.
    known = key.secret_hash if key else _NO_KEY
    is_right = hmac.compare_digest(_hash(found[2] if found else token), known)
    if key is None or not is_right or now < key.starts_at:
        raise BadKeyError("unauthenticated", "the key is not known")
    refuse_ended(key, now)
    return key


def refuse_ended(key: Key, now: float) -> None:
    if key.revoked_at is not None:
        raise BadKeyError("key-revoked", f"the key {key.name!r} is revoked")
    if key.expires_at is not None and now >= key.expires_at:
        raise BadKeyError("key-expired", f"the key {key.name!r} has expired")


def check_tenant(tenant: str) -> None:
    if not _TENANT.fullmatch(tenant):
        raise InputError("a tenant is 1-63 lower-case letters, digits and '-'")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
