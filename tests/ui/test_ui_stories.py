"""What people do with the dashboard, from the first prediction to a fault at night."""

import re
import time

import httpx
from playwright.sync_api import expect

PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
PATIENCE = 240_000


def test_a_newcomer_sees_the_first_prediction_arrive(empty, look):
    mine = look(empty, login=False)
    page = mine.page
    page.goto("/")
    page.get_by_text("API key", exact=True).click()
    page.locator("input[name=key]").fill("tg_wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not right")
    page.locator("input[name=key]").fill(empty.key)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for the first prediction")
    page.get_by_role("button", name=re.compile("Make an ingest key")).click()
    snippet = page.locator("pre").last
    expect(snippet).to_contain_text("tg_")
    key = re.search(r"tg_\w{12}_[\w-]{43}", snippet.inner_text())[0]
    mine.keep("first-steps")
    sent = {
        "model_id": "my-model",
        "prediction_id": "p1",
        "features": {"age": 31},
        "prediction_label": "stays",
        "prediction_score": 0.83,
    }
    headers = {"Authorization": f"Bearer {key}"}
    httpx.post(f"{empty.url}/api/v1/predictions", json=sent, headers=headers).raise_for_status()
    # Without a reload.
    expect(page.get_by_role("link", name="my-model")).to_be_visible(timeout=30_000)
    # The login that was refused is the one thing that it says.
    assert all("401" in each for each in mine.complaints)


def test_somebody_on_call_goes_from_the_fault_to_its_cause(demo, look):
    demo.ask(
        "POST",
        "members",
        json={"email": "ada@example.org", "password": PASSWORD, "role": "editor", "name": "Ada"},
    )
    until = time.monotonic() + PATIENCE / 1000
    while not _incidents(demo) and time.monotonic() < until:
        time.sleep(1)
    mine = look(demo, login=False)
    page = mine.page
    page.goto("/")
    page.get_by_label("Mail address").fill("ada@example.org")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("need", timeout=30_000)
    page.get_by_role("link", name=re.compile("of card-fraud drifted")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("card-fraud")
    expect(page.get_by_text("more of above the range").first).to_be_visible()
    mine.settle()
    mine.keep("incident")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("ada@example.org", exact=False).first).to_be_visible()
    assert [each["state"] for each in _incidents(demo)] == ["acknowledged"]
    page.get_by_label("Note").fill("the app sends cents")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("paragraph").filter(has_text="the app sends cents")).to_be_visible()
    page.get_by_role("link", name="amount", exact=True).click()
    expect(page).to_have_url(re.compile(r"/models/card-fraud/drift\?.*feature=features\.amount"))
    expect(page.get_by_role("heading", name="amount", exact=True)).to_be_visible()
    assert not mine.complaints


def _incidents(demo):
    query = {"model": "card-fraud", "state": ["open", "acknowledged"]}
    return demo.ask("GET", "incidents", params=query)["incidents"]


def test_a_viewer_is_offered_nothing_that_they_may_not_do(demo, look):
    told = {"email": "bob@example.org", "password": PASSWORD, "role": "viewer"}
    demo.ask("POST", "members", json=told)
    (incident,) = _incidents(demo)
    mine = look(demo, login=False)
    mine.context.request.post(
        "/api/v1/session", data={"email": told["email"], "password": PASSWORD}
    )
    page = mine.go(f"/incidents/{incident['incident_id']}")
    for name in ("Acknowledge", "Give back", "Snooze", "Resolve"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_label("Note")).to_have_count(0)


def test_keys_go_where_they_say(demo, look):
    mine = look(demo)
    page = mine.go("/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/models/[^/]+/overview"))
    mine.settle()
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("/incidents"))
    page.keyboard.press("/")
    page.get_by_placeholder("A model, or a page").fill("restaurant")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/models/restaurant-demand"))
    expect(page.get_by_placeholder("A model, or a page")).to_be_hidden()
    mine.settle()
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_a_view_is_its_address(demo, look):
    page = look(demo).go("/models/card-fraud/performance?range=7d&metric=recall")
    expect(page.get_by_role("heading", name="Recall", exact=True)).to_be_visible()
    page.get_by_role("link", name="Drift", exact=True).click()
    expect(page).to_have_url(re.compile("range=7d"))
    page.go_back()
    expect(page).to_have_url(re.compile("metric=recall"))
