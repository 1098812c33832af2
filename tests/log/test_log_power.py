"""A power loss at any moment: all that was answered is there, and the log opens."""

import os
import shutil

import pytest
from log_batches import seeded
from log_crash import check, recorded
from log_crash_images import HOWS, image, read_journal

IMAGES = int(os.environ.get("TIDEGAUGE_IMAGES", "12"))


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """Two runs over one log, the first of which is killed."""
    folder = tmp_path_factory.mktemp("recorded")
    recorded(folder, 150, TIDEGAUGE_FAILPOINT="log.after-sync:kill@60")
    recorded(folder, 250)
    return folder / "log", read_journal(folder / "journal")


@pytest.mark.parametrize("seed", range(IMAGES))
def test_all_that_was_answered_survives(tmp_path, journal, seed):
    root, events = journal
    chance = seeded(seed)
    events = events[: chance.randrange(len(events))]
    power_loss(tmp_path, root, events, HOWS[seed % len(HOWS)], chance)


def power_loss(tmp_path, root, events, how, chance):
    image(events, root, tmp_path / "log", how, chance)
    ledger = b"".join(event.one for event in events if event.op == "a")
    (tmp_path / "ledger").write_bytes(ledger)
    check(tmp_path, damaged=len(events))
    shutil.rmtree(tmp_path / "log")
