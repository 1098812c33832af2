"""A report holds the answers of the API, and its page says them and draws them."""

import json
import random
import statistics
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest
from series_api import DAYS, HOURS, history, moment
from series_truth import join, label
from worker_case import START, prediction

STOP = START + 2 * DAYS
NAMED = {"performance": "predictions", "traffic": "total_predictions"}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The text of a page, what its pictures are of, and its elements."""

    def __init__(self, html):
        super().__init__()
        self.text, self.pictures, self.tags, self._open = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self._open.append((tag, found.get("type")))
        if "data-chart" in found:
            self.pictures.append([found["data-chart"], None])

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tag, kind = self._open[-1] if self._open else ("", None)
        if kind == "application/json":
            self.pictures[-1][1] = json.loads(data)
        elif tag not in {"script", "style"}:
            self.text.append(data)


@pytest.fixture
def known(api):
    sent = history(api, hours=40)
    chance = random.Random(3)
    found = {
        each["prediction_id"]: each["prediction_label"] if chance.random() < 0.8 else "no"
        for each in sent
    }
    told = [{"prediction_id": name, "actual_label": value} for name, value in found.items()]
    label(api, told, START + 41 * HOURS)
    join(api, START + 41 * HOURS)
    return sent, found


def test_a_report_says_what_the_other_addresses_say(api, known):
    sent, truth = known
    found = api.between("models/m/report", START, STOP)
    for name, step in (("performance", 3600), ("traffic", 3600)):
        assert found[name] == api.between(f"models/m/{name}", START, STOP, step=step)
    assert found["quality"] == api.between("models/m/quality", START, STOP)
    assert found["total_predictions"] == len(sent)
    right = statistics.fmean(
        truth[each["prediction_id"]] == each["prediction_label"] for each in sent
    )
    assert found["accuracy"] == pytest.approx(right)
    assert found["time_period_hours"] == 48
    assert found["before"]["total_predictions"] == 0


@pytest.mark.usefixtures("known")
def test_figures_are_summed_up_over_their_steps(api):
    found = api.between("models/m/report", START, STOP)
    values = [
        each["metrics"]["accuracy"]["value"]
        for each in found["performance"]["data_points"]
        if "accuracy" in each["metrics"]
    ]
    assert len(values) > 10
    summary = found["metrics_summary"]["accuracy"]
    assert summary["mean"] == pytest.approx(statistics.fmean(values))
    assert summary["std"] == pytest.approx(statistics.pstdev(values))
    assert [summary[name] for name in ("min", "max", "latest")] == pytest.approx(
        [min(values), max(values), values[-1]]
    )


@pytest.mark.usefixtures("known")
def test_incidents_are_those_that_were_open_in_the_time(api):
    wanted = {"model_id": "m", "severity": "high", "title": "by hand"}
    api.ask("POST", "alerts", status=201, json=wanted)
    assert api.between("models/m/report", START, STOP)["incidents"] == []
    found = api.get("models/m/report")
    assert [each["severity"] for each in found["incidents"]] == ["high"]
    assert found["unresolved_incidents"] == found["total_alerts"] == 1
    assert found["alerts_summary"]["by_severity"] == {"high": 1}
    recent = api.get("dashboard/model/m")["recent_alerts"]
    assert [(each["title"], each["state"]) for each in recent] == [("m: by hand", "open")]
    assert api.get("dashboard/system")["alerts_summary"]["high"] == 1


@pytest.mark.usefixtures("known")
def test_the_page_holds_what_it_draws_and_says_the_rest(api):
    answer = api.key("read").get(
        "models/m/report",
        params={"format": "html", "start_time": moment(START), "end_time": moment(STOP)},
    )
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-disposition"].startswith('attachment; filename="m_')
    page, told = Page(answer.text), api.between("models/m/report", START, STOP)
    names = [name for name, _of in page.pictures]
    assert names[:3] == ["performance", "confusion", "drift"]
    assert {"throughput", "latency", "errors", "distributions"} <= set(names)
    pictured = dict(page.pictures)
    assert pictured["confusion"] == [told["performance"]["confusion_matrix"]]
    assert pictured["throughput"] == [told["traffic"]]
    text = " ".join(page.text)
    assert f"{told['total_predictions']:,}" in text
    assert "no incident" in text


def test_a_model_without_anything_has_a_report_too(api):
    api.ask("POST", "models", status=201, json={"model_id": "new"})
    found = api.get("models/new/report")
    assert found["overall_status"] == "unknown"
    answer = api.key("read").get("models/new/report", params={"format": "html"})
    assert "no prediction came" in answer.text


def test_hostile_names_are_text(api):
    chance = random.Random(1)
    before, rows = ([prediction(chance, n, at=START + n) for n in range(1_200)] for _ in "ab")
    for some, value in ((before, "a"), (rows, HOSTILE)):
        for each in some:
            each["features"][HOSTILE] = value
    api.case.pin("m", before)
    api.case.send(rows, START + HOURS)
    api.case.count()
    answer = api.key("read").get(
        "models/m/report",
        params={"format": "html", "start_time": moment(START), "end_time": moment(STOP)},
    )
    page = Page(answer.text)
    assert "img" not in page.tags
    drawn = [of[0]["name"] for name, of in page.pictures if name == "distributions"]
    assert f"features.{HOSTILE}" in drawn


@pytest.mark.usefixtures("known")
def test_days_are_whole_and_those_before_are_others(api):
    found = api.between("models/m/report", START + 26 * HOURS, START + 90 * HOURS)
    midnight = START - START % DAYS + DAYS
    start, stop = (datetime.fromisoformat(found[name]) for name in ("start_time", "end_time"))
    assert start == datetime.fromisoformat(moment(midnight))
    assert stop - start == timedelta(days=4)
    hours_before = (midnight - START) // HOURS
    assert found["before"]["total_predictions"] == hours_before * 40
    for name in ("performance", "traffic"):
        assert found[name]["total"][NAMED[name]] == (40 - hours_before) * 40


def test_an_unknown_model_has_none(api):
    api.get("models/nobody/report", status=404)
