"""ST-6: two workers on one log: one commit wins, the other stops, and nothing counts twice."""

import random

import pytest
from worker_case import START, Case, prediction

from tidegauge.catalog import FencedError
from tidegauge.log import LogReader
from tidegauge.window import SECOND
from tidegauge.worker.loop import Settings, Worker


def another(case):
    """As a second `tidegauge worker` on the same directory would be."""
    reader = LogReader(case.folder / "log")
    return Worker(case.catalog, reader, case.store, Settings(ids=case.folder / "ids", pinned=1000))


@pytest.mark.parametrize("seed", range(5))
def test_whoever_took_over_counts_and_the_other_stops(case, tmp_path, seed):
    chance = random.Random(seed)
    reference = [prediction(chance, n) for n in range(200)]
    case.pin("m", reference)
    records = [prediction(chance, n, at=START + n * SECOND) for n in range(200)]
    workers = [case.worker]
    for number in range(40):
        some = records[number * 5 : number * 5 + 5]
        case.send(some, some[-1]["timestamp"])
        if chance.random() < 0.2:
            workers.append(another(case))
        for worker in chance.sample(workers, min(len(workers), 3)):
            try:
                worker.turn()
                if chance.random() < 0.7:
                    worker.commit()
            except FencedError:
                assert worker is not workers[-1]
                workers.remove(worker)
                worker.close()
    last = another(case)
    while last.turn():
        pass
    last.commit()
    for worker in workers:
        if worker._position != worker._committed:
            with pytest.raises(FencedError):
                worker.commit()
        worker.close()
    case._worker = None
    alone = Case(tmp_path / "alone")
    alone.pin("m", reference)
    for number in range(40):
        some = records[number * 5 : number * 5 + 5]
        alone.send(some, some[-1]["timestamp"])
    alone.count()
    try:
        assert case.windows("m") == alone.windows("m")
        assert case.signals("m") == alone.signals("m") == {}
        case.write_parts()
        assert len(case.rows("m")) == 200
    finally:
        last.close()
        alone.close()
