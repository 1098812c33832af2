"""What those do who keep it: monitors, silences, channels, and who may come in."""

import re
import subprocess
import sys
import time

import httpx
import pytest
from playwright.sync_api import expect

PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
SOON = 60_000

FAULTY = """\
name: calls are slow
metric: latency_p95_ms
models: card-*
conditions:
  - {max: 0.001, severity: grave}
"""


@pytest.fixture
def mine(demo, look):
    return look(demo)


def test_a_monitor_is_written_tried_on_the_past_kept_and_removed(demo, mine):
    page = mine.go("/monitors")
    page.get_by_role("link", name="New monitor").click()
    text = page.get_by_label("The monitor")
    text.fill(FAULTY.replace("name:", "name"))
    expect(page.get_by_role("alert")).to_contain_text("Line 1")
    text.fill(FAULTY)
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert").first).to_contain_text("Line 5")
    text.fill(FAULTY.replace("grave", "medium"))
    # All calls are slower than a microsecond: that is one alarm which never ends.
    expect(page.get_by_role("status").filter(has_text="With this")).to_contain_text(
        re.compile(r"you would have had [1-9]\d* alarm"), timeout=SOON
    )
    mine.keep("monitor-new")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("monitors")
    assert demo.ask("GET", "monitors/calls are slow")["document"]["models"] == "card-*"
    page.get_by_label("Filter monitors").fill("calls slow")
    expect(page).to_have_url(re.compile("q=calls"))
    page.get_by_role("link", name="calls are slow").click()
    mine_now = page.get_by_label("The monitor")
    mine_now.fill(mine_now.input_value() + "min_rows: 40\n")
    # Somebody else changes it meanwhile: what is written here does not take that away.
    tag = demo.http.get("monitors/calls are slow").headers["ETag"]
    other = {**demo.ask("GET", "monitors/calls are slow")["document"], "owner": "payments"}
    demo.ask("PUT", "monitors/calls are slow", json=other, headers={"If-Match": tag})
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("has changed it meanwhile")
    expect(mine_now).to_have_value(re.compile("min_rows: 40"))
    page.reload()
    expect(page.get_by_label("The monitor")).to_have_value(re.compile("payments"))
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page).to_have_url(re.compile(r"/monitors$"))
    assert demo.http.get("monitors/calls are slow").status_code == 404
    refused = [each for each in mine.complaints if not re.search("422|412", each)]
    assert not refused


def test_somebody_silences_what_they_repair(demo, mine):
    page = mine.go("/silences")
    page.get_by_role("button", name="New silence").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Of what").fill('model="card-fraud')
    form.get_by_label("Of what").press("Enter")
    form.get_by_label("Why").fill("Release 4.2")
    form.get_by_role("button", name="Silence it").click()
    expect(form.get_by_role("alert")).to_contain_text("never closed")
    form.get_by_label("Of what").press("Backspace")
    form.get_by_label("Of what").fill('model="card-fraud"')
    form.get_by_label("Of what").press("Enter")
    form.get_by_role("button", name="Silence it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 silence holds now")
    (made,) = demo.ask("GET", "silences", params={"state": "active"})["silences"]
    assert made["comment"] == "Release 4.2"
    mine.keep("silences-one")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is silenced")


def test_a_channel_is_made_and_its_test_says_what_came_back(demo, mine):
    page = mine.go("/channels/new")
    page.get_by_label("Name").fill("pager")
    page.get_by_label("The channel").fill("kind: console\nmin_severity: grave\n")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 2, min_severity")
    page.get_by_label("The channel").fill("kind: console\nmin_severity: high\n")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("button", name="Test pager").click()
    expect(page.get_by_text("pager took the test")).to_be_visible(timeout=SOON)
    page.get_by_role("link", name="pager").click()
    expect(page.get_by_role("heading", name="What went there")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page).to_have_url(re.compile(r"/channels$"))
    assert demo.http.get("channels/pager").status_code == 404


