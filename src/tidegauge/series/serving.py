"""Which version of a model answers just now."""

from collections import Counter
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import series, windows
from tidegauge.window import DAY, HOUR, MINUTE, SECOND, floor

_LATELY: Final = DAY * SECOND


def serving(connection: Connection, model: int, at: int, *, but: str = "") -> str:
    """The one with the most predictions of the last day; "" where none says its version."""
    versions = {
        each.id: each.version
        for each in series.of(connection, model)
        if not each.segment and each.version not in ("", but)
    }
    start = floor(at - _LATELY, HOUR)
    rows: Counter[str] = Counter()
    for each in windows.counts(connection, list(versions), HOUR, start, at):
        rows[versions[each.series]] += each.rows
    return rows.most_common(1)[0][0] if rows else ""


def first_of(connection: Connection, model: int, version: str, since: int, upto: int) -> int | None:
    """When the first predictions by a version came, from a moment on."""
    own = [
        each.id
        for each in series.of(connection, model)
        if each.version == version and not each.segment
    ]
    for resolution in (MINUTE, HOUR):
        found = windows.counts(connection, own, resolution, floor(since, resolution), upto)
        if found:
            return max(min(each.start for each in found), since)
    return None
