"""What stands on a page is what the API says, and what its rows come to when they are counted by
hand: two hundred numbers of all pages, taken at random."""

import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

MODEL = "numbers"
ROWS, SAMPLES = 1_800, 200
PATIENCE = 120
START = datetime.now(UTC) - timedelta(hours=66)
NOTHING = "\u2013"
AGES = ["young", "old"]


@dataclass(frozen=True)
class Number:
    where: str
    shown: str
    told: str
    """By the API, as people read it."""
    counted: str | None = None
    """From the rows."""


def digits(value, count=3):
    """As `numbers.ts` writes them, made by another arithmetic."""
    if value is None:
        return NOTHING
    exact = Decimal(value)
    if exact == 0:
        return "0"
    whole = max(count, exact.adjusted() + (1 if exact.scaleb(-exact.adjusted()) != 1 else 0))
    rounded = exact.quantize(Decimal(1).scaleb(exact.adjusted() - whole + 1), ROUND_HALF_UP)
    if abs(exact) >= 1_000_000 or abs(exact) < Decimal("1e-4"):
        power = rounded.adjusted()
        return f"{rounded.scaleb(-power):.{count - 1}f}e{power}"
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def short(value):
    if value is None or abs(value) < 1_000:
        return digits(value)
    power, unit = (6, "M") if value >= 999_500 else (3, "K")
    return digits(Decimal(value).scaleb(-power)) + unit


def percent(share):
    return NOTHING if share is None else f"{digits(100 * share)} %"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.98765, "0.988"), (12.25, "12.3"), (1234, "1234"), (0.00001234, "1.23e-5"), (7, "7")],
)
def test_digits(value, written):
    assert digits(value) == written


@pytest.fixture(scope="module")
def known(empty):
    """A model whose rows and labels are all in the past, and none comes any more."""
    chance = random.Random(11)
    rows, labels = [], []
    for number in range(ROWS):
        score = chance.random()
        said = {"model_id": MODEL, "prediction_id": f"n{number}"}
        at = START + timedelta(seconds=number * 120)
        rows.append(
            {
                **said,
                "timestamp": at.isoformat(),
                "model_version": "v2" if number > ROWS / 2 else "v1",
                "features": {
                    "income": None if chance.random() < 0.07 else round(chance.gauss(9, 2), 3),
                    "plan": chance.choice("abc"),
                },
                "prediction_label": "yes" if score > 0.5 else "no",
                "prediction_score": score,
                "prediction_latency_ms": chance.lognormvariate(3, 0.5),
                "status": "error" if chance.random() < 0.03 else "ok",
                "tags": {"age": chance.choice(AGES)},
            }
        )
        if chance.random() < 0.8:
            truth = "yes" if chance.random() < score else "no"
            labels.append({**said, "timestamp": at.isoformat(), "actual_label": truth})
    said = {"task": "binary", "positive_label": "yes", "positive_is_favourable": True}
    empty.ask("POST", "models", json={"model_id": MODEL, **said})
    segments = ["tags.age"]
    empty.ask("PUT", f"models/{MODEL}/schema", json={"segments": segments})
    empty.ask("POST", "predictions", params={"history": True}, json=rows)
    empty.ask("POST", "labels", json=labels)
    until = time.monotonic() + PATIENCE
    while not _is_counted(empty, len(labels)):
        assert time.monotonic() < until, "the rows were not counted"
        time.sleep(0.5)
    return empty


def _is_counted(whole, labels):
    found = whole.ask("GET", f"models/{MODEL}/performance")["total"]
    status = whole.ask("GET", f"models/{MODEL}/status")
    return (found["predictions"], found["labelled"]) == (ROWS, labels) and status["baseline"]


@pytest.fixture(scope="module")
def rows(known):
    """Each prediction with its truth, from the files that one may take with one."""
    found = {}
    for kind in ("predictions", "labels"):
        answer = known.http.get(
            "export", params={"model_id": MODEL, "kind": kind, "format": "json"}
        )
        assert answer.is_success, answer.text
        for line in answer.text.splitlines():
            record = json.loads(line)
            found.setdefault(record["prediction_id"], {}).update(record)
    assert len(found) == ROWS
    return list(found.values())


class Counted:
    """Some rows, counted one by one."""

    def __init__(self, rows):
        self.rows = rows
        self.labelled = [each for each in rows if each.get("actual_label")]
        self.pairs = Counter(
            (each["actual_label"] == "yes", each["prediction_label"] == "yes")
            for each in self.labelled
        )

    def among(self, of, *more):
        every = sum(self.pairs[each] for each in (of, *more))
        return self.pairs[of] / every

    @property
    def figures(self):
        right = self.pairs[True, True]
        wrong = self.pairs[True, False] + self.pairs[False, True]
        return {
            "accuracy": (right + self.pairs[False, False]) / len(self.labelled),
            "precision": self.among((True, True), (False, True)),
            "recall": self.among((True, True), (True, False)),
            "f1": 2 * right / (2 * right + wrong),
        }

    @property
    def coverage(self):
        return len(self.labelled) / len(self.rows)


