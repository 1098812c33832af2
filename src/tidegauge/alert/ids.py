"""Names that never meet: of incidents and notices in the order of time, of conditions by what
they are."""

import hashlib
import secrets
import uuid


def new_id(at: int) -> str:
    """A UUID of version 7 (RFC 9562): in the order of the microseconds that it was made at."""
    millis, micros = divmod(at, 1000)
    value = (millis & (1 << 48) - 1) << 80 | 7 << 76
    # Twelve bits that go on counting within the millisecond.
    value |= (micros * 4096 // 1000) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def key_of(*parts: str) -> str:
    """Of a condition or a group: the same parts give the same key, on every machine."""
    text = "\x1f".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
