"""A disk that is nearly full: nothing is counted and nothing lost, and then it goes on."""

import random
import threading
from dataclasses import replace

import structlog
from worker_case import START, prediction

from tidegauge.worker.loop import Settings, Worker


def test_below_the_reserve_nothing_is_counted_and_nothing_is_lost(case):
    chance = random.Random(1)
    case.pin("m", [prediction(chance, n) for n in range(100)])
    case.send([prediction(chance, n) for n in range(50)], START)
    settings = Settings(ids=case.folder / "ids", reserve=case.store.free() + (1 << 40))
    stop = threading.Event()
    with structlog.testing.capture_logs() as said:
        worker = Worker(case.catalog, case._reader, case.store, settings)
        thread = threading.Thread(target=worker.run, args=[stop])
        thread.start()
        while not any("disk is nearly full" in each["event"] for each in said):
            assert thread.is_alive()
        stop.set()
        thread.join()
        worker.close()
    (full, *_) = [each for each in said if "nearly full" in each["event"]]
    assert (full["log_level"], full["free_bytes"] > 0) == ("error", True)
    assert case.windows("m") == {}
    again = Worker(case.catalog, case._reader, case.store, replace(settings, reserve=0))
    while again.turn():
        pass
    again.commit()
    again.close()
    assert sum(rows for rows, _t, _p in case.windows("m", [60]).values()) == 50
