"""How soon the dashboard is there, and whether it stays light: in Chromium, of a real server.

    python bench/see.py [minutes live] [--hurry]

In a hurry the browser's clock is put forward, so that all that comes with time comes at once:
an hour of it takes some minutes.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, Request, sync_playwright

from ingest import cpu_of
from watched import LABELLED, MODELS, Watched, watched

TIMES, WARM = 5, 1
MODEL = LABELLED[0]
PAGES = {
    "a model's overview, 30 days": f"/models/{MODEL}/overview?range=30d",
    "its drift, 30 days": f"/models/{MODEL}/drift?range=30d",
    "its performance, 30 days": f"/models/{MODEL}/performance?range=30d",
    "its traffic, 30 days": f"/models/{MODEL}/traffic?range=30d",
    "its data quality, 30 days": f"/models/{MODEL}/quality?range=30d",
}
FLEET = "the fleet, until its search filters"
_TICK_MS = 10_000
"""What is asked most often is asked anew after so long."""
_BREAK_EVERY = 6
_SLOW_MS = 100
_DRAWN = """() => document.querySelector("h1")
  && document.querySelector("main .panel, main figure, main table")
  && !document.querySelector("[aria-label=Loading]")"""
_WHOLE = """() => document.querySelectorAll("tbody tr[data-open]").length > 1"""
_FILTERED = """() => {
  const found = document.querySelectorAll("tbody tr[data-open]");
  return found.length === 1 && found[0].textContent.includes("model-0500");
}"""


@dataclass
class Seen:
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    server_ms: dict[str, list[float]] = field(default_factory=dict)
    """Of the server's processor for the same."""
    asked: dict[str, str] = field(default_factory=dict)
    """Addresses of the API by their names without the moments in them."""
    alone: dict[str, tuple[float, float]] = field(default_factory=dict)
    """What each takes by itself: the median, and the processor's time of it."""
    first_view: int = 0
    """Bytes of the scripts, styles and letters, as they are sent."""
    rows_drawn: int = 0
    weights: list["Weight"] = field(default_factory=list)
    """Of the page, as it lives on."""
    minutes: float = 0.0


@dataclass(frozen=True)
class Weight:
    minute: float
    heap_mb: float
    nodes: int
    listeners: int


def measure(minutes: float = 60, *, hurry: bool = True) -> Seen:
    found = Seen(minutes=minutes)
    with (
        tempfile.TemporaryDirectory() as folder,
        watched(Path(folder)) as world,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--headless", "--no-sandbox", "--disable-gpu"],
        )
        _look(browser, world, found)
        _ask_alone(world, found)
        _live(browser, world, found, minutes, hurry=hurry)
        browser.close()
    return found


