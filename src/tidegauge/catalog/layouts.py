"""Layouts: the bins that a model's profiles share, kept once as an encoded empty profile."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, select

from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import layouts
from tidegauge.catalog.upsert import add_missing, pieces


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    id: int
    model: int
    digest: str
    body: bytes
    created_at: int


def ensure(connection: Connection, model: int, body: bytes, at: int) -> Layout:
    """The layout with this content, made where it is new."""
    digest = sha256(body).hexdigest()
    new = {"model": model, "digest": digest, "body": body, "created_at": at}
    add_missing(connection, layouts, [new])
    row = connection.execute(
        select(layouts).where(layouts.c.model == model, layouts.c.digest == digest)
    ).one()
    return read(Layout, row)


def get(connection: Connection, ids: Iterable[int]) -> dict[int, Layout]:
    found: dict[int, Layout] = {}
    for some in pieces(sorted(set(ids))):
        rows = connection.execute(select(layouts).where(layouts.c.id.in_(some)))
        found.update((row.id, read(Layout, row)) for row in rows)
    return found
