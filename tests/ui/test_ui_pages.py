"""Every page, at every width and in both schemes: whole, quiet, readable and right."""

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

PAGES = {
    "fleet": "/",
    "incidents": "/incidents?state=all",
    "overview": "/models/card-fraud/overview",
    "drift": "/models/card-fraud/drift?range=7d",
    "performance": "/models/card-fraud/performance?range=7d",
    "quality": "/models/restaurant-demand/quality",
    "traffic": "/models/page-personalisation/traffic",
    "monitors": "/monitors",
    "monitor": "/monitors/drift",
    "silences": "/silences",
    "reports": "/reports",
    "retraining": "/retraining",
    "new-policy": "/retraining/policies/new",
    "channels": "/channels",
    "new-channel": "/channels/new",
    "access": "/access",
    "audit": "/audit",
    "system": "/system",
    "two sides": "/models/card-fraud/drift?range=1d&sides=true&feature=features.amount",
    "explanations": "/models/trading-signal/explanations",
    "fairness": "/models/restaurant-demand/fairness?range=7d",
    "fairness unsaid": "/models/card-fraud/fairness",
    "compare": "/models/card-fraud/compare?range=1d",
    "records": "/models/card-fraud/records?range=1d",
    "record": "/models/card-fraud/records?id=nobody",
    "reference": "/models/card-fraud/reference",
    "settings": "/models/card-fraud/settings",
    "nowhere": "/no/such/page",
}
RUNS = [
    "<script>window.__hit=1</script>",
    '<img src=x onerror="window.__hit=1">',
    "<svg/onload=window.__hit=1>",
    "<iframe srcdoc='<script>parent.__hit=1</script>'>",
    "<style>@import 'javascript:window.__hit=1'</style>",
    "<a href='javascript:window.__hit=1' autofocus onfocus=window.__hit=1>x</a>",
    "javascript:window.__hit=1",
    "{{constructor.constructor('window.__hit=1')()}}",
    "${window.__hit=1}",
    "<details open ontoggle=window.__hit=1>",
]
AROUND = [
    "{}",
    '">{}',
    "'>{}",
    "</title>{}",
    "</script>{}",
    "-->{}",
    "]]>{}",
    "`;{}",
    "&lt;{}",
    "{}\\",
]
HOSTILE = [around.replace("{}", run) for around in AROUND for run in RUNS]
"""A hundred, each of which runs in some page that takes text for more than text."""
FIELDS = 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_pages_are_whole_and_quiet(demo, look, width, scheme):
    mine = look(demo, width=width, scheme=scheme)
    for name, path in PAGES.items():
        page = mine.go(path) if name != "nowhere" else _nowhere(mine, path)
        mine.keep(f"{name}-{width}-{scheme}")
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{name} is wider than the screen by {over}"
    assert not mine.complaints
    assert all(url.startswith((demo.url, "data:", "blob:")) for url in mine.asked)


def _nowhere(mine, path):
    mine.page.goto(path)
    expect(mine.page.get_by_text("There is no such page")).to_be_visible()
    return mine.page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read_by_everybody(demo, look, scheme):
    mine = look(demo, scheme=scheme)
    for name, path in PAGES.items():
        mine.go(path) if name != "nowhere" else _nowhere(mine, path)
        told = mine.unreadable()
        assert not told, f"{name}: {json.dumps(told, indent=1)}"


def test_what_others_wrote_runs_nothing(demo, look):
    models = [_write(demo, HOSTILE[at : at + FIELDS]) for at in range(0, len(HOSTILE), FIELDS)]
    mine = look(demo)
    for path in (
        "/",
        "/incidents?state=all",
        "/?group=owner",
        "/?q=<script>window.__hit=1</script>",
        "/monitors",
        "/silences",
        "/access",
        "/audit",
    ):
        mine.go(path)
        assert mine.page.evaluate("window.__hit") is None, path
    for place, model in enumerate(models):
        tabs = ("overview", "quality", "settings", "records?id=p")
        more = ("drift", "explanations", "fairness", "compare", "reference")
        asked = f"segment=<script>&feature={quote(HOSTILE[place])}"
        for tab in (*tabs, more[place % len(more)]):
            mine.go(f"/models/{model}/{tab}{'&' if '?' in tab else '?'}{asked}")
            assert mine.page.evaluate("window.__hit") is None, (model, tab)
    # A segment that never was is refused, and said so; nothing else is complained of.
    told = [each for each in mine.complaints if "422" not in each and "404" not in each]
    assert not told


def _write(demo, texts):
    """Wherever somebody may write."""
    owner, about, tag, value, note = texts
    model = f"hostile-{HOSTILE.index(owner)}"
    told = {"owner": owner, "description": about, "tags": {"a": tag}}
    demo.ask("POST", "models", json={"model_id": model, **told})
    row = {
        "model_id": model,
        "prediction_id": "p",
        "features": {value: note},
        "prediction_label": value,
    }
    demo.ask("POST", "predictions", json=row)
    alert = {"model_id": model, "severity": "low", "title": value, "description": note}
    demo.ask("POST", "alerts", json=alert)
    silence = {"matchers": [f"model={json.dumps(owner)}"], "duration": "1 h", "comment": note}
    demo.ask("POST", "silences", json=silence)
    limit = [{"max": 1e9, "severity": "low"}]
    monitor = {"name": model, "metric": "error_rate", "conditions": limit, "owner": about}
    demo.ask("POST", "monitors", json=monitor)
    demo.ask("POST", "keys", json={"name": tag, "role": "read"})
    return model


def test_numbers_are_those_of_the_api(demo, look):
    mine = look(demo)
    page = mine.go("/models/card-fraud/performance?range=7d")
    query = page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)")
    (asked,) = {
        each for each in query if "/card-fraud/performance?" in each and "segment=" not in each
    }
    told = mine.context.request.get(asked).json()["total"]["metrics"]
    panel = page.locator("section", has=page.get_by_role("heading", name="Figures"))
    rows = panel.locator("tbody tr").all()
    assert len(rows) == len(told)
    for row, (name, figure) in zip(rows, told.items(), strict=True):
        cells = row.locator("td").all_inner_texts()
        assert _plain(cells[0]) == _plain(name)
        assert float(cells[1]) == pytest.approx(figure["value"], rel=5e-4, abs=1e-9)


def _plain(name):
    return re.sub(r"[^a-z0-9²]", "", name.lower()).replace("²", "2")


def test_a_page_says_when_the_server_is_gone(demo, look):
    mine = look(demo)
    page = mine.go("/incidents")
    mine.context.set_offline(True)
    page.get_by_text("All", exact=True).click()
    expect(page.get_by_text("The server cannot be reached")).to_be_visible(timeout=20_000)
    mine.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("", timeout=20_000)


def test_pages_are_under_a_policy(demo):
    answer = demo.http.get(demo.url, headers={"Accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    nonces = {re.search("nonce-([^']+)", policy)[1]}
    again = demo.http.get(demo.url, headers={"Accept": "text/html"})
    nonces.add(re.search("nonce-([^']+)", again.headers["content-security-policy"])[1])
    assert len(nonces) == 2
    assert demo.http.get(f"{demo.url}/api/v1/nothing").status_code == 404
    assert demo.http.get(f"{demo.url}/assets/nothing.js").status_code == 404
