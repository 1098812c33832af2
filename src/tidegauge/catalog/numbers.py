"""Numbers: the metrics that users send themselves, summed up by span of time."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, case, delete, select

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import numbers
from tidegauge.catalog.upsert import merge
from tidegauge.schema import AND, segment_columns

_TAGS: Final = "tags."
_LONGEST: Final = 1000
"""Bytes of tags in the key: PostgreSQL takes no more than 2,704 of all the key's columns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    model: int
    name: str
    tags: str
    """As `tags_key` writes them."""
    resolution: int
    start: int
    n: int
    total: float
    low: float
    high: float
    last: float
    squares: float
    """The sum of the values' squares.  All are finite or infinite: NaN is for the caller to leave
    out, as SQLite would keep it as nothing."""


def tags_key(tags: Mapping[str, str]) -> str:
    """Tags as one text, equal for equal tags; very long ones end with a digest."""
    text = json.dumps(dict(sorted(tags.items())), ensure_ascii=False, separators=(",", ":"))
    whole = text.encode()
    if len(whole) <= _LONGEST:
        return text
    return whole[: _LONGEST - 70].decode(errors="ignore") + " #" + sha256(whole).hexdigest()


def add(connection: Connection, new: Sequence[Number]) -> None:
    """Add these to what is there of the same spans; the last is of those added last."""
    has = numbers.c
    merge(
        connection,
        numbers,
        [written(number) for number in new],
        lambda row: {
            "n": has.n + row["n"],
            "total": has.total + row["total"],
            "low": case((row["low"] < has.low, row["low"]), else_=has.low),
            "high": case((row["high"] > has.high, row["high"]), else_=has.high),
            "last": row["last"],
            "squares": has.squares + row["squares"],
        },
    )


def between(
    connection: Connection, model: int, name: str | None, resolution: int, start: int, stop: int
) -> list[Number]:
    """Those of a name, or all, that start in [start, stop), by name and tags, then by time."""
    query = select(numbers).where(
        numbers.c.model == model,
        numbers.c.resolution == resolution,
        numbers.c.start >= start,
        numbers.c.start < stop,
    )
    if name is not None:
        query = query.where(numbers.c.name == name)
    rows = connection.execute(query.order_by(numbers.c.name, numbers.c.tags, numbers.c.start))
    return [read(Number, row) for row in rows]


def _tags_of(text: str) -> Mapping[str, str]:
    """None of very long ones, which a digest ends."""
    return json.loads(text) if text.endswith("}") else {}


def tagged(found: Iterable[Number], segment: str) -> list[Number]:
    """Those that were sent with the tags of a segment, as `tags.region=eu`; of "" all."""
    column, _, value = segment.partition("=")
    if not column:
        return list(found)
    columns, values = segment_columns(column), value.split(AND)
    if len(columns) != len(values):
        return []
    wanted = {name.removeprefix(_TAGS): each for name, each in zip(columns, values, strict=True)}
    return [each for each in found if wanted.items() <= _tags_of(each.tags).items()]


def expire(connection: Connection, resolution: int, before: int) -> int:
    return connection.execute(
        delete(numbers).where(numbers.c.resolution == resolution, numbers.c.start < before)
    ).rowcount