def test_an_admin_lets_somebody_in_and_makes_and_revokes_a_key(demo, mine, look):
    page = mine.go("/access")
    page.get_by_role("button", name="Add", exact=True).click()
    form = page.get_by_role("dialog")
    form.get_by_label("Mail address").fill("grace@example.org")
    form.locator("input[name=password]").fill(PASSWORD)
    form.get_by_role("button", name="Add").click()
    expect(page.get_by_text("grace@example.org")).to_be_visible()
    page.get_by_role("button", name="Make a key").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("checkout service")
    form.get_by_role("button", name="Make it").click()
    token = form.locator("pre").inner_text()
    sent = {"model_id": "by-key", "prediction_id": "p", "prediction_label": "yes"}
    url, headers = f"{demo.url}/api/v1/predictions", {"Authorization": f"Bearer {token}"}
    assert httpx.post(url, json=sent, headers=headers).status_code == 200
    form.get_by_role("button", name="I have kept it").click()
    mine.settle()
    mine.keep("access")
    row = page.locator("tr", has_text="checkout service")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    assert httpx.post(url, json=sent, headers=headers).status_code == 401
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_text("key: revoke").first).to_be_visible()
    assert not mine.complaints
    # She looks, and is not shown what only admins do.
    hers = look(demo, login=False)
    hers.context.request.post(
        "/api/v1/session", data={"email": "grace@example.org", "password": PASSWORD}
    )
    page = hers.go("/access")
    expect(page.get_by_text("Admins look after this")).to_be_visible()
    page = hers.go("/monitors/drift")
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    page = hers.go("/channels")
    expect(page.get_by_role("link", name="New channel")).to_have_count(0)
    assert not hers.complaints


def test_a_report_goes_out_each_week(demo, mine):
    hook = {"kind": "console"}
    demo.ask("PUT", "channels/screen", json=hook)
    page = mine.go("/reports")
    page.get_by_role("button", name="New report").click()
    form = page.get_by_role("form", name="Report")
    form.get_by_label("Name").fill("weekly")
    form.get_by_role("combobox", name="Of which models").fill("card-*")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    form.get_by_role("combobox", name="To").fill("scr")
    page.get_by_role("option", name="screen").click()
    page.keyboard.press("Escape")
    form.get_by_role("button", name="Save", exact=True).click()
    row = page.get_by_role("row").filter(has_text="weekly")
    expect(row).to_contain_text("Each Monday, 08:00")
    expect(row).to_contain_text("never")
    row.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("goes out in a moment")).to_be_visible()
    until = time.monotonic() + 90
    while not demo.ask("GET", "channels/screen/notices")["notices"]:
        assert time.monotonic() < until
        time.sleep(0.5)
    page.reload()
    expect(row).not_to_contain_text("never")
    mine.keep("reports-one")
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No report goes out yet")
    assert not mine.complaints


def test_another_tenant_sees_nothing_of_this_one(demo, look):
    """Not in a list, not by a name that they know, and not by a link that they were sent."""
    words = ["keys", "create", "other", "--role", "admin", "--tenant", "other"]
    made = subprocess.run(
        [sys.executable, "-m", "tidegauge.cli", *words, "--data", str(demo.data)],
        capture_output=True,
        text=True,
        check=True,
    )
    demo.ask("PUT", "channels/ours-alone", json={"kind": "console"})
    raised = {"model_id": "card-fraud", "severity": "low", "title": "ours alone"}
    incident = demo.ask("POST", "alerts", json=raised)["incident_id"]
    other = look(demo, login=False)
    key = re.search(r"tg_\S+", made.stdout)[0]
    until = time.monotonic() + 30
    # A running server knows a new key within a second.
    while not other.context.request.post("/api/v1/session", data={"key": key}).ok:
        assert time.monotonic() < until
        time.sleep(0.2)
    ours = re.compile("card-|restaurant|ours[ -]alone|trading|recommender|product-images")
    places = [
        "incidents?state=all",
        "monitors",
        "silences",
        "channels",
        "reports",
        "access",
        "audit",
    ]
    for path in ["", *places, "system"]:
        page = other.go(f"/{path}")
        assert not ours.search(page.locator("body").inner_text()), path
    for path in (
        "models/card-fraud/overview",
        "models/card-fraud/records",
        f"incidents/{incident}",
        "channels/ours-alone",
    ):
        other.page.goto(f"/{path}")
        expect(page.get_by_role("main")).to_contain_text("Not found")
        assert "restaurant" not in page.locator("body").inner_text()
    page.keyboard.press("/")
    page.get_by_placeholder("A model, or a page").fill("card")
    expect(page.get_by_text("Nothing is called that")).to_be_visible()
    assert all("404" in each for each in other.complaints)
    demo.ask("DELETE", "channels/ours-alone")
