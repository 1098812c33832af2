"""Names that never meet: of incidents and notices in the order of time, of conditions by what
they are."""

import hashlib
import secrets
import threading
import uuid
from typing import Final

_RANDOM: Final = 42
_COUNT: Final = (1 << 62 - _RANDOM) - 1
_lock: Final = threading.Lock()
_last = (0, 0)


def new_id(at: int) -> str:
    """A UUID of version 7 (RFC 9562), in the order of the microseconds that it was made at and, of
    those of one process, in the order in which they were made: notices are sent in it."""
    global _last  # noqa: PLW0603 - there is one order
    with _lock:
        number = _last[1] + 1 if _last[0] == at else 0
        _last = at, number
    millis, micros = divmod(at, 1000)
    value = (millis & (1 << 48) - 1) << 80 | 7 << 76
    value |= (micros * 4096 // 1000) << 64 | 0b10 << 62
    value |= min(number, _COUNT) << _RANDOM | secrets.randbits(_RANDOM)
    return str(uuid.UUID(int=value))


def key_of(*parts: str) -> str:
    """Of a condition or a group: the same parts give the same key, on every machine."""
    text = "\x1f".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
