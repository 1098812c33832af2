"""Labels that are looked for: those that have come, and those whose prediction may have come since.

A label whose prediction is not there waits for it, a month at most.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection

from tidegauge.arrow import pa
from tidegauge.catalog import arrivals, progress, unmatched
from tidegauge.catalog.arrivals import Arrival, ids_of, keys_of, packed
from tidegauge.catalog.models import Model
from tidegauge.catalog.unmatched import Unmatched
from tidegauge.store.part import ID
from tidegauge.worker.commit import NAME as COUNTING
from tidegauge.worker.content import keys_of as hashed

MOST: Final = 200_000
"""Labels that are joined at once."""


class Sought(NamedTuple):
    """What is looked for, and what else is to be done for a model."""

    counted: str
    """How far the log is counted that they are looked for in, at the least."""
    arrived: list[Arrival]
    waiting: list[Unmatched]
    ids: set[str]
    new: set[str]
    """Of those, the ids of new labels."""
    explained: list[int]
    """Days that explanations have come of."""
    again: set[int]
    """Days that are to be measured otherwise."""


def counted(connection: Connection) -> str:
    begun = progress.get(connection, COUNTING)
    return begun.position if begun else progress.START


def sought(connection: Connection, model: Model) -> Sought:
    upto = counted(connection)
    arrived = arrivals.of(connection, model.id, MOST)
    waiting = unmatched.of(connection, model.id)
    new = {one for each in arrived if each.kind == "labels" for one in ids_of(each.body)}
    ids = set(new)
    keys = [keys_of(each.body) for each in arrived if each.kind == "predictions"]
    come = np.concatenate(keys) if keys else np.zeros(0, dtype=np.uint64)
    for each in waiting:
        old = ids_of(each.body)
        if each.since not in {"", upto}:
            ids.update(old)
        elif len(come) and old:
            own = hashed(pa.table({ID: pa.chunked_array([pa.array(old)])}), model.id)
            ids.update(old[at] for at in np.flatnonzero(np.isin(own, come)))
    explained, again = (
        {day for each in arrived if each.kind == kind for day in arrivals.days_of(each.body)}
        for kind in ("explanations", "days")
    )
    return Sought(upto, arrived, waiting, ids, new, sorted(explained), again)


def put(connection: Connection, model: Model, done: Sought, found: set[str], at: int) -> None:
    """What has come is done; those that were not found wait."""
    arrivals.remove(connection, [each.id for each in done.arrived])
    new = done.new - found
    gone: list[int] = []
    kept: list[Unmatched] = []
    for each in done.waiting:
        old = ids_of(each.body)
        left = [one for one in old if one not in found and one not in new]
        put = each.since.rpartition(" ")[2]
        since = put if put == done.counted else ""
        if since != each.since or len(left) < len(old):
            gone.append(each.id)
            if left:
                kept.append(_waiting(model, left, each.at, since))
    if new:
        put = counted(connection)
        since = put if put == done.counted else f"{done.counted} {put}"
        kept.append(_waiting(model, sorted(new), at, since))
    unmatched.remove(connection, gone)
    unmatched.add(connection, kept)


def _waiting(model: Model, ids: Sequence[str], at: int, since: str) -> Unmatched:
    return Unmatched(model=model.id, rows=len(ids), at=at, since=since, body=packed(ids))
