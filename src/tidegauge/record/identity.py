"""Ids that are made here: UUIDv7 (RFC 9562), which sort by time and collide with nothing.

They are made in the caller's thread of the client, so they cost no system call: the random bits
come from a generator of this process, seeded by the system, and again in a forked child.
"""

import os
import random
import time

_bits = random.Random(os.urandom(32))  # noqa: S311 - ids, not secrets
_LOW = (1 << 62) - 1


def new_id() -> str:
    low = _bits.getrandbits(74)
    # 48 bits of milliseconds, version 7, 12 random bits, variant 2, 62 random bits.
    high = (time.time_ns() // 1_000_000 << 16) | 0x7000 | (low >> 62)
    text = f"{(high << 64) | (2 << 62) | (low & _LOW):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _reseed() -> None:
    _bits.seed(os.urandom(32))


os.register_at_fork(after_in_child=_reseed)
