"""Each promise has a bug that breaks it, and a test that sees it."""

import shutil
import subprocess
import sys
from pathlib import Path

import log_sabotages
import pytest
from log_batches import append_all, batch, seeded, small_log
from log_child import Ledger
from log_crash import check, finish, recorded
from log_crash_images import image, read_journal

from tidegauge.errors import TidegaugeError


def after_loss(folder, how="nothing", **environment):
    recorded(folder, 60, "--no-consumer", **environment)
    lost = folder / "lost"
    lost.mkdir()
    image(read_journal(folder / "journal"), folder / "log", lost / "log", how, seeded(1))
    shutil.copy(folder / "ledger", lost / "ledger")
    check(lost)


def killed_before_the_write(tmp_path, **environment):
    finish(tmp_path, 60, TIDEGAUGE_FAILPOINT="log.before-write:kill@3", **environment)
    check(tmp_path)


def power_lost(tmp_path, **environment):
    after_loss(tmp_path, TIDEGAUGE_FAILPOINT="log.after-answer:kill@4", **environment)


def ids_known_after_a_restart(tmp_path, **environment):
    finish(tmp_path, 90, **environment)
    probe = (
        "import sys; from pathlib import Path; import log_sabotages; log_sabotages.apply();"
        "from log_batches import small_log; log = small_log(Path(sys.argv[1]));"
        "sys.exit(log.seen('acme', 'id-80') is None)"
    )
    subprocess.run(
        [sys.executable, "-c", probe, tmp_path / "log"],
        check=True,
        cwd=Path(__file__).parent,
        env=dict(environment),
    )


def damage_in_the_middle(tmp_path, **environment):
    log = small_log(tmp_path / "log")
    positions = append_all(log, [batch(i) for i in range(20)])
    log.close()
    path = tmp_path / "log" / f"{positions[4].segment:012}.log"
    content = bytearray(path.read_bytes())
    content[positions[4].offset - 300] ^= 1
    path.write_bytes(content)
    for index in (tmp_path / "log").glob("*.index"):
        index.unlink()
    finish(tmp_path, 0, **environment)
    kept = Ledger(tmp_path / "ledger").numbers("read")
    assert kept == [i for i in range(20) if i != 4]


def short_write(tmp_path, **environment):
    for at in range(4, 20):
        (tmp_path / str(at)).mkdir()
        recorded(
            tmp_path / str(at), 60, FAULT="write", FAULT_AT=str(at), FAULT_ERRNO="0", **environment
        )
        check(tmp_path / str(at))


def failed_sync(tmp_path, **environment):
    for at in range(4, 20):
        (tmp_path / str(at)).mkdir()
        after_loss(
            tmp_path / str(at), FAULT="sync", FAULT_AT=str(at), FAULT_ERRNO="5", **environment
        )


def killed_and_started_again(tmp_path, **environment):
    finish(tmp_path, 50, TIDEGAUGE_FAILPOINT="log.after-sync:kill@2", **environment)
    assert finish(tmp_path, 10, **environment) == 0
    assert Ledger(tmp_path / "ledger").numbers("acked")


PROMISES = {
    "answer_before_write": killed_before_the_write,
    "answer_before_sync": power_lost,
    "skip_directory_sync": power_lost,
    "ids_in_memory_only": ids_known_after_a_restart,
    "stop_at_first_bad_byte": damage_in_the_middle,
    "ignore_short_write": short_write,
    "retry_sync": failed_sync,
    "pid_file": killed_and_started_again,
}


def test_every_sabotage_has_a_promise():
    assert set(PROMISES) == {sabotage.__name__ for sabotage in log_sabotages.ALL}


@pytest.mark.parametrize("promise", dict.fromkeys(PROMISES.values()), ids=lambda one: one.__name__)
def test_the_promise_holds(tmp_path, promise):
    promise(tmp_path)


@pytest.mark.parametrize("name", PROMISES)
def test_the_sabotage_is_seen(tmp_path, name):
    with pytest.raises((AssertionError, TidegaugeError, subprocess.CalledProcessError)):
        PROMISES[name](tmp_path, TIDEGAUGE_SABOTAGE=name)
