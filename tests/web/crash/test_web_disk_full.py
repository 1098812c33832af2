"""ING-12: a disk that is full, and has room again, three times over."""

import contextlib
import os
import subprocess

import httpx
import orjson
import pytest
from crash_ledger import Ledger, json_post, send, sending
from crash_server import Worker, wait_until

CYCLES = 3
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a small file system needs root")


@pytest.fixture
def small_disk(tmp_path):
    """The data directory, on 24 MiB of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounting = ["/bin/mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    subprocess.run(mounting, check=True)
    yield folder
    subprocess.run(["/bin/umount", "--lazy", str(folder)], check=True)


def fill(path):
    """Take all the room that is left."""
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(1 << 10))


def test_a_full_disk_is_told_loses_nothing_and_heals_by_itself(small_disk, web):
    server, ledger = web().start(), Ledger()
    worker = Worker(small_disk)
    filler = small_disk / "filler"

    def wait_until_taken():
        enough = len(ledger.acked) + 20

        def are_taken():
            worker.consume()
            return len(ledger.acked) >= enough

        wait_until(are_taken, "batches are taken")

    def wait_until_told():
        enough = ledger.statuses[507] + 10

        def are_told():
            # The log gives up room as it goes: it is taken again.
            fill(filler)
            return ledger.statuses[507] >= enough

        wait_until(are_told, "the senders are told that the disk is full")

    with sending(server, ledger, senders=3, sizes=(1, 100, 400)):
        for _ in range(CYCLES):
            wait_until_taken()
            wait_until_told()
            check_what_is_told(server, ledger, filler)
            filler.unlink()
        wait_until_taken()
    assert httpx.get(f"{server.url}/readyz").status_code == 200
    assert server.stop() == 0
    worker.consume()
    ledger.check(worker.batches)
    assert ledger.statuses.keys() == {200, 507}
    assert "Traceback" not in server.said()


def check_what_is_told(server, ledger, filler):
    """The log gives up room as it goes, so that a batch or two may still be taken."""
    told = {}

    def is_refused():
        fill(filler)
        post = ledger.add(json_post(f"told-{len(ledger.posts)}", 1000, 1))
        status, told["headers"], told["body"] = send(server, post)
        ledger.note(post, status, told["headers"], told["body"])
        return status == 507

    def is_not_ready():
        fill(filler)
        ready = httpx.get(f"{server.url}/readyz")
        return (ready.status_code, ready.json()["log"]) == (503, "no-space")

    wait_until(is_refused, "a batch is refused")
    assert int(told["headers"]["Retry-After"]) >= 1
    problem = orjson.loads(told["body"])
    assert problem["type"] == "/problems/insufficient-storage"
    assert len(problem["request_id"]) == 32
    wait_until(is_not_ready, "the server says that it is not ready")
    # Making a key needs room too, and says so.
    with server.client() as client:
        fill(filler)
        made = client.post("/api/v1/keys", json={"name": "one more", "role": "read"})
        assert made.status_code in {201, 507}
    # Reading goes on.
    assert httpx.get(f"{server.url}/livez").status_code == 200
