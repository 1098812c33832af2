"""Rows come in from everywhere as the same rows."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import tidegauge as tg
from tidegauge.rows import file as files
from tidegauge.rows import open_rows

ROWS = 3_000


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    amount = rng.lognormal(size=ROWS)
    return pa.table(
        {
            "amount": pa.array(np.where(rng.random(ROWS) < 0.1, np.nan, amount), from_pandas=True),
            "count": pa.array(rng.poisson(4, ROWS)),
            "plan": pa.array([f"plan-{i % 7}" if i % 11 else None for i in range(ROWS)]),
            "flag": pa.array((rng.random(ROWS) < 0.2).tolist()),
            "at": pa.array(
                np.datetime64("2026-01-01", "us") + rng.integers(0, 10**6, ROWS) * 1_000_000
            ),
        }
    )


def written(table, path):
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pq.write_table(table, path, row_group_size=500)
    return path


SOURCES = {
    "arrow": lambda table, _folder: table,
    "batches": lambda table, _folder: pa.RecordBatchReader.from_batches(
        table.schema, table.to_batches(max_chunksize=700)
    ),
    "pandas": lambda table, _folder: table.to_pandas(),
    "pandas with Arrow types": lambda table, _folder: table.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas with categories": lambda table, _folder: table.to_pandas().astype({"plan": "category"}),
    "polars": lambda table, _folder: pl.from_arrow(table),
    "lazy polars": lambda table, _folder: pl.from_arrow(table).lazy(),
    "records": lambda table, _folder: table.to_pylist(),
    "columns": lambda table, _folder: {n: table[n].to_pylist() for n in table.column_names},
    "parquet": lambda table, folder: written(table, folder / "rows.parquet"),
    "csv": lambda table, folder: written(table, folder / "rows.csv"),
}


def counted(profile):
    return profile.numeric, profile.categories


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_counts(source, table, tmp_path):
    expected = tg.Profile.of(table)
    found = tg.Profile.of(SOURCES[source](table, tmp_path), expected.layout)
    assert counted(found) == counted(expected)


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_taken_for_the_same_kinds(source, table, tmp_path):
    found = tg.schema_of(SOURCES[source](table, tmp_path))
    kinds = {column.name: column.kind for column in found}
    assert kinds == {
        "amount": "numeric",
        "count": "numeric",
        "plan": "category",
        "flag": "boolean",
        "at": "datetime",
    }


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_a_file_read_in_pieces_gives_the_counts_of_one_read_whole(
    name, table, tmp_path, monkeypatch
):
    path = written(table, tmp_path / name)
    whole = tg.Profile.of(path)
    monkeypatch.setattr(files, "SMALL", 0)
    monkeypatch.setattr(files, "_PIECE", 900)
    monkeypatch.setattr(files, "_BLOCK", 4_000)
    rows = open_rows(path)
    assert len(list(rows.chunks(rows.columns))) > 5
    in_pieces = tg.Profile.of(path, whole.layout)
    assert counted(in_pieces) == counted(whole)
    assert in_pieces.repeats == whole.repeats
    # A layout fitted to all rows, spread or not, is the same.
    assert tg.Profile.of(path).layout.numeric == whole.layout.numeric


def test_numpy_arrays_of_numbers_are_not_copied():
    values = np.arange(10.0)
    assert open_rows({"x": values})["x"] is values


def test_the_callers_data_are_left_as_they_were():
    values = np.random.default_rng(0).normal(size=1_000)
    kept = values.copy()
    tg.Profile.of({"x": values})
    assert np.array_equal(values, kept)


def test_a_matrix_has_its_columns_named():
    assert open_rows(np.zeros((4, 3))).columns == ["feature_0", "feature_1", "feature_2"]


def test_a_word_after_a_million_numbers_makes_a_csv_column_text(tmp_path):
    path = tmp_path / "late.csv"
    path.write_text("code,x\n" + "".join(f"{i},1\n" for i in range(400_000)) + "A7,1\n")
    assert {c.name: c.kind for c in tg.schema_of(path)}["x"] == "numeric"
    assert tg.Profile.of(path).types["code"] == {"text"}


def test_whole_floats_and_integers_are_one_category():
    layout = tg.Profile.of({"x": [1, 2, 2]}, schema=tg.Schema.of({"x": "category"})).layout
    with_gap = pd.DataFrame({"x": [1, None, 2]})
    counts = tg.Profile.of(with_gap, layout).categories.counts[0]
    assert counts.tolist() == [1, 0, 0, 1, 1]


def test_values_of_several_types_are_told_apart():
    found = tg.Profile.of({"x": [1, "a", None, 2.5, 10**400, *range(40)]})
    assert found.layout.schema["x"].kind == "numeric"
    assert found.numeric.gone[0].tolist() == [1, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1970-01-02", 1.0),
        ("1970-01-01T12:00:00Z", 0.5),
        ("1970-01-01T12:00:00+12:00", 0.0),
        ("1970-01-01 06:00", 0.25),
        ("1970-01-01T00:00:00.000001", 1e-6 / 86_400),
    ],
)
def test_iso_texts_are_times(text, day):
    schema = tg.Schema.of({"at": "time"})
    found = tg.Profile.of({"at": [text]}, schema=schema).numeric
    assert found.lowest[0] == pytest.approx(day, abs=1e-12)


@pytest.mark.parametrize("text", ["2026-02-30", "yesterday", "01/02/2026", "2026-13-01", ""])
def test_other_texts_are_not_guessed_to_be_times(text):
    found = tg.Profile.of({"at": [text, "2026-02-03"]}, schema=tg.Schema.of({"at": "time"}))
    assert found.numeric.n[0] == 1
    assert found.numeric.gone[0].sum() == 1
