"""A user's SELECT can read its tables, and can do nothing else."""

import os

import duckdb
import pytest
from store_rows import START, rows, stored

from tidegauge.arrow import pa
from tidegauge.errors import InputError
from tidegauge.store import Between, DamagedError
from tidegauge.store.sql import Limits, Rows, run_sql
from tidegauge.store.sql.check import check

SMALL = Limits(memory=512 << 20)
TABLE = pa.table({"features.age": [1, 2, None], "s": ["a", "b", "c"], "n": [1.5, 2.5, 3.5]})


def run(query, limits=SMALL, **tables):
    return run_sql(query, tables or {"predictions": TABLE}, limits)


def values(query, **tables):
    return run(query, **tables).table.to_pylist()


def test_it_reads_parts_and_tail(tmp_path):
    store, parts = stored(tmp_path, rows(30), rows(20, start=START + 10**6, seed=1))
    mixed = rows(5, start=START + 10**7, **{"features.age": ["x"] * 5})
    tables = {"predictions": Rows(store=store, parts=parts, tail=[mixed])}
    assert values("select count(*) as n from predictions", **tables) == [{"n": 55}]
    query = 'select "tags.region" as region, count(*) as n from predictions group by all order by 2'
    found = {row["region"]: row["n"] for row in values(query, **tables)}
    assert sum(found.values()) == 55
    # A column that is of two kinds is there as two, as everywhere.
    query = 'select count("features.age") a, count("features@text.age") t from predictions'
    (found,) = values(query, **tables)
    missing = sum(table["features.age"].null_count for table in (rows(30), rows(20, seed=1)))
    assert found == {"a": 50 - missing, "t": 5}


def test_rows_are_those_of_the_conditions(tmp_path):
    store, parts = stored(tmp_path, rows(30))
    where = [Between("timestamp", START, START + 10_000)]
    table = Rows(store=store, parts=parts, where=where)
    assert values("select count(*) as n from p", p=table) == [{"n": 10}]


def test_damage_is_told(tmp_path):
    store, parts = stored(tmp_path, rows(30))
    path = store.directory / parts[0].file
    path.write_bytes(bytes(parts[0].bytes))
    with pytest.raises(DamagedError, match=parts[0].file):
        run("select * from p", p=Rows(store=store, parts=parts))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("select 1 as x -- a comment; drop table x", [{"x": 1}]),
        ("/* ; */ select ';' as x;", [{"x": ";"}]),
        ('select avg("features.age") as x from predictions', [{"x": 1.5}]),
        ("select s from predictions where n > 2 order by s desc limit 1", [{"s": "c"}]),
        ("with a as (select s from predictions) select count(*) as x from a", [{"x": 3}]),
        (
            "select p.s from predictions p join predictions q using (s) where p.n < 2",
            [{"s": "a"}],
        ),
        ("select quantile_cont(n, 0.5) as x from predictions", [{"x": 2.5}]),
        ("select row_number() over (order by n desc) as x from predictions limit 1", [{"x": 1}]),
        ("select sum(case when s = 'a' then 1 else 0 end)::int as x from predictions", [{"x": 1}]),
        ("select * exclude (s, n) from predictions where n = 1.5", [{"features.age": 1}]),
        ("select distinct s[1] as x from predictions where s like 'b%'", [{"x": "b"}]),
        ("select s from predictions union all select 'z' order by s desc limit 1", [{"s": "z"}]),
        ("select max(i)::int as x from range(3) t(i)", [{"x": 2}]),
        ("select extract(year from timestamptz '2026-01-01 00:00:00Z') as x", [{"x": 2026}]),
    ],
)
def test_what_it_can(query, found):
    assert values(query) == found


@pytest.mark.parametrize(
    "query",
    [
        "select * from '/etc/passwd'",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from parquet_scan('/etc/passwd')",
        "select * from glob('/*')",
        "select * from sniff_csv('/etc/passwd')",
        "select (select content from read_text('/etc/passwd'))",
        "with x as (select * from read_blob('/etc/passwd')) select * from x",
        "select * from predictions where s in (select content from read_text('/etc/passwd'))",
        "copy predictions to 'out.csv'",
        "copy (select 1) to 'out.csv'",
        "attach 'x.db'",
        "pragma version",
        "pragma database_list",
        "set threads = 4",
        "reset lock_configuration",
        "select current_setting('memory_limit')",
        "select * from duckdb_settings()",
        "select * from duckdb_secrets()",
        "select * from pragma_version()",
        "select * from information_schema.tables",
        "select * from pg_catalog.pg_class",
        "select * from sqlite_master",
        "select * from duckdb_tables",
        "select * from query('select 1')",
        "select * from query_table('predictions')",
        "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "select json_serialize_sql('select 1')",
        "select getvariable('x')",
        "select nextval('x')",
        "select write_log('x')",
        "select sleep_ms(1)",
        "select pg_sleep(1)",
        "select setseed(0.5)",
        "select error('x')",
        "select getenv('HOME')",
        "install httpfs",
        "load httpfs",
        "create macro f() as 1",
        "create table x as select 1",
        "insert into predictions values (1)",
        "delete from predictions",
        "drop table predictions",
        "call pragma_version()",
        "explain analyze select 1",
        "describe predictions",
        "summarize predictions",
        "show tables",
        "export database 'x'",
        "checkpoint",
        "prepare p as select 1",
        "execute p",
        "select 1; select 2",
        "select 1; drop table predictions",
        "begin; select 1",
        "select $1",
        "select ?",
        "select * from python_map_function()",
        "select * from other",
        "select main.abs(1)",
        "with predictions as (select 1) select * from predictions",
        "",
        ";",
        "-- nothing",
        "select",
        "select (",
        "\0",
        "selec 1",
        "select \ud800",
    ],
)
def test_what_is_refused(query):
    """By the check that the child makes: here without the child, which takes its time to start."""
    with duckdb.connect() as connection, pytest.raises(InputError) as caught:
        check(connection, query, {"predictions": TABLE.column_names})
    assert len(str(caught.value)) > 10


