"""A sequential detector as bytes: a mark, a checksum, then JSON, which keeps a float's bits."""

import json
from typing import Any
from zlib import crc32

from tidegauge.errors import UnreadableError

_MAGIC = b"TGD1"
_START = len(_MAGIC) + 4


def pack(values: dict[str, Any]) -> bytes:
    body = json.dumps(values, separators=(",", ":")).encode()
    return _MAGIC + crc32(body).to_bytes(4, "little") + body


def unpack(data: bytes) -> dict[str, Any]:
    if data[: len(_MAGIC)] != _MAGIC:
        raise UnreadableError("these bytes are not a sequential detector")
    body = data[_START:]
    if crc32(body).to_bytes(4, "little") != data[len(_MAGIC) : _START]:
        raise UnreadableError("this sequential detector is damaged: start again")
    return json.loads(body)
