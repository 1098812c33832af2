"""A login that has been begun: kept by the browser that began it, signed, for ten minutes.

So the server holds nothing for who never comes back, and an answer of the provider is good in that
browser only, and once.
"""

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from typing import Final

import orjson

LASTS_S: Final = 600.0
_MOST_SPENT: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Pending:
    path: str
    at: float
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    @property
    def challenge(self) -> str:
        """Of PKCE: S256."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())


class Seal:
    """One server holds a data directory, so its key need not outlast it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._spent: OrderedDict[str, float] = OrderedDict()

    def sealed(self, pending: Pending) -> str:
        body = _text(orjson.dumps(asdict(pending)))
        return f"{body}.{self._sign(body)}"

    def opened(self, cookie: str, now: float) -> Pending | None:
        """None for what is not ours or too old."""
        body, _, signature = cookie.partition(".")
        signed = self._sign(body)
        if not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), signed.encode()):
            return None
        found = Pending(**orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
        return found if 0 <= now - found.at <= LASTS_S else None

    def spend(self, pending: Pending) -> bool:
        """Whether this is the first time."""
        if pending.state in self._spent:
            return False
        self._spent[pending.state] = pending.at
        while len(self._spent) > _MOST_SPENT:
            self._spent.popitem(last=False)
        return True

    def _sign(self, body: str) -> str:
        told = body.encode("utf-8", "surrogatepass")
        return _text(hmac.new(self._key, told, hashlib.sha256).digest())


def _text(binary: bytes) -> str:
    return base64.urlsafe_b64encode(binary).decode().rstrip("=")
