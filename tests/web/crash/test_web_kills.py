"""ING-1: SIGKILL at any moment, while it starts or under load."""

import os
import random
import time

import pytest
from crash_ledger import Ledger, sending
from crash_server import Worker, wait_until

KILLS = int(os.environ.get("TIDEGAUGE_KILLS", "20"))
SEED = int(os.environ.get("TIDEGAUGE_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)


@pytest.mark.parametrize("part", [1, 2])
def test_kills_at_random_moments_lose_nothing_and_double_nothing(part, web):
    print(f"TIDEGAUGE_KILLS={KILLS} TIDEGAUGE_SEED={SEED}")  # noqa: T201 - to run it again
    chance = random.Random(SEED + part)
    server, ledger = web(), Ledger()
    worker = Worker(server.data)
    server.start()
    with sending(server, ledger, SEED + part):
        for kill in range(KILLS // 2):
            enough = len(ledger.acked) + chance.choice((0, 1, 3, 10))
            wait_until(lambda enough=enough: len(ledger.acked) >= enough, "batches are taken")
            worker.consume()
            time.sleep(chance.uniform(0, 0.1))
            server.kill()
            if chance.random() < 0.2:
                server.start(wait=False)
                time.sleep(chance.uniform(0, 0.6))
                server.kill()
            server.start()
            if kill % 50 == 49:
                worker.consume()
                ledger.check_no_double(worker.batches)
    assert server.stop() == 0
    worker.consume()
    ledger.check(worker.batches)
    assert len(ledger.acked) > KILLS // 2
