"""A data scientist with one model: two sides compared, one row looked into, a new reference."""

import random
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

MODEL = "loans"
ROWS = 1_500
PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
PATIENCE = 60


@pytest.fixture(scope="module")
def loans(empty):
    """A model with two versions, a tag that parts it, labels and a few explanations."""
    chance, now = random.Random(4), datetime.now(UTC)
    rows, labels, explained = [], [], []
    for number in range(ROWS):
        is_late = number >= ROWS // 2
        at = now - timedelta(hours=30 if is_late else 54) + timedelta(seconds=number)
        score = chance.random()
        truth = "paid" if chance.random() < (score if not is_late else 0.5) else "lost"
        said = {"model_id": MODEL, "prediction_id": f"loan-{number}"}
        rows.append(
            {
                **said,
                "timestamp": at.isoformat(),
                "model_version": "2" if is_late else "1",
                "features": {
                    "income": round(chance.gauss(5_000 if is_late else 3_000, 400), 2),
                    "plan": chance.choice(["a", "b", "<b>c</b>"]),
                },
                "prediction_label": "paid" if score > 0.5 else "lost",
                "prediction_score": score,
                "prediction_latency_ms": 12.5,
                "tags": {"gender": chance.choice("fm")},
            }
        )
        labels.append({**said, "timestamp": at.isoformat(), "actual_label": truth})
        if number % 5 == 0:
            shares = {"income": chance.gauss(0.4, 0.1), "plan": chance.gauss(-0.1, 0.1)}
            explained.append({**said, "timestamp": at.isoformat(), "shap_values": shares})
    empty.ask("POST", "models", json={"model_id": MODEL, "task": "binary"})
    empty.ask("PUT", f"models/{MODEL}/schema", json={"segments": ["tags.gender"]})
    empty.ask("POST", "predictions", params={"history": True}, json=rows)
    empty.ask("POST", "labels", json=labels)
    empty.ask("POST", "explanations", json=explained)
    # The second label of a row comes later, and counts.
    again = {"model_id": MODEL, "prediction_id": "loan-3", "timestamp": now.isoformat()}
    empty.ask("POST", "labels", json=[{**again, "actual_label": "written off"}])
    until = time.monotonic() + PATIENCE
    while not _is_counted(empty):
        assert time.monotonic() < until, "the rows were not counted"
        time.sleep(0.3)
    return empty


def _is_counted(whole):
    shown = whole.ask("GET", f"models/{MODEL}")
    found = whole.ask("GET", f"models/{MODEL}/explanations", params={"step": 86_400})
    known = whole.ask("GET", f"models/{MODEL}/performance")["total"]["labelled"]
    columns = whole.ask("GET", f"models/{MODEL}/schema")["columns"]
    return shown["rows"] >= ROWS and found["explanations"] and known >= ROWS and columns


def test_two_versions_are_compared_at_an_address(loans, look):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/compare?range=7d")
    for side, version in (("A", "1"), ("B", "2")):
        page.get_by_role("combobox", name=f"Time of {side}").click()
        page.get_by_role("option", name="This time").click()
        page.get_by_role("combobox", name=f"Version of {side}").click()
        page.get_by_role("option", name=version, exact=True).click()
    expect(page).to_have_url(re.compile(r"a_version=.*b_version="))
    expect(page.get_by_text(re.compile("^B is worse: its accuracy"))).to_be_visible()
    mine.settle()
    row = page.get_by_role("row").filter(has_text=re.compile("^Accuracy"))
    expect(row).to_contain_text("B is worse")
    (asked,) = _asked(page, "/compare?")[-1:]
    told = mine.context.request.get(asked).json()
    (accuracy,) = [each for each in told["metrics"] if each["name"] == "accuracy"]
    cells = row.locator("td").all_inner_texts()
    assert float(cells[2].split()[0]) == pytest.approx(accuracy["a"]["value"], rel=5e-4)
    assert float(cells[3].split()[0]) == pytest.approx(accuracy["b"]["value"], rel=5e-4)
    page.reload()
    expect(page.get_by_text(re.compile("^B is worse: its accuracy"))).to_be_visible()
    page.get_by_role("link", name="income").click()
    expect(page).to_have_url(re.compile(r"/drift\?.*sides=true"))
    expect(page.get_by_role("heading", name="income", exact=True)).to_be_visible()
    expect(page.get_by_text("blue A, orange B")).to_be_visible()
    mine.settle()
    mine.keep("two-sides")
    assert not mine.complaints


