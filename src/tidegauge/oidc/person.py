"""Who somebody is, read from what the provider says; and what they become as a new member."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tidegauge.oidc.errors import SignInError
from tidegauge.oidc.settings import MemberRole, Settings

_PAIR: Final = frozenset({"email", "email_verified"})
_DOWN: Final[tuple[MemberRole, ...]] = ("admin", "editor", "viewer")
# Of ASCII only: some other letters become one of its in lower case, and so another's address.
_ADDRESS: Final = re.compile(r"[\x21-\x3f\x41-\x7e]{1,64}@[\x21-\x3f\x41-\x7e]{1,190}")


@dataclass(frozen=True, kw_only=True)
class Person:
    email: str
    """Verified, in lower case."""
    name: str
    role: MemberRole | None
    """As a new member; None is who has to be made one by an admin."""


def person_of(claims: Mapping[str, Any], settings: Settings) -> Person:
    """SignInError `unverified` without an address that is certainly theirs."""
    email = claims.get("email")
    if not isinstance(email, str) or not _ADDRESS.fullmatch(email):
        raise SignInError("unverified", "the provider tells no mail address")
    verified = claims.get("email_verified", settings.trust_addresses)
    if verified is not True:
        raise SignInError("unverified", "the provider does not say that the address is verified")
    email = email.lower()
    return Person(email=email, name=_name(claims.get("name")), role=_role(email, claims, settings))


def joined(signed: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What was signed holds over what userinfo told; an address and what is said of it stay one.

    >>> joined({"sub": "1", "email": "a@x"}, {"email": "b@x", "email_verified": True})
    {'email': 'b@x', 'email_verified': True, 'sub': '1'}
    """
    if not signed.keys() >= _PAIR and "email" in told:
        signed = {name: value for name, value in signed.items() if name not in _PAIR}
    else:
        told = {name: value for name, value in told.items() if name not in _PAIR}
    return {**told, **signed}


def _name(told: object) -> str:
    return told if isinstance(told, str) and len(told) <= 128 and told.isprintable() else ""


def _role(email: str, claims: Mapping[str, Any], settings: Settings) -> MemberRole | None:
    """The highest of their groups'."""
    if email.rpartition("@")[2] not in settings.domains:
        return None
    told: object = claims.get(settings.groups_claim)
    groups: Iterable[object] = told if isinstance(told, list) else [told]
    found = {
        settings.roles[each] for each in groups if isinstance(each, str) and each in settings.roles
    }
    for each in _DOWN:
        if each in found:
            return each
    return settings.default_role
