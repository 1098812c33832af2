"""The command line, as a process: what it prints, writes and exits with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

COMMAND = Path(sys.executable).with_name("tidegauge")


def run(*words, **environment):
    return subprocess.run(
        [COMMAND, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100", **environment},
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    tables = {
        "before": {"x": range(1000), "w": ["a", "b"] * 500},
        "same": {"x": range(1000), "w": ["b", "a"] * 500},
        "after": {"x": range(5000, 6000), "w": ["a", "b"] * 500},
    }
    for name, columns in tables.items():
        pq.write_table(
            pa.table({k: list(v) for k, v in columns.items()}), folder / f"{name}.parquet"
        )
    return lambda name: folder / f"{name}.parquet"


def test_drift_fails_only_on_request(files):
    assert run("compare", files("before"), files("after")).returncode == 0
    assert run("compare", files("before"), files("after"), "--fail-on", "drift").returncode == 1
    assert run("compare", files("before"), files("same"), "--fail-on", "any").returncode == 0
    assert run("compare", files("before"), files("after"), "--fail-on", "quality").returncode == 1


def test_the_table_names_the_column_that_moved(files):
    done = run("compare", files("before"), files("after"))
    assert "x" in done.stdout
    assert "1 of 2 columns drifted" in done.stdout
    assert done.stderr == ""


def test_json_alone_is_on_standard_output(files):
    done = run("compare", files("before"), files("after"), "--json", "-")
    assert json.loads(done.stdout)["drifted_features"] == ["x"]


def test_the_reports_are_written(files, tmp_path):
    page, numbers = tmp_path / "a.html", tmp_path / "a.json"
    done = run("compare", files("before"), files("after"), "--html", page, "--json", numbers)
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads(numbers.read_text())["drifted"]
    assert "Wrote" in done.stdout


def test_a_schema_is_printed_written_edited_and_read(files, tmp_path):
    path = tmp_path / "schema.yaml"
    done = run("schema", files("before"), "--out", path)
    assert "numeric" in done.stdout
    path.write_text(path.read_text().replace("feature", "ignore", 1))
    done = run("compare", files("before"), files("after"), "--schema", path, "--json", "-")
    assert json.loads(done.stdout)["drifted_features"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "nowhere.parquet", "b.parquet"], "no file 'nowhere.parquet'"),
        (["schema", "nowhere.csv"], "no file 'nowhere.csv'"),
        (["example", "/proc/nowhere"], "cannot write"),
    ],
)
def test_what_is_wrong_is_a_line_and_an_exit_code(words, said):
    done = run(*words)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_misspelt_option_is_refused():
    done = run("compare", "a", "b", "--htlm", "c")
    assert done.returncode == 2
    assert "--htlm" in done.stderr


def test_no_colour_is_printed_where_it_is_not_wanted(files):
    assert "\x1b[" not in run("compare", files("before"), files("after"), NO_COLOR="1").stdout


def test_a_reader_that_stops_listening_is_no_error(files):
    with subprocess.Popen(
        [COMMAND, "compare", files("before"), files("after"), "--json", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.wait() == 0
        assert process.stderr.read() == b""


def test_the_example_tells_what_it_planted_and_finds_it(tmp_path):
    done = run("example", tmp_path / "example")
    assert done.returncode == 0
    assert "5 of 9 columns drifted" in done.stdout
    assert (tmp_path / "example" / "report.html").exists()


def test_help_and_version_need_no_data():
    assert "compare" in run("--help").stdout
    assert run("--version").stdout.startswith("tidegauge ")
