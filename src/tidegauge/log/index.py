"""What one segment holds: which batches have rows of which model, and the ids of its batches.

It grows beside the segment that is written, and is kept in a file beside one that is full, so
that a start need not read the segment.  When the segment is recycled the index file stays for
as long as its batch ids are young: so a retry is known for 24 hours, however fast segments are
consumed, and no id is ever copied.
"""

import json
import struct
import zlib
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple, Self

from tidegauge.errors import UnreadableError
from tidegauge.log.batch import Batch, Place, Position, Seen

_MAGIC: Final = b"TGLi\x01\0\0\0"
_START: Final = struct.Struct("<8sII")
_ENTRY: Final = struct.Struct("<qHHHI")
_TRIPLE: Final = 3
Key = tuple[str, str, str]


class Entry(NamedTuple):
    at: int
    tenant: str
    batch_id: str
    seen: Seen


def hash_of(tenant: str, batch_id: str) -> int:
    name = f"{tenant}\0{batch_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "little")


class Index:
    def __init__(self, stamp: int, number: int) -> None:
        self.stamp = stamp
        self.number = number
        self.end = 0
        """Behind the last frame; with damage, where the segment is known to have ended."""
        self.batches = 0
        self.first_at: int | None = None
        self.last_at = 0
        self.hashes = array("Q")
        """Of the batch ids, in order."""
        self._cuts = array("Q")
        self._entries = bytearray()
        # For each tenant, model and kind: end, size and rows of one batch after another.
        self._places: dict[Key, array[int]] = {}

    def add(self, batch: Batch, start: int, end: int) -> int | None:
        """Returns the hash of the batch's id, if it has one."""
        for piece in batch.pieces:
            key = (batch.tenant, piece.model, piece.kind)
            places = self._places.get(key)
            if places is None:
                places = self._places[key] = array("Q")
            places.extend((end, end - start, piece.rows))
        self.batches += 1
        self.first_at = batch.at if self.first_at is None else min(self.first_at, batch.at)
        self.last_at = max(self.last_at, batch.at)
        self.end = end
        if not batch.batch_id:
            return None
        hashed = hash_of(batch.tenant, batch.batch_id)
        self._put(hashed, batch.at, batch.tenant, batch.batch_id, batch.digest, batch.answer)
        return hashed

    def take(self, other: "Index", youngest: int) -> None:
        """Take over the batch ids of another index that are younger than a time."""
        for hashed, entry in other.entries():
            if entry.at > youngest:
                self._put(hashed, entry.at, entry.tenant, entry.batch_id, *entry.seen)
        self.last_at = max(self.last_at, other.last_at)

    def entries(self) -> Iterator[tuple[int, Entry]]:
        for hashed, cut in zip(self.hashes, self._cuts, strict=True):
            yield hashed, self._entry(cut)

    def places(self, tenant: str, model: str, kind: str | None, after: int) -> list[Place]:
        found: dict[int, Place] = {}
        for (own_tenant, own_model, own_kind), places in list(self._places.items()):
            if own_tenant != tenant or own_model != model or kind not in (None, own_kind):
                continue
            for end, size, rows in _triples(places):
                if end > after:
                    more = found[end].rows if end in found else 0
                    found[end] = Place(Position(self.number, end), rows + more, size)
        return [found[end] for end in sorted(found)]

    def find(self, hashed: int, tenant: str, batch_id: str) -> Entry | None:
        """The latest batch with this id; rare enough that a walk through the hashes will do."""
        for i in range(len(self.hashes) - 1, -1, -1):
            if self.hashes[i] == hashed:
                entry = self._entry(self._cuts[i])
                if (entry.tenant, entry.batch_id) == (tenant, batch_id):
                    return entry
        return None

    def to_bytes(self) -> bytes:
        about = {
            "stamp": self.stamp,
            "number": self.number,
            "end": self.end,
            "batches": self.batches,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "places": [(*key, len(places)) for key, places in self._places.items()],
            "ids": len(self.hashes),
        }
        head = json.dumps(about, separators=(",", ":")).encode()
        body = b"".join(
            (
                head,
                *(places.tobytes() for places in self._places.values()),
                self.hashes.tobytes(),
                self._cuts.tobytes(),
                self._entries,
            )
        )
        return _START.pack(_MAGIC, len(head), zlib.crc32(body)) + body

    @classmethod
    def of(cls, data: bytes) -> Self:
        if len(data) < _START.size or data[:8] != _MAGIC:
            raise UnreadableError("these bytes are no index of a log's segment")
        _, head, check = _START.unpack_from(data)
        body = memoryview(data)[_START.size :]
        if zlib.crc32(body) != check:
            raise UnreadableError("this index of a log's segment is damaged")
        about = json.loads(bytes(body[:head]))
        index = cls(about["stamp"], about["number"])
        index.end, index.batches = about["end"], about["batches"]
        index.first_at, index.last_at = about["first_at"], about["last_at"]
        at = head
        for tenant, model, kind, length in about["places"]:
            index._places[tenant, model, kind] = _array(body, at, length)
            at += length * 8
        index.hashes = _array(body, at, about["ids"])
        index._cuts = _array(body, at + about["ids"] * 8, about["ids"])
        index._entries = bytearray(body[at + about["ids"] * 16 :])
        return index

    def _put(
        self, hashed: int, at: int, tenant: str, batch_id: str, digest: bytes, answer: bytes
    ) -> None:
        names = [name.encode("utf-8", "surrogatepass") for name in (tenant, batch_id)]
        sizes = [len(part) for part in (*names, digest, answer)]
        self._cuts.append(len(self._entries))
        self._entries += b"".join((_ENTRY.pack(at, *sizes), *names, digest, answer))
        # Last: who reads beside the writer finds an entry by its hash.
        self.hashes.append(hashed)

    def _entry(self, cut: int) -> Entry:
        at, *sizes = _ENTRY.unpack_from(self._entries, cut)
        cut += _ENTRY.size
        parts: list[bytes] = []
        for size in sizes:
            parts.append(bytes(self._entries[cut : cut + size]))
            cut += size
        tenant, batch_id = (part.decode("utf-8", "surrogatepass") for part in parts[:2])
        return Entry(at, tenant, batch_id, Seen(parts[2], parts[3]))


def _triples(places: "array[int]") -> Iterator[tuple[int, int, int]]:
    # A copy: the writer may add to it.
    values = iter(places[: len(places) // _TRIPLE * _TRIPLE])
    return zip(values, values, values, strict=True)


def _array(body: memoryview, at: int, length: int) -> "array[int]":
    values = array("Q")
    values.frombytes(body[at : at + length * 8])
    return values
