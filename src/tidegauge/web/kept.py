"""What the worker has made of the log, as the web process reads it."""

import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from tidegauge.arrow import Table
from tidegauge.catalog import Catalog
from tidegauge.config import Config
from tidegauge.series.memory import Memory
from tidegauge.series.rows import TailKey
from tidegauge.series.subject import Known
from tidegauge.store import LocalStore
from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker.roll import KEPT

_PATIENCE: Final = 2.0
"""Seconds that a request waits for a catalog that is not there."""


class Kept:
    """The catalog is opened when it is first asked for: to take records needs none, and it may be
    away for a while."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._opening = threading.Lock()
        self._catalog: Catalog | None = None
        self.known = Known()
        self.reading = threading.Lock()
        """Held while the log is read: its reader is for one thread."""
        self.tails: Memory[TailKey, list[Table]] = Memory(4)

    @property
    def catalog(self) -> Catalog:
        with self._opening:
            if self._catalog is None:
                self._config.data.mkdir(parents=True, exist_ok=True)
                self._catalog = Catalog.open(self._config.catalog_url, patience=_PATIENCE)
            return self._catalog

    @cached_property
    def store(self) -> LocalStore:
        return LocalStore(self._config.data / "store")

    @property
    def windows_for(self) -> Mapping[int, int]:
        """How long windows are kept, by resolution."""
        return {**KEPT, HOUR: self._config.keep.hot_days * DAY * SECOND}

    def close(self) -> None:
        with self._opening:
            if self._catalog is not None:
                self._catalog.close()
                self._catalog = None
