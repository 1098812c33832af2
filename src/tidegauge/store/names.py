"""Names of files in the store.  We make them, of numbers and words of ours: never of a request.

>>> new_name("predictions", 17, 1_795_000_000_000_000)
'predictions/000017/2026-11-18/....parquet'
"""

import re
import secrets
import time
from datetime import UTC, datetime
from typing import Final

from tidegauge.errors import InputError

_NAME: Final = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*(\.[a-z0-9]+)?")


def new_name(kind: str, model: int, at: int) -> str:
    """A name that no other file has, in the folder of its kind, model and day."""
    day = datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%d")
    return checked(f"{kind}/{model:06}/{day}/{_unique()}.parquet")


def checked(name: str) -> str:
    """A name, where it is one of ours: no way out of the store, nothing hidden."""
    if _NAME.fullmatch(name) is None:
        raise InputError(
            f"{name!r} cannot name a file of the store: take lower-case letters, digits, '_' and"
            " '-', folders divided by '/', and one ending"
        )
    return name


def _unique() -> str:
    """A UUID of version 7: the time in milliseconds, then 74 random bits."""
    bits = (time.time_ns() // 1_000_000) << 80 | 7 << 76 | secrets.randbits(76)
    bits = bits & ~(3 << 62) | 2 << 62
    text = f"{bits:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
