"""Days whose rows are read together, and how many rows their hours have."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import windows
from tidegauge.series.reach import Reach
from tidegauge.series.rows import Held
from tidegauge.store import Part
from tidegauge.store.part import AT, RECEIVED, micros
from tidegauge.window import DAY, HOUR, SECOND, floor
from tidegauge.worker.roll import KEPT

_DAY: Final = DAY * SECOND


def all_days(held: Held) -> list[int]:
    """All that rows may be counted in: by when they happened, or by when they came."""
    ends = [
        ends
        for part in held.parts
        for ends in (
            (part.first_at, part.last_at),
            (part.first_received, part.last_received),
        )
    ]
    for table in held.tail:
        times = (micros(table[AT]), micros(table[RECEIVED]))
        ends += [(int(at.min()), int(at.max())) for at in times if len(at)]
    days = (range(floor(low, DAY), high + 1, _DAY) for low, high in ends)
    return sorted({day for own in days for day in own})


def together(parts: Iterable[Part], days: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Days that follow each other, so many rows of them at once."""
    rows: dict[int, int] = {}
    for part in parts:
        day = floor(part.first_at, DAY)
        rows[day] = rows.get(day, 0) + part.rows
    start, stop, held = days[0], days[0], 0
    for day in days:
        if day > stop or held + rows.get(day, 0) > most:
            if stop > start:
                yield start, stop
            start, held = day, 0
        stop, held = day + _DAY, held + rows.get(day, 0)
    yield start, stop


def counts_by_hour(
    connection: Connection, numbers: Sequence[int], start: int, stop: int
) -> dict[tuple[int, int], int]:
    """Rows by series and hour, of the newest hours as well."""
    reach = Reach.read(connection, KEPT)
    found: dict[tuple[int, int], int] = {}
    for span in reach.spans(start, stop, HOUR):
        for each in windows.counts(connection, numbers, span.resolution, span.start, span.stop):
            key = each.series, floor(each.start, HOUR)
            found[key] = found.get(key, 0) + each.rows
    return found
