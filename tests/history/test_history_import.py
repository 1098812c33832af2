"""`tidegauge import` against a real server: everything once, however often it is run."""

import re
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq
from worker_case import Case

NOW = int(time.time())
ROWS = 12_000


def run(server, *words):
    command = [sys.executable, "-m", "tidegauge.cli", "import", *map(str, words)]
    done = subprocess.run(
        [*command, "--url", server.url], capture_output=True, text=True, check=False
    )
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


def rows():
    chance = np.random.default_rng(1)
    return pa.table(
        {
            "when": NOW - 20 * 86_400 + np.arange(ROWS) * 120,
            "id": [f"p{n}" for n in range(ROWS)],
            "age": chance.integers(18, 90, ROWS),
            "plan": chance.choice(["a", "b"], ROWS),
            "score": chance.random(ROWS).round(4),
        }
    )


def counted(server):
    """By a worker, after the server has stopped."""
    server.stop()
    case = Case(server.data)
    try:
        case.count()
        case.write_parts()
        days = [rows for key, (rows, _t, _p) in case.windows("fraud").items() if key[2] == 86_400]
        return case.rows("fraud"), sum(days), case.rows("fraud", "labels"), case.signals("fraud")
    finally:
        case.close()


def test_a_file_is_sent_once_however_often_it_is_run(server, tmp_path):
    file = tmp_path / "past.parquet"
    pq.write_table(rows(), file)
    words = (file, "--model", "fraud", "--map", "when=timestamp")
    code, said = run(server, *words, "--dry-run")
    assert code == 0
    assert "age features.age" in said
    code, said = run(server, *words)
    assert code == 0, said
    assert "12,000 accepted, 0 there before, 0 refused" in said
    code, said = run(server, *words)
    assert "0 accepted" in said
    code, said = run(server, *words, "--again")
    assert code == 0
    labels = tmp_path / "labels.csv"
    pc_csv.write_csv(pa.table({"id": [f"p{n}" for n in range(50)], "y_true": ["yes"] * 50}), labels)
    code, said = run(server, labels, "--model", "fraud", "--kind", "labels")
    assert "50 accepted" in said, said
    kept, days, truth, signals = counted(server)
    assert len(kept) == ROWS
    assert days == ROWS
    assert len(truth) == 50
    # Nothing of it is late, and nothing came twice: the batches' ids say so.
    assert not {code for code, _subject in signals} - {"new-feature"}


def test_refused_rows_are_named_and_the_others_kept(server, tmp_path):
    table = rows().slice(0, 100)
    ids = table["id"].to_pylist()
    ids[7] = "x" * 200
    file = tmp_path / "past.csv"
    pc_csv.write_csv(table.set_column(1, "id", pa.array(ids)), file)
    code, said = run(server, file, "--model", "fraud", "--map", "when=timestamp")
    assert code == 1
    assert "99 accepted, 0 there before, 1 refused" in said
    assert "row 8/prediction_id" in said


def test_a_server_that_says_no_is_quoted(server, tmp_path):
    file = tmp_path / "past.parquet"
    pq.write_table(rows().slice(0, 10), file)
    code, said = run(server, file, "--model", "no such name!", "--map", "when=timestamp")
    assert code == 1
    assert "refused" in said or "answered" in said
    assert "Traceback" not in said
