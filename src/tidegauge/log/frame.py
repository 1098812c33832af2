"""Frames: what the log is made of.  One frame holds one batch, or the log's own notes.

    magic 4, version 1, kind 1, 0 2, head 4, body 4, stamp 8, segment 8, offset 8, two checksums
    head: a note's JSON, or what a batch is without its bodies
    body: the pieces' bodies, one after another; zeros up to the next multiple of 8

A frame says which log (`stamp`), segment and offset it was written for.  So what an earlier use
of the file has left is never taken for new, nor a frame that a sender hid in a body: the stamp
is random and known only here.  The header has a checksum of its own, so a frame with a damaged
body can be stepped over, and frames lie at multiples of 8, so the next one can be searched for
when a header is damaged.
"""

import json
import struct
import zlib
from typing import Any, Final, NamedTuple, cast

from tidegauge.errors import InputError
from tidegauge.log.batch import Batch, Clock, Piece

MAGIC: Final = b"TGLf"
VERSION: Final = 1
BATCH: Final = 1
OPENING: Final = 2
LARGEST: Final = 80 << 20
"""Bytes of a frame: the largest request unpacked is 64 MiB, and the rest is room."""

_HEADER: Final = struct.Struct("<4sBBHIIQQQI")
_CHECK: Final = struct.Struct("<I")
HEADER: Final = _HEADER.size + _CHECK.size
_LENGTHS: Final = struct.Struct("<IHI")
_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
Buffer = bytes | memoryview


class Identity(NamedTuple):
    """Which log and segment a frame must say it is of."""

    stamp: int
    segment: int


class Header(NamedTuple):
    kind: int
    head: int
    body: int
    check: int

    @property
    def size(self) -> int:
        return padded(HEADER + self.head + self.body)


class Parts(NamedTuple):
    """A frame that has no place yet."""

    kind: int
    head: bytes
    bodies: tuple[bytes, ...]
    size: int

    @classmethod
    def of(cls, kind: int, head: bytes, bodies: tuple[bytes, ...] = ()) -> "Parts":
        return cls(kind, head, bodies, padded(HEADER + len(head) + sum(map(len, bodies))))


def padded(size: int) -> int:
    return -(-size // 8) * 8


def batch_parts(batch: Batch) -> Parts:
    meta = _json(
        [
            batch.tenant,
            batch.at,
            batch.batch_id,
            [(p.kind, p.model, p.rows, p.encoding, len(p.body)) for p in batch.pieces],
            batch.clock,
        ]
    ).encode()
    lengths = _LENGTHS.pack(len(meta), len(batch.digest), len(batch.answer))
    parts = Parts.of(
        BATCH,
        b"".join((lengths, meta, batch.digest, batch.answer)),
        tuple(piece.body for piece in batch.pieces),
    )
    if parts.size > LARGEST:
        raise InputError(
            f"a batch of {parts.size:,} bytes is too large for the log, which takes {LARGEST:,};"
            " split it"
        )
    return parts


def note_parts(kind: int, note: dict[str, Any]) -> Parts:
    return Parts.of(kind, _json(note).encode())


def note_of(head: Buffer) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(bytes(head)))


def batch_of(head: Buffer, body: Buffer = b"") -> Batch:
    """The batch again; without the body its pieces are empty, and all else is there."""
    meta_size, digest_size, answer_size = _LENGTHS.unpack_from(head)
    meta_end = _LENGTHS.size + meta_size
    digest_end = meta_end + digest_size
    tenant, at, batch_id, found, clock = json.loads(bytes(head[_LENGTHS.size : meta_end]))
    pieces: list[Piece] = []
    start = 0
    for kind, model, rows, encoding, size in found:
        content = bytes(body[start : start + size])
        pieces.append(Piece(kind=kind, model=model, rows=rows, encoding=encoding, body=content))
        start += size
    return Batch(
        tenant=tenant,
        at=at,
        pieces=tuple(pieces),
        batch_id=batch_id,
        digest=bytes(head[meta_end:digest_end]),
        answer=bytes(head[digest_end : digest_end + answer_size]),
        clock=Clock(*clock) if clock else None,
    )


def buffers(parts: Parts, identity: Identity, offset: int) -> list[bytes]:
    """What is to be written at an offset; a large body is not copied."""
    check = zlib.crc32(parts.head)
    length = 0
    for body in parts.bodies:
        check = zlib.crc32(body, check)
        length += len(body)
    header = _HEADER.pack(
        MAGIC, VERSION, parts.kind, 0, len(parts.head), length, *identity, offset, check
    )
    start = b"".join((header, _CHECK.pack(zlib.crc32(header)), parts.head))
    pad = bytes(parts.size - len(start) - length)
    if parts.size < 1 << 16:
        return [b"".join((start, *parts.bodies, pad))]
    return [start, *parts.bodies, pad]


def parse(data: Buffer, at: int, identity: Identity, offset: int) -> Header | None:
    """The header at `at` in some bytes, if it is whole and of this very place."""
    if len(data) - at < HEADER:
        return None
    magic, version, kind, _, head, body, stamp, segment, own_offset, check = _HEADER.unpack_from(
        data, at
    )
    if magic != MAGIC or version != VERSION or own_offset != offset:
        return None
    if stamp != identity.stamp or segment != identity.segment:
        return None
    if _CHECK.unpack_from(data, at + _HEADER.size)[0] != zlib.crc32(data[at : at + _HEADER.size]):
        return None
    header = Header(kind, head, body, check)
    return header if header.size <= LARGEST else None


def claim(data: Buffer) -> tuple[int, Identity] | None:
    """The version and the identity that the start of a file claims, whole or not known to us."""
    if len(data) < HEADER or data[:4] != MAGIC:
        return None
    _, version, _, _, _, _, stamp, segment, offset, _ = _HEADER.unpack_from(data)
    identity = Identity(stamp, segment)
    if version > VERSION or (offset == 0 and parse(data, 0, identity, 0)):
        return version, identity
    return None
