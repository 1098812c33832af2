"""Looking after what is kept, beside the counting: merging parts, retention, sweeping, scrubbing.

Everything here can be killed and begun again at any point: files are made first, then the catalog
says that they count, and only then is something deleted.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from tidegauge import failpoint
from tidegauge.catalog import (
    Catalog,
    StaleError,
    baselines,
    dead_letters,
    drops,
    models,
    parts,
    signals,
)
from tidegauge.catalog.models import Model
from tidegauge.store import DamagedError, Store, StoreError, merge, new_name, plan, scrub
from tidegauge.window import DAY, HOUR, MINUTE, SECOND
from tidegauge.worker.commit import part_of
from tidegauge.worker.tails import Of

READERS: Final = 10 * MINUTE * SECOND
"""A reader that listed a part has read it by then."""
_EVERY: Final = 30.0
_SWEEP: Final = HOUR * SECOND
_MOST: Final = 8
"""Merges in one round: what is new gets its turn."""
_SCRUB: Final = DAY
"""Seconds between two readings of everything."""
_SCRUB_BYTES: Final = 20e6
"""A second."""
_log = structlog.stdlib.get_logger(__name__)


def now() -> int:
    return time.time_ns() // 1000


@dataclass
class Keeper:
    catalog: Catalog
    store: Store
    cold_days: int
    clock: Callable[[], int] = now
    damaged: dict[str, str] = field(default_factory=dict[str, str])
    """Files that are not what was written, with what is wrong: they are never served."""
    _swept_at: int = 0

    def run(self, stop: threading.Event) -> None:
        scrubbed = time.monotonic()
        while not stop.wait(_EVERY):
            try:
                self.round()
                if time.monotonic() - scrubbed > _SCRUB:
                    scrubbed = time.monotonic()
                    self.scrub(stop)
            except StoreError as error:
                _log.error("a part is damaged", error=str(error))
            except Exception:  # noqa: BLE001 - whatever it is
                # It is done again in a moment; counting must not end for it.
                _log.exception("keeping failed")

    def round(self) -> None:
        """All that is due."""
        self.expire()
        self.compact()
        self.delete()
        if self.clock() - self._swept_at > _SWEEP:
            self._swept_at = self.clock()
            self.sweep()

    def compact(self) -> int:
        """Merge small parts; how many merges there were."""
        with self.catalog.read() as connection:
            crowded = [each for each in parts.held(connection) if each.parts > 1]
        merges = 0
        for each in crowded:
            with self.catalog.read() as connection:
                live = {part.file: part for part in parts.live(connection, each.model, each.kind)}
            for group in plan(live.values(), self.clock()):
                if merges >= _MOST:
                    return merges
                merges += 1
                self._merge(Of(each.model, each.kind), [live[part.file] for part in group])
        return merges

    def _merge(self, of: Of, group: list[parts.Part]) -> None:
        name = new_name(of.kind, of.model, group[0].first_at)
        try:
            made = merge(self.store, group, name=name)
        except DamagedError as error:
            self.damaged[error.file] = str(error)
            raise
        level = max(part.level for part in group) + 1
        new = part_of(of, made, self.clock(), level=level)
        failpoint.hit("worker.merged")
        try:
            self.catalog.write(
                lambda connection: parts.replace(
                    connection, [part.id for part in group], [new], self.clock()
                )
            )
        except StaleError:
            # Retention, or another keeper, was there before.
            self.store.delete(name)
            return
        failpoint.hit("worker.replaced")
        _log.info("parts merged", model=of.model, kind=of.kind, parts=len(group), rows=made.rows)

    def expire(self) -> None:
        """Let go of rows, and of what is told about them, when they are old enough; not before."""
        at = self.clock()
        with self.catalog.read() as connection:
            held = parts.held(connection)
            known = models.by_id(connection, {each.model for each in held})
        for each in held:
            limit = at - self._kept(known[each.model])
            if each.first_last_at >= limit:
                continue
            with self.catalog.read() as connection:
                live = parts.live(connection, each.model, each.kind, last_at=limit)
            old = [part.id for part in live if part.last_at < limit]
            if old:
                self.catalog.write(lambda c, old=old: parts.replace(c, old, [], at))
                _log.info("rows expired", model=each.model, kind=each.kind, parts=len(old))
        limit = at - self.cold_days * DAY * SECOND
        self.catalog.write(lambda connection: signals.expire(connection, limit))
        self.catalog.write(lambda connection: dead_letters.expire(connection, limit))
        self.catalog.write(lambda connection: drops.expire(connection, limit))

    def _kept(self, model: Model) -> int:
        return (model.cold_days or self.cold_days) * DAY * SECOND

    def delete(self) -> int:
        """Delete the files of parts that were replaced, once no reader can have them."""
        with self.catalog.read() as connection:
            doomed = parts.doomed(connection, self.clock() - READERS)
        for part in doomed:
            self.store.delete(part.file)
            failpoint.hit("worker.deleted")
        if doomed:
            self.catalog.write(
                lambda connection: parts.forget(connection, [part.id for part in doomed])
            )
        return len(doomed)

    def sweep(self) -> list[str]:
        """Delete what crashes left behind."""
        before = self.clock() - _SWEEP
        with self.catalog.read() as connection:
            listed = parts.files(connection) | baselines.files(connection)
        swept = self.store.sweep(listed, before=before)
        if swept:
            _log.info("orphans swept", files=len(swept))
        return swept

    def scrub(self, stop: threading.Event) -> dict[str, str]:
        """Read all parts once, slowly; those that are damaged, with what is wrong."""
        with self.catalog.read() as connection:
            live = [
                part
                for each in parts.held(connection)
                for part in parts.live(connection, each.model, each.kind)
            ]
        found: dict[str, str] = {}
        for part, error in scrub(self.store, live, bytes_per_second=_SCRUB_BYTES):
            if error is not None:
                found[part.file] = str(error)
                _log.error("a part is damaged", file=part.file, error=str(error))
            if stop.is_set():
                break
        self.damaged = found
        return found
