"""Whatever state a model's data is in: each of its pages is drawn, says something, and complains of
nothing."""

import io
import json
import math
import random
import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import expect

TABS = (
    *("overview", "drift", "performance", "quality", "traffic", "explanations"),
    *("fairness", "compare", "records", "reference", "settings"),
)
PLACES = (*TABS, "records?kind=labels")
NOT_NUMBERS = re.compile(r"\bNaN\b|\bInfinity\b|undefined|\[object |Invalid Date|\bnull\b")
"""What no page says, but for the heading of the column that counts them."""
HEADING = "NaN, infinite"
FAILED = "This part could not be shown"
ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}
LONG = "very-long-name-" + "x" * 113
LIKE = ["\u0435-letter", "e-letter", "e\u0301", "\u00e9", "a b", "a\u00a0b", "ab"]
"""Names that look alike."""
WORDS = ["😀🎉", "نموذج", "שלום", "模型", "t\u0337e\u0337xt", "<i>"]
VALUES = [*WORDS, "a\u200bb", "a\u202egnp.exe", "\u200frtl", "x" * 5_000]
"""What no name may hold, a value may."""
WIDE = 10_000
PATIENCE = 120
MANY = 1_200
"""Enough rows for a reference of the model's own."""


def _row(number, *, at=None, **more):
    at = at or datetime.now(UTC) - timedelta(minutes=3 * number % 5_000)
    return {"prediction_id": f"p{number}", "timestamp": at.isoformat(), **more}


def _chance():
    return random.Random(7)


def _labels(rows, **told):
    return [{"prediction_id": each["prediction_id"], **told} for each in rows]


def one_row():
    return [_row(1, features={"a": 1.0, "b": "x"}, prediction_score=0.5)], []


def all_null():
    empty = {"a": None, "b": None}
    return [_row(n, features=empty, prediction_label=None) for n in range(MANY)], []


def constants():
    said = {"features": {"a": 4.0, "b": "x"}, "prediction_label": "yes", "prediction_score": 1.0}
    rows = [_row(n, **said) for n in range(MANY)]
    return rows, _labels(rows, actual_label="yes")


def never_numbers():
    """JSON says them as words."""
    odd = ["NaN", "Infinity", "-Infinity", 1.0, None]
    rows = [
        _row(n, features={"a": odd[n % 5], "b": odd[n % 3]}, prediction_score=n % 2)
        for n in range(MANY)
    ]
    return rows, _labels(rows[:600], actual_score=1.0)


def only_labels():
    return [], _labels([_row(n) for n in range(30)], actual_label="yes")


def without_features():
    return [_row(n) for n in range(MANY)], []


def from_the_future():
    late = datetime.now(UTC) + timedelta(hours=23)
    return [_row(n, at=late, features={"a": n}) for n in range(200)], []


def long_ago():
    early = datetime.now(UTC) - timedelta(days=200)
    rows = [_row(n, at=early, features={"a": n % 9}, prediction_label="no") for n in range(MANY)]
    return rows, _labels(rows, actual_label="no")


def one_window():
    at = datetime.now(UTC).replace(second=1, microsecond=0) - timedelta(minutes=5)
    chance = _chance()
    rows = [
        _row(n, at=at, features={"a": chance.random()}, prediction_label=chance.choice("ab"))
        for n in range(MANY)
    ]
    return rows, _labels(rows[:1], actual_label="a")


def all_failed():
    said = {"features": {"a": 1}, "status": "error", "error_code": "timeout 💥"}
    return [_row(n, **said) for n in range(MANY)], []


def many_classes():
    chance = _chance()
    names = [f"class {n} {WORDS[n % len(WORDS)]}" for n in range(300)]
    rows = [
        _row(n, features={"a": chance.random()}, prediction_label=chance.choice(names))
        for n in range(MANY)
    ]
    return rows, [
        {"prediction_id": each["prediction_id"], "actual_label": chance.choice(names)}
        for each in rows
    ]


def huge_numbers():
    chance = _chance()
    sizes = [1e-300, 1e300, -1e300, 1.7e308, 5e-324, 0.0, 9_007_199_254_740_993]
    rows = [
        _row(
            n,
            features={"a": chance.choice(sizes), "b": 2**64 - 1},
            prediction_score=chance.choice(sizes),
            prediction_latency_ms=0.0 if n % 2 else 1e9,
        )
        for n in range(MANY)
    ]
    return rows, [
        {"prediction_id": each["prediction_id"], "actual_score": chance.choice(sizes)}
        for each in rows
    ]


def strange_names():
    chance = _chance()
    named = {name: chance.choice(VALUES) for name in (*WORDS, *LIKE, "x" * 250, "a.b", "a=b")}
    said = {"tags": {"region": WORDS[1], "país": "é" * 200}, "model_version": "v" * 128}
    rows = [
        _row(n, features=named, prediction_label=chance.choice(VALUES), **said) for n in range(MANY)
    ]
    return rows, _labels(rows, actual_label=WORDS[0])