@pytest.mark.parametrize("query", ["select * from '/etc/passwd'", "select 1; select 2", "\ud800"])
def test_a_refusal_is_told(query):
    with pytest.raises(InputError, match=r"no table|2 statements|cannot be read"):
        run(query)


def test_what_slips_by_the_reader_still_opens_nothing(monkeypatch):
    """The words are one wall, the process is another: here without the first."""
    from tidegauge.store.sql import run as module

    popen = module.subprocess.Popen
    script = (
        "import sys\n"
        "from tidegauge.store.sql import check, child\n"
        "check._refuse_functions = check._refuse_kinds = lambda nodes: None\n"
        "child.main()\n"
    )
    monkeypatch.setattr(
        module.subprocess,
        "Popen",
        lambda arguments, **options: popen([arguments[0], "-P", "-c", script], **options),
    )
    assert values("select error('reached') is null as x from range(0)") == []
    for query in (
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('/etc/passwd')",
        "select * from glob('/etc/*')",
        "select * from sniff_csv('/etc/passwd')",
    ):
        with pytest.raises(InputError):
            run(query)


@pytest.mark.parametrize(
    "query",
    [
        "select repeat('x', 4000000000)",
        "select string_agg(repeat('x', 1000000), '') from range(5000)",
        "select list_reduce(range(100000000), lambda a, b: a + b)",
        "select count(distinct i::text || repeat('x', 50)) from range(100000000) t(i)",
    ],
)
def test_memory_is_bounded(query):
    with pytest.raises(InputError, match=r"memory|stopped"):
        run(query, Limits(memory=256 << 20, seconds=10))


@pytest.mark.parametrize(
    "query",
    [
        "with recursive r as (select 1 a union all select a + 1 from r) select max(a) from r",
        "select sum(a.range * b.range) from range(10000000) a, range(10000000) b",
        "select max(regexp_replace(repeat('a', 30), '(a|a)*b', '')) from range(100000000000)",
    ],
)
def test_time_is_bounded(query):
    with pytest.raises(InputError, match=r"stopped after 1 s"):
        run(query, Limits(seconds=1, memory=1 << 30))


def test_a_long_answer_is_cut_and_told():
    found = run("select * from range(100000)", Limits(rows=10))
    assert found.is_truncated
    assert found.table.num_rows == 10
    found = run("select repeat('x', 1000) from range(100000)", Limits(rows=10**6, bytes=1 << 20))
    assert found.is_truncated
    assert 0 <= found.table.num_rows < 2000
    found = run("select * from range(10)", Limits(rows=10))
    assert not found.is_truncated


def test_only_what_a_query_needs_is_read(tmp_path):
    store, parts = stored(tmp_path, rows(2000))
    table = Rows(store=store, parts=parts)
    limits = Limits(read=40_000)
    run('select max("features.age") from p', limits, p=table)
    with pytest.raises(InputError, match="fewer columns"):
        run("select * from p", limits, p=table)


def test_columns_that_sql_does_not_tell_apart_are_told():
    table = pa.table({"a": [1], "A": [2], "b": [3]})
    assert values("select b from t", t=table) == [{"b": 3}]
    with pytest.raises(InputError, match="case"):
        run("select a from t", t=table)


def test_a_dot_without_quotes_is_explained():
    with pytest.raises(InputError, match="double quotes"):
        run("select features.age from predictions")


def test_any_column_name_can_be_asked_for():
    names = ["a.b", 'say "hi"', "it's", "naïve", "👋", "select", "a b", "\n"]
    table = pa.table({name: [i, i] for i, name in enumerate(names)})
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    sums = ", ".join(f"sum({name})::int" for name in quoted)
    (found,) = values(f"select {sums} from t", t=table)  # noqa: S608
    assert list(found.values()) == [2 * i for i in range(len(names))]


def test_values_come_through_exactly():
    table = pa.table(
        {
            "f": [float("inf"), -0.0, 5e-324, 1e300],
            "i": [2**63 - 1, -(2**63), 0, None],
            "u": pa.array([2**64 - 1, 0, 1, None], pa.uint64()),
            "s": ["", "a\0b", "👩‍👩‍👧", None],
            "t": pa.array([START, -1, 0, None], pa.timestamp("us", "UTC")),
        }
    )
    found = run("select * from t", t=table).table
    assert found.cast(table.schema).equals(table)


def test_no_secret_of_ours_is_in_the_child(monkeypatch):
    from tidegauge.store.sql import run as module

    seen = {}
    popen = module.subprocess.Popen

    def watched(arguments, **options):
        seen.update(options["env"])
        return popen(arguments, **options)

    monkeypatch.setenv("TIDEGAUGE_SECRET", "hunter2")
    monkeypatch.setattr(module.subprocess, "Popen", watched)
    run("select 1")
    assert "hunter2" not in "".join(seen.values())
    assert os.environ["TIDEGAUGE_SECRET"]
