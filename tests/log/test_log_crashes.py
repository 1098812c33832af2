"""A process killed at any moment, and at every named point: nothing that was answered is lost."""

import shutil
import subprocess
from pathlib import Path

import pytest
from log_batches import append_all, batch, seeded, small_log
from log_crash import check, finish, start

import tidegauge.log
from tidegauge.failpoint import names
from tidegauge.log import LogReader

POINTS = sorted({name for _, name in names(Path(tidegauge.log.__file__).parent)})


def test_there_are_enough_points():
    assert len(POINTS) >= 30


def test_kills_at_random_moments_lose_nothing(tmp_path):
    """The moment is a count of answers, so that a slow machine is tested as a fast one is."""
    chance = seeded(20)
    for _ in range(20):
        with start(tmp_path, 10**6, "--tell", stdout=subprocess.PIPE) as child:
            child.stdout.read(chance.randrange(1, 300))
            child.kill()
    check(tmp_path)


@pytest.mark.parametrize("action", ["kill", "raise"])
@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_at_any_point(tmp_path, scars, point, action):
    scars(tmp_path)
    # A log that is consumed as it grows may never need a new file.
    options = ["--no-consumer"] if "spare" in point else []
    code = finish(tmp_path, 500, *options, TIDEGAUGE_FAILPOINT=f"{point}:{action}")
    if action == "kill":
        assert code == -9, "the point was not passed"
    check(tmp_path, damaged=1)


@pytest.fixture(scope="session")
def scars(tmp_path_factory):
    """Makes a log that was killed and then mistreated, so that a start passes every point."""
    folder = tmp_path_factory.mktemp("scarred")
    finish(folder, 90, "--no-consumer", TIDEGAUGE_FAILPOINT="log.before-index:kill@4")
    directory = folder / "log"
    first, second, third, *_, last = sorted(directory.glob("[0-9]*.log"))
    # Swapped names, a damaged opening (which holds no batch), and a torn end.
    first.rename(directory / "between")
    second.rename(first)
    (directory / "between").rename(second)
    content = bytearray(third.read_bytes())
    content[60] ^= 1
    third.write_bytes(content)
    with last.open("ab") as file:
        file.write(b"torn")

    def copy(target):
        shutil.copytree(folder, target, dirs_exist_ok=True)

    return copy


def test_a_second_reader_beside_the_writer_sees_only_what_is_durable(tmp_path):
    child = start(tmp_path, 1500)
    reader = LogReader(tmp_path / "log")
    seen = []
    while child.poll() is None:
        seen = [*seen, *reader.read(seen[-1][0] if seen else tidegauge.log.START)]
        assert not seen or seen[-1][0] <= reader.end()
    assert reader.damaged == 0
    positions = [position for position, _ in seen]
    assert positions == sorted(set(positions))
    reader.close()
    check(tmp_path)


def test_a_reader_in_another_process_releases(tmp_path):
    log = small_log(tmp_path / "log", cap=1 << 16)
    reader = LogReader(tmp_path / "log")
    for start_at in range(0, 400, 20):
        append_all(log, [batch(i) for i in range(start_at, start_at + 20)])
        *_, (position, _) = reader.read(tidegauge.log.START)
        reader.release(position)
    assert len(reader.where("acme", "churn")) == len(log.where("acme", "churn"))
    reader.close()
    log.close()
