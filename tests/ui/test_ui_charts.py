"""Each picture by itself, of what is usual and of what is hard to draw: nothing lies on anything
else, nothing is cut off, and nothing is not a number."""

import functools
import http.server
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

UI = Path("ui")
BUILT = Path("build/examples")
SCREENS = Path("build/screens/charts")
FEWEST = 20

# Of all words of a picture: their boxes, and the box that they may fill.
LOOK = """
(article) => [...article.querySelectorAll('.chart svg')].map((svg) => {
  const box = (each) => {
    const found = each.getBoundingClientRect();
    return [found.left, found.top, found.right, found.bottom];
  };
  const texts = [...svg.querySelectorAll('text')].filter((each) => each.textContent.trim());
  const values = [...svg.querySelectorAll('*')].flatMap((each) => [...each.attributes]);
  return {
    frame: box(svg),
    texts: texts.map((each) => [each.textContent, ...box(each)]),
    odd: values.map((each) => each.value).filter((each) => /NaN|Infinity|undefined/.test(each)),
    marks: svg.querySelectorAll('path, rect, circle, line').length,
    rects: [...svg.querySelectorAll('rect')].map(box),
  };
})
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_said):
        pass


@pytest.fixture(scope="module")
def examples():
    subprocess.run([shutil.which("npm"), "run", "--silent", "examples"], check=True, cwd=UI)
    handler = functools.partial(Quiet, directory=BUILT)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/examples.html"
        server.shutdown()
        thread.join()


def lie_on_each_other(texts):
    """Words whose boxes share more than a hair."""
    found = []
    for at, (one, left, top, right, bottom) in enumerate(texts):
        for other, other_left, other_top, other_right, other_bottom in texts[at + 1 :]:
            wide = min(right, other_right) - max(left, other_left)
            high = min(bottom, other_bottom) - max(top, other_top)
            if wide > 1 and high > 3:
                found.append((one, other))
    return found


def are_cut(texts, frame):
    left, top, right, bottom = frame
    return [
        word
        for word, own_left, own_top, own_right, own_bottom in texts
        if own_left < left - 1
        or own_top < top - 3
        or own_right > right + 1
        or own_bottom > bottom + 3
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [900, 390])
def test_pictures_can_be_read(chromium, examples, width, scheme):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(examples)
    page.wait_for_selector("[data-example] svg[role=img]")
    page.wait_for_timeout(300)
    articles = page.locator("[data-example]").all()
    assert len(articles) >= FEWEST
    SCREENS.mkdir(parents=True, exist_ok=True)
    wrong = {}
    for article in articles:
        name = article.get_attribute("data-example")
        article.screenshot(path=SCREENS / f"{name.replace(' ', '-')}-{width}-{scheme}.png")
        pictures = article.evaluate(LOOK)
        if name.endswith("of nothing"):
            assert not pictures
            assert article.inner_text().strip()
            continue
        (drawn,) = [each for each in pictures if each["texts"]]
        assert drawn["marks"] > 1, name
        seen = [each for each in drawn["rects"] if each[2] - each[0] > 0.5]
        assert len(seen) >= len(drawn["rects"]) / 2, name
        told = {
            "lie on each other": lie_on_each_other(drawn["texts"]),
            "are cut": are_cut(drawn["texts"], drawn["frame"]),
            "are no numbers": drawn["odd"],
        }
        wrong |= {f"{name}: {what}": which[:5] for what, which in told.items() if which}
    context.close()
    assert wrong == {}
    assert complaints == []
