"""Late: what changed after it was judged, until its readings are read again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, select, update

from tidegauge.catalog.rows import read, written
from tidegauge.catalog.tables import late
from tidegauge.catalog.upsert import replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Late:
    """One window; one that changes again is noted again."""

    model: int
    series: int
    """0 is the model's own numbers."""
    resolution: int
    start: int
    position: str
    """The worker's, after the commit that changed it: another one is another change."""
    slot: int = 0
    """Up to here its slots are read again."""


_KEY = (late.c.model, late.c.series, late.c.resolution, late.c.start, late.c.position)


def note(connection: Connection, changed: Sequence[Late]) -> None:
    replace(connection, late, [written(each) for each in changed])


def oldest(connection: Connection, most: int) -> list[Late]:
    rows = connection.execute(
        select(late).order_by(late.c.start, late.c.model, late.c.series).limit(most)
    )
    return [read(Late, row) for row in rows]


def remove(connection: Connection, seen: Sequence[Late]) -> None:
    """Those that did not change again since they were seen."""
    if seen:
        connection.execute(delete(late).where(_is_seen()), [_seen(each) for each in seen])


def go_on(connection: Connection, seen: Sequence[Late]) -> None:
    """Keep how far each has come, unless it changed again."""
    if seen:
        connection.execute(
            update(late).where(_is_seen()).values(slot=bindparam("to")),
            [{**_seen(each), "to": each.slot} for each in seen],
        )


def _is_seen() -> ColumnElement[bool]:
    return and_(*(column == bindparam(f"seen_{column.name}") for column in _KEY))


def _seen(each: Late) -> dict[str, int | str]:
    return {f"seen_{column.name}": getattr(each, column.name) for column in _KEY}