def test_a_time_of_ones_own_has_a_report_to_keep(loans, look, tmp_path):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/overview?range=7d")
    page.get_by_role("button", name="From when to when").click()
    first = datetime.now() - timedelta(days=5)  # noqa: DTZ005 - as a person types it
    page.get_by_label("From", exact=True).fill(first.strftime("%Y-%m-%dT00:00"))
    page.get_by_role("button", name="Show this time").click()
    expect(page).to_have_url(re.compile(r"from=.*to="))
    mine.settle()
    with page.expect_download() as awaited:
        page.get_by_role("link", name="Report of this time").click()
    file = tmp_path / awaited.value.suggested_filename
    assert re.fullmatch(rf"{MODEL}_\d{{4}}-\d\d-\d\d_\d{{4}}-\d\d-\d\d\.html", file.name)
    awaited.value.save_as(file)
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", level=1)).to_contain_text(MODEL)
    figures = page.locator("figure[data-chart]")
    drawn = page.locator("figure[data-chart] svg[role=img]")
    names = {each.get_attribute("data-chart") for each in figures.all()}
    assert {"performance", "drift", "distributions", "importance", "throughput"} <= names
    expect(drawn).not_to_have_count(0)
    without = [
        each.inner_text() for each in figures.all() if not each.locator("svg[role=img]").count()
    ]
    assert [each for each in without if not re.search("No call|Nothing|There are no", each)] == []
    assert not mine.unreadable()
    mine.keep("report")
    assert not mine.complaints


def test_a_row_is_found_and_looked_into(loans, look):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/records?range=7d")
    expect(page.get_by_role("table")).to_have_attribute("aria-rowcount", "200")
    page.get_by_role("combobox", name="Column", exact=True).fill("features.plan")
    page.get_by_role("textbox", name="Value").fill("<b>c</b>")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("where="))
    rows = page.locator("section[aria-label=Rows] tbody tr[data-open]")
    expect(rows.first.locator("td").last).to_have_text("<b>c</b>")
    asked = {"feature.plan": "<b>c</b>", "limit": 1}
    (newest,) = loans.ask("GET", f"models/{MODEL}/records", params=asked)["records"]
    expect(rows.first).to_contain_text(newest["prediction_id"])
    rows.first.focus()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name=newest["prediction_id"])
    expect(drawer).to_contain_text(str(newest["features"]["income"]))
    expect(drawer).to_contain_text("12.5")
    expect(page).to_have_url(re.compile(f"id={newest['prediction_id']}"))
    page.reload()
    expect(drawer).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page).not_to_have_url(re.compile("[?&]id="))
    assert not mine.complaints


def test_all_rows_can_be_reached_by_scrolling(loans, look):
    page = look(loans).go(f"/models/{MODEL}/records?range=7d")
    holder = page.locator("section[aria-label=Rows]")
    until = time.monotonic() + PATIENCE
    while page.get_by_role("table").get_attribute("aria-rowcount") != str(ROWS):
        assert time.monotonic() < until
        holder.evaluate("(each) => each.scrollTo(0, each.scrollHeight)")
        page.wait_for_timeout(100)
    holder.evaluate("(each) => each.scrollTo(0, each.scrollHeight)")
    expect(holder.get_by_text("loan-0", exact=True)).to_be_visible()
    assert holder.locator("tr[data-open]").count() < 100


def test_a_row_tells_what_became_of_it(loans, look):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/records?id=loan-3")
    drawer = page.get_by_role("dialog", name="loan-3")
    expect(drawer.get_by_text("written off", exact=True)).to_be_visible()
    told = drawer.locator("section", has=page.get_by_role("heading", name="Labels"))
    labels = told.locator("tbody tr").all_inner_texts()
    assert len(labels) == 2
    assert "written off" in labels[0]
    page = mine.go(f"/models/{MODEL}/records?id=loan-5")
    expect(page.get_by_text("and what each added to the answer")).to_be_visible()
    mine.keep("record")
    page = mine.go(f"/models/{MODEL}/records?id=nobody")
    expect(page.get_by_text("There is no such prediction")).to_be_visible()
    assert not mine.complaints


def test_rows_leave_as_a_file(loans, look):
    page = look(loans).go(f"/models/{MODEL}/records?range=7d")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="CSV", exact=True).click()
    text = waiting.value.path().read_text(encoding="utf-8")
    assert len(text.splitlines()) == ROWS + 1


