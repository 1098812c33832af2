"""A model of numbers, run for many shops: how its errors are spread, and which shop it fails."""

import random
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from playwright.sync_api import expect

MODEL = "forecast"
ROWS, SHOPS = 3_000, 120
WORST = "shop-007"
PATIENCE = 60
AT = f"/models/{MODEL}/performance?range=7d"


@pytest.fixture(scope="module")
def forecasts(empty):
    """Of one shop all forecasts are far too high; what was sent, with its errors."""
    chance, now = random.Random(5), datetime.now(UTC)
    rows, labels, errors = [], [], {}
    for number in range(ROWS):
        # Few rows are of the later shops.
        shop = f"shop-{int(SHOPS * chance.random() ** 3):03}"
        actual = chance.uniform(20, 80)
        error = chance.gauss(30 if shop == WORST else 0, 3)
        said = {"model_id": MODEL, "prediction_id": f"f-{number}"}
        at = (now - timedelta(hours=50) + timedelta(seconds=number)).isoformat()
        more = {"entity_id": shop, "features": {"seats": chance.randrange(20, 90)}}
        rows.append({**said, **more, "timestamp": at, "prediction_score": actual + error})
        labels.append({**said, "timestamp": at, "actual_score": actual})
        errors.setdefault(shop, []).append(error)
    empty.ask("POST", "models", json={"model_id": MODEL, "task": "regression"})
    empty.ask("POST", "predictions", params={"history": True}, json=rows)
    empty.ask("POST", "labels", json=labels)
    until = time.monotonic() + PATIENCE
    while empty.ask("GET", f"models/{MODEL}/performance")["total"]["labelled"] < ROWS:
        assert time.monotonic() < until, "the rows were not counted"
        time.sleep(0.3)
    return empty, errors


def test_errors_are_drawn_with_their_quantiles(forecasts, look):
    whole, errors = forecasts
    mine = look(whole)
    page = mine.go(AT)
    chart = page.locator("section.panel").filter(
        has=page.get_by_role("heading", name="Errors", exact=True)
    )
    expect(chart.locator("svg[role=img]")).to_be_visible()
    every = np.concatenate(list(errors.values()))
    for name, level in (("p5", 0.05), ("median", 0.5), ("p95", 0.95)):
        cell = page.get_by_role("row").filter(has_text=name).get_by_role("cell").nth(1)
        wanted = np.quantile(every, level)
        assert float(cell.inner_text()) == pytest.approx(wanted, rel=0.1, abs=0.3)
    page.get_by_text("The time before", exact=True).click()
    expect(page.get_by_text("No label is known of the time before.")).to_be_visible()
    assert "errors=before" in page.url
    mine.settle()
    assert not mine.complaints


def test_the_shop_that_the_model_fails_is_first_and_found(forecasts, look):
    whole, errors = forecasts
    mine = look(whole)
    page = mine.go(AT)
    page.get_by_role("button", name="Read the rows").click()
    table = page.get_by_role("region", name="By entity_id")
    first = table.get_by_role("row").nth(1)
    expect(first).to_contain_text(WORST)
    cells = first.get_by_role("cell").all_inner_texts()
    assert float(cells[1]) == pytest.approx(np.mean(np.abs(errors[WORST])), rel=1e-3)
    assert int(cells[3]) == int(cells[4]) == len(errors[WORST])
    expect(page.get_by_text(f"100 of {len(errors)}; of fewer than 30 labels")).to_be_visible()
    page.get_by_role("button", name="More").click()
    expect(page.get_by_text(f"{len(errors)} of {len(errors)};")).to_be_visible()
    page.get_by_role("textbox", name="Find a value").fill("SHOP-11")
    wanted = {name for name in errors if name.startswith("shop-11")}
    expect(table.get_by_role("row")).to_have_count(len(wanted) + 1)
    expect(table.get_by_text("(fewer than 30 labels)")).to_have_count(
        sum(len(errors[name]) < 30 for name in wanted)
    )
    mine.settle()
    mine.keep("by-entity")
    assert not mine.complaints
    page.get_by_role("link", name=min(wanted)).click()
    expect(page.get_by_text(f"entity_id={min(wanted)}")).to_be_visible()
    expect(page.get_by_text(f"{len(errors[min(wanted)])} rows", exact=True)).to_be_visible()


def test_what_no_row_says_is_told(forecasts, look):
    whole, _errors = forecasts
    page = look(whole).go(f"{AT}&by=variant")
    expect(page.get_by_text("no prediction of this time says its 'variant'")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_page_can_be_read_by_everybody(forecasts, look, width, scheme):
    whole, _errors = forecasts
    mine = look(whole, width=width, scheme=scheme)
    page = mine.go(f"{AT}&by=entity_id")
    expect(page.get_by_role("link", name=WORST)).to_be_visible()
    mine.settle()
    mine.keep(f"regression-{width}-{scheme}")
    assert not mine.unreadable()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