def _open(browser: Browser, world: Watched, *, has_clock: bool = False) -> Page:
    """A browser that has seen nothing yet, and somebody who is logged in."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, base_url=world.server.url
    )
    context.request.post("/api/v1/session", data={"key": world.server.key})
    page = context.new_page()
    if has_clock:
        page.clock.install()
    return page


def _look(browser: Browser, world: Watched, found: Seen) -> None:
    """Each page from the address, with nothing kept of it before, and so several times."""
    for _turn in range(WARM + TIMES):
        page = _open(browser, world)
        _timed(FLEET, "/", page, world, found, _filter)
        page.get_by_label("Filter models").fill("")
        page.wait_for_function(_WHOLE)
        found.rows_drawn = max(found.rows_drawn, page.locator("tbody tr").count())
        page.context.close()
        for name, path in PAGES.items():
            page = _open(browser, world)
            _timed(name, path, page, world, found, _drawn)
            page.context.close()
    for taken in (*found.milliseconds.values(), *found.server_ms.values()):
        del taken[:WARM]


def _filter(page: Page) -> None:
    page.get_by_label("Filter models").fill("model-0500")
    page.wait_for_function(_FILTERED)


def _drawn(page: Page) -> None:
    page.wait_for_function(_DRAWN)


def _timed(
    name: str,
    path: str,
    page: Page,
    world: Watched,
    found: Seen,
    until: Callable[[Page], None],
) -> None:
    sent = 0

    def finished(request: Request) -> None:
        nonlocal sent
        if "/assets/" in request.url:
            sent += request.sizes()["responseBodySize"]
        elif "/api/v1/" in request.url and not request.url.endswith("/live"):
            found.asked.setdefault(_short(request.url), request.url)

    began = cpu_of(world.server.process.pid)
    requests: list[Request] = []
    # A method of a list cannot be one of its listeners.
    page.on("requestfinished", lambda request: requests.append(request))  # noqa: PLW0108
    page.goto(path, wait_until="commit")
    until(page)
    # By the browser's own clock, from when it began to go there.
    found.milliseconds.setdefault(name, []).append(page.evaluate("performance.now()"))
    spent = 1000 * (cpu_of(world.server.process.pid) - began)
    found.server_ms.setdefault(name, []).append(spent)
    for each in requests:
        finished(each)
    if name == FLEET:
        found.first_view = max(found.first_view, sent)


def _short(url: str) -> str:
    path, _, query = url.partition("/api/v1/")[2].partition("?")
    told = [each for each in query.split("&") if not each.startswith(("start_", "end_", "model="))]
    return "?".join(each for each in (path, "&".join(told)) if each)


def _ask_alone(world: Watched, found: Seen) -> None:
    for name, url in found.asked.items():
        taken: list[float] = []
        began = 0.0
        for turn in range(WARM + TIMES):
            if turn == WARM:
                began = cpu_of(world.server.process.pid)
            started = time.perf_counter()
            world.http.get(url).raise_for_status()
            taken.append(1000 * (time.perf_counter() - started))
        spent = 1000 * (cpu_of(world.server.process.pid) - began) / TIMES
        found.alone[name] = statistics.median(taken[WARM:]), spent


def _live(browser: Browser, world: Watched, found: Seen, minutes: float, *, hurry: bool) -> None:
    """The fleet stays open, and incidents come and go."""
    page = _open(browser, world, has_clock=hurry)
    page.goto("/")
    page.wait_for_selector("tbody tr[data-open]")
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    ticks = max(round(minutes * 60_000 / _TICK_MS), 1)
    for tick in range(ticks):
        if tick % max(ticks // 12, 1) == 0:
            found.weights.append(_weigh(cdp, tick * _TICK_MS / 60_000))
        if tick % _BREAK_EVERY == 0:
            world.break_some(20 if tick % (2 * _BREAK_EVERY) else 50)
        if hurry:
            page.clock.run_for(_TICK_MS)
            page.wait_for_load_state("networkidle") if tick == 0 else page.wait_for_timeout(300)
        else:
            page.wait_for_timeout(_TICK_MS)
    found.weights.append(_weigh(cdp, minutes))


def _weigh(cdp: CDPSession, minute: float) -> Weight:
    for _turn in range(2):
        cdp.send("HeapProfiler.collectGarbage")
    told: Mapping[str, float] = {
        each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]
    }
    return Weight(
        minute,
        told["JSHeapUsedSize"] / 1e6,
        round(told["Nodes"]),
        round(told["JSEventListeners"]),
    )


def table(found: Seen) -> str:
    slow = {name: taken for name, taken in found.alone.items() if taken[0] > _SLOW_MS}
    lines = [
        f"`tidegauge web` with {MODELS:,} models and the six of the demo with 30 days behind them,",
        "in Chromium on the same machine, with nothing cached in the browser: milliseconds from",
        "going to the address until all is drawn, and of the server's processor meanwhile.",
        "",
        "| page | median | worst | server |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {statistics.median(taken):.0f} | {max(taken):.0f} "
        f"| {statistics.median(found.server_ms[name]):.0f} |"
        for name, taken in found.milliseconds.items()
    ]
    lines += [
        "",
        f"What the first view loads is {found.first_view / 1000:.0f} kB as it is sent, and of",
        f"{MODELS:,} models {found.rows_drawn} rows are drawn.  Each request of these pages by",
        f"itself: {len(found.alone)} kinds, {len(slow)} over {_SLOW_MS} ms; the slowest:",
        "",
        "| request | median, ms | processor, ms |",
        "|---|---|---|",
    ]
    slowest = sorted(found.alone.items(), key=lambda each: -each[1][0])[:8]
    lines += [f"| `{name}` | {took:.0f} | {spent:.0f} |" for name, (took, spent) in slowest]
    lines += [
        "",
        f"The fleet left open for {found.minutes:.0f} minutes, with incidents that come and go",
        "each minute, weighed after its garbage is collected:",
        "",
        "| minute | heap, MB | nodes | listeners |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {each.minute:.0f} | {each.heap_mb:.1f} | {each.nodes:,} | {each.listeners:,} |"
        for each in found.weights
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    words = [each for each in sys.argv[1:] if each != "--hurry"]
    print(table(measure(float(words[0]) if words else 60, hurry="--hurry" in sys.argv)))
