"""Scans against a plain reading of the same rows."""

import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_rows import START, moment, named, plain, rows, seeded, stored

from tidegauge.arrow import pa
from tidegauge.errors import InputError
from tidegauge.record.columns import TIME
from tidegauge.store import (
    Between,
    Encodings,
    Is,
    LocalStore,
    Missing,
    Not,
    page,
    scan,
    write,
)
from tidegauge.store import part as part_module
from tidegauge.store.bloom import xxh64

AGES = [
    (pa.int64(), st.integers(-3, 3) | st.sampled_from([2**53 + 1, -(2**63), 2**63 - 1])),
    (pa.uint64(), st.integers(0, 3) | st.sampled_from([2**63, 2**64 - 1])),
    (pa.float64(), st.sampled_from([math.nan, math.inf, -0.0, 0.0, 1.0, 1.5, 2.0**53, -2.5])),
    (pa.string(), st.sampled_from(["", "a", "b", "é", "1"])),
    (pa.bool_(), st.booleans()),
    (pa.null(), st.none()),
]
values = st.one_of(
    st.integers(-4, 4),
    st.sampled_from([2**53 + 1, 2**63, 2**64, -(2**70), 10**400]),
    st.floats(),
    st.text(st.sampled_from("ab1é\ud800"), max_size=1),
    st.booleans(),
)
moments = st.integers(START - 2, START + 12)
conditions = st.one_of(
    st.builds(lambda given: Is("features.age", *given), st.lists(values, max_size=3)),
    st.builds(Between, st.just("features.age"), st.none() | values, st.none() | values),
    st.builds(Between, st.sampled_from(["timestamp", "received_at"]), st.none() | moments, moments),
    st.builds(Is, st.just("prediction_id"), st.sampled_from(["i0", "i3", "none"])),
    st.sampled_from([Missing("features.age"), Missing("tags.none"), Is("tags.none", 1)]),
)
conditions |= st.builds(Not, conditions)