def test_why_a_model_answers_as_it_does(loans, look):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/explanations?range=7d")
    expect(page.get_by_role("img", name=re.compile("^income"))).to_be_visible()
    row = page.get_by_role("row").filter(has_text=re.compile("^income"))
    (asked,) = _asked(page, "/explanations?")[-1:]
    features = mine.context.request.get(asked).json()["features"]
    (income,) = [each for each in features if each["feature"] == "income"]
    shown = row.locator("td").nth(1).inner_text().split()[0]
    assert float(shown) == pytest.approx(100 * income["importance"]["value"], rel=5e-3)
    mine.keep("explained")
    assert not mine.complaints


def test_fairness_is_asked_for_and_then_told(loans, look):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/fairness?range=7d")
    page.get_by_label("Positive class").fill("paid")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_text("hope for", exact=True).click()
    page.get_by_role("combobox", name="Protected attributes").press("ArrowDown")
    page.get_by_role("option", name="tags.gender").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile("groups of tags.gender")).first).to_be_visible()
    told = loans.ask("GET", f"models/{MODEL}/fairness")
    assert told["positive_is_favourable"] is True
    groups = page.locator("section", has=page.get_by_role("heading", name="Groups", exact=True))
    names = groups.last.locator("tbody tr td:first-child").all_inner_texts()
    assert names == [each["group"] for each in told["attributes"][0]["group_metrics"]]
    page.get_by_text("Estimated, before labels").click()
    expect(page).to_have_url(re.compile("estimated=true"))
    mine.settle()
    assert not mine.complaints


def test_a_moment_is_reached_with_the_keys(loans, look):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/drift?range=7d&feature=features.income")
    page.get_by_role("slider", name="Moment").focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("[?&]at="))
    expect(page.get_by_text("blue the reference, orange then")).to_be_visible()
    page.get_by_role("button", name="All", exact=True).click()
    expect(page).not_to_have_url(re.compile("[?&]at="))
    assert not mine.complaints


def test_slices_are_looked_for_when_asked(loans, look):
    page = look(loans).go(f"/models/{MODEL}/performance?range=7d")
    expect(page.get_by_role("img", name=re.compile("^f .*, m "))).to_be_visible()
    page.get_by_role("button", name="Look for slices").click()
    expect(page).to_have_url(re.compile("slices=true"))
    panel = page.locator("section", has=page.get_by_role("heading", name="Where it is wrong"))
    found = panel.get_by_role("table").or_(panel.get_by_text("There is none that is surely worse"))
    expect(found).to_be_visible(timeout=30_000)


