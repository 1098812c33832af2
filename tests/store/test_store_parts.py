"""Parts give back each value as it was, sorted by time."""

import math
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_rows import START, named, plain, rows, seeded, stored

from tidegauge.arrow import pa
from tidegauge.errors import InputError
from tidegauge.record.columns import TIME
from tidegauge.store import Encodings, LocalStore, scan, write
from tidegauge.store.digest import BLOCK

floats = st.floats(width=64) | st.sampled_from(
    [math.nan, math.inf, -math.inf, -0.0, 0.0, 5e-324, -5e-324, 1e300, 2.0**63, -(2.0**63)]
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "\0", "a\0b", "👩‍👩‍👧", "مرحبا", "é", "x" * 65536, "'; drop table x --"]
)
VALUES = [
    (pa.float64(), floats),
    (pa.float32(), st.floats(width=32)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.string(), texts),
    (pa.bool_(), st.booleans()),
    (TIME, st.integers(-(2**55), 2**55)),
    (pa.list_(pa.string()), st.lists(texts, max_size=3)),
    (pa.list_(pa.float32()), st.lists(st.floats(width=32), max_size=4)),
    (pa.null(), st.none()),
]
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@st.composite
def tables(draw):
    count = draw(st.integers(1, 30))

    def column(of, values):
        return pa.array(draw(st.lists(values | st.none(), min_size=count, max_size=count)), of)

    times = st.lists(st.integers(START, START + 50), min_size=count, max_size=count)
    columns = {
        "prediction_id": [str(i) for i in range(count)],
        "timestamp": pa.array(draw(times), TIME),
        "received_at": pa.array(draw(times), TIME),
    }
    for name in draw(st.lists(names, max_size=5, unique=True)):
        columns[f"features.{name}"] = column(*draw(st.sampled_from(VALUES)))
    return pa.table(columns)


@settings(max_examples=80, deadline=None)
@given(tables())
def test_every_value_comes_back(table):
    with tempfile.TemporaryDirectory() as folder:
        store, parts = stored(Path(folder), table)
        found = scan(store, parts)
    assert found.schema == table.schema
    order = sorted(range(table.num_rows), key=lambda i: table["timestamp"][i].value)
    expected = {row["prediction_id"]: row for row in plain(table)}
    assert [row["timestamp"] for row in plain(found)] == [
        table["timestamp"][i].as_py() for i in order
    ]
    assert {row["prediction_id"]: row for row in plain(found)} == expected


@pytest.mark.parametrize("of", ["float", "int", "text", "time"])
def test_every_layout_gives_back_what_it_took(tmp_path, of):
    """Values of which each kind of layout wins the trial, many enough for several groups."""
    chance = seeded(3)
    count = 60_000
    columns = {
        "float": {
            "few": [chance.choice([1.5, math.nan, -0.0]) for _ in range(count)],
            "smooth": [math.sin(i / 1000) for i in range(count)],
            "noise": [chance.random() for _ in range(count)],
        },
        "int": {
            "few": [chance.choice([1, 2**63 - 1, -(2**63)]) for _ in range(count)],
            "rising": [10**12 + 3 * i for i in range(count)],
            "noise": [chance.randrange(2**40) for _ in range(count)],
        },
        "text": {
            "few": [chance.choice(["a", "", "ü"]) for _ in range(count)],
            "rising": [f"order-{i:09}" for i in range(count)],
            "noise": [f"{chance.getrandbits(60):x}" for _ in range(count)],
        },
        "time": {"rising": pa.array([START + i * i for i in range(count)], TIME)},
    }[of]
    table = rows(count, **{f"features.{name}": values for name, values in columns.items()})
    store, (part,) = stored(tmp_path, table)
    assert scan(store, [part]).equals(table) or plain(scan(store, [part])) == plain(table)
    metadata = pq.read_metadata(store.directory / part.file)
    assert metadata.num_row_groups == 2
    group = metadata.row_group(0)
    used = {
        group.column(i).path_in_schema: group.column(i).encodings for i in range(group.num_columns)
    }
    assert len({used[f"features.{name}"] for name in columns}) >= min(2, len(columns))


def test_a_part_says_what_it_holds(tmp_path):
    store, (part,) = stored(tmp_path, rows(1000, step=-7))
    assert part.rows == 1000
    assert part.bytes == store.size(part.file)
    assert (part.first_at, part.last_at) == (START - 7 * 999, START)
    assert (part.first_received, part.last_received) == (START - 7 * 999 + 500, START + 500)
    assert len(part.digest) == 8 * -(-part.bytes // BLOCK)


def test_rows_of_one_time_keep_their_order(tmp_path):
    store, parts = stored(tmp_path, rows(500, step=0))
    found = pq.read_table(store.directory / parts[0].file)
    assert found["prediction_id"].to_pylist() == [f"{START}-0-{i}" for i in range(500)]


def test_any_parquet_reader_can_read_it(tmp_path):
    store, (part,) = stored(tmp_path, rows(100))
    assert pq.read_table(store.directory / part.file).equals(rows(100))


@pytest.mark.parametrize("name", ["timestamp", "received_at"])
def test_rows_without_a_time_are_refused(tmp_path, name):
    for table in (
        rows(5).drop_columns([name]),
        rows(5, **{name: pa.array([START, None, 1, 2, 3], TIME)}),
    ):
        with pytest.raises(InputError, match=name):
            stored(tmp_path, table)


def test_no_rows_are_no_part(tmp_path):
    with pytest.raises(InputError, match="needs rows"):
        stored(tmp_path, rows(0))
    assert list(LocalStore(tmp_path / "store").names()) == []


def test_what_was_tried_is_not_tried_again(tmp_path, monkeypatch):
    from tidegauge.store import encoding

    store, encodings = LocalStore(tmp_path), Encodings()
    write(store, rows(5000), name=named(), encodings=encodings)
    monkeypatch.setattr(encoding, "_smallest", lambda *_: pytest.fail("tried again"))
    write(store, rows(5000, seed=1), name=named(), encodings=encodings)


def test_what_few_rows_have_told_is_not_believed_of_many(tmp_path):
    store, encodings = LocalStore(tmp_path), Encodings()
    write(store, rows(3), name=named(), encodings=encodings)
    large = rows(20_000)
    late = write(store, large, name=named(), encodings=encodings)
    at_once = write(store, large, name=named(), encodings=Encodings())
    assert late.bytes == at_once.bytes


def test_a_column_of_another_type_is_tried_again(tmp_path):
    store, encodings = LocalStore(tmp_path), Encodings()
    for values in ([1, 2], [1.5, 2.5], ["a", "b"], [True, False], [None, None]):
        table = rows(2, **{"features.age": values})
        part = write(store, table, name=named(), encodings=encodings)
        assert plain(scan(store, [part])) == plain(table)


def test_the_layouts_save_room(tmp_path):
    """Against what pyarrow does by itself, with the same compression."""
    table = rows(20_000, **{"features.wave": [math.sin(i / 500) for i in range(20_000)]})
    _, (part,) = stored(tmp_path, table)
    pq.write_table(table, tmp_path / "plain.parquet", compression="zstd", compression_level=3)
    assert part.bytes < 0.9 * (tmp_path / "plain.parquet").stat().st_size