@st.composite
def sources(draw):
    """Tables with times that tie and lie over each other, and a column that changes its type."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        count = draw(st.integers(1, 8))
        times = draw(st.lists(st.integers(START, START + 10), min_size=count, max_size=count))
        ids = draw(
            st.lists(st.sampled_from(["i0", "i1", "i2", "i3", "Ü"]), min_size=count, max_size=count)
        )
        columns = {
            "prediction_id": ids,
            "timestamp": pa.array(times, TIME),
            "received_at": pa.array([at + 1 for at in times], TIME),
        }
        if draw(st.booleans()):
            of, ages = draw(st.sampled_from(AGES))
            column = draw(st.lists(ages | st.none(), min_size=count, max_size=count))
            columns["features.age"] = pa.array(column, of)
        found.append(pa.table(columns))
    return found


def holds(row, one):
    if isinstance(one, Not):
        return not holds(row, one.filter)
    value = row.get(one.column)
    if isinstance(one, Missing):
        return value is None
    if value is None:
        return False
    if one.column in ("timestamp", "received_at"):
        value = round((value - moment(0)).total_seconds() * 1e6)
    if isinstance(one, Is):
        return any(kind(value) == kind(each) and value == each for each in one.values)
    for bound in (one.low, one.high):
        if bound is not None and (kind(bound) != kind(value) or bound != bound):  # noqa: PLR0124
            return False
        if isinstance(bound, str) and "\ud800" in bound:
            return False
    return (one.low is None or value >= one.low) and (one.high is None or value < one.high)


def kind(value):
    if isinstance(value, bool | str):
        return type(value)
    return float


def age_of(row):
    """Whatever column it is in."""
    found = [
        value
        for name, value in row.items()
        if name.partition("@")[0].partition(".")[0] == "features" and value is not None
    ]
    assert len(found) <= 1
    return found[0] if found else None


def expected(tables, where, order):
    found = [row for table in tables for row in table.to_pylist()]
    found = [row for row in found if all(holds(row, one) for one in where)]
    return sorted(
        found,
        key=lambda row: (row["timestamp"], row["prediction_id"].encode()),
        reverse=order == "newest",
    )


def key(row):
    return row["timestamp"], row["prediction_id"]


def same(found, wanted):
    """The same rows in order, but for those that tie."""
    assert [key(row) for row in found] == [key(row) for row in wanted]
    left, right = (
        sorted(repr((key(row), _number(age_of(row)))) for row in given) for given in (found, wanted)
    )
    assert left == right


def _number(value):
    is_zero = value == 0 and math.copysign(1, value) < 0
    return int(value) if isinstance(value, float) and value.is_integer() and not is_zero else value


@settings(max_examples=120, deadline=None)
@given(
    sources(),
    st.lists(conditions, max_size=3),
    st.sampled_from(["oldest", "newest"]),
    st.integers(0, 4),
    st.integers(1, 5),
)
def test_a_scan_is_what_plain_reading_gives(tables, where, order, tail, limit):
    wanted = expected(tables, where, order)
    kept = max(0, len(tables) - tail)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(part_module, "GROUP", 3)
        store, parts = stored(Path(folder), *tables[:kept])
        found = scan(store, parts, tables[kept:], where=where, order=order)
        same(found.to_pylist(), wanted)
        paged, after = [], None
        while True:
            one = page(
                store, parts, tables[kept:], where=where, order=order, limit=limit, after=after
            )
            paged += one.table.to_pylist()
            after = one.after
            if after is None:
                break
            assert one.table.num_rows == limit
        same(paged, wanted)


def test_columns_are_those_asked_for_in_their_order(tmp_path):
    store, parts = stored(tmp_path, rows(5), rows(5, seed=1).drop_columns(["tags.region"]))
    wanted = ["tags.region", "prediction_id", "features.none"]
    found = scan(store, parts, columns=wanted)
    assert found.column_names == wanted
    assert found["features.none"].null_count == 10
    assert found["tags.region"].null_count >= 5
    assert scan(store, parts, columns=[]).num_rows == 10


@pytest.mark.parametrize(
    "name", ["a.b", 'say "hi"', "it's", "naïve", "👋", "a b", "", "x@text", "%s", "a.b.c", "\n"]
)
def test_any_column_name_will_do(tmp_path, name):
    column = f"features.{name}"
    store, parts = stored(tmp_path, rows(5, **{column: [1, 2, 3, None, 5]}))
    found = scan(store, parts, columns=[column], where=[Between(column, 2, 5)])
    assert found.to_pydict() == {column: [2, 3]}


def test_a_name_is_not_taken_for_one_that_it_begins(tmp_path):
    columns = {"features.a": [1, 2], "features.a.b": [3, 4], "features": [5, 6]}
    store, parts = stored(tmp_path, rows(2, **columns))
    for name, given_ in columns.items():
        assert scan(store, parts, columns=[name]).to_pydict() == {name: given_}


def test_no_part_is_read_that_lies_elsewhere_in_time(tmp_path):
    tables = [rows(10, start=START + i * 10**9) for i in range(5)]
    store, parts = stored(tmp_path, *tables)
    for part in (*parts[:2], *parts[3:]):
        store.delete(part.file)
    where = [Between("timestamp", parts[2].first_at, parts[2].last_at + 1)]
    assert scan(store, parts, where=where).num_rows == 10
    received = [Between("received_at", parts[2].first_received, parts[2].last_received + 1)]
    assert scan(store, parts, where=received).num_rows == 10


def test_a_page_reads_no_more_parts_than_it_takes(tmp_path):
    tables = [rows(10, start=START + i * 10**9) for i in range(5)]
    store, parts = stored(tmp_path, *tables)
    for part in parts[:3]:
        store.delete(part.file)
    found = scan(store, parts, order="newest", limit=12, columns=["timestamp"])
    assert found["timestamp"][0].value == parts[4].last_at
    for part in parts[3:]:
        store.delete(part.file)
    with pytest.raises(Exception, match=parts[4].file):
        scan(store, parts, order="newest", limit=12)


def test_an_id_is_found_without_reading_the_others(tmp_path, monkeypatch):
    """The ids are hashes, so that no order of them helps: only the Bloom filters do."""
    ids = [f"{xxh64(str(i).encode()):016x}" for i in range(2000)]
    tables = [
        rows(200, start=START + i, prediction_id=ids[200 * i : 200 * i + 200]) for i in range(10)
    ]
    store, parts = stored(tmp_path, *tables)
    from tidegauge.store import source

    read = []
    original = source.PartSource.read
    monkeypatch.setattr(
        source.PartSource, "read", lambda self, *a: read.append(self.part) or original(self, *a)
    )
    for i in range(0, 2000, 50):
        assert scan(store, parts, where=[Is("prediction_id", ids[i])]).num_rows == 1
    assert len(read) < 40 * 2 + 10
    read.clear()
    assert scan(store, parts, where=[Is("prediction_id", "nothing")]).num_rows == 0
    assert not read


def test_what_asks_for_nothing_is_refused(tmp_path):
    store, parts = stored(tmp_path, rows(3))
    with pytest.raises(InputError, match="limit"):
        scan(store, parts, limit=0)


def test_pages_over_many_groups_are_the_whole(tmp_path):
    chance = seeded(5)
    store, encodings, parts, total = LocalStore(tmp_path), Encodings(), [], 0
    for i in range(3):
        count = chance.randrange(50_000, 70_000)
        table = rows(count, start=START + i * 10_000_000, step=500, seed=i)
        parts.append(write(store, table, name=named(), encodings=encodings))
        total += count
    seen, after = [], None
    while True:
        one = page(
            store, parts, order="newest", columns=["prediction_id"], limit=40_000, after=after
        )
        seen += one.table["prediction_id"].to_pylist()
        after = one.after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == total
    whole = scan(store, parts, columns=["prediction_id", "timestamp"])
    assert whole["prediction_id"].to_pylist() == seen[::-1]
    assert plain(whole.slice(0, 3)) == plain(
        scan(store, parts, limit=3, columns=whole.column_names)
    )
