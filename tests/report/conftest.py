"""A real browser for the page: what it does there is what a reader sees."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


@pytest.fixture(scope="module")
def browser():
    """One a module: while it is open, no other test of the process can run an event loop."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("no chromium on the path: install it with scripts/install-chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def show(browser, tmp_path):
    """Opens HTML from a file, as a reader does; console errors and requests are kept."""
    contexts = []

    def _show(html, anchor="", **options):
        path = tmp_path / f"report-{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        contexts.append(
            browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        )
        page = contexts[-1].new_page()
        page.complaints, page.asked = [], []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri() + anchor)
        return page

    yield _show
    for context in contexts:
        context.close()
