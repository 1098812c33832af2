"""A model is trained again, as people see it: asked for, watched, proved, promoted, taken back."""

import io
import json
import random
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

MODEL = "churn"
PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
HOSTILE = '"><img src=x onerror="window.__hit=1">'
OTHER = {"yes": "no", "no": "yes"}
ROWS = 1_500
LATER = 300
RIGHT = 0.75
"""So often is the champion."""
PATIENCE = 200_000
SCREENS = ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark"))


@dataclass
class Runner:
    """Who trains: it takes jobs over HTTP, and answers what it is told to."""

    whole: object
    job: dict | None = None

    def take(self):
        told = {"runner": f"gpu-1 {HOSTILE}", "targets": ["command:train"]}
        self.job = self.whole.ask("POST", "retraining/claim", json=told)
        return self.job

    def say(self, **told):
        path = f"retraining/jobs/{self.job['job_id']}/status"
        return self.whole.ask("POST", path, json={"token": self.job["token"], **told})

    def answer(self):
        """As somebody who has nearly learned what the rule is."""
        path = f"retraining/jobs/{self.job['job_id']}"
        got = self.whole.http.get(f"{path}/rows", params={"part": "holdout"})
        held = pq.read_table(io.BytesIO(got.content)).to_pylist()
        answers = [
            {
                "prediction_id": each["prediction_id"],
                "prediction_label": truth(each["features.days"] + 5),
            }
            for each in held
        ]
        told = {"token": self.job["token"], "answers": answers}
        self.whole.ask("POST", f"{path}/answers", json=told)
        return len(answers)


def truth(days):
    return "yes" if days > 50 else "no"


@pytest.fixture(scope="module")
def churn(empty):
    """A model that is right three times out of four, where the rule is easy to learn."""
    now = datetime.now(UTC)
    send(empty, "p", ROWS, lambda n: now - timedelta(hours=3, minutes=n % 1_200), "1", RIGHT)
    joined(empty, ROWS)
    return empty


def joined(whole, count):
    until = time.monotonic() + 120
    while labelled(whole) < count:
        assert time.monotonic() < until, "the labels are not joined"
        time.sleep(0.5)


def send(whole, prefix, count, at, version, right):
    chance = random.Random(prefix)
    rows, labels = [], []
    for number in range(count):
        days = chance.uniform(0, 100)
        true = truth(days)
        rows.append(
            {
                "model_id": MODEL,
                "model_version": version,
                "prediction_id": f"{prefix}{number}",
                "timestamp": at(number).isoformat(),
                "features": {"days": days},
                "prediction_label": true if chance.random() < right else OTHER[true],
            }
        )
        labels.append(
            {"model_id": MODEL, "prediction_id": f"{prefix}{number}", "actual_label": true}
        )
    whole.ask("POST", "predictions", params={"history": True}, json=rows)
    whole.ask("POST", "labels", json=labels)


def labelled(whole):
    answer = whole.http.get(f"models/{MODEL}/performance")
    return answer.json()["total"]["labelled"] if answer.is_success else 0


def heading(page):
    return page.get_by_role("heading", level=1)


def ask_for(page, parameters, *, force=False):
    page.get_by_role("button", name="Retrain a model").click()
    dialog = page.get_by_role("dialog", name="Retrain a model")
    dialog.get_by_role("combobox", name="Model", exact=True).click()
    page.get_by_role("option", name=MODEL).click()
    dialog.get_by_label("Parameters").fill(parameters)
    if force:
        dialog.get_by_label(re.compile("Whatever stands against it")).check()
    return dialog


def confirm(page, button, yes):
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("button", name=yes, exact=True).click()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_an_empty_page_can_be_read_by_everybody(churn, look, width, scheme):
    mine = look(churn, width=width, scheme=scheme)
    for path in ("", "/policies/new"):
        whole_and_readable(mine, mine.go(f"/retraining{path}"), path)
    assert not mine.complaints


def whole_and_readable(mine, page, name):
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{name} is wider than the screen by {over}"
    told = mine.unreadable()
    assert not told, f"{name}: {json.dumps(told, indent=1)}"
    assert page.evaluate("window.__hit") is None


