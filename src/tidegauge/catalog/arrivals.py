"""Arrivals: which labels, and which predictions that labels wait for, have come and are not joined;
and of which days explanations have come that are not measured.

They are noted in the transaction that counts them, and go with the one that joins them.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import orjson
from sqlalchemy import Connection, delete, func, select

from tidegauge.arrays import Hashes
from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import arrivals
from tidegauge.catalog.upsert import pieces

_MOST: Final = 500
"""Arrivals that are read at once."""
Kind = Literal["labels", "predictions", "explanations", "days"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    model: int
    kind: Kind
    rows: int
    at: int
    body: bytes
    id: int = 0


def of_labels(model: int, ids: Sequence[str], at: int) -> Arrival:
    return Arrival(model=model, kind="labels", rows=len(ids), at=at, body=packed(ids))


def of_predictions(model: int, keys: Hashes, at: int) -> Arrival:
    body = zlib.compress(np.sort(keys).tobytes(), 1)
    return Arrival(model=model, kind="predictions", rows=len(keys), at=at, body=body)


def of_explanations(model: int, days: Iterable[int], at: int) -> Arrival:
    return _of_days(model, "explanations", days, at)


def of_days(model: int, days: Iterable[int], at: int) -> Arrival:
    """Whose outcomes are to be measured otherwise: the model is another one."""
    return _of_days(model, "days", days, at)


def _of_days(model: int, kind: Kind, days: Iterable[int], at: int) -> Arrival:
    told = sorted(days)
    body = zlib.compress(orjson.dumps(told), 1)
    return Arrival(model=model, kind=kind, rows=len(told), at=at, body=body)


def packed(ids: Sequence[str]) -> bytes:
    return zlib.compress(orjson.dumps(ids), 1)


def ids_of(body: bytes) -> list[str]:
    return orjson.loads(zlib.decompress(body))


def days_of(body: bytes) -> list[int]:
    return orjson.loads(zlib.decompress(body))


def keys_of(body: bytes) -> Hashes:
    return np.frombuffer(zlib.decompress(body), dtype=np.uint64)


def add(connection: Connection, new: Iterable[Arrival]) -> None:
    rows = [written(each, leave={"id"}) for each in new]
    if rows:
        connection.execute(arrivals.insert(), rows)


def waiting(connection: Connection) -> list[int]:
    """The models that have some, who waits longest first."""
    query = select(arrivals.c.model).group_by(arrivals.c.model)
    return list(connection.scalars(query.order_by(func.min(arrivals.c.id))))


def of(connection: Connection, model: int, most: int) -> list[Arrival]:
    """The oldest of a model, so many rows of labels at most, and one arrival at least."""
    query = select(arrivals).where(arrivals.c.model == model).order_by(arrivals.c.id).limit(_MOST)
    found: list[Arrival] = []
    rows = 0
    for row in connection.execute(query):
        each = read(Arrival, row)
        if found and rows + each.rows > most:
            break
        rows += each.rows
        found.append(each)
    return found


def remove(connection: Connection, ids: Iterable[int]) -> None:
    for some in pieces(ids):
        connection.execute(delete(arrivals).where(arrivals.c.id.in_(some)))
