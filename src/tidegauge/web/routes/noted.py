"""What people do to what is kept beside the catalog, as the audit tells it."""

from collections.abc import Mapping

from sqlalchemy import Connection

from tidegauge.catalog import audit
from tidegauge.web.keys import Key
from tidegauge.web.routes.asked import now, who
from tidegauge.web.state import State


def note(
    state: State, key: Key, what: str, name: str, detail: Mapping[str, object] | None = None
) -> None:
    """Before it is done: what cannot be told is not done either."""

    def write(connection: Connection) -> None:
        audit.add(
            connection,
            at=now(),
            who=who(key),
            what=what,
            subject=f"{key.tenant}/{name}",
            detail=detail or {},
        )

    state.kept.catalog.write(write)
