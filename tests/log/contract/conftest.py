"""The logs that the contract holds for: add one here, and the suite runs on it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from log_batches import small_log


def local(tmp_path, **options):
    return small_log(tmp_path / "log", **options)


@pytest.fixture(params=[local])
def open_log(request, tmp_path):
    """Opens the same log each time it is called; the one before is closed first."""
    opened = []

    def reopen(**options):
        for log in opened:
            log.close()
        opened.append(request.param(tmp_path, **options))
        return opened[-1]

    yield reopen
    for log in opened:
        log.close()
