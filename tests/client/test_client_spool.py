"""What the server has not taken waits on disk."""

import json
import os
from unittest import mock

import pytest
from moods import closed_port, wait_for
from promises import balance, child

from tidegauge.client import backoff, worker


def files(path, suffix=".batch"):
    return sorted(path.rglob(f"*{suffix}"))


def rows(path):
    return sum(json.loads(each.read_bytes().partition(b"\n")[0])["rows"] for each in files(path))


def test_a_batch_is_on_disk_until_it_is_taken(server, make, tmp_path):
    client = make(closed_port(), spool=tmp_path / "new")
    client.log(model_id="m", prediction_id="p")
    wait_for(lambda: rows(tmp_path) == 1)
    assert not client.flush(0)
    assert not client.close(timeout=0.1)
    assert client.stats().queued == 1
    assert dict(client.stats().dropped) == {}

    again = make(server.url, spool=tmp_path / "new")
    again.log(model_id="m", prediction_id="q")
    server.wait_for_ids("p", "q")
    assert again.flush()
    assert again.stats().calls == again.stats().acked == 2
    assert files(tmp_path) == []
    again.close()


def test_a_process_that_was_killed_loses_nothing_that_was_on_disk(server, make, tmp_path):
    server.mood = "silent"
    said = child("spooled", server.url, check=False, SPOOL=str(tmp_path))
    assert said["code"] == -9
    assert said["queued"] == 1_000
    server.mood = "up"
    client = make(server.url, spool=tmp_path)
    client.log(model_id="m")
    assert client.flush(10)
    assert len(server.counts()) == 1_001
    assert max(server.counts().values()) == 1


def test_a_batch_that_arrived_before_the_kill_is_not_there_twice(server, make, tmp_path):
    server.mood = "lost"
    client = make(server.url, spool=tmp_path)
    client.log(model_id="m", prediction_id="p")
    server.wait_for(1)
    client.close(timeout=0)
    server.mood = "up"
    again = make(server.url, spool=tmp_path)
    again.log(model_id="m", prediction_id="q")
    server.wait_for_ids("p", "q")


def test_a_directory_in_use_is_left_alone(make, server, tmp_path):
    first = make(closed_port(), spool=tmp_path)
    first.log(model_id="m", prediction_id="p")
    wait_for(lambda: rows(tmp_path) == 1)
    second = make(server.url, spool=tmp_path)
    second.log(model_id="m", prediction_id="q")
    assert second.flush()
    assert server.ids() == ["q"]
    assert rows(tmp_path) == 1


def test_what_a_process_leaves_that_ends_later_is_taken_over(make, server, tmp_path):
    first = make(closed_port(), spool=tmp_path)
    first.log(model_id="m", prediction_id="p")
    wait_for(lambda: rows(tmp_path) == 1)
    with mock.patch.object(worker, "_ADOPT_EVERY", 0.05):
        second = make(server.url, spool=tmp_path)
        second.log(model_id="m", prediction_id="q")
        assert second.flush()
        assert server.ids() == ["q"]
        first.close(timeout=0)
        server.wait_for_ids("p", "q")
        assert second.close()
    wait_for(lambda: not list(tmp_path.iterdir()))


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "noise"])
def test_a_damaged_file_is_set_aside(damage, make, server, tmp_path, words):
    first = make(closed_port(), spool=tmp_path)
    first.log(model_id="m")
    wait_for(lambda: rows(tmp_path) == 1)
    first.close(timeout=0)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    damaged = {"cut": whole[:-9], "flip": whole[:-1] + b"!", "empty": b"", "noise": b"\xff" * 99}
    path.write_bytes(damaged[damage])
    second = make(server.url, spool=tmp_path)
    second.log(model_id="m", prediction_id="q")
    assert second.flush()
    assert server.ids() == ["q"]
    wait_for(lambda: len(files(tmp_path, ".corrupt")) == 1)
    assert sum("set aside" in each for each in words()) == 1


def test_a_file_that_disappears_costs_its_batch(make, tmp_path):
    client = make(closed_port(), spool=tmp_path)
    with mock.patch.object(backoff, "CAP", 0.01):
        client.log(model_id="m")
        wait_for(lambda: rows(tmp_path) == 1)
        for path in files(tmp_path):
            path.unlink()
        assert client.flush(30)
    assert dict(client.stats().dropped) == {"internal": 1}


@pytest.mark.parametrize("fault", ["not a directory", "full", "read-only"])
def test_a_spool_that_cannot_be_written_is_memory(fault, make, server, tmp_path, words):
    spool = tmp_path / "spool"
    if fault == "not a directory":
        spool.write_text("a file")
    client = make(server.url, spool=spool)
    if fault == "not a directory":
        failing = mock.patch("os.getpid", os.getpid)
    elif fault == "full":
        failing = mock.patch("pathlib.Path.write_bytes", side_effect=OSError(28, "No space left"))
    else:
        failing = mock.patch("pathlib.Path.mkdir", side_effect=OSError(30, "Read-only file system"))
    with failing:
        for _ in range(3):
            client.log(model_id="m")
            assert client.flush()
    assert client.stats().acked == 3
    assert sum("spool" in each for each in words()) == 1


def test_the_spool_has_a_limit(make, tmp_path, words):
    client = make(closed_port(), spool=tmp_path, spool_bytes=64 * 1024)
    for place in range(30):
        client.log(model_id="m", features={f"f{part}": os.urandom(30).hex() for part in range(99)})
        if not place % 5:
            client.flush(0.12)
    client.flush(0.3)
    assert sum(each.stat().st_size for each in files(tmp_path)) < 80 * 1024
    assert any("spool is full" in each for each in words())
    client.close(timeout=0)
    balance(client.stats())
    assert client.stats().dropped["shutdown"] > 0
    assert client.stats().queued == rows(tmp_path)