def _asked(mine, part):
    """What the API answers to what the page asked last of a part of it."""
    (url, *_) = [each for each in reversed(mine.asked) if re.search(part, each)]
    answer = mine.context.request.get(url)
    assert answer.ok, answer.text()
    return answer.json()


def _table(page, heading):
    panel = page.locator("section.panel, .panel", has=page.get_by_role("heading", name=heading))
    rows = panel.first.locator("tbody tr").all()
    return [each.locator("td").all_inner_texts() for each in rows]


def _plain(name):
    return re.sub(r"[^a-z0-9²]", "", name.lower()).replace("²", "2")


def of_performance(mine, counted):
    page = mine.go(f"/models/{MODEL}/performance?range=7d")
    told = _asked(mine, rf"/{MODEL}/performance\?(?!.*segment)")["total"]
    shown = _table(page, "Figures")
    assert len(shown) == len(told["metrics"])
    for cells, (name, figure) in zip(shown, told["metrics"].items(), strict=True):
        assert _plain(cells[0]) == _plain(name)
        counts = counted.figures.get(name)
        own = None if counts is None else digits(counts, 4)
        yield Number(f"performance, {name}", cells[1], digits(figure["value"], 4), own)
        between = NOTHING
        if figure["low"] is not None:
            between = f"{digits(figure['low'])} {NOTHING} {digits(figure['high'])}"
        yield Number(f"performance, between which {name}", cells[2], between)
        is_of_all = name == "accuracy"
        own = short(len(counted.labelled)) if is_of_all else None
        yield Number(f"performance, labels of {name}", cells[3], short(figure["n"]), own)
    said = page.get_by_text("predictions are labelled").inner_text()
    shares = percent(told["coverage"]), short(told["predictions"])
    own = percent(counted.coverage), short(len(counted.rows))
    words = " of ".join(said.split(" predictions")[0].split(" of "))
    yield Number("performance, coverage", words, " of ".join(shares), " of ".join(own))


def of_quality(mine, counted):
    page = mine.go(f"/models/{MODEL}/quality?range=7d")
    told = {each["name"]: each for each in _asked(mine, "/quality")["columns"]}
    for cells, (name, each) in zip(_table(page, "Columns"), told.items(), strict=True):
        own = None
        if name.startswith("features."):
            column = name.removeprefix("features.")
            missing = [row for row in counted.rows if row["features"].get(column) is None]
            own = percent(len(missing) / ROWS)
        yield Number(f"quality, missing {name}", cells[2], percent(each["missing"]), own)
        beyond = [each[side] for side in ("below_range", "above_range") if each[side] is not None]
        out = percent(sum(beyond) if beyond else None)
        yield Number(f"quality, {name} out of range", cells[5], out)


def of_fairness(mine, counted):
    page = mine.go(f"/models/{MODEL}/fairness?range=7d")
    (told,) = _asked(mine, "/fairness")["attributes"]
    groups = {each["group"]: each for each in told["group_metrics"]}
    rates = {
        "True positive rate": (
            "true_positive_rate",
            lambda c: c.among((True, True), (True, False)),
        ),
        "False positive rate": (
            "false_positive_rate",
            lambda c: c.among((False, True), (False, False)),
        ),
        "Precision": ("precision", lambda c: c.figures["precision"]),
        "Accuracy": ("accuracy", lambda c: c.figures["accuracy"]),
    }
    panel = page.locator(".panel", has=page.get_by_role("heading", name="Groups", exact=True))
    heads = panel.locator("th").all_inner_texts()
    assert set(rates) & set(heads)
    for cells in _table(page, "Groups"):
        group = groups[cells[0]]
        own = Counted([row for row in counted.rows if row["tags"]["age"] == cells[0]])
        where = f"fairness, {cells[0]}"
        sizes = short(group["sample_count"]), short(len(own.rows))
        yield Number(f"{where}, predictions", cells[1], *sizes)
        sizes = short(group["labelled"]), short(len(own.labelled))
        yield Number(f"{where}, labels", cells[2], *sizes)
        for head, cell in zip(heads, cells, strict=True):
            if head in rates:
                name, count = rates[head]
                told_rate = percent(group[name]["value"])
                shown = cell.splitlines()[0]
                yield Number(f"{where}, {name}", shown, told_rate, percent(count(own)))


def of_comparison(mine, counted):
    span = f"{START - timedelta(hours=1):%Y-%m-%dT%H:%M}Z/{datetime.now(UTC):%Y-%m-%dT%H:%M}Z"
    sides = f"a={span}&b={span}&a_version=v1&b_version=v2"
    page = mine.go(f"/models/{MODEL}/compare?range=7d&{sides}")
    told = _asked(mine, "/compare")
    sides = {
        side: Counted([row for row in counted.rows if row["model_version"] == version])
        for side, version in (("a", "v1"), ("b", "v2"))
    }
    named = {_plain(each["name"]): each for each in told["metrics"]}
    for cells in _table(page, "Figures"):
        each = named[_plain(cells[0])]
        for place, side in ((2, "a"), (3, "b")):
            own = sides[side].figures.get(each["name"])
            yield Number(
                f"compare, {each['name']} of {side}",
                cells[place].splitlines()[0],
                digits(each[side]["value"], 4),
                None if own is None else digits(own, 4),
            )
        shown = cells[4].splitlines()[0].removeprefix("+")
        yield Number(f"compare, {each['name']} apart", shown, digits(each["difference"]))


