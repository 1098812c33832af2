"""Addresses of mail, as channels take them: one bare address, without a name, group or quotes.

>>> checked_address("on-call@example.com")
'on-call@example.com'
"""

import re
from typing import Final

_ATOM: Final = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL: Final = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN: Final = re.compile(rf"({_LABEL}\.)+(?=[a-z])({_LABEL})", re.IGNORECASE)


def checked_address(text: str) -> str:
    """ValueError says what is wrong, without the text."""
    local, at, domain = text.rpartition("@")
    if not at:
        raise ValueError("an address has an @")
    if len(text) > 254 or len(local.encode()) > 64:
        raise ValueError("an address has at most 254 characters, 64 of them before the @")
    if not _LOCAL.fullmatch(local):
        raise ValueError("write the bare address, without a name, a group or quotes")
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("after the @ comes a domain such as example.com; another script as xn--")
    return f"{local}@{domain.lower()}"
