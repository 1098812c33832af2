"""A month of the past to a server, day by day, so that running it again adds nothing."""

import hashlib
from collections.abc import Callable
from typing import Final

from tidegauge.demo.season import DAYS
from tidegauge.demo.server import Server, Taken
from tidegauge.demo.stream import BLOCK, THINNED, Stream
from tidegauge.record.columns import to_stream

ROWS: Final = 5_000
"""To a batch, at most."""
KINDS: Final = ("predictions", "labels", "feedback")


def back_fill(
    server: Server,
    stream: Stream,
    kind: str,
    start: int,
    stop: int,
    tell: Callable[[int], object] = lambda _rows: None,
) -> Taken:
    """What happened, or became known, in a span; `tell` hears of each day and its rows."""
    make = {"predictions": stream.rows, "labels": stream.labels, "feedback": stream.feedback}[kind]
    taken = Taken()
    for day in days_of(start, stop):
        table = make(max(start, day), min(day + DAYS, stop))
        for first in range(0, table.num_rows, ROWS):
            rows = table.slice(first, ROWS)
            name = f"demo-{stream.model.prefix}{stream.model.seed}-{kind}-{day // DAYS}"
            # Faults move with the time of the demo's start: other rows are another batch, and the
            # server knows their ids.
            digest = hashlib.sha256(to_stream(rows)).hexdigest()[:16]
            taken += server.send(kind, rows, f"{name}-{first}-{digest}")
        tell(table.num_rows)
    return taken


def days_of(start: int, stop: int) -> range:
    """The whole days of a thinned stream's blocks that cover a span."""
    assert BLOCK * THINNED == DAYS  # noqa: S101 - a reminder for who changes one of them
    return range(start - start % DAYS, stop, DAYS)
