"""Which addresses a channel may reach: the public ones, and what the operator allows.

A channel's URL is written by a user, and the server stands where the user may not: a URL of the
inside would make it a tunnel.  So a URL is read by a grammar that has one meaning for each text,
every address that its name has is checked, and the connection goes to a checked address, never to
what the name says a moment later.

>>> checked_url("https://hooks.example.com/services/x?y", Reach()).host
'hooks.example.com'
>>> is_public("93.184.216.34"), is_public("::ffff:10.0.0.1"), is_public("64:ff9b::a00:1")
(True, False, False)
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from tidegauge.errors import InputError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Iterable[str]]]

_LONGEST: Final = 2048
_URL: Final = re.compile(r"(https?)://([^/?#]*)(/[^?#]*)?(\?[^#]*)?", re.IGNORECASE)
# Readers of URLs disagree about these, and about bytes that are not ASCII.
_UNCLEAR: Final = re.compile(r'[^\x21-\x7e]|[\\"<>^`{|}]|%(?![2-9a-f][0-9a-f])|%7f', re.IGNORECASE)
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
# Names that mean something else on each machine or network.
_INSIDE: Final = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}
    | {"arpa", "test", "invalid", "onion"}
)

# Written out, since what `ipaddress` calls global has changed between versions of Python.
_NOT_PUBLIC: Final[tuple[Network, ...]] = (
    *map(ip_network, ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8")),
    *map(ip_network, ("169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")),
    *map(ip_network, ("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15")),
    *map(ip_network, ("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")),
    # Where a cloud's machines ask who they are, though the address looks public.
    ip_network("168.63.129.16/32"),
    # Of 2000::/3: assignments of the IETF with Teredo, documentation, 6to4.
    *map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")),
)
_NEVER: Final[tuple[Network, ...]] = (
    *map(ip_network, ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")),
    ip_network("168.63.129.16/32"),
    *map(ip_network, ("::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128")),
)
_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")


class UnsafeUrlError(InputError):
    """A URL that no channel may have here; the message never repeats it."""


async def by_system(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What the operator allows beside public addresses, https and the usual ports."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    """By name, in small letters: these may be private, of one label, or not in ASCII's names."""
    allow_http: bool = False
    ports: frozenset[int] = frozenset({80, 443})
    mail_ports: frozenset[int] = frozenset({25, 465, 587, 2525})
    tls: ssl.SSLContext | None = None
    """With the operator's own authorities; None is the usual ones."""
    resolve: Resolver = field(default=by_system, compare=False)


@dataclass(frozen=True, kw_only=True)
class Target:
    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    """With the query: it may be the secret."""


def checked_url(text: str, reach: Reach) -> Target:
    """What a URL means; UnsafeUrlError when that is unclear or out of reach."""
    if len(text) > _LONGEST:
        raise UnsafeUrlError(f"the URL is longer than {_LONGEST:,} characters")
    found = _URL.fullmatch(text)
    if found is None:
        raise UnsafeUrlError("https required: a whole URL without a fragment, https://host/path")
    if _UNCLEAR.search(text):
        raise UnsafeUrlError("the URL has a character that is read in two ways; write it as %XX")
    scheme = found[1].lower()
    if scheme == "http" and not reach.allow_http:
        raise UnsafeUrlError("https required; the operator can allow http")
    host, port = _split(found[2], 443 if scheme == "https" else 80)
    if port not in reach.ports:
        allowed = ", ".join(map(str, sorted(reach.ports)))
        raise UnsafeUrlError(f"port {port} is not allowed, only {allowed}")
    host = checked_host(host, reach)
    return Target(scheme=scheme, host=host, port=port, path=(found[3] or "/") + (found[4] or ""))


def _split(authority: str, usual: int) -> tuple[str, int]:
    if "@" in authority:
        raise UnsafeUrlError("a user name in a URL is not allowed; send a header")
    if "%" in authority:
        raise UnsafeUrlError("the host has a % in it")
    host, colon, port = authority, "", ""
    if not authority.endswith("]"):
        host, colon, port = authority.rpartition(":")
        if not colon:
            host = authority
    if colon and (not _PORT.fullmatch(port) or int(port) > 65535):
        raise UnsafeUrlError("the port is no number from 1 to 65535")
    if host.startswith("[") and host.endswith("]"):
        try:
            host = str(IPv6Address(host[1:-1]))
        except ValueError:
            raise UnsafeUrlError("in the brackets is no IPv6 address") from None
    elif ":" in host:
        raise UnsafeUrlError("an IPv6 address needs brackets")
    return host, int(port) if colon else usual


def checked_host(host: str, reach: Reach) -> str:
    """A name or an address in its one form; UnsafeUrlError when it may not be reached."""
    host = host.lower()
    if (literal := _literal(host)) is not None:
        if not may_reach(literal, reach):
            raise UnsafeUrlError(f"{host} is not a public address; the operator can allow it")
        return host
    if host in reach.hosts:
        return host
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise UnsafeUrlError("the host is no name of letters, digits, dashes and single dots")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        raise UnsafeUrlError("write the address as four numbers from 0 to 255")
    if any(label.startswith("xn--") for label in labels):
        raise UnsafeUrlError(f"{host} may look like another name; the operator can allow it")
    if len(labels) < 2 or labels[-1] in _INSIDE:
        raise UnsafeUrlError(f"{host} is not a public name; the operator can allow it")
    return host


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_public(address: str | Address) -> bool:
    """Whatever carries another address inside is that address."""
    given = ip_address(address)
    if isinstance(given, IPv6Address):
        if given.scope_id is not None:
            return False
        if given.ipv4_mapped is not None:
            return is_public(given.ipv4_mapped)
        if given in _NAT64:
            return is_public(IPv4Address(int(given) & 0xFFFF_FFFF))
        if given not in _UNICAST:
            return False
    return not _within(given, _NOT_PUBLIC)


def may_reach(address: Address, reach: Reach, host: str = "") -> bool:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if is_public(address) or _within(address, reach.networks):
        return True
    # A name that the operator trusts is trusted with the inside, not with who the machine is.
    return host in reach.hosts and not _within(address, _NEVER)


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == each.version and address in each for each in networks)


async def addresses_of(host: str, port: int, reach: Reach) -> list[str]:
    """Looked up once; UnsafeUrlError when one is out of reach, OSError when there is none."""
    literal = _literal(host)
    told = [host] if literal is not None else await reach.resolve(host, port)
    found = list(dict.fromkeys(told))
    for each in found:
        if not may_reach(ip_address(each), reach, host):
            raise UnsafeUrlError(f"{host} has an address that is not public")
    if not found:
        raise OSError(f"{host} has no address")
    return found
