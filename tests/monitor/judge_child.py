"""A judge in a process that may be killed: judges some minutes of what is counted, one by one."""

import os
import sys
import time
from pathlib import Path

from tidegauge.catalog import Catalog
from tidegauge.log import LogReader
from tidegauge.window import MINUTE, SECOND
from tidegauge.worker import judge as module
from tidegauge.worker import restate
from tidegauge.worker.judge import GRACE, Judge
from tidegauge.worker.roll import KEPT


def main(folder, url, first, slots):
    # Two snapshots for three models, so that a slot is committed in pieces.
    module._AT_ONCE = 2
    # And what came late in several rounds.
    restate.MOST = 3
    catalog = Catalog.open(url)
    log = LogReader(folder / "log")
    now = [first]
    pause = float(os.environ.get("TIDEGAUGE_TEST_PAUSE", "0"))
    judge = Judge(
        catalog, log, KEPT, clock=lambda: now[0], heartbeat=lambda _name: time.sleep(pause)
    )
    for number in range(slots):
        now[0] = first + number * MINUTE * SECOND + GRACE
        while judge.step():
            pass
    log.close()
    catalog.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
