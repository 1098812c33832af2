"""A worker in a process that may be killed: counts what is in a log, in small steps."""

import sys
from pathlib import Path

from tidegauge.catalog import Catalog
from tidegauge.log import LogReader
from tidegauge.store import LocalStore, compact
from tidegauge.worker import keep, loop, tails
from tidegauge.worker.keep import Keeper
from tidegauge.worker.loop import Settings, Worker


def main(folder, url):
    # Small figures, so that a short run passes every point many times.
    tails.ROWS = 40
    loop._AT_ONCE = 20_000
    keep.READERS = 0
    compact._MANY = 2
    catalog = Catalog.open(url)
    log = LogReader(folder / "log")
    store = LocalStore(folder / "store")
    worker = Worker(catalog, log, store, Settings(ids=folder / "ids", pinned=1000))
    keeper = Keeper(catalog, store, cold_days=36500)
    turns = 0
    while worker.turn():
        turns += 1
        worker._tails.wait()
        if turns % 2 == 0:
            worker.commit()
        if turns % 6 == 0:
            keeper.compact()
            keeper.delete()
    worker.commit()
    worker._tails.write_due(worker._position, worker._at, everything=True)
    worker._tails.wait()
    worker.commit()
    keeper.compact()
    keeper.delete()
    worker.close()
    log.close()
    catalog.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
