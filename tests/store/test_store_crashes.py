"""A process killed, or failed by its disk, at every named point: each part that counts is whole, no
row is lost or doubled, and what is left over is swept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from store_child import STEPS, Ledger, expected, main
from store_rows import unordered

import tidegauge.store
from tidegauge import failpoint
from tidegauge.arrow import pa
from tidegauge.failpoint import names
from tidegauge.store import LocalStore, scan, scrub

POINTS = sorted({name for _, name in names(Path(tidegauge.store.__file__).parent)})
CHILD = Path(__file__).with_name("store_child.py")


def run(folder, **environment):
    return subprocess.run(
        [sys.executable, CHILD, folder],
        env={**os.environ, "TIDEGAUGE_TEST": "1", **environment},
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=60,
    ).returncode


def check(folder):
    store, live = LocalStore(folder / "store"), Ledger(folder / "ledger").live()
    assert [error for _, error in scrub(store, live) if error is not None] == []
    count = sum(part.rows for part in live)
    assert count % 40 == 0
    found = scan(store, live)
    assert unordered(found) == unordered(
        pa.concat_tables([found.slice(0, 0), *expected(count // 40)])
    )
    store.sweep([part.file for part in live], before=2**62)
    kept = {path.name for path in (folder / "store").rglob("*") if path.is_file()}
    assert kept == {Path(part.file).name for part in live}
    return count


@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_by_a_kill_at_any_point(tmp_path, point):
    assert run(tmp_path, TIDEGAUGE_FAILPOINT=f"{point}:kill") == -9, "the point was not passed"
    check(tmp_path)
    main(tmp_path)
    assert check(tmp_path) == 40 * STEPS


@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_by_a_failure_at_any_point(tmp_path, monkeypatch, point):
    monkeypatch.setattr(failpoint, "_armed", {point: ("raise", 1)})
    with pytest.raises(OSError, match=point):
        main(tmp_path)
    check(tmp_path)
    main(tmp_path)
    assert check(tmp_path) == 40 * STEPS


@pytest.mark.parametrize("time", [2, 4, 5])
@pytest.mark.parametrize("point", ["store.before-rename", "store.part-written"])
def test_nothing_is_lost_at_a_later_passing(tmp_path, point, time):
    assert run(tmp_path, TIDEGAUGE_FAILPOINT=f"{point}:kill@{time}") == -9
    check(tmp_path)
    main(tmp_path)
    assert check(tmp_path) == 40 * STEPS


def test_there_are_enough_points():
    assert len(POINTS) >= 10
