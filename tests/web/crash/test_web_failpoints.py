"""ING-3: the process is killed at each point around what is durable that a request passes."""

import ast
import contextlib
import signal
from collections import Counter
from pathlib import Path

import httpx
import pytest
from crash_ledger import Ledger, sending
from crash_server import CrashServer, Worker, wait_until

import tidegauge
from tidegauge.failpoint import names

SOURCE = Path(tidegauge.__file__).parent
POINTS = sorted({name for _path, name in names(SOURCE)})
# Some that a request must pass, so that the sweep cannot become empty unnoticed.
ON_THE_WAY = {
    *("log.before-write", "log.before-sync", "log.after-sync", "log.before-answer"),
    *("log.before-create", "log.before-segment-rename", "log.before-index", "log.before-recycle"),
    *("web.before-append", "web.before-answer", "web.before-file-rename"),
}


@pytest.fixture(scope="module")
def passed(tmp_path_factory):
    """How often each point is passed until a server is ready, and in all."""
    folder = tmp_path_factory.mktemp("points")
    notes = folder / "points"
    server = CrashServer(folder / "data", points=notes).start()
    ready = Counter(notes.read_text().split())
    try:
        load(server, Ledger(), Worker(server.data))
    finally:
        server.end()
    return ready, Counter(notes.read_text().split())


def load(server, ledger, worker):
    """Batches that fill segments, which are released, and a key.  Whether it died of it."""
    with contextlib.suppress(httpx.HTTPError), server.client() as client:
        client.post("/api/v1/keys", json={"name": "one more", "role": "read"})
    enough = len(ledger.acked) + 40

    def is_enough():
        worker.consume()
        return not server.is_running() or len(ledger.acked) >= enough

    with sending(server, ledger, senders=2, sizes=(1, 1500)) as senders:
        wait_until(is_enough, "batches are acknowledged")
        died = revived(server)
        for each in senders:
            each.last.set()
        wait_until(
            lambda: not server.is_running() or not any(each.is_alive() for each in senders),
            "the last batches are delivered",
        )
        return revived(server) or died


def revived(server):
    """Whether it had died: of the failpoint, without which it is started again."""
    if server.is_running():
        return False
    assert server.died() == -signal.SIGKILL
    server.without_failpoint().start()
    return True


def test_the_sweep_reaches_what_it_must(passed):
    ready, total = passed
    assert not {name for name in ON_THE_WAY if total[name] == ready[name]}


@pytest.mark.parametrize("point", POINTS)
def test_killed_there_nothing_is_lost_and_nothing_doubled(point, passed, web):
    ready, total = passed
    if total[point] == ready[point]:
        return  # Not on the way of a request: the log's own sweep has it.
    ledger, worker = Ledger(), None
    # House-keeping takes its time: what was passed under load may come early this time.
    for count in (ready[point] + 1, 1):
        server = web(failpoint=f"{point}:kill@{count}")
        worker = worker or Worker(server.data)
        with contextlib.suppress(AssertionError):
            server.start()
        died_early = revived(server)
        died = load(server, ledger, worker) or died_early
        server.kill()
        if died:
            break
    worker.consume()
    ledger.check(worker.batches)
    assert died


def test_every_file_that_makes_something_durable_has_a_failpoint():
    having = {path for path, _name in names(SOURCE)}
    needing = {path for path in SOURCE.rglob("*.py") if makes_durable(path)}
    lacking = {str(path.relative_to(SOURCE)) for path in needing - having}
    assert needing
    assert not lacking


def makes_durable(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(is_sync_or_rename(each) for each in calls if isinstance(each.func, ast.Attribute))


def is_sync_or_rename(call):
    match call.func.attr:
        case "fsync" | "fdatasync" | "rename":
            return True
        case "replace":
            of_os = isinstance(call.func.value, ast.Name) and call.func.value.id == "os"
            # A text's takes two, a date's takes names; a path's takes one.
            return of_os or (len(call.args) == 1 and not call.keywords)
    return False
