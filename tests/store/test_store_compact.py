"""Merging parts: which, and that the rows stay what they are."""

import math
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_rows import DAY, START, named, plain, rows, seeded, stored
from test_store_parts import tables as any_tables

from tidegauge.arrow import pa, pc
from tidegauge.errors import InputError
from tidegauge.store import DamagedError, Encodings, LocalStore, Part, merge, plan, scan
from tidegauge.store.compact import MOST_BYTES, MOST_ROWS
from tidegauge.store.source import PartSource
from tidegauge.store.unify import base_of

TODAY = START // DAY * DAY
HOUR = DAY // 24


def part(at, size, count=1000, number=0):
    return Part(
        file=f"p{number}",
        rows=count,
        bytes=size,
        digest="",
        first_at=at,
        last_at=at + 10,
        first_received=at,
        last_received=at,
    )


def hourly(count, size, at=TODAY, **more):
    return [part(at + i * HOUR // 2, size, number=i, **more) for i in range(count)]


def test_a_quiet_day_becomes_one_part_when_it_is_over():
    parts = hourly(15, 10_000)
    assert plan(parts, TODAY + DAY + 2 * HOUR - 1) == []
    assert plan(parts, TODAY + DAY + 3 * HOUR) == [parts]


def test_many_parts_are_merged_in_the_running_day():
    parts = hourly(16, 10_000)
    assert plan(parts, TODAY + HOUR) == [parts]


def test_parts_that_make_a_full_one_are_merged_at_once():
    parts = hourly(30, MOST_BYTES // 20)
    assert plan(parts, TODAY + DAY) == [parts[:20]]
    assert plan(parts, TODAY + DAY + 2 * HOUR) == [parts[:20], parts[20:]]
    many = [part(TODAY + i, 1000, MOST_ROWS // 5, i) for i in range(5)]
    assert plan(many, TODAY) == [many]


def test_full_parts_are_left_alone():
    assert plan(hourly(20, MOST_BYTES // 2), TODAY + 9 * DAY) == []


def test_crumbs_do_not_rewrite_a_large_part():
    large, late = part(TODAY, MOST_BYTES // 3), part(TODAY + HOUR, 50_000)
    assert plan([large, late], TODAY + 9 * DAY) == []


def test_days_are_not_merged_together():
    parts = [part(TODAY + i * DAY, 1000, number=i) for i in range(20)]
    assert plan(parts, TODAY + 90 * DAY) == []


@given(
    st.lists(st.tuples(st.integers(0, 3 * 48), st.integers(1, MOST_BYTES)), max_size=60),
    st.integers(0, 5),
)
def test_every_plan_is_of_parts_once_and_bounded(sizes, days):
    parts = [part(TODAY + at * HOUR // 2, size, number=i) for i, (at, size) in enumerate(sizes)]
    groups = plan(parts, TODAY + days * DAY)
    files = [each.file for group in groups for each in group]
    assert len(files) == len(set(files))
    for group in groups:
        assert len(group) >= 2
        assert len({each.first_at // DAY for each in group}) == 1
        assert sum(each.bytes for each in group) <= MOST_BYTES
        assert sum(each.rows for each in group) <= MOST_ROWS


def test_plans_come_to_an_end():
    """Merging what is planned, again and again, rewrites each row a few times at most."""
    parts, written, now = [], 0, TODAY
    for i in range(2000):
        now = TODAY + i * 40_000_000
        parts.append(part(now, 500_000, number=i))
        for group in plan(parts, now):
            size = sum(each.bytes for each in group)
            written += size
            count = sum(each.rows for each in group)
            parts = [each for each in parts if each not in group]
            parts.append(part(group[0].first_at, size, count, number=f"m{i}"))
    assert written <= 4 * 2000 * 500_000
    assert len(parts) < 60


def merged(folder, *tables, **options):
    store, parts = stored(folder, *tables)
    before = scan(store, parts)
    new = merge(store, parts, name=named(), **options)
    return store, parts, before, new


def test_a_merge_has_the_same_rows_in_order(tmp_path):
    tables = [rows(100, start=START + i * 37_000, seed=i) for i in range(9)]
    store, parts, before, new = merged(tmp_path, *tables)
    assert new.rows == 900
    assert (new.first_at, new.last_at) == (
        min(each.first_at for each in parts),
        max(each.last_at for each in parts),
    )
    assert (new.first_received, new.last_received) == (
        min(each.first_received for each in parts),
        max(each.last_received for each in parts),
    )
    assert plain(scan(store, [new])) == plain(before)
    assert set(store.names()) == {each.file for each in [*parts, new]}


def test_a_merge_of_many_groups_is_in_order_of_time(tmp_path):
    chance = seeded(8)
    tables = [
        rows(chance.randrange(20_000, 70_000), start=START + i * 11_000_000, step=300, seed=i)
        for i in range(5)
    ]
    store, _, before, new = merged(tmp_path, *tables, encodings=Encodings())
    columns = ["prediction_id", "timestamp", "features.age"]
    assert scan(store, [new], columns=columns).equals(before.select(columns))
    pieces = PartSource(store, 0, new).pieces()
    assert all(one.last_at <= two.first_at for one, two in pairwise(pieces))
    assert len(pieces) == -(-new.rows // 50_000)


def test_memory_is_bounded_where_parts_lie_over_each_other(tmp_path, monkeypatch):
    module = sys.modules["tidegauge.store.compact"]
    monkeypatch.setattr(module, "_HELD", 1)
    tables = [rows(30_000, step=1000 + i, seed=i) for i in range(4)]
    store, _, before, new = merged(tmp_path, *tables)
    columns = ["prediction_id"]
    assert scan(store, [new], columns=columns).equals(before.select(columns))


def test_columns_that_changed_their_types_are_settled(tmp_path):
    tables = [
        rows(3, seed=0, **{"features.x": [1, 2, 3]}),
        rows(3, seed=1, **{"features.x": [1.5, float("nan"), -0.0]}),
        rows(3, seed=2, **{"features.x": ["a", "", None]}),
        rows(
            3, seed=3, **{"features@text.x": [None, "b", None], "features@number.x": [1, None, 2]}
        ),
        rows(3, seed=4, **{"features.x": pa.nulls(3)}),
        rows(3, seed=5),
        rows(3, seed=6, **{"features.x": [2**53 + 1] * 3}),
        rows(3, seed=7, **{"tags.new": ["x", "y", "z"]}),
    ]
    store, _, before, new = merged(tmp_path, *tables)
    after = scan(store, [new])

    assert said(after) == said(before)
    assert len(said(after)) == 24


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_parts_merge_to_the_same_rows(tmp_path_factory, data):
    some = data.draw(st.lists(any_tables(), min_size=1, max_size=4))
    store, _, before, new = merged(tmp_path_factory.mktemp("merge"), *some)
    assert said(scan(store, [new])) == said(before)


def said(table):
    """What each row says, whatever the kinds in the columns' names, as a multiset."""
    return sorted(
        repr(
            sorted(
                (base_of(name), repr(_number(value)))
                for name, value in row.items()
                if value is not None
            )
        )
        for row in plain(table)
    )


def _number(value):
    is_whole = isinstance(value, int) and not isinstance(value, bool) and float(value) == value
    return (float(value), math.copysign(1, value)) if is_whole else value


def test_a_merge_that_comes_out_wrong_is_not_kept(tmp_path, monkeypatch):
    module = sys.modules["tidegauge.store.inputs"]
    real = module.Inputs.read

    def losing(self, piece):
        return real(self, piece).slice(1)

    monkeypatch.setattr(module.Inputs, "read", losing)
    store, parts = stored(tmp_path, rows(10), rows(10, seed=1))
    with pytest.raises(DamagedError, match="merge"):
        merge(store, parts, name=named())
    assert set(store.names()) == {each.file for each in parts}


def test_a_merge_that_changes_a_value_is_not_kept(tmp_path, monkeypatch):
    module = sys.modules["tidegauge.store.compact"]
    real = module.in_order

    def rounding(table):
        return real(table.set_column(4, "features.income", pc.round(table["features.income"])))

    monkeypatch.setattr(module, "in_order", rounding)
    store, parts = stored(tmp_path, rows(10), rows(10, seed=1))
    with pytest.raises(DamagedError, match="merge"):
        merge(store, parts, name=named())
    assert set(store.names()) == {each.file for each in parts}


def test_a_merge_needs_parts(tmp_path):
    with pytest.raises(InputError):
        merge(LocalStore(tmp_path), [], name=named())
