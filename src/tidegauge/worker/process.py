"""`tidegauge worker`: the loop as a process, which leaves in order."""

import contextlib
import signal
import threading
import time
from collections.abc import Generator
from pathlib import Path

import structlog

from tidegauge.catalog import Catalog
from tidegauge.config import Config
from tidegauge.log import LogReader
from tidegauge.store import LocalStore
from tidegauge.worker.judging import Judging
from tidegauge.worker.keep import Keeper
from tidegauge.worker.loop import Settings, Worker
from tidegauge.worker.telling import tell

_log = structlog.stdlib.get_logger(__name__)
_GIB = 1 << 30


def work(config: Config) -> None:
    """Run until SIGTERM or SIGINT; what was counted is committed first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: threading.Thread(target=stop.set).start())
    directory = config.data / "log"
    if not _is_there(directory, stop):
        return
    with opened(config) as (worker, keeper):
        keeping = threading.Thread(target=keeper.run, args=(stop,), name="keeper", daemon=True)
        keeping.start()
        judging = threading.Thread(target=Judging(config).run, args=(stop,), name="judging")
        telling = threading.Thread(target=tell, args=(config, stop), name="telling")
        if config.worker.judge:
            judging.start()
            telling.start()
        try:
            worker.run(stop)
        finally:
            # Whatever ended the counting ends what is beside it.
            stop.set()
            if config.worker.judge:
                judging.join()
                telling.join()
            keeping.join(timeout=5)


@contextlib.contextmanager
def opened(config: Config) -> Generator[tuple[Worker, Keeper]]:
    def waiting(reason: str) -> None:
        _log.warning("the catalog is waited for", reason=reason)

    catalog = Catalog.open(config.catalog_url, patience=None, waiting=waiting)
    with contextlib.closing(catalog), contextlib.closing(LogReader(config.data / "log")) as log:
        store = LocalStore(config.data / "store")
        settings = Settings(
            ids=config.data / "ids",
            memory=config.worker.memory_mib << 20,
            pinned=max(int(config.worker.tail_gib * 1024 / config.log.segment_mib), 1),
            reserve=int(config.keep.reserve_gib * _GIB),
            hot_days=config.keep.hot_days,
        )
        worker = Worker(catalog, log, store, settings)
        with contextlib.closing(worker):
            yield worker, Keeper(catalog, store, config.retention_days)


def _is_there(directory: Path, stop: threading.Event) -> bool:
    """The web process makes the log; the first time we may be earlier."""
    said = time.monotonic()
    while not (directory / "stamp").exists():
        if stop.wait(0.1):
            return False
        if time.monotonic() - said > 10:
            _log.info("waiting for the first start of `tidegauge web`", log=str(directory))
            said = time.monotonic()
    return True
