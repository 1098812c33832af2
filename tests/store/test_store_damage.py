"""Rotten bytes: every query is right, or fails and names the file."""

import pytest
from store_rows import named, plain, rows, seeded, stored

from tidegauge.store import (
    Between,
    DamagedError,
    Is,
    LocalStore,
    MissingError,
    StoreError,
    merge,
    scan,
    scrub,
    write,
)
from tidegauge.store.digest import BLOCK

FLIPS = 1000
QUERIES = [
    {},
    {"columns": ["features.income"], "where": [Between("features.age", 30, 40)]},
    {"where": [Is("prediction_id", "1795000000000000-0-77")]},
    {"order": "newest", "limit": 3, "columns": ["tags.region"]},
]


def flip(path, at, bit):
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << bit
    path.write_bytes(content)


def outcome(store, parts, query):
    try:
        return plain(scan(store, parts, **query))
    except DamagedError as error:
        return "damaged" if error.file == parts[0].file and error.file in str(error) else error


def test_one_flipped_bit_is_never_a_wrong_answer(tmp_path):
    """At random offsets, in a part small enough that each flip meets each query."""
    chance = seeded(70)
    store, parts = stored(tmp_path, rows(300))
    path = store.directory / parts[0].file
    right = [outcome(store, parts, query) for query in QUERIES]
    damaged = 0
    for _ in range(FLIPS):
        at, bit = chance.randrange(parts[0].bytes), chance.randrange(8)
        flip(path, at, bit)
        for query, answer in zip(QUERIES, right, strict=True):
            found = outcome(store, parts, query)
            assert found in ("damaged", answer)
            damaged += found == "damaged"
        ((part, error),) = scrub(store, parts)
        assert part is parts[0]
        assert isinstance(error, DamagedError)
        flip(path, at, bit)
    assert damaged
    assert [outcome(store, parts, query) for query in QUERIES] == right


def large(folder):
    """Several blocks, so that damage in one leaves the others."""
    chance = seeded(9)
    columns = {f"features.{i}": [chance.random() for _ in range(60_000)] for i in range(8)}
    return stored(folder, rows(60_000, **columns))


def test_a_query_that_needs_other_blocks_is_right(tmp_path):
    store, parts = large(tmp_path)
    assert parts[0].bytes > 3 * BLOCK
    query = {"columns": ["timestamp", "features.3"], "limit": 5}
    wanted = plain(scan(store, parts, **query))
    path = store.directory / parts[0].file
    outcomes = set()
    for block in range(parts[0].bytes // BLOCK):
        flip(path, block * BLOCK + 5, 0)
        try:
            assert plain(scan(store, parts, **query)) == wanted
            outcomes.add("right")
        except DamagedError as error:
            outcomes.add("damaged" if f"bytes {block * BLOCK} to" in str(error) else str(error))
        flip(path, block * BLOCK + 5, 0)
    assert outcomes == {"right", "damaged"}


@pytest.mark.parametrize("size", [0, 1, 7, 100, 0.5, 0.99])
def test_a_torn_part_is_damaged(tmp_path, size):
    store, parts = stored(tmp_path, rows(300))
    path = store.directory / parts[0].file
    cut = size if isinstance(size, int) else int(size * parts[0].bytes)
    path.write_bytes(path.read_bytes()[:cut])
    assert outcome(store, parts, {}) == "damaged"
    path.write_bytes(bytes(parts[0].bytes))
    assert outcome(store, parts, {}) == "damaged"


def test_a_part_with_more_bytes_is_damaged(tmp_path):
    store, parts = stored(tmp_path, rows(300))
    with (store.directory / parts[0].file).open("ab") as file:
        file.write(b"more")
    assert outcome(store, parts, {}) == "damaged"


def test_swapped_parts_are_damaged(tmp_path):
    store, parts = stored(tmp_path, rows(300), rows(300, seed=1))
    one, two = (store.directory / part.file for part in parts)
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)
    assert outcome(store, parts[:1], {}) == "damaged"


def test_a_part_that_is_gone_is_told_by_name(tmp_path):
    store, parts = stored(tmp_path, rows(3))
    store.delete(parts[0].file)
    with pytest.raises(MissingError, match=parts[0].file):
        scan(store, parts)
    assert isinstance(next(scrub(store, parts))[1], MissingError)


def test_damage_is_not_merged(tmp_path):
    store, parts = stored(tmp_path, rows(300), rows(300, seed=1))
    path = store.directory / parts[1].file
    content = path.read_bytes()
    for at in range(4, parts[1].bytes, 997):
        flip(path, at, 3)
        with pytest.raises(DamagedError, match=parts[1].file):
            merge(store, parts, name=named())
        path.write_bytes(content)
    assert sorted(store.names()) == sorted(part.file for part in parts)


def test_the_scrubber_finds_every_damaged_part_in_one_pass(tmp_path):
    store = LocalStore(tmp_path)
    parts = [write(store, rows(50, seed=i), name=named()) for i in range(30)]
    chance = seeded(2)
    spoiled = set(chance.sample(range(30), 7))
    for number in spoiled:
        part = parts[number]
        flip(store.directory / part.file, chance.randrange(part.bytes), chance.randrange(8))
    found = {part.file for part, error in scrub(store, parts) if error is not None}
    assert found == {parts[number].file for number in spoiled}


def test_the_scrubber_takes_its_time(tmp_path):
    waits = []
    store, parts = stored(tmp_path, rows(300))
    found = list(scrub(store, parts, bytes_per_second=1000, sleep=waits.append))
    assert found == [(parts[0], None)]
    assert sum(waits) == pytest.approx(parts[0].bytes / 1000)


def test_every_error_is_of_the_store():
    assert issubclass(DamagedError, StoreError)
    assert issubclass(MissingError, StoreError)
