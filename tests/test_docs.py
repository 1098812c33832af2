"""The documentation: its examples run, and nothing is without a page."""

import inspect
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

import tidegauge as tg
from tidegauge.drift import EMBEDDING_METHODS, METHODS, ROW_METHODS
from tidegauge.report.demo import write_demo

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [
    path
    for path in [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))]
    if "```python" in path.read_text(encoding="utf-8")
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    before, after = write_demo(tmp_path / "tidegauge-example")
    (tmp_path / "days").mkdir()
    for source, name in (
        (before, "reference.parquet"),
        (after, "today.parquet"),
        (before, "last_year.parquet"),
        (after, "days/monday.parquet"),
    ):
        shutil.copy(source, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder):
    """What an example may take as given."""
    before, after = (
        pd.read_parquet(folder / name) for name in ("reference.parquet", "today.parquet")
    )
    before, after = (
        side[:5_000].assign(zip=1, customer=range(5_000), created=side["timestamp"])
        for side in (before, after)
    )
    return {
        "tg": tg,
        **dict.fromkeys(("reference", "frame", "last_week", "training_frame"), before),
        **dict.fromkeys(("current", "this_week", "todays_frame", "new_training_frame"), after),
        "stream": after[:1_500].to_dict("records"),
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_example_runs(page, folder):
    known = names(folder)
    # Somebody's own server may run here: nothing is sent to it.
    text = page.read_text(encoding="utf-8").replace("localhost:8712", "localhost:9")
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, page.name, "exec"), known)  # noqa: S102 - our own documentation


@pytest.mark.parametrize(
    "method", dict.fromkeys((*METHODS, *ROW_METHODS, *EMBEDDING_METHODS)), ids=lambda m: m.__name__
)
def test_every_method_says_what_its_number_means(method):
    words = inspect.getdoc(inspect.getmodule(method))
    assert words
    assert len(words.split()) > 25
    assert method.title
    assert method.range


def test_every_public_name_says_what_it_is():
    for name in tg.__all__:
        if not name.startswith("__"):
            assert inspect.getdoc(getattr(tg, name)), name