def of_records(mine, counted):
    page = mine.go(f"/models/{MODEL}/records?range=7d")
    by_name = {each["prediction_id"]: each for each in counted.rows}
    told = {each["prediction_id"]: each for each in _asked(mine, r"/records\?")["records"]}
    heads = page.locator("section[aria-label=Rows] th").all()
    columns = [each.get_attribute("title") for each in heads]
    for row in page.locator("section[aria-label=Rows] tbody tr[data-open]").all():
        cells = row.locator("td").all_inner_texts()
        own = [by_name[cells[1]], told[cells[1]]]
        for column, cell in zip(columns, cells, strict=True):
            if column and column.startswith("features."):
                name = column.removeprefix("features.")
                by_rows, by_api = (_cell(each["features"].get(name)) for each in own)
                yield Number(f"records, {column} of {cells[1]}", cell, by_api, by_rows)


def _cell(value):
    return NOTHING if value is None else f"{value:g}" if isinstance(value, float) else value


def of_overview(mine, counted):
    page = mine.go(f"/models/{MODEL}/overview?range=7d")
    calls = _asked(mine, r"/status")["traffic"]
    now = dict(_table(page, "Now"))
    yield Number("overview, predictions", now["Predictions"], short(calls["total_predictions"]))
    yield Number("overview, errors", now["Errors"], percent(calls["error_rate"]))
    told = [calls[f"{each}_latency_ms"] for each in ("p50", "p95", "p99")]
    latency = ", ".join(digits(each, 2) for each in told) + " ms"
    yield Number("overview, latency", now["Latency p50, p95, p99"], latency)
    yield from _traffic(page, mine, counted, "overview")


def of_traffic(mine, counted):
    page = mine.go(f"/models/{MODEL}/traffic?range=7d")
    yield from _traffic(page, mine, counted, "traffic")


def _traffic(page, mine, counted, where):
    told = _asked(mine, r"/traffic\?")["total"]["total_predictions"]
    drawn = page.locator(".panel", has=page.get_by_role("heading", name="Traffic")).first
    (shown,) = re.findall(r"([\d.]+[KM]?) predictions in all", drawn.inner_html())[:1]
    yield Number(f"{where}, predictions in all", shown, short(told), short(len(counted.rows)))


def of_drift(mine, _counted):
    page = mine.go(f"/models/{MODEL}/drift?range=7d")
    told = _asked(mine, r"/drift\?")["series"]
    last = {}
    for each in told:
        values = [point["value"] for point in each["data_points"] if point["value"] is not None]
        if values and not each["facet"]:
            last[each["feature"].removeprefix("features.")] = values[-1]
    for name, *_line, shown in _table(page, "Columns"):
        if name.strip() in last:
            yield Number(f"drift, {name}", shown, digits(last[name.strip()]))


def of_fleet(mine, counted):
    page = mine.go("/")
    (told,) = [each for each in _asked(mine, "/fleet$")["models"] if each["model_id"] == MODEL]
    cells = page.get_by_role("row").filter(has_text=MODEL).locator("td").all_inner_texts()
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    lately = sum(datetime.fromisoformat(row["timestamp"]) >= hour for row in counted.rows)
    yield Number("fleet, traffic", cells[2].strip(), short(sum(told["rate_24h"])), short(lately))
    (course,) = [each for each in _asked(mine, "/fleet/performance") if each["model_id"] == MODEL]
    share = percent(course["coverage"])
    yield Number("fleet, labelled", cells[4], share, percent(counted.coverage))
    days = [value for value in course["values"] if value is not None]
    last = max(row["timestamp"][:10] for row in counted.labelled)
    own = Counted([row for row in counted.rows if row["timestamp"][:10] == last])
    shown = cells[3].strip().rpartition(" ")[2]
    accuracy = digits(own.figures["accuracy"])
    yield Number("fleet, accuracy", shown, digits(days[-1]), accuracy)


PAGES = (
    *(of_fleet, of_overview, of_performance, of_drift, of_quality),
    *(of_traffic, of_fairness, of_comparison, of_records),
)


def test_numbers_are_those_of_the_api_and_of_the_rows(known, rows, look):
    mine, counted = look(known), Counted(rows)
    found = {page.__name__: list(page(mine, counted)) for page in PAGES}
    empty = [name for name, some in found.items() if not some]
    assert not empty, f"nothing was found to compare: {empty}"
    records = found.pop("of_records")
    few = [each for some in found.values() for each in some]
    chance = random.Random(3)
    taken = [*few, *chance.sample(records, min(len(records), max(SAMPLES - len(few), 20)))]
    assert len(taken) >= SAMPLES
    assert sum(each.counted is not None for each in taken) >= SAMPLES / 3
    wrong = [
        each for each in taken if each.shown != each.told or each.counted not in (None, each.told)
    ]
    assert not wrong, "\n".join(map(str, wrong))