def test_a_reference_is_learned_again_after_a_warning(loans, look):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/reference?range=7d")
    page.get_by_role("button", name="Learn from a period").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Version").click()
    page.get_by_role("option", name="2", exact=True).click()
    dialog.get_by_label("Name").fill("after the release")
    dialog.get_by_role("button", name="What that does").click()
    expect(dialog).to_contain_text(f"{ROWS // 2} predictions of version 2")
    before = loans.ask("GET", f"models/{MODEL}/references")
    mine.keep("learn-again")
    dialog.get_by_role("button", name="Compare with these").click()
    expect(dialog).to_be_hidden()
    row = page.get_by_role("row").filter(has_text="after the release")
    expect(row).to_contain_text("current")
    after = loans.ask("GET", f"models/{MODEL}/references")
    assert len(after) == len(before) + 1
    assert (after[0]["name"], after[0]["rows"]) == ("after the release", ROWS // 2)
    assert not mine.complaints


def test_a_file_becomes_the_reference(loans, look):
    chance = random.Random(5)
    lines = [f"{chance.gauss(3_000, 400)},{chance.choice('ab')}" for _ in range(2_000)]
    body = "\n".join(["income,plan", *lines]).encode()
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/reference")
    page.get_by_role("button", name="Upload a file").click()
    dialog = page.get_by_role("dialog")
    send = dialog.get_by_role("button", name="Compare with these")
    field = page.locator("input[type=file]")
    field.set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(dialog).to_contain_text("That is none of these")
    expect(send).to_be_disabled()
    field.set_input_files({"name": "train.csv", "mimeType": "text/csv", "buffer": body})
    send.click()
    expect(dialog).to_be_hidden(timeout=30_000)
    expect(page.get_by_role("row").filter(has_text="train.csv")).to_contain_text("2,000")
    (first, *_) = loans.ask("GET", f"models/{MODEL}/references")
    assert (first["name"], first["source"]) == ("train.csv", "upload")
    assert not mine.complaints


def test_who_edits_what_somebody_else_changed_is_told_so(loans, look):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/reference")
    page.get_by_label("Kind of plan").select_option("text")
    revision = loans.ask("GET", f"models/{MODEL}")["revision"]
    seen = {"If-Match": f'"{revision}"'}
    loans.ask("PATCH", f"models/{MODEL}", headers=seen, json={"owner": "somebody else"})
    bar = page.get_by_role("region", name="Not saved yet")
    bar.get_by_role("button", name="Save").click()
    expect(bar.get_by_role("alert")).to_contain_text("Somebody else changed this meanwhile")
    assert _kind(loans, "features.plan") == "category"
    page.reload()
    mine.settle()
    page.get_by_label("Kind of plan").select_option("text")
    bar.get_by_label("Why").fill("free words")
    bar.get_by_role("button", name="Save").click()
    expect(bar).to_be_hidden()
    assert _kind(loans, "features.plan") == "text"
    assert loans.ask("GET", f"models/{MODEL}/schema")["why"] == "free words"
    assert all("412" in each for each in mine.complaints)


def test_going_on_from_theirs_keeps_what_was_written(loans, look):
    mine = look(loans)
    page = mine.go(f"/models/{MODEL}/settings")
    page.get_by_label("Description").fill("Consumer loans")
    revision = loans.ask("GET", f"models/{MODEL}")["revision"]
    seen = {"If-Match": f'"{revision}"'}
    loans.ask("PATCH", f"models/{MODEL}", headers=seen, json={"owner": "grace"})
    bar = page.get_by_role("region", name="Not saved yet")
    bar.get_by_role("button", name="Save").click()
    bar.get_by_role("button", name="Go on from theirs").click()
    expect(page.get_by_label("Owner")).to_have_value("grace")
    bar.get_by_role("button", name="Save").click()
    expect(bar).to_be_hidden()
    shown = loans.ask("GET", f"models/{MODEL}")
    assert (shown["owner"], shown["description"]) == ("grace", "Consumer loans")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_page_can_be_read_by_everybody(loans, look, scheme):
    mine = look(loans, scheme=scheme)
    for place in (
        "records?range=7d&id=loan-5",
        "explanations?range=7d",
        "fairness?range=7d",
        "compare?range=7d&a=quarter&a_version=1",
        "performance?range=7d&slices=true",
    ):
        mine.go(f"/models/{MODEL}/{place}")
        assert not mine.unreadable(), place
    assert not mine.complaints


def test_a_viewer_sees_no_controls(loans, look):
    told = {"email": "eve@example.org", "password": PASSWORD, "role": "viewer"}
    loans.ask("POST", "members", json=told)
    mine = look(loans, login=False)
    mine.context.request.post(
        "/api/v1/session", data={"email": told["email"], "password": PASSWORD}
    )
    page = mine.go(f"/models/{MODEL}/reference")
    expect(page.get_by_role("heading", name="Schema")).to_be_visible()
    for name in ("Upload a file", "Learn from a period"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_label(re.compile("^Kind of"))).to_have_count(0)
    page = mine.go(f"/models/{MODEL}/settings")
    expect(page.get_by_role("heading", name="About")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Archive|Erase|Save"))).to_have_count(0)
    page = mine.go(f"/models/{MODEL}/fairness?range=7d")
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    assert not mine.complaints


def test_a_model_is_erased_by_who_types_its_name(loans, look):
    loans.ask("POST", "models", json={"model_id": "mistake"})
    mine = look(loans)
    page = mine.go("/models/mistake/settings")
    page.get_by_role("button", name="Erase").click()
    dialog = page.get_by_role("dialog")
    sure = dialog.get_by_role("button", name="Erase for good")
    dialog.get_by_role("textbox").fill("mistak")
    expect(sure).to_be_disabled()
    dialog.get_by_role("textbox").fill("mistake")
    sure.click()
    expect(page).to_have_url(re.compile("/$"))
    assert loans.http.get("models/mistake").status_code == 404


def _asked(page, part):
    names = page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)")
    return [each for each in names if part in each]


def _kind(whole, column):
    columns = whole.ask("GET", f"models/{MODEL}/schema")["columns"]
    return {each["name"]: each["kind"] for each in columns}[column]
