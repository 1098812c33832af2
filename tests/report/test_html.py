import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from example import HOSTILE, SCRIPT, Report, amount, credit, embedding, merchant, message
from hypothesis import given, settings
from hypothesis import strategies as st

import tidegauge
from tidegauge.report.html import DETAILED, render
from tidegauge.report.pages import drawing
from tidegauge.report.words import plain

VOID = {"meta", "link", "input", "br", "hr", "img"}
# Inside SVG an element may close itself.
CLOSING = {"path", "line", "rect", "circle"}


class Outline(HTMLParser):
    """The elements of a page, and its text without script and style."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], []
        self.pictures, self._is_data = [], False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self._is_data = ("type", "application/json") in attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in CLOSING, f"<{tag}/> does not close in HTML"
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self._is_data and self.open[-1] == "script":
            self.pictures.append(json.loads(data))
        elif not {"script", "style"} & set(self.open):
            self.text.append(data)


def single(name):
    return replace(credit(), features=[amount(name, 0.5)], findings=[])


@pytest.fixture(scope="module")
def document():
    return render(credit())


@pytest.mark.parametrize("fragment", [False, True])
@pytest.mark.parametrize(
    "report",
    [
        credit(),
        credit(12, drifted=0),
        credit(300, drifted=20),
        Report(features=[], status="insufficient_data", sentence="No rows to compare"),
    ],
    ids=["drift", "quiet", "wide", "empty"],
)
def test_every_element_is_closed(report, fragment):
    assert Outline(render(report, fragment=fragment)).open == []


@settings(max_examples=40, deadline=None)
@given(st.text() | st.sampled_from(HOSTILE))
def test_whatever_a_column_is_called_the_page_has_the_same_elements(name):
    assert Outline(render(single(name))).tags == Outline(render(single("age"))).tags


def test_a_hostile_name_is_shown_as_it_is(document):
    outline = Outline(document)
    text = "".join(outline.text)
    assert SCRIPT in text
    assert all(plain(name) in text for name in HOSTILE)
    # The page's own, the pictures', and what each picture is of.
    assert outline.tags.count("script") == 2 + len(outline.pictures)
    assert "img" not in outline.tags


def test_a_value_of_a_category_is_shown_as_it_is(document):
    assert "games &amp; &lt;b&gt;toys&lt;/b&gt;" in document


def test_text_without_a_valid_encoding_can_still_be_written():
    assert "\\ud800 lone" in render(single("\ud800 lone")).encode().decode()


@pytest.mark.parametrize(
    "features",
    [
        credit().features,
        [amount(f"column_{n}", 0.4) for n in range(50)],
        [message(f"text_{n}") for n in range(50)],
        [embedding(f"embedding_{n}", directions=16) for n in range(50)],
    ],
    ids=["mixed", "numeric", "text", "embedding"],
)
def test_fifty_columns_of_any_kind_stay_under_a_megabyte(features):
    assert len(features) == 50
    page = render(replace(credit(), features=features))
    assert len(page.encode()) - len(drawing()) < 1_000_000


def test_a_long_document_as_a_category_does_not_fill_the_page():
    whole = "word " * 100_000
    column = replace(amount("notes", 0.5), what=whole, advice=whole)
    page = render(replace(credit(), features=[column], findings=[]))
    assert len(page) - len(drawing()) < 100_000


def test_many_columns_are_listed_and_only_the_largest_open():
    page = render(credit(1000, drifted=250))
    opening = re.findall(r'<details id="column-', page)
    assert len(opening) == DETAILED
    assert page.count("<li data-state") == 1000
    assert "the other 800 are rows only" in page


def test_nothing_is_fetched_from_elsewhere(document):
    addresses = set(re.findall(r"\w+://[^'\"\s)]+", document.replace(drawing(), "")))
    assert addresses == {"http://www.w3.org/2000/svg"}
    targets = [value for name, value in Outline(document).attributes if name in {"src", "href"}]
    assert all(value.startswith(("#", "data:")) for value in targets)


def test_a_report_always_makes_the_same_page():
    assert render(credit()) == render(credit())


def test_the_verdict_is_words_and_numbers_not_colour_alone(document):
    text = " ".join(Outline(document).text)
    assert "3 of 50 columns drifted" in text
    assert "▲" in text
    assert "Drift detected" in text
    assert "250,000 rows" in text


def test_a_drawing_says_its_numbers(document):
    labels = [value for name, value in Outline(document).attributes if name == "aria-label"]
    drawn = next(label for label in labels if label.startswith("loan_amount: reference"))
    assert "middle half of the rows from 225 to 375" in drawn
    assert "missing: 0.4\xa0% of the reference, 12\xa0% of the current rows" in drawn
    assert any(label.startswith("PSI 0.") and "95 % interval" in label for label in labels)
    text = " ".join(Outline(document).text)
    assert "current spans at or past the warning mark, first" in text


def test_every_drawing_has_a_role_and_a_label(document):
    for found in re.findall(r"<svg[^>]*>", document.replace(drawing(), "")):
        assert "aria-hidden" in found or ("aria-label" in found and "role" in found)


def test_each_effect_stands_with_its_interval_and_its_marks(document):
    body = document[document.index('id="column-loan_amount"') :]
    effects = body[body.index("How far it moved") : body.index("Over time")]
    text = "".join(Outline(effects[effects.index("<table") : effects.index("</table>") + 8]).text)
    assert "0.3840.378 to 0.391" in text.replace(" 0.378", "0.378")
    assert "warning 0.1, critical 0.25" in text


def test_each_method_stands_with_its_source_and_parameters(document):
    text = " ".join(Outline(document).text)
    assert "profile , bins 20, smoothing 0.5" in text
    assert "rows , trees 60, folds 5, rows 20,000, seed 0" in text
    assert "± 0.002" in text
    assert "fewer than two numeric columns without missing values" in text


def test_the_methods_of_a_derived_column_stand_facet_by_facet():
    page = Outline(render(replace(credit(), features=[embedding("vector", directions=3)])))
    text = " ".join(page.text)
    assert "Every method: 44 numbers" in text
    table = text[text.index("Every method") :]
    assert table.count("Kolmogorov-Smirnov") == 1
    for title in ("distance from the reference's centre", *(f"direction {n}" for n in (1, 2, 3))):
        assert title in table
    assert table.count("± ") == 4


def test_the_number_that_stands_for_a_column_is_drawn_once():
    text = " ".join(Outline(render(replace(credit(), features=[message("note")]))).text)
    assert "Distribution: share of words that the reference does not use" in text
    assert "Seen through 4 more numbers" in text


def test_days_are_shown_as_dates(document):
    body = document[document.index('id="column-signed_up_at"') :]
    figure = Outline(body[body.index("<figure") : body.index("</figure>") + len("</figure>")])
    text = " ".join(figure.text)
    assert "2022-01-08" in text
    assert "2024-03-18" in text
    assert "days since 1970" in text
    assert figure.pictures[0][0]["facet"] == "day"


def test_a_column_that_cannot_be_judged_says_why(document):
    text = " ".join(Outline(document).text)
    assert "12 rows hold a value in the current data; 20 are needed" in text


def test_columns_of_one_slug_have_anchors_of_their_own():
    page = render(replace(credit(), features=[amount(n, 0.5) for n in ("a b", "a/b", "", "💸")]))
    assert re.findall(r'<details id="(column-[^"]*)"', page) == [
        "column-a-b",
        "column-a-b-2",
        "column-",
        "column--2",
    ]


def test_a_fragment_styles_nothing_but_itself():
    style = re.search(r"<style>(.*?)</style>", render(credit(), fragment=True), re.DOTALL)[1]
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    style = re.sub(r"@(?:media|container|supports)[^{]*\{", "", style)
    selectors = [one for found in re.findall(r"([^{}]+)\{", style) for one in _split(found)]
    assert len(selectors) > 100
    assert [one for one in selectors if ".tidegauge" not in one] == []
    assert "@page" not in style


def _split(selectors):
    # A comma inside :is(…) separates no selectors.
    return [one.strip() for one in re.split(r",(?![^(]*\))", selectors)]


def test_a_fragment_leaves_the_headings_of_its_host_alone():
    page = render(credit(), fragment=True)
    assert not {"h1", "h2", "h3", "h4", "html", "body", "title"} & set(Outline(page).tags)
    assert 'role="heading" aria-level="1"' in page


def test_fragments_of_two_reports_share_no_anchor():
    pages = [render(credit(columns), fragment=True) for columns in (12, 20)]
    first, second = (set(re.findall(r'\bid="([^"]+)"', page)) for page in pages)
    assert first
    assert not first & second


def test_a_fragment_has_marks_and_no_pictures():
    page = Outline(render(credit(), fragment=True))
    assert page.pictures == []
    assert page.tags.count("svg") > 50
    assert page.tags.count("script") == 1


def test_without_the_dashboards_script_a_page_has_marks_and_says_so(tmp_path):
    package = Path(tidegauge.__file__).parent
    without = shutil.ignore_patterns("built", "ui", "__pycache__")
    shutil.copytree(package, tmp_path / "tidegauge", ignore=without)
    program = "from example import credit; from tidegauge.report.html import render;"
    program += "import sys; sys.stdout.buffer.write(render(credit()).encode())"
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=True,
    )
    page = Outline(done.stdout.decode())
    assert page.pictures == []
    assert page.tags.count("script") == 1
    assert "the package was built without the dashboard" in " ".join(page.text)


DRAWN = "figure[data-chart] .tg-drawn > svg:not(.tg-small)[role=img]"


class TestInABrowser:
    def test_it_opens_without_complaint_and_asks_nobody(self, show, document):
        page = show(document)
        assert page.complaints == []
        assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []

    def test_no_script_runs_but_its_own(self, show, document):
        page = show(document)
        page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.body.append(script);
            }"""
        )
        assert page.evaluate("window.ran") is None
        assert "Content Security Policy" in page.complaints[0]

    def test_search_leaves_the_columns_that_fit(self, show, document):
        page = show(document)
        page.get_by_role("searchbox").fill("INCOME")
        names = page.locator(".tg-list > li:visible .tg-name > bdi").all_text_contents()
        assert names
        assert all("income" in name for name in names)
        expected = f"{page.locator('.tg-list > li:visible').count()} of 50 columns"
        assert page.get_by_role("status").inner_text() == expected
        page.get_by_role("searchbox").fill("no such column")
        assert page.locator(".tg-list > li:visible").count() == 0
        assert "No column fits" in page.get_by_role("status").inner_text()
        page.get_by_role("searchbox").fill("")
        assert page.locator(".tg-list > li:visible").count() == 50

    def test_search_among_thousands_answers_at_once(self, show):
        page = show(render(credit(4000, drifted=0)))
        # Hiding numbered list items one by one took a second for each thousand of them, squared.
        took_ms = page.evaluate(
            """() => {
                const box = document.querySelector("input[type=search]");
                const begin = performance.now();
                box.value = "income_77";
                box.dispatchEvent(new Event("input", { bubbles: true }));
                document.body.offsetHeight;
                return performance.now() - begin;
            }"""
        )
        assert page.locator(".tg-list > li:visible").count() == 1
        assert took_ms < 2000

    def test_the_filter_shows_one_verdict_only(self, show, document):
        page = show(document)
        page.get_by_role("radio", name="Drifted").check()
        states = page.locator(".tg-list > li:visible").evaluate_all(
            "rows => rows.map(row => row.dataset.state)"
        )
        assert states == ["drifted"] * 3

    def test_sorting_by_name_is_alphabetical_and_can_be_undone(self, show, document):
        page = show(document)
        names = page.locator(".tg-list > li .tg-name > bdi")
        before = names.all_text_contents()
        page.get_by_label("Sort by").select_option("name")
        after = [name for name in names.all_text_contents() if re.fullmatch(r"[a-z]+_1d", name)]
        assert after == sorted(after)
        assert len(after) > 3
        page.get_by_label("Sort by").select_option("effect")
        assert names.all_text_contents() == before

    def test_a_row_opens_from_the_keyboard(self, show, document):
        page = show(document)
        row = page.locator("#column-loan_amount")
        assert not row.get_by_text("How far it moved").is_visible()
        row.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert row.get_by_text("How far it moved").is_visible()

    def test_an_anchor_opens_its_column(self, show, document):
        page = show(document, "#column-merchant_category")
        assert page.locator("#column-merchant_category .tg-body").is_visible()
        assert not page.locator("#column-loan_amount .tg-body").is_visible()

    def test_a_finding_leads_to_its_column_though_it_is_filtered_out(self, show, document):
        page = show(document)
        page.get_by_role("radio", name="Stable").check()
        page.get_by_role("link", name="loan_amount").click()
        assert page.locator("#column-loan_amount .tg-body").is_visible()

    def test_pictures_are_drawn_of_what_is_opened(self, show, document):
        page = show(document, "#column-loan_amount")
        opened = page.locator(f"#column-loan_amount {DRAWN}")
        opened.nth(1).wait_for()
        assert opened.count() == 2
        assert page.locator(f".tg-overview {DRAWN}").count() == 1
        assert page.locator(DRAWN).count() == 3
        assert page.complaints == []

    def test_the_pointer_reads_out_a_bin(self, show, document):
        page = show(document, "#column-loan_amount")
        page.locator(f"#column-loan_amount {DRAWN}").first.hover()
        texts = page.locator(f"#column-loan_amount {DRAWN} text").all_text_contents()
        # Each line of what is told begins with a space of no width.
        told = next(text for text in texts if "current " in text).split("\u200b")[1:]
        assert re.fullmatch(r"\d+ \S \d+", told[0])
        assert re.fullmatch(r"reference [\d.]+ %", told[1])
        assert re.fullmatch(r"current [\d.]+ %", told[2])

    def test_hostile_names_are_drawn_as_text(self, show):
        names = [*HOSTILE, SCRIPT + "</script>"]
        column = merchant(SCRIPT)
        mix = replace(
            column.picture,
            labels=names,
            reference=[1 / len(names)] * len(names),
            current=[0.01 * n for n in range(len(names))],
            special=0,
        )
        columns = [replace(column, picture=mix), *(amount(name, 0.5) for name in names)]
        page = show(render(replace(credit(), features=columns)))
        page.get_by_role("button", name="Open all").click()
        page.locator(f".tg-list > li:first-child {DRAWN}").first.wait_for()
        drawn = page.locator(f".tg-list > li:first-child {DRAWN} text").all_text_contents()
        assert any(text.startswith("<script>") for text in drawn)
        assert not any("\u202e" in text for text in drawn)
        assert page.locator("img, svg script").count() == 0
        assert page.complaints == []
        assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []

    def test_ten_thousand_columns_are_drawn_as_they_come_into_view(self, show):
        page = show(render(credit(10_000, drifted=250)))
        page.get_by_role("button", name="Open all").click()
        page.locator(f".tg-list {DRAWN}").first.wait_for()
        assert page.locator("details[open]").count() >= DETAILED
        # Those out of view wait.
        assert page.locator(DRAWN).count() < page.locator("figure[data-chart]").count() / 4
        page.locator(".tg-list > li").nth(DETAILED - 1).scroll_into_view_if_needed()
        page.locator(f".tg-list > li:nth-child({DETAILED}) {DRAWN}").first.wait_for()
        assert page.complaints == []

    def test_paper_has_the_pictures_of_what_drifted(self, show, document):
        page = show(document)
        page.evaluate(
            """(drawn) => addEventListener("beforeprint", () => {
                const found = document.querySelectorAll(`[data-state=drifted] ${drawn}`);
                window.printed = found.length;
            })""",
            DRAWN,
        )
        page.pdf()
        assert page.evaluate("window.printed") >= 6

    def test_all_is_there_without_javascript(self, show, document):
        page = show(document, java_script_enabled=False)
        assert page.locator(".tg-list > li:visible").count() == 50
        assert not page.get_by_role("searchbox").is_visible()
        page.locator("#column-loan_amount summary").first.click()
        assert page.locator("#column-loan_amount").get_by_text("Every method").is_visible()
        assert page.locator("#column-loan_amount .tg-drawn > .tg-small").is_visible()

    def test_dark_is_another_set_of_colours_and_the_button_turns_it(self, show, document):
        colours = """() => {
            const { backgroundColor, color } = getComputedStyle(document.body);
            return [backgroundColor, color];
        }"""
        light = show(document, color_scheme="light")
        dark = show(document, color_scheme="dark")
        on_light, on_dark = light.evaluate(colours), dark.evaluate(colours)
        assert on_light[0] != on_dark[0]
        assert on_light[1] != on_dark[1]
        light.get_by_role("button", name="Dark").click()
        assert light.evaluate(colours) == on_dark
        light.get_by_role("button", name="Light").click()
        assert light.evaluate(colours) == on_light

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_all_text_stands_out_from_its_ground(self, show, document, scheme):
        page = show(document, color_scheme=scheme)
        page.get_by_role("button", name="Open all").click()
        seen = page.evaluate(CONTRASTS)
        assert len(seen) > 1000
        assert [one for one in seen if one["ratio"] < 4.5] == []

    @pytest.mark.parametrize("width", [390, 768])
    def test_a_narrow_screen_needs_no_sideways_scroll(self, show, document, width):
        page = show(document, viewport={"width": width, "height": 844})
        page.get_by_role("button", name="Open all").click()
        page.wait_for_function("document.querySelectorAll('details[open]').length >= 50")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == []

    def test_on_paper_what_drifted_is_open_and_the_controls_are_gone(self, show, document):
        page = show(document, java_script_enabled=False, color_scheme="dark")
        page.emulate_media(media="print")
        for name in ("loan_amount", "merchant_category", "support_message"):
            assert page.locator(f"#column-{name} .tg-body").is_visible()
        assert not page.locator("#column-channel .tg-body").is_visible()
        assert not page.locator(".tg-button:visible, .tg-controls:visible").count()

    def test_two_fragments_in_a_notebook_mind_their_own_business(self, show):
        host = "<h2 id=host>Notebook</h2><table id=table><tr><td>1</td></tr></table>"
        alone = show(f"<!doctype html><meta charset=utf-8>{host}")
        parts = [render(credit(n, drifted=2), fragment=True) for n in (12, 20)]
        both = show(f"<!doctype html><meta charset=utf-8>{host}{''.join(parts)}")
        style = """() => ["#host", "#table", "#table td"].map((selector) => {
            const style = getComputedStyle(document.querySelector(selector));
            return [...style].map((name) => [name, style.getPropertyValue(name)]);
        })"""
        assert both.evaluate(style) == alone.evaluate(style)
        first, second = (both.locator(".tidegauge").nth(n) for n in (0, 1))
        second.get_by_role("searchbox").fill("loan")
        second.get_by_role("radio", name="Drifted").check()
        assert second.locator(".tg-list > li:visible").count() == 1
        assert first.locator(".tg-list > li:visible").count() == 12
        assert first.get_by_role("radio", name="All").is_checked()
        first.get_by_role("button", name="Dark").click()
        assert second.get_by_role("button", name="Dark").count() == 1
        assert both.complaints == []

    def test_a_fragment_follows_the_theme_of_its_notebook(self, show):
        fragment = render(credit(12), fragment=True)
        page = show(
            f'<!doctype html><meta charset=utf-8><body data-jp-theme-light="false">{fragment}',
            color_scheme="light",
        )
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.tidegauge')).colorScheme")
            == "dark"
        )
        assert page.get_by_role("button", name="Light").count() == 1


