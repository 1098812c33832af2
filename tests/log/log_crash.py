"""Running the child, killing it, and the check that must hold after any crash."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from log_batches import batch, numbers, small_log
from log_child import Ledger, consume

CHILD = Path(__file__).with_name("log_child.py")


def start(tmp_path, count, *options, stdout=None, **environment):
    return subprocess.Popen(
        [sys.executable, CHILD, tmp_path / "log", tmp_path / "ledger", str(count), *options],
        env={**os.environ, "TIDEGAUGE_TEST": "1", **environment},
        stdout=stdout,
        stderr=subprocess.DEVNULL,
    )


def finish(tmp_path, count, *options, **environment):
    child = start(tmp_path, count, *options, **environment)
    try:
        return child.wait(60)
    finally:
        child.kill()
        child.wait()


def recorded(tmp_path, count, *options, **environment):
    """Run the child under the recorder, which adds to a journal of all it did to its files."""
    library = tmp_path / "recorder.so"
    if not library.exists():
        source = CHILD.with_name("recorder.c")
        subprocess.run(
            [shutil.which("cc"), "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"],
            check=True,
        )
    environment |= {
        "LD_PRELOAD": str(library),
        "RECORD_ROOT": str(tmp_path / "log"),
        "RECORD_LEDGER": str(tmp_path / "ledger"),
        "RECORD_JOURNAL": str(tmp_path / "journal"),
    }
    return finish(tmp_path, count, *options, **environment)


def check(tmp_path, damaged=0):
    """All that was answered is in the results once, nothing is there twice, nothing was made up,
    and each answered batch is known as such."""
    ledger = Ledger(tmp_path / "ledger")
    log = small_log(tmp_path / "log")
    try:
        consume(log, ledger, ledger.progress)
        ledger = Ledger(tmp_path / "ledger")
        read = Counter(ledger.numbers("read"))
        acked = set(ledger.numbers("acked"))
        assert acked <= set(read)
        assert set(read) <= set(ledger.numbers("sent"))
        assert max(read.values(), default=1) == 1
        for number in acked:
            seen = log.seen("acme", f"id-{number}")
            assert number < 60 or seen.digest == b"digest of %d" % number
        # And it goes on.
        after = log.end()
        log.append(batch(10**6)).result(10)
        assert numbers(log, after) == [10**6]
        assert log.health().damaged <= damaged
    finally:
        log.close()