def test_an_empty_page_teaches_and_a_policy_is_made_on_it(churn, look):
    mine = look(churn)
    page = mine.go("/")
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page).to_have_url(re.compile("/retraining$"))
    expect(heading(page)).to_have_text("No model is being trained")
    expect(page.get_by_text("tidegauge worker --jobs --command train=").first).to_be_visible()
    expect(page.get_by_role("button", name="Copy the policy")).to_be_visible()
    mine.settle()
    mine.keep("retraining-empty")
    labels = page.get_by_label("Labels at least")
    labels.fill("100")
    panel = page.locator("section.panel", has=page.get_by_role("heading", name="For all models"))
    panel.get_by_role("button", name="Save").click()
    # It is offered until what is written is kept.
    expect(panel.get_by_role("button", name="Forget")).to_have_count(0)
    assert churn.ask("GET", "retraining/config")["min_samples_for_retraining"] == 100
    page.get_by_role("link", name="New policy").click()
    page.get_by_label("Name").fill("again")
    editor = page.get_by_label("The policy")
    editor.fill('models: "*"\ntarget: {kind: magic, name: train}\n')
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 2")
    editor.fill(
        'models: "churn*"\ntarget: {kind: command, name: train}\n'
        "promotion: {min_labels: 100}\ngate: {metric: accuracy}\n"
    )
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("link", name="again")).to_be_visible()
    expect(page.get_by_role("cell", name="command train")).to_be_visible()
    assert [each["name"] for each in churn.ask("GET", "retraining/policies")] == ["again"]
    # The document that was refused is the one thing that it says.
    assert all("422" in each for each in mine.complaints)


def test_a_job_is_watched_from_the_asking_to_the_proof(churn, look):
    mine, runner = look(churn), Runner(churn)
    page = mine.go("/retraining")
    dialog = ask_for(page, "[1, 2]")
    expect(dialog.get_by_text("It must be one object").first).to_be_visible()
    expect(dialog.get_by_role("button", name="Retrain")).to_be_disabled()
    dialog.get_by_label("Parameters").fill(json.dumps({"epochs": 3, "note": HOSTILE}))
    dialog.get_by_role("button", name="Retrain").click()
    expect(page).to_have_url(re.compile("/retraining/[^/]+$"))
    expect(page.get_by_text("The next to be taken")).to_be_visible()
    assert runner.take()["parameters"] == {"epochs": 3, "note": HOSTILE}
    runner.say(progress=0.4, log=["epoch 1", f"epoch 2 {HOSTILE}"])
    expect(page.get_by_role("status").get_by_text("40 % done")).to_be_visible()
    log = page.get_by_role("region", name="Log")
    expect(log).to_contain_text(f"epoch 2 {HOSTILE}")
    runner.say(progress=0.8, log=["epoch 3"])
    expect(log).to_contain_text("epoch 3")
    expect(log.get_by_text("epoch 1", exact=False)).to_have_count(1)
    mine.keep("retraining-running")
    second = look(churn).go("/retraining")
    expect(heading(second)).to_have_text("1 model is being trained")
    dialog = ask_for(second, "")
    dialog.get_by_role("button", name="Retrain").click()
    expect(dialog.get_by_role("alert")).to_contain_text("is in progress")
    rows = runner.answer()
    uri = f"s3://models/{HOSTILE}"
    candidate = {"version": "2", "uri": uri, "size_bytes": 2048, "training_seconds": 75}
    runner.say(state="trained", candidate=candidate, log=["done"])
    sentence = page.get_by_text(
        re.compile(r"The candidate is better: Accuracy 0\.9\d* against 0\.7")
    )
    expect(sentence.first).to_be_visible()
    proof = churn.ask("GET", f"retraining/jobs/{runner.job['job_id']}")["result"]["proof"]
    assert (proof["verdict"], proof["n"]) == ("better", rows)
    expect(sentence.first).to_contain_text(f"of {rows:,} rows held out")
    expect(page.get_by_role("img", name=re.compile("^Champion .*wanted"))).to_be_visible()
    expect(page.get_by_text(uri)).to_be_visible()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)
    expect(
        page.get_by_role("listitem").filter(has_text="Held against the champion")
    ).to_contain_text("it is better")
    assert page.evaluate("window.__hit") is None
    assert not mine.complaints


