"""Work beside the counting: one process has it at a time, goes on step by step until it is told to
stop, and lets go of what is old once an hour."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection

from tidegauge.catalog import Catalog, CatalogError, FencedError, models, progress
from tidegauge.catalog.models import Model
from tidegauge.window import HOUR, SECOND

T = TypeVar("T")
_PAUSE: Final = 2.0
_log = structlog.stdlib.get_logger(__name__)


@dataclass
class Beside:
    catalog: Catalog
    name: str
    """Of the work."""
    clock: Callable[[], int]
    expire: Callable[[Connection, int], None]
    share: float = 4.0
    """So much longer than it works it pauses."""

    def __post_init__(self) -> None:
        """Take the work over from whoever had it."""
        begun = self.catalog.write(
            lambda connection: progress.take(connection, self.name), patience=None, waiting=_wait
        )
        self._epoch = begun.epoch
        self._tidied = 0

    def run(self, step: Callable[[threading.Event], object], stop: threading.Event) -> None:
        """Until told to stop, or another process has the work."""
        pause = _PAUSE
        while not stop.wait(pause):
            began = time.monotonic()
            try:
                step(stop)
                self.tidy()
            except FencedError as error:
                _log.warning("another process has the work", work=self.name, reason=str(error))
                return
            except CatalogError as error:
                _wait(str(error))
            pause = max(_PAUSE, self.share * (time.monotonic() - began))

    def tidy(self) -> None:
        at = self.clock()
        if at - self._tidied > HOUR * SECOND:
            self._tidied = at
            self.catalog.write(lambda connection: self.expire(connection, at), waiting=_wait)

    def put(self, model: Model, what: Callable[[Connection], T]) -> T | None:
        """Write what a model's work has come to, while it is ours and there is that model."""

        def put(connection: Connection) -> T | None:
            progress.hold(connection, self.name, self._epoch)
            there = model.id in models.by_id(connection, [model.id])
            return what(connection) if there else None

        return self.catalog.write(put, patience=None, waiting=_wait)


def _wait(reason: str) -> None:
    _log.warning("the catalog is waited for", reason=reason)
