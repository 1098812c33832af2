"""What people change, as the audit tells it, and the tag by which a change says what it saw."""

from collections.abc import Mapping

from sqlalchemy import Connection

from tidegauge.catalog import audit
from tidegauge.catalog.documents import Kept
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import now, who
from tidegauge.web.state import State


def etag(kept: Kept) -> str:
    # One that was removed and made again begins anew at 1.
    return f'"{kept.id}.{kept.revision}"'


def audited(
    connection: Connection, key: Key, at: int, what: str, name: str, detail: Mapping[str, object]
) -> None:
    """In the transaction that does it."""
    subject = f"{key.tenant}/{name}"
    audit.add(connection, at=at, who=who(key), what=what, subject=subject, detail=detail)


def note(
    state: State, key: Key, what: str, name: str, detail: Mapping[str, object] | None = None
) -> None:
    """Of what is kept beside the catalog, before it is done: what cannot be told is not done."""
    state.kept.catalog.write(
        lambda connection: audited(connection, key, now(), what, name, detail or {})
    )
