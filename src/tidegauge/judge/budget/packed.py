"""Named arrays and a few values as bytes, that are read again without a copy."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tidegauge.errors import UnreadableError

_MAGIC = b"TGR1"
_ALIGNED = 8

Array = np.ndarray[Any, Any]


def pack(values: Mapping[str, object], arrays: Mapping[str, Array]) -> bytes:
    shapes = {name: (array.dtype.str, array.shape) for name, array in arrays.items()}
    head = json.dumps({"values": values, "arrays": shapes}, separators=(",", ":")).encode()
    head += b" " * (-(len(head) + 8) % _ALIGNED)
    parts = [_MAGIC, len(head).to_bytes(4, "little"), head]
    for array in arrays.values():
        body = array.tobytes()
        parts.append(body + bytes(-len(body) % _ALIGNED))
    return b"".join(parts)


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    if data[:4] != _MAGIC:
        raise UnreadableError("these bytes are not a decision rule")
    try:
        at = 8 + int.from_bytes(data[4:8], "little")
        head = json.loads(data[8:at])
        arrays: dict[str, Array] = {}
        for name, (kind, shape) in head["arrays"].items():
            count = math.prod(shape)
            arrays[name] = np.frombuffer(data, kind, count, at).reshape(shape)
            size = count * np.dtype(kind).itemsize
            at += size + -size % _ALIGNED
        return head["values"], arrays
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError(f"this decision rule is damaged: {error}") from error
