"""Progress: how far the log is counted, and by whom.

Who takes the work raises the epoch, and whoever had it before is fenced off at its next commit,
however long it was asleep and whatever it believes its lease to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, update

from tidegauge.catalog.errors import FencedError
from tidegauge.catalog.rows import read
from tidegauge.catalog.tables import progress
from tidegauge.catalog.upsert import add_missing, replace

START: Final = "0:0"
"""As a log's `START` is written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    name: str
    epoch: int
    position: str
    at: int
    """The receipt time of the last batch counted."""
    detail: Mapping[str, Any]


def get(connection: Connection, name: str) -> Progress | None:
    row = connection.execute(select(progress).where(progress.c.name == name)).one_or_none()
    return None if row is None else read(Progress, row)


def beat(connection: Connection, name: str, at: int, detail: Mapping[str, Any]) -> None:
    """Say that something goes on, and how: of what is no work that is taken."""
    new = {"name": name, "epoch": 0, "position": START, "at": at, "detail": dict(detail)}
    replace(connection, progress, [new])


def take(connection: Connection, name: str) -> Progress:
    """Take over the work: from now on only this epoch may go on."""
    new = {"name": name, "epoch": 0, "position": START, "at": 0, "detail": {}}
    add_missing(connection, progress, [new])
    row = connection.execute(
        update(progress)
        .where(progress.c.name == name)
        .values(epoch=progress.c.epoch + 1)
        .returning(*progress.c)
    ).one()
    return read(Progress, row)


def advance(
    connection: Connection,
    name: str,
    epoch: int,
    old_position: str,
    new_position: str,
    at: int,
    detail: Mapping[str, Any],
) -> bool:
    """Go on, as the first statement of the transaction that holds the results.

    False says that this very step was committed before, when its answer was lost: leave all
    else of the transaction out.  FencedError says that another has the work.  A step that stays
    where it is cannot be told from its repetition, and should do no harm done twice.
    """
    found = hold(connection, name, epoch)
    if found.position == new_position != old_position:
        return False
    if found.position != old_position:
        raise FencedError(
            f"{name} is at {found.position}, not at {old_position}: another process has gone on"
            " from there, or this one has lost count; start again from what is committed"
        )
    connection.execute(
        update(progress)
        .where(progress.c.name == name)
        .values(position=new_position, at=at, detail=dict(detail))
    )
    return True


def hold(connection: Connection, name: str, epoch: int) -> Progress:
    """Make sure that the work is still ours, to the end of this transaction."""
    row = connection.execute(
        select(progress).where(progress.c.name == name).with_for_update()
    ).one_or_none()
    if row is None or row.epoch != epoch:
        now = "nobody's" if row is None else f"in its epoch {row.epoch}"
        raise FencedError(
            f"{name} is {now}, and this process has epoch {epoch}: another has taken over; stop"
        )
    return read(Progress, row)


def lock(connection: Connection, name: str) -> Progress:
    """Keep everybody else from this work to the end of this transaction, whoever has it."""
    new = {"name": name, "epoch": 0, "position": START, "at": 0, "detail": {}}
    add_missing(connection, progress, [new])
    row = connection.execute(
        select(progress).where(progress.c.name == name).with_for_update()
    ).one()
    return read(Progress, row)


def watch(connection: Connection, name: str) -> Progress | None:
    """Another's progress, which goes no further before this transaction has ended."""
    row = connection.execute(
        select(progress).where(progress.c.name == name).with_for_update(read=True)
    ).one_or_none()
    return None if row is None else read(Progress, row)


def rewind(connection: Connection, name: str) -> None:
    """To the start: of a catalog whose log is a new one."""
    connection.execute(update(progress).where(progress.c.name == name).values(position=START))
