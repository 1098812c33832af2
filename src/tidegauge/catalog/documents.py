"""Documents: what a tenant has by name, as its owner wrote it: monitors, channels, ladders."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Table, delete, insert, select, update

from tidegauge.catalog.errors import StaleError
from tidegauge.catalog.rows import read

Origin = Literal["file", "api", "default"]
"""Who keeps it: a file of the user's, the API, or nobody: it is there from the first day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    id: int
    tenant: str
    name: str
    document: Mapping[str, Any]
    origin: Origin
    revision: int
    created_at: int
    changed_at: int
    changed_by: str


@dataclass(frozen=True)
class Documents:
    table: Table
    noun: str

    def listed(self, connection: Connection, tenant: str | None = None) -> list[Kept]:
        query = select(self.table).order_by(self.table.c.tenant, self.table.c.name)
        if tenant is not None:
            query = query.where(self.table.c.tenant == tenant)
        return [read(Kept, row) for row in connection.execute(query)]

    def by_name(self, connection: Connection, tenant: str, name: str) -> Kept | None:
        row = connection.execute(
            select(self.table).where(self.table.c.tenant == tenant, self.table.c.name == name)
        ).one_or_none()
        return None if row is None else read(Kept, row)

    def add(
        self,
        connection: Connection,
        tenant: str,
        name: str,
        document: Mapping[str, Any],
        *,
        origin: Origin,
        at: int,
        by: str,
    ) -> Kept:
        row = connection.execute(
            insert(self.table)
            .values(
                tenant=tenant,
                name=name,
                document=document,
                origin=origin,
                revision=1,
                created_at=at,
                changed_at=at,
                changed_by=by,
            )
            .returning(*self.table.c)
        ).one()
        return read(Kept, row)

    def change(
        self,
        connection: Connection,
        before: Kept,
        document: Mapping[str, Any],
        *,
        origin: Origin,
        at: int,
        by: str,
    ) -> Kept:
        """Change what was seen; StaleError where somebody else has changed it meanwhile."""
        row = connection.execute(
            update(self.table)
            .where(self.table.c.id == before.id, self.table.c.revision == before.revision)
            .values(
                document=document,
                origin=origin,
                revision=before.revision + 1,
                changed_at=at,
                changed_by=by,
            )
            .returning(*self.table.c)
        ).one_or_none()
        if row is None:
            raise StaleError(f"{self.noun} {before.name!r} was changed meanwhile: read it again")
        return read(Kept, row)

    def remove(self, connection: Connection, ids: Iterable[int]) -> None:
        """With all that belongs to them."""
        connection.execute(delete(self.table).where(self.table.c.id.in_(list(ids))))
