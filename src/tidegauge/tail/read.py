"""The rows of a tail, read from the log again."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tidegauge.arrow import Table, pa
from tidegauge.log import Position, ReadableLog
from tidegauge.tail.decode import UndecodableError, decode

KINDS_OF: Final[Mapping[str, Sequence[str]]] = {"predictions": ("predictions", "history")}
"""The kinds of the log that rows of a kind come as, where it is more than itself."""

Dropped = Mapping[str, Sequence[int]]
"""The rows that do not count, by the position of their batch and piece."""


@dataclass(frozen=True)
class Tail:
    """Where a model's rows are that no part holds yet."""

    tenant: str
    model: str
    kind: str
    after: Position
    upto: Position
    dropped: Dropped = field(default_factory=dict[str, Sequence[int]])


def tables_of(log: ReadableLog, tail: Tail) -> Iterator[Table]:
    """Its tables, a batch each, in order."""
    kinds = KINDS_OF.get(tail.kind, (tail.kind,))
    places = [
        place
        for kind in kinds
        for place in log.where(tail.tenant, tail.model, kind, tail.after)
        if place.position <= tail.upto
    ]
    for place in sorted({place.position: place for place in places}.values()):
        batch = log.get(place)
        if batch is None:
            continue
        for number, piece in enumerate(batch.pieces):
            if piece.kind not in kinds or piece.model != tail.model:
                continue
            try:
                table = decode(piece, batch)
            except UndecodableError:
                continue
            yield without(table, tail.dropped.get(key_of(place.position, number), ()))


def key_of(position: Position, piece: int) -> str:
    return f"{position}/{piece}"


def without(table: Table, dropped: Sequence[int]) -> Table:
    if not dropped:
        return table
    keep = np.ones(table.num_rows, dtype=np.bool_)
    keep[list(dropped)] = False
    return table.filter(pa.array(keep))


def packed(dropped: Mapping[str, Iterable[int]]) -> bytes | None:
    """As the catalog keeps it."""
    if not dropped:
        return None
    return zlib.compress(json.dumps({key: list(rows) for key, rows in dropped.items()}).encode())


def unpacked(blob: bytes | None) -> dict[str, list[int]]:
    return {} if blob is None else json.loads(zlib.decompress(blob))