STATES = {
    "one-row": one_row,
    "all-empty": all_null,
    "constants": constants,
    "never-numbers": never_numbers,
    "only-labels": only_labels,
    "without-features": without_features,
    "from-the-future": from_the_future,
    "long-ago": long_ago,
    "one-window": one_window,
    "all-failed": all_failed,
    "many-classes": many_classes,
    "huge-numbers": huge_numbers,
    "strange-names": strange_names,
    LONG: one_row,
}
NOTHING = "nothing"


@pytest.fixture(scope="module")
def states(empty):
    empty.ask("POST", "models", json={"model_id": NOTHING})
    for name, make in STATES.items():
        predictions, labels = make()
        _send(empty, name, predictions, labels)
    _send_wide(empty)
    _wait(empty, [*(name for name, make in STATES.items() if make()[0]), "wide", "arrow"])
    return empty


def _send(whole, name, predictions, labels):
    whole.ask("POST", "models", json={"model_id": name, "description": WORDS[1]})
    for kind, rows in (("predictions", predictions), ("labels", labels)):
        if rows:
            sent = [{"model_id": name, **each} for each in rows]
            history = {"history": True} if kind == "predictions" else {}
            whole.ask("POST", kind, params=history, json=sent)


def _send_wide(whole):
    """Ten thousand features, and numbers that are none: in the form that can hold them."""
    chance = np.random.default_rng(1)
    at = pa.array([datetime.now(UTC)] * 60, pa.timestamp("us", "UTC"))
    for name, count in (("wide", WIDE), ("arrow", 3)):
        whole.ask("POST", "models", json={"model_id": name})
        columns = {f"features.f{n:05}": chance.integers(0, 9, 60) for n in range(count)}
        if name == "arrow":
            odd = np.array([math.nan, math.inf, -math.inf])
            columns = {column: np.tile(odd, 20) for column in columns}
        table = pa.table(
            {
                "model_id": [name] * 60,
                "prediction_id": [f"p{n}" for n in range(60)],
                "timestamp": at,
                **columns,
            }
        )
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        whole.ask("POST", "predictions", content=sink.getvalue(), headers=ARROW)


def _wait(whole, models):
    until = time.monotonic() + PATIENCE
    while missing := [name for name in models if not _is_counted(whole, name)]:
        assert time.monotonic() < until, missing
        time.sleep(0.5)


def _is_counted(whole, name):
    path = f"models/{quote(name)}"
    return (
        whole.ask("GET", path)["rows"] and not whole.ask("GET", f"{path}/watermark")["waiting_rows"]
    )


def _said(page):
    text = page.locator("main").inner_text()
    return text.replace(HEADING, "").replace(HEADING.upper(), "")


@pytest.mark.parametrize("name", [NOTHING, *STATES, "wide", "arrow"])
def test_each_page_is_drawn(states, look, name):
    mine = look(states)
    for place in PLACES:
        page = mine.go(f"/models/{quote(name)}/{place}{'&' if '?' in place else '?'}range=30d")
        said = _said(page)
        assert FAILED not in said, (place, said)
        assert page.locator("main").get_by_role("alert").count() == 0, (place, said)
        # What was logged is shown as it was.
        if not place.startswith(("records", "reference")):
            assert not (found := NOT_NUMBERS.search(said)), (place, found, said)
        drawn = page.locator("main .panel, main figure, main form").count()
        assert drawn, f"{place} is blank: {said}"
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{place} is wider than the screen by {over}"
        assert not mine.complaints, (place, mine.complaints)


@pytest.mark.parametrize("path", ["/", "/?group=owner", "/?sort=name", "/system", "/?q=نموذج"])
def test_all_of_them_stand_beside_each_other(states, look, path):
    mine = look(states)
    page = mine.go(path)
    assert not NOT_NUMBERS.search(_said(page))
    assert page.locator("main .panel").count()
    assert not mine.complaints


def test_a_long_name_is_found_in_the_fleet(states, look):
    page = look(states).go("/")
    page.get_by_label("Filter models").fill(LONG)
    expect(page.get_by_role("link", name=LONG)).to_be_visible()


def test_a_model_that_is_deleted_while_it_is_looked_at_is_said_to_be_gone(states, look):
    rows, labels = constants()
    _send(states, "short-lived", rows, labels)
    _wait(states, ["short-lived"])
    mine = look(states)
    page = mine.go("/models/short-lived/overview?range=7d")
    states.ask("DELETE", "models/short-lived", params={"erase": True})
    for tab in ("Drift", "Performance", "Data quality", "Records", "Settings"):
        page.get_by_label("Of this model").get_by_role("link", name=tab).click()
        mine.settle()
        assert len(_said(page)) > 20
    page.reload()
    expect(page.get_by_text(re.compile("there is no such model")).first).to_be_visible()
    # It is gone, and that is all that the browser has to say.
    told = [each for each in mine.complaints if "404" not in each]
    assert not told, json.dumps(told)