# Cells and lines that reach over the right edge, and nothing around them scrolls.
CUT_OFF = """() => [...document.querySelectorAll("td, th, p, dd, li, bdi, button, label")]
  .filter((element) => element.checkVisibility() && !element.closest(".tg-unseen"))
  .filter((element) => element.getBoundingClientRect().right > document.body.clientWidth + 1)
  .filter((element) => {
    for (let at = element; at; at = at.parentElement) {
      if (getComputedStyle(at).overflowX === "auto") return false;
    }
    return true;
  })
  .map((element) => element.outerHTML.slice(0, 80))"""

# Each piece of visible text with the colour behind it, ancestors' grounds laid over each other.
CONTRASTS = """() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a),
    g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a),
    a: 1,
  });
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      layers.push(colour);
      if (colour.a === 1) break;
    }
    const paper = { r: 255, g: 255, b: 255, a: 1 };
    return layers.reverse().reduce((under, top) => over(top, under), paper);
  };
  const luminance = ({ r, g, b }) =>
    [r, g, b]
      .map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || element.closest("script, style, .tg-unseen, option")) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const under = ground(element);
    const colour = over(parse(element.closest("svg") ? style.fill : style.color), under);
    const [a, b] = [luminance(colour), luminance(under)].sort((x, y) => y - x);
    seen.push({ text: text.slice(0, 40), ratio: (a + 0.05) / (b + 0.05) });
  }
  return seen;
}"""
