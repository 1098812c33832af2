"""What happened to a model in a time, as one page that needs nothing else.

It is made of the answers of the API, which a report holds (`told`): the words and tables stand in
the page as they are, and the pictures are drawn by the dashboard's own script.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from jinja2 import Environment

from tidegauge.report import words
from tidegauge.report.pages import digest, drawing, environment

_Told = Mapping[str, Any]
_GRAVE: Final = {"critical": "drifted", "high": "drifted", "medium": "minor", "low": "minor"}
_FIGURES: Final = 12


class _Verdict(NamedTuple):
    key: str
    mark: str


_VERDICTS: Final = {
    "critical": _Verdict("drifted", "▲"),
    "warning": _Verdict("minor", "◆"),
    "healthy": _Verdict("stable", "✓"),
    "unknown": _Verdict("unjudged", "?"),
}


@dataclass(frozen=True)
class _Tile:
    name: str
    value: str
    beside: str = ""


def render(told: _Told) -> str:
    """A whole document."""
    return (
        _environment()
        .get_template("model.html")
        .render(
            told=told,
            period=period(told),
            verdict=_VERDICTS[told["overall_status"]],
            headline=headline(told),
            tiles=list(_tiles(told)),
            figures=_figures(told),
            course=_course(told["performance"]),
        )
    )


def period(told: _Told) -> str:
    return f"{words.moment(told['start_time'])} to {words.moment(told['end_time'])}"


def file_name(told: _Told) -> str:
    name = re.sub(r"[^\w.-]+", "-", told["model_id"], flags=re.ASCII)[:80]
    return f"{name}_{told['start_time'][:10]}_{told['end_time'][:10]}.html"


def lines(told: _Told) -> list[str]:
    """The numbers, for whoever gets no page."""
    return [
        f"{each.name}: {each.value}{f' ({each.beside})' if each.beside else ''}"
        for each in _tiles(told)
    ]


def headline(told: _Told) -> str:
    """The time in half a sentence."""
    if told["overall_status"] == "unknown":
        return "no prediction came"
    count, left = len(told["incidents"]), told["unresolved_incidents"]
    if not count:
        return "no incident"
    many = "an incident" if count == 1 else f"{count} incidents"
    if not left:
        return f"{many}, over" if count == 1 else f"{many}, all over"
    return f"{many}, still open" if left == count else f"{many}, {left} still open"


def _tiles(told: _Told) -> Iterator[_Tile]:
    calls, before = told["traffic"]["total"], told["before"]
    yield _Tile(
        "Predictions",
        words.number(calls["total_predictions"], 12),
        f"before {words.number(before['total_predictions'], 12)}",
    )
    performance = told["performance"]
    name = performance["main_metric"]
    if name:
        figure = performance["total"]["metrics"][name]
        was = before["metrics"].get(name)
        yield _Tile(
            words.title(name),
            words.number(figure["value"], 3),
            f"before {words.number(was['value'], 3)}" if was else "",
        )
    yield _Tile("Labelled", words.share(performance["total"]["coverage"]))
    yield _Tile(
        "Latency p95",
        _milliseconds(calls["p95_latency_ms"]),
        f"before {_milliseconds(before['p95_latency_ms'])}",
    )
    yield _Tile("Errors", words.share(calls["error_rate"]))
    yield _Tile(
        "Alerts",
        words.number(told["total_alerts"], 9),
        f"{told['unresolved_alerts']} still firing" if told["unresolved_alerts"] else "",
    )


def _course(performance: _Told) -> _Told:
    """What a picture of the main figure needs: a page with all of them would be twice as large."""
    name = performance["main_metric"]
    points = [
        {
            **{field: each[field] for field in ("timestamp", "coverage", "is_mature")},
            "metrics": {name: each["metrics"][name]} if name in each["metrics"] else {},
        }
        for each in performance["data_points"]
    ]
    return {"data_points": points}


def _milliseconds(value: float | None) -> str:
    return words.NOTHING if value is None else f"{words.number(value, 3)} ms"


def _figures(told: _Told) -> Sequence[_Told]:
    """The main figure first, then those of all classes together."""
    performance = told["performance"]
    found = performance["total"]["metrics"]
    names = [name for name in found if " of " not in name]
    names.sort(key=lambda name: name != performance["main_metric"])
    was = told["before"]["metrics"]
    return [
        {"name": name, "now": found[name], "before": was[name]["value"] if name in was else None}
        for name in names[:_FIGURES]
    ]


def _incident(page_url: str, incident_id: str) -> str:
    """Beside the page of the model, that of an incident."""
    return f"{page_url.partition('/models/')[0]}/incidents/{incident_id}"


@cache
def _environment() -> Environment:
    made = environment()
    script = drawing()
    names: dict[str, Any] = {"script": script, "script_digest": digest(script), "grave": _GRAVE}
    made.globals.update(names)
    filters: dict[str, Any] = {"incident": _incident}
    made.filters.update(filters)
    return made
