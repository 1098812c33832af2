"""Alerting and delivering in a process that may be killed: until nothing waits."""

import asyncio
import signal
import sys
import threading

import structlog
from alert_case import REACH

from tidegauge.alert import outbox
from tidegauge.alert.settings import Settings
from tidegauge.catalog import Catalog, notices
from tidegauge.worker import delivering
from tidegauge.worker.alerting import Alerting
from tidegauge.worker.delivering import Delivering


async def deliver(catalog, sender):
    while True:
        await sender.round()
        with catalog.read() as connection:
            if not notices.waited_for(connection):
                return
        await asyncio.sleep(0.01)


def serve(url, lease=None):
    """As the worker does it, until SIGTERM; a try that was cut short waits for so many seconds."""
    if lease is not None:
        outbox.LEASE = delivering.LEASE = int(lease) * 1_000_000
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    catalog = Catalog.open(url)
    settings = Settings(group_wait_s=0)
    alerting = Alerting(catalog, settings)
    sender = Delivering(catalog, REACH, alerting.now, settings)
    sending = threading.Thread(target=sender.run, args=(stop,))
    sending.start()
    alerting.run(stop)
    sending.join()
    catalog.close()


def main(url):
    # Whoever comes after a kill does not wait a minute for the try that was cut short.
    outbox.LEASE = delivering.LEASE = 300_000
    catalog = Catalog.open(url)
    settings = Settings(group_wait_s=0)
    alerting = Alerting(catalog, settings)
    while alerting.step():
        pass
    asyncio.run(deliver(catalog, Delivering(catalog, REACH, alerting.now, settings)))
    catalog.close()


if __name__ == "__main__":
    # What it says in words is not what it is asked for: nobody reads that to its end.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if sys.argv[2:3] == ["serve"]:
        serve(sys.argv[1], *sys.argv[3:])
    else:
        main(sys.argv[1])
