"""The ids of 24 hours: found again in any piece, over restarts, and never after a lost commit."""

from pathlib import Path

import numpy as np
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.window import DAY, HOUR, SECOND
from tidegauge.worker import ids as module
from tidegauge.worker.ids import Ids, Sealed

AT = 1_790_000_000 * SECOND


def hashes(numbers):
    spread = np.array(numbers, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return spread ^ (spread >> np.uint64(29))


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 2)), min_size=1), max_size=12)
)
@settings(max_examples=60, deadline=None)
def test_as_a_dictionary_would_say(tmp_path_factory, turns):
    folder = tmp_path_factory.mktemp("ids")
    ids, first, listed = Ids.open(folder, []), {}, {}
    for number, turn in enumerate(turns):
        keys, contents = hashes([key for key, _ in turn]), hashes([c for _, c in turn])
        again, conflict = ids.meet(keys, contents)
        for at, (key, content) in enumerate(turn):
            known = first.setdefault(key, (number, at, content))
            assert again[at] == (known[:2] != (number, at))
            assert conflict[at] == (known[2] != content)
        if number % 3 == 1:
            listed |= {each.file: each for each in ids.write(AT)}
            ids = Ids.open(folder, list(listed.values()))


def test_what_was_not_committed_is_forgotten(tmp_path):
    ids = Ids.open(tmp_path, [])
    ids.meet(hashes([1, 2]), hashes([1, 2]))
    listed = list(ids.write(AT))
    ids.meet(hashes([3]), hashes([3]))
    list(ids.write(AT + 1))
    ids = Ids.open(tmp_path, listed)
    assert ids.meet(hashes([1, 2, 3]), hashes([1, 2, 3])).again.tolist() == [True, True, False]


def test_a_full_journal_becomes_a_run_and_an_old_run_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 100)
    ids = Ids.open(tmp_path, [])
    listed = {}
    for number in range(10):
        keys = hashes(range(number * 100, number * 100 + 100))
        assert not ids.meet(keys, keys).again.any()
        at = AT + number * HOUR * SECOND
        listed |= {each.file: each for each in ids.write(at)}
        sealed, gone = ids.seal(at)
        listed |= {each.file: each for each in sealed}
        for file in gone:
            listed.pop(file, None)
        ids.delete(gone)
    assert {path.name for path in tmp_path.iterdir()} == set(listed)
    again = Ids.open(tmp_path, list(listed.values()))
    keys = hashes(range(1_200))
    assert again.meet(keys, keys).again.sum() == 1_000
    # A day later the first ones are no longer known, and their files are gone.
    list(again.write(AT))
    _sealed, gone = again.seal(AT + 26 * HOUR * SECOND)
    again.delete(gone)
    assert 0 < len(gone) < 11
    assert DAY // HOUR == 24


def test_files_of_a_crash_are_removed(tmp_path):
    (tmp_path / "stray.run").write_bytes(b"x" * 16)
    Ids.open(tmp_path, [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [1, 7, 5_000])
def test_a_filter_never_hides_what_is_there(size):
    keys = np.sort(hashes(range(size)))
    run = Sealed.of(np.stack([keys, keys], axis=1))
    assert run.find(keys).tolist() == list(range(size))
    assert not (run.find(hashes(range(10_000, 12_000))) >= 0).any()
    assert run.find(np.array([1, 2**64 - 1], dtype=np.uint64)).tolist() == [-1, -1]


def test_the_rows_of_a_run_stay_in_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 100)
    ids = Ids.open(tmp_path, [])
    keys = hashes(range(200))
    ids.meet(keys, keys)
    list(ids.write(AT))
    (sealed,), gone = ids.seal(AT)
    ids.delete(gone)
    for each in (ids, Ids.open(tmp_path, [sealed])):
        ((run, _listed),) = each._runs.values()
        assert not run.keys.flags.owndata
        assert not run.keys.flags.writeable
        assert each.meet(keys, keys[::-1].copy()).conflict.sum() == 200
    assert sealed.file in Path("/proc/self/maps").read_text()


def test_a_run_that_was_cut_short_is_told_and_what_is_left_of_it_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 100)
    ids = Ids.open(tmp_path, [])
    keys = hashes(range(200))
    ids.meet(keys, keys)
    list(ids.write(AT))
    (sealed,), gone = ids.seal(AT)
    ids.delete(gone)
    path = tmp_path / sealed.file
    for size, left in ((50 * 16 + 3, 50), (0, 0)):
        path.write_bytes(path.read_bytes()[:size])
        with structlog.testing.capture_logs() as said:
            again = Ids.open(tmp_path, [sealed])
        assert [each["log_level"] for each in said] == ["error"]
        assert again.meet(keys, keys).again.sum() == left


def test_who_was_fenced_off_cannot_spoil_what_follows(tmp_path):
    first = Ids.open(tmp_path, [])
    first.meet(hashes([1, 2]), hashes([1, 2]))
    listed = list(first.write(AT))
    second = Ids.open(tmp_path, listed)
    second.meet(hashes([3]), hashes([3]))
    listed += list(second.write(AT))
    # It was asleep, and writes what nobody will list.
    first.meet(hashes([4, 5, 6]), hashes([4, 5, 6]))
    list(first.write(AT))
    third = Ids.open(tmp_path, listed)
    numbers = hashes([1, 2, 3, 4, 5, 6])
    assert third.meet(numbers, numbers).again.tolist() == [True, True, True, False, False, False]


def test_a_run_that_was_damaged_is_told_and_the_rest_of_it_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 100)
    ids = Ids.open(tmp_path, [])
    keys = hashes(range(200))
    ids.meet(keys, keys)
    list(ids.write(AT))
    (sealed,), gone = ids.seal(AT)
    ids.delete(gone)
    path = tmp_path / sealed.file
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    with structlog.testing.capture_logs() as said:
        ids = Ids.open(tmp_path, [sealed])
    assert [each["file"] for each in said if each["log_level"] == "error"] == [sealed.file]
    assert ids.meet(keys, keys).again.sum() == 199
