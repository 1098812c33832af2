"""Which addresses are used: a provider's over https, and those pages of ours that a login ends on.

>>> is_safe("https://login.example.org/x"), is_safe("http://login.example.org/x")
(True, False)
>>> is_safe("http://127.0.0.1:8080/x"), is_safe("https://user@example.org/")
(True, False)
>>> own_path("/models/m?range=7d"), own_path("//evil.example"), own_path("https://evil.example")
('/models/m?range=7d', '/', '/')
"""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

_LONGEST: Final = 1500
# Browsers read a backslash as a slash, and leave out tabs and ends of lines.
_OWN: Final = re.compile(r"/(?!/)[\x21-\x5b\x5d-\x7e]*")


def is_safe(address: str) -> bool:
    """Whether it is https, or of this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment or not address.isascii():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def own_path(told: str) -> str:
    """The page that is asked for, or the first one where that is no page of ours."""
    if len(told) > _LONGEST or not _OWN.fullmatch(told) or told.startswith("/api/"):
        return "/"
    return told


def with_query(address: str, **more: str) -> str:
    """
    >>> with_query("/models?range=7d#x", refused="stale")
    '/models?range=7d&refused=stale#x'
    """
    parts: SplitResult = urlsplit(address)
    query = "&".join(filter(None, (parts.query, urlencode(more))))
    return urlunsplit(parts._replace(query=query))
