"""Whether judge, alerts and deliveries go on, wherever they run: they say so in the catalog."""

import threading
import time
from typing import Final

from sqlalchemy import Connection

from tidegauge.alert import act, heartbeat
from tidegauge.alert.heartbeat import Life
from tidegauge.catalog import CatalogError
from tidegauge.config import Config
from tidegauge.errors import InputError
from tidegauge.web.kept import Kept

_FRESH: Final = 2.0


class Pulse:
    def __init__(self, config: Config, kept: Kept) -> None:
        self._patience = config.alerts.stands_still_s
        self._kept = kept
        self._lock = threading.Lock()
        self._life: Life | None = None
        self._offset = 0
        self._looked_at = float("-inf")

    def stopped(self) -> list[str]:
        """What stands still; nothing where nothing ever ran.  A catalog that does not answer is
        no reason by itself: what was last known of it ages."""
        with self._lock:
            if time.monotonic() - self._looked_at > _FRESH:
                self._look()
            if self._life is None:
                return []
            return self._life.stopped(_now() + self._offset, self._patience)

    def _look(self) -> None:
        try:
            with self._kept.catalog.read() as connection:
                self._life, self._offset = _read(connection)
        except (CatalogError, InputError):
            pass
        self._looked_at = time.monotonic()


def _read(connection: Connection) -> tuple[Life | None, int]:
    return heartbeat.read(connection), act.now(connection) - _now()


def _now() -> int:
    return time.time_ns() // 1000