def test_a_viewer_sees_all_of_it_and_is_offered_nothing(churn, look):
    told = {"email": "bob@example.org", "password": PASSWORD, "role": "viewer"}
    churn.ask("POST", "members", json=told)
    mine = look(churn, login=False)
    mine.context.request.post(
        "/api/v1/session", data={"email": told["email"], "password": PASSWORD}
    )
    page = mine.go("/retraining")
    expect(page.get_by_role("cell", name="command train")).to_be_visible()
    (job,) = churn.ask("GET", "retraining/jobs")["jobs"]
    names = re.compile(
        "^(Retrain a model|New policy|Save|Promote|Cancel|Roll back|Remove|Make it)$"
    )
    for path in ("", f"/{job['job_id']}", "/policies/again"):
        page = mine.go(f"/retraining{path}")
        expect(page.get_by_role("button", name=names)).to_have_count(0)
        expect(page.get_by_role("link", name="New policy")).to_have_count(0)
    assert not mine.complaints


def test_one_is_promoted_and_another_is_cancelled(churn, look):
    mine = look(churn)
    page = mine.go("/retraining?state=succeeded")
    page.get_by_role("region", name="Jobs").get_by_role("link", name=MODEL).click()
    confirm(page, "Promote", "Promote it")
    expect(page.get_by_text("Version 2 is to serve").first).to_be_visible()
    expect(page.get_by_role("button", name="Promote")).to_have_count(0)
    now = datetime.now(UTC)
    send(churn, "q", LATER, lambda _n: now + timedelta(seconds=1), "2", 1.0)
    # Without one since the last training nothing helps.
    joined(churn, ROWS + LATER)
    mine.settle()
    mine.keep("retraining-promoted")
    page.get_by_role("link", name="Retraining", exact=True).first.click()
    dialog = ask_for(page, "")
    dialog.get_by_role("button", name="Retrain").click()
    expect(dialog.get_by_role("alert")).to_contain_text("ended a short time ago")
    dialog.get_by_label(re.compile("Whatever stands against it")).check()
    dialog.get_by_role("button", name="Retrain").click()
    expect(page.get_by_text("The next to be taken")).to_be_visible()
    confirm(page, "Cancel", "Cancel it")
    expect(page.get_by_role("status").get_by_text("Cancelled by")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    page = mine.go("/retraining?state=cancelled")
    expect(page.get_by_role("region", name="Jobs").get_by_role("row")).to_have_count(2)
    # What was refused is all that it says.
    assert all("429" in each or "409" in each for each in mine.complaints)


def test_a_version_that_serves_is_held_against_before_and_taken_back(churn, look):
    (job,) = churn.ask("GET", "retraining/jobs", params={"state": "succeeded"})["jobs"]
    mine = look(churn)
    page = mine.go(f"/models/{job['model_id']}/overview")
    page.get_by_role("link", name="Retraining of this model").click()
    expect(page).to_have_url(re.compile(f"/retraining\\?model={job['model_id']}"))
    row = page.get_by_role("region", name="Versions").locator("tbody tr")
    expect(row).to_contain_text("it is being rolled out")
    expect(row).to_contain_text("2 KiB")
    page = mine.go(f"/retraining/{job['job_id']}")
    found = page.get_by_role("region", name="Before and after")
    expect(found).to_be_visible(timeout=PATIENCE)
    rollout = churn.ask("GET", f"retraining/jobs/{job['job_id']}")["rollout"]
    assert rollout["state"] in ("serving", "verified")
    cells = found.locator("tbody td").all_inner_texts()
    assert float(cells[1]) == pytest.approx(rollout["result"]["before"], rel=5e-3)
    assert float(cells[2]) == pytest.approx(rollout["result"]["after"], rel=5e-3)
    assert cells[3] == str(LATER)
    mine.keep("retraining-served")
    mine.keep("retraining-proof", page.get_by_text("The candidate is better").last, found)
    confirm(page, "Roll back", "Roll it back")
    expect(page.get_by_role("status").get_by_text("Version 2 was taken back")).to_be_visible()
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)
    assert not mine.complaints


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_its_pages_are_whole_and_can_be_read_by_everybody(churn, look, width, scheme):
    (job,) = churn.ask("GET", "retraining/jobs", params={"state": "succeeded"})["jobs"]
    mine = look(churn, width=width, scheme=scheme)
    pages = {"list": f"?model={MODEL}", "job": f"/{job['job_id']}", "policy": "/policies/again"}
    for name, path in pages.items():
        page = mine.go(f"/retraining{path}")
        mine.keep(f"retraining-{name}-{width}-{scheme}")
        whole_and_readable(mine, page, name)
    assert not mine.complaints
