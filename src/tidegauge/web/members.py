"""People who may log in, known by their mail address: with a password of theirs, or by a provider.

Of a password only its argon2id hash is kept.
"""

import re
import secrets
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error

from tidegauge.errors import InputError
from tidegauge.web.keys import Role, check_tenant
from tidegauge.web.whole_file import WholeFile

MemberRole = Literal["viewer", "editor", "admin"]
ROLES: Final[dict[MemberRole, Role]] = {"viewer": "read", "editor": "write", "admin": "admin"}
_ADDRESS: Final = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")
_SHORTEST, _LONGEST = 12, 256
_hasher = PasswordHasher()
_NOBODY: Final = _hasher.hash(secrets.token_urlsafe(16))
"""What the password of somebody who is not there is compared with: it takes as long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    id: str
    """The address, in lower case."""
    name: str
    role: MemberRole
    tenant: str = "default"
    password_hash: str = field(repr=False)
    """Empty for who comes by the provider of identities only."""
    created_at: float
    disabled_at: float | None = None
    pii: bool = False


class Members:
    def __init__(self, directory: Path) -> None:
        self._file = WholeFile(directory / "members.json", lambda told: Member(**told), asdict)

    def all(self, tenant: str | None = None) -> list[Member]:
        found = (each for each in self._file.at().values() if tenant in (None, each.tenant))
        return sorted(found, key=lambda each: each.id)

    def add(
        self,
        address: str,
        password: str | None,
        *,
        role: MemberRole,
        name: str = "",
        tenant: str = "default",
        pii: bool = False,
    ) -> Member:
        identity = address.strip().lower()
        if not _ADDRESS.fullmatch(identity):
            raise InputError(f"{address!r} is not a mail address")
        check_tenant(tenant)
        new = Member(
            id=identity,
            name=_named(name),
            role=_checked(role),
            tenant=tenant,
            password_hash="" if password is None else _hashed(password),
            created_at=time.time(),
            pii=pii,
        )
        with self._file.changing() as members:
            if identity in members:
                raise InputError(f"{identity} is a member already")
            members[identity] = new
        return new

    def change(self, identity: str, tenant: str, **changes: Any) -> Member:  # noqa: ANN401 - by name
        """`name`, `role`, `pii`, `password` and `disabled`, as far as they are told."""
        told = {name: value for name, value in changes.items() if name in {"name", "role", "pii"}}
        if "name" in told:
            told["name"] = _named(told["name"])
        if "role" in told:
            _checked(told["role"])
        if changes.get("password") is not None:
            told["password_hash"] = _hashed(changes["password"])
        if "disabled" in changes:
            told["disabled_at"] = time.time() if changes["disabled"] else None
        with self._file.changing() as members:
            members[identity] = changed = replace(_there(members, identity, tenant), **told)
        return changed

    def remove(self, identity: str, tenant: str) -> None:
        with self._file.changing() as members:
            _there(members, identity, tenant)
            del members[identity]

    def get(self, identity: str) -> Member | None:
        return self._file.at().get(identity.strip().lower())

    def login(self, address: str, password: str) -> Member | None:
        """None whatever is wrong, and after as long."""
        member = self.get(address)
        known = (member.password_hash if member else "") or _NOBODY
        try:
            _hasher.verify(known, password[:_LONGEST])
        except Argon2Error:
            return None
        is_in = member is not None and member.password_hash and member.disabled_at is None
        return member if is_in else None


def _there(members: dict[str, Member], identity: str, tenant: str) -> Member:
    found = members.get(identity.strip().lower())
    if found is None or found.tenant != tenant:
        raise InputError(f"no member {identity!r}; 'tidegauge members list' shows them")
    return found


def _checked(role: MemberRole) -> MemberRole:
    if role not in ROLES:
        raise InputError(f"no role {role!r}; the roles are {', '.join(ROLES)}")
    return role


def _named(name: str) -> str:
    if len(name) > 128 or not (name.isprintable() or not name):
        raise InputError("a name is at most 128 printable characters")
    return name


def _hashed(password: str) -> str:
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise InputError(f"a password has {_SHORTEST} to {_LONGEST} characters")
    return _hasher.hash(password)
