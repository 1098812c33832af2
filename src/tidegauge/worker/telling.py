"""Alerting and delivering as they run beside the counting, until they are told to stop."""

import contextlib
import threading

import structlog

from tidegauge.catalog import Catalog
from tidegauge.config import Config
from tidegauge.worker.alerting import Alerting
from tidegauge.worker.delivering import Delivering

_log = structlog.stdlib.get_logger(__name__)


def tell(config: Config, stop: threading.Event) -> None:
    def waiting(reason: str) -> None:
        _log.warning("the catalog is waited for", reason=reason)

    catalog = Catalog.open(config.catalog_url, patience=None, waiting=waiting)
    with contextlib.closing(catalog):
        alerting = Alerting(catalog, config.alerts)
        reach = config.alerts.reach.reach()
        delivering = Delivering(catalog, reach, alerting.now, config.alerts)
        delivering.beat = alerting.now()
        alerting.delivered = lambda: delivering.beat
        sending = threading.Thread(target=delivering.run, args=(stop,), name="delivering")
        sending.start()
        try:
            alerting.run(stop)
        finally:
            stop.set()
            sending.join()
