"""The dashboard in a real browser, against a real server with its worker."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

SCREENS = Path("build/screens")
AXE = Path("ui/node_modules/axe-core/axe.min.js")
DAYS = 9
# What is waited for is there in a moment, but for a machine that does much else.
expect.set_options(timeout=30_000)
LABELLED = ("card-fraud", "restaurant-demand")
FOUND = 4
"""Models of the demo with an incident, at the least, some minutes after it has begun."""


class Whole:
    """`tidegauge serve` on a free port, where no other is told."""

    def __init__(self, data, *, port=0, environment=None):
        self._log = (data.parent / "serve.log").open("wb")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tidegauge.cli"),
                *("serve", "--port", str(port), "--data", str(data)),
            ],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            start_new_session=True,
        )
        self.data = data
        self.key = ""
        for line in self._process.stdout:
            if found := re.search(r"tg_\S+", line):
                self.key = found[0]
            if found := re.search(r"http://\S+", line):
                self.url = found[0]
                break
        else:
            raise AssertionError("the server did not start")
        headers = {"Authorization": f"Bearer {self.key}"}
        self.http = httpx.Client(base_url=f"{self.url}/api/v1/", headers=headers, timeout=30)
        self._wait_until_ready()

    def _wait_until_ready(self):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with contextlib.suppress(httpx.TransportError):
                if self.http.get(f"{self.url}/readyz").is_success:
                    return
            time.sleep(0.1)
        raise AssertionError("the server is not ready")

    def ask(self, method, path, **more):
        answer = self.http.request(method, path, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def close(self):
        self.http.close()
        os.killpg(self._process.pid, signal.SIGTERM)
        # A server of many processes, on a machine that does much else.
        self._process.wait(120)
        self._process.stdout.close()
        self._log.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    whole = Whole(tmp_path_factory.mktemp("empty") / "data")
    yield whole
    whole.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Six living models with faults, which the judge finds a minute or two later."""
    folder = tmp_path_factory.mktemp("demo")
    whole = Whole(folder / "data")
    command = [
        *(sys.executable, "-m", "tidegauge.cli", "demo", "--days", str(DAYS)),
        *("--url", whole.url, "--api-key", whole.key),
    ]
    told = folder / "demo.log"
    with told.open("wb") as log:
        living = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    while "Live" not in told.read_text(encoding="utf-8"):
        assert living.poll() is None, told.read_text(encoding="utf-8")
        time.sleep(0.2)
    # What was sent is counted, and its labels joined, a moment later.
    while not all(_is_known(whole, each) for each in LABELLED):
        assert living.poll() is None, told.read_text(encoding="utf-8")
        time.sleep(0.5)
    # Who makes pictures waits until there is something to be seen.
    while "TIDEGAUGE_PICTURES" in os.environ and len(_open_at(whole)) < FOUND:
        assert living.poll() is None, told.read_text(encoding="utf-8")
        time.sleep(2)
    yield whole
    living.terminate()
    living.wait(30)
    whole.close()


def _open_at(whole):
    """The models that have an incident."""
    return {each["model_id"] for each in whole.ask("GET", "incidents")["incidents"]}


def _is_known(whole, model):
    answer = whole.http.get(f"models/{model}/performance")
    return answer.is_success and any(each["metrics"] for each in answer.json()["data_points"])


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("no chromium on the path: install it with scripts/install-chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


class Look:
    """A page of a server, with all that its console says and all that it asks."""

    def __init__(self, chromium, whole, *, width=1440, scheme="light", login=True):
        self.whole = whole
        height = 844 if width < 600 else 900
        self.context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, base_url=whole.url
        )
        if login:
            self.context.request.post("/api/v1/session", data={"key": whole.key})
        self.page = self.context.new_page()
        self.complaints, self.asked = [], []
        self.page.on(
            "console",
            lambda said: (
                self.complaints.append(said.text) if said.type in {"error", "warning"} else None
            ),
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def go(self, path):
        self.page.goto(path)
        self.settle()
        return self.page

    def settle(self):
        """Until nothing is loading."""
        self.page.wait_for_selector("h1")
        self.page.wait_for_selector("[aria-label=Loading]", state="detached")
        self.page.wait_for_timeout(300)

    def unreadable(self):
        """What some people could not read or reach, as axe finds it."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        grave = [each for each in found["violations"] if each["impact"] in {"serious", "critical"}]
        return [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in grave]

    def keep(self, name, first=None, last=None):
        """The page, or what is from one of its parts to another."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        clip = None
        if first is not None:
            self.page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
            top, foot = first.bounding_box(), last.bounding_box()
            x, y = top["x"] - 12, top["y"] - 12
            height = foot["y"] + foot["height"] + 24 - y
            clip = {"x": x, "y": y, "width": foot["width"] + 48, "height": height}
        self.page.screenshot(path=SCREENS / f"{name}.png", full_page=True, clip=clip)


@pytest.fixture
def look(chromium):
    looks = []

    def _look(whole, **more):
        looks.append(Look(chromium, whole, **more))
        return looks[-1]

    yield _look
    for each in looks:
        each.context.close()
