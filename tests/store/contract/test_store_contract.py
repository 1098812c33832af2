"""What every store promises."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tidegauge.errors import InputError
from tidegauge.store import MissingError, new_name

NAME = "predictions/000017/2026-11-21/one.parquet"


def put(store, name, body):
    with store.create(name) as file:
        file.write(body)


def later():
    return time.time_ns() // 1000 + 10_000_000


def test_what_was_written_is_read(open_store):
    put(open_store(), NAME, b"0123456789")
    store = open_store()
    assert store.size(NAME) == 10
    assert store.read(NAME, 0, 10) == b"0123456789"
    assert store.read(NAME, 3, 4) == b"3456"
    assert store.read(NAME, 8, 100) == b"89"
    assert store.read(NAME, 10, 5) == b""


def test_a_file_comes_in_pieces_of_any_size(open_store):
    with open_store().create(NAME) as file:
        for size in (0, 1, 70_000, 3 << 20):
            file.write(bytes(size))
    assert open_store().size(NAME) == 70_001 + (3 << 20)


def test_a_file_is_absent_until_it_is_whole(open_store):
    store = open_store()
    with store.create(NAME) as file:
        file.write(b"half")
        file.flush()
        assert list(store.names()) == []
        with pytest.raises(MissingError):
            store.size(NAME)
    assert list(store.names()) == [NAME]


def test_a_file_whose_writer_fails_is_absent(open_store):
    store = open_store()

    def fail():
        with store.create(NAME) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(store.names()) == []
    assert store.sweep([], before=later()) == []


def test_what_is_not_there_is_told_by_name(open_store):
    store = open_store()
    for look in (lambda: store.size(NAME), lambda: store.read(NAME, 0, 1)):
        with pytest.raises(MissingError, match=NAME):
            look()


def test_deleting_twice_is_as_good_as_once(open_store):
    store = open_store()
    put(store, NAME, b"x")
    store.delete(NAME)
    store.delete(NAME)
    assert list(open_store().names()) == []


def test_names_are_listed_by_prefix(open_store):
    store = open_store()
    names = {new_name(kind, model, 0) for kind in ("labels", "predictions") for model in (1, 2)}
    for name in names:
        put(store, name, b"x")
    assert set(store.names()) == names
    assert {name.split("/")[1] for name in store.names("labels/")} == {"000001", "000002"}
    assert len(list(store.names("labels/000001/"))) == 1


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../escape",
        "predictions/../../escape",
        "/etc/passwd",
        "predictions//x",
        "predictions/./x",
        "a\0b",
        "Ünï",
        ".draft-1",
        "predictions/.hidden",
        "a/b/",
        "x.parquet\n",
    ],
)
def test_no_name_leads_out_of_the_store(open_store, name):
    store = open_store()
    for use in (
        store.size,
        store.delete,
        lambda n: store.read(n, 0, 1),
        lambda n: put(store, n, b""),
    ):
        with pytest.raises(InputError):
            use(name)
    assert list(store.names()) == []


def test_only_what_is_old_and_not_listed_is_swept(open_store):
    store = open_store()
    names = [new_name("predictions", 1, 0) for _ in range(3)]
    for name in names:
        put(store, name, b"x")
    assert store.sweep(names[:1], before=0) == []
    assert set(store.sweep(names[:1], before=later())) == set(names[1:])
    assert list(store.names()) == names[:1]


def test_there_is_room(open_store):
    free = open_store().free()
    assert free is None or free > 0


def test_many_write_at_once(open_store):
    names = [new_name("predictions", 1, 0) for _ in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: put(open_store(), name, name.encode()), names))
    store = open_store()
    assert set(store.names()) == set(names)
    assert all(store.read(name, 0, 1000) == name.encode() for name in names)
