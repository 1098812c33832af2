"""Making a backup."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import Catalog, baselines, id_runs, models, parts, progress, tails
from tidegauge.catalog.copy import copy
from tidegauge.catalog.parts import Part
from tidegauge.errors import InputError, TidegaugeError
from tidegauge.failpoint import hit
from tidegauge.log import Position, ReadableLog
from tidegauge.store import LocalStore, MissingError, Store, new_name, write
from tidegauge.store.unify import unify
from tidegauge.tail.read import Tail, tables_of, unpacked
from tidegauge.version import VERSION

MANIFEST: Final = "backup.json"
FORMAT: Final = 1
_TRIES: Final = 5
_AT_ONCE: Final = 1 << 20
_DAY: Final = 86_400_000_000

Say = Callable[[str], None]


class MovedError(TidegaugeError):
    """The worker has written and released what the snapshot still has in the log: look again."""


@dataclass(frozen=True)
class Backup:
    """What a backup holds."""

    format: int
    version: str
    counted_at: int
    """The receipt time of the last batch in it."""
    position: str
    """Up to where the log was counted."""
    rows: int
    parts: int
    bytes: int


def make(
    catalog: Catalog,
    log: ReadableLog,
    store: Store,
    data: Path,
    target: Path,
    *,
    say: Say = lambda _line: None,
) -> Backup:
    """Into a directory that is empty or not there."""
    if target.exists() and any(target.iterdir()):
        raise InputError(f"{target} is not empty: a backup wants a directory of its own")
    for attempt in range(_TRIES):
        try:
            return _make(catalog, log, store, data, target, say)
        except (MovedError, MissingError) as error:
            shutil.rmtree(target, ignore_errors=True)
            if attempt == _TRIES - 1:
                raise
            say(f"the worker went on meanwhile ({error}); once more")
    raise AssertionError


def _make(
    catalog: Catalog, log: ReadableLog, store: Store, data: Path, target: Path, say: Say
) -> Backup:
    target.mkdir(parents=True, exist_ok=True)
    copied = Catalog.open(f"sqlite:///{(target / 'catalog.db').absolute()}")
    try:
        with catalog.read() as source:
            begun = progress.get(source, "worker")
            copied.write(lambda connection: copy(source, connection))
        say("catalog: copied")
        _copy_ids(copied, data / "ids", target / "ids")
        kept = LocalStore(target / "store")
        with copied.read() as connection:
            files = sorted(parts.files(connection) | baselines.files(connection))
        total = _copy_files(store, kept, files, say)
        written = _write_tails(copied, log, kept, begun.position if begun else progress.START)
        if written:
            say(f"log: {sum(part.rows for part in written)} rows that were in no part yet")
        copied.write(lambda connection: _settle(connection, written))
        with copied.read() as connection:
            rows = parts.totals(connection)
    finally:
        copied.close()
    if (data / "keys.json").exists():
        shutil.copy2(data / "keys.json", target / "keys.json")
    at, position = (begun.at, begun.position) if begun else (0, progress.START)
    hit("backup.before-manifest")
    made = Backup(FORMAT, VERSION, at, position, rows.rows, rows.parts, total)
    (target / MANIFEST).write_text(json.dumps(asdict(made), indent=1), encoding="utf-8")
    _sync(target)
    return made


def _settle(connection: Connection, written: Sequence[Part]) -> None:
    """The backup has no log: what was in it is in parts, and the next log begins at its start."""
    parts.add(connection, written)
    tails.forget(connection, [(tail.model, tail.kind) for tail in tails.all(connection)])
    progress.rewind(connection, "worker")


def _copy_ids(copied: Catalog, source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with copied.read() as connection:
        listed = id_runs.all(connection)
    for run in listed:
        try:
            shutil.copyfile(source / run.file, target / run.file)
        except FileNotFoundError:
            raise MovedError(f"{run.file} was replaced") from None


def _copy_files(store: Store, target: LocalStore, files: Sequence[str], say: Say) -> int:
    total = 0
    for number, name in enumerate(files, 1):
        with target.create(name) as file:
            size = store.size(name)
            for offset in range(0, size, _AT_ONCE):
                file.write(store.read(name, offset, _AT_ONCE))
        total += size
        if number % 100 == 0 or number == len(files):
            say(f"parts: {number} of {len(files)}, {total / 1e6:,.0f} MB")
    return total


def _write_tails(copied: Catalog, log: ReadableLog, store: LocalStore, upto: str) -> list[Part]:
    with copied.read() as connection:
        left = tails.all(connection)
        known = models.by_id(connection, {tail.model for tail in left})
    written: list[Part] = []
    for tail in left:
        model = known[tail.model]
        where = Tail(
            model.tenant,
            model.name,
            tail.kind,
            Position.parse(tail.position),
            Position.parse(upto),
            unpacked(tail.dropped),
        )
        tables = [table for table in tables_of(log, where) if table.num_rows]
        if sum(table.num_rows for table in tables) != tail.rows:
            raise MovedError(f"rows of {model.name} have left the log")
        if tables:
            rows = unify(tables)
            name = new_name(tail.kind, tail.model, tail.since)
            part = write(store, rows, name=name)
            written.append(
                Part(
                    model=tail.model,
                    kind=tail.kind,
                    day=part.first_at // _DAY,
                    created_at=tail.since,
                    **asdict(part),
                )
            )
    return written


def _sync(directory: Path) -> None:
    """Our own files; those of the store and of the catalog are durable by themselves."""
    for path in [*directory.glob("*.json"), *(directory / "ids").iterdir()]:
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
