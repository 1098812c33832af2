"""What is wrong with an installation, and how to mend it.  It changes nothing."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tidegauge.catalog import Catalog, parts, progress
from tidegauge.config import Config
from tidegauge.errors import TidegaugeError
from tidegauge.log import START, LogReader, Position
from tidegauge.store import LocalStore, scrub

State = Literal["ok", "warning", "wrong"]
_BEHIND: Final = 60_000_000
_GIB: Final = 1 << 30


@dataclass(frozen=True)
class Finding:
    state: State
    what: str
    mend: str = ""


def examine(config: Config, *, deep: bool = False) -> Iterator[Finding]:
    """Look at everything that can be looked at beside a running server."""
    data = config.data
    if not data.is_dir():
        yield Finding("wrong", f"{data} is not there", "start `tidegauge serve`, or name --data")
        return
    yield _writable(data)
    yield _room(data, int(config.keep.reserve_gib * _GIB))
    yield _clock()
    if not (data / "keys.json").exists():
        mend = "`tidegauge keys create NAME --role admin` makes one"
        yield Finding("warning", "there are no API keys", mend)
    try:
        catalog = Catalog.open(config.catalog_url)
    except TidegaugeError as error:
        yield Finding("wrong", f"catalog: {error}", "nothing is lost: the log keeps what comes")
        return
    with contextlib.closing(catalog):
        yield from _catalog(catalog)
        yield from _log(data, catalog)
        yield from _parts(data, catalog, deep=deep)


def _writable(data: Path) -> Finding:
    if os.access(data, os.W_OK | os.X_OK):
        return Finding("ok", f"{data.absolute()} can be written to")
    user = os.geteuid()
    return Finding("wrong", f"{data} cannot be written to", f"give it to the user {user}")


def _room(data: Path, reserve: int) -> Finding:
    usage = shutil.disk_usage(data)
    said = f"disk: {usage.free / _GIB:.1f} GiB of {usage.total / _GIB:.1f} are free"
    if usage.free < reserve:
        mend = "make room, or lower keep.reserve_gib: until then nothing is counted"
        return Finding("wrong", said, mend)
    if usage.free < 3 * reserve:
        return Finding("warning", said, f"counting stops below {reserve / _GIB:g} GiB")
    return Finding("ok", said)


def _clock() -> Finding:
    year = time.gmtime().tm_year
    if 2026 <= year <= 2090:
        return Finding("ok", f"clock: {time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())}")
    return Finding("wrong", f"this machine's clock says {year}", "set it: records go by the time")


def _catalog(catalog: Catalog) -> Iterator[Finding]:
    wrong = catalog.check()
    if wrong:
        mend = "stop tidegauge, keep this file, and restore a backup beside it"
        yield Finding("wrong", f"catalog: {'; '.join(wrong[:3])}", mend)
    else:
        yield Finding("ok", f"catalog: {catalog.address} is whole")


def _log(data: Path, catalog: Catalog) -> Iterator[Finding]:
    directory = data / "log"
    if not (directory / "stamp").exists():
        yield Finding("warning", "nothing was ever accepted here", "start `tidegauge serve`")
        return
    with catalog.read() as connection:
        counted = progress.get(connection, "worker")
    with contextlib.closing(LogReader(directory)) as log:
        after = Position.parse(counted.position) if counted else START
        waiting = next(iter(log.read(after, most=1)), None)
        aside = list((directory / "aside").glob("*")) if (directory / "aside").is_dir() else []
        if waiting is None:
            yield Finding("ok", "log: all that was accepted is counted")
        else:
            behind = time.time_ns() // 1000 - waiting[1].at
            said = f"log: the oldest batch that is not counted waits for {behind / 1e6:,.0f} s"
            mend = "is `tidegauge worker` (or `serve`) running? its log tells what it waits for"
            yield Finding("warning" if behind > _BEHIND else "ok", said, mend * (behind > _BEHIND))
        if log.damaged:
            yield Finding(
                "wrong",
                f"log: {log.damaged} places cannot be read",
                "what lies there is lost; check the disk, and look into log/aside",
            )
        if aside:
            yield Finding(
                "warning",
                f"log: {len(aside)} files were put aside, the newest {max(aside).name}",
                "they could not be read in full; delete them once you know why",
            )


def _parts(data: Path, catalog: Catalog, *, deep: bool) -> Iterator[Finding]:
    store = LocalStore(data / "store")
    with catalog.read() as connection:
        live = [
            part
            for each in parts.held(connection)
            for part in parts.live(connection, each.model, each.kind)
        ]
    there = set(store.names())
    missing = [part.file for part in live if part.file not in there]
    if missing:
        yield Finding(
            "wrong",
            f"parts: {len(missing)} of {len(live)} are not there, such as {missing[0]}",
            f"restore them from a backup into {data / 'store'}",
        )
    stored = [part for part in live if part.file in there]
    if deep:
        damaged = [error for _part, error in scrub(store, stored) if error is not None]
        for error in damaged[:20]:
            yield Finding("wrong", f"parts: {error}", "restore this file from a backup")
    if not missing:
        rows = sum(part.rows for part in live)
        size = sum(part.bytes for part in live)
        read = "every byte read" if deep else "all there; --deep reads every byte"
        each = f", {size / rows:.0f} bytes each" if rows else ""
        yield Finding("ok", f"parts: {len(live)} files, {rows:,} rows{each} ({read})")
