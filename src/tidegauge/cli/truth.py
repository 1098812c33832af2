"""`tidegauge labels`, `tidegauge fairness` and `tidegauge versus`: what labels tell."""

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console

from tidegauge.cli.api import END, JSON, KEY, MODEL, START, URL, asked
from tidegauge.cli.output import plain, table_of

_RATES = {
    "given": "positive_rate",
    "true positives": "true_positive_rate",
    "accuracy": "accuracy",
    "score less truth": "calibration",
    "off by": "mean_absolute_error",
    "too much by": "mean_error",
}
"""What a group's table shows, of what is there."""
_NUMBERS = ("off by", "too much by")
_COLOURS = {"unfair": "red", "worse": "red", "fair": "green", "better": "green"}


def labels(
    model: MODEL,
    *,
    start: START = "",
    end: END = "",
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """How much of the truth is known, how late it comes, and what is awaited."""
    path = f"/api/v1/models/{model}/labels/coverage"
    found = asked(url, api_key, path, as_json=as_json, start_time=start, end_time=end)
    if found is None:
        return
    console = Console()
    coverage = found["coverage"]
    share = "none" if coverage is None else f"{100 * coverage:.1f} %"
    console.print(
        f"[bold]{plain(model)}[/]: {found['labelled']:,} of {found['predictions']:,} predictions"
        f" have a label ({share}), {found['unmatched']:,} labels wait for their prediction",
        highlight=False,
    )
    delay = found["label_delay"]
    if delay is not None:
        console.print(
            f"half of them come within {_hours(delay['p50_hours'])}, 9 of 10 within"
            f" {_hours(delay['p90_hours'])}, 99 of 100 within {_hours(delay['p99_hours'])}",
            highlight=False,
        )
    table = table_of("from", "predictions", "labelled", "coverage", "final")
    for each in found["data_points"]:
        if each["predictions"]:
            table.add_row(
                _when(each["timestamp"]),
                f"{each['predictions']:,}",
                f"{each['labelled']:,}",
                "" if each["coverage"] is None else f"{100 * each['coverage']:.1f} %",
                "yes"
                if each["is_mature"]
                else f"by {_when(each['final_by'])}"
                if each["final_by"]
                else "",
            )
    if table.row_count:
        console.print(table)


def fairness(  # noqa: PLR0913 - an option each
    model: MODEL,
    *,
    attribute: Annotated[
        str, typer.Option(help="One declared segment; else the protected attributes, or all.")
    ] = "",
    version: Annotated[str, typer.Option(help="Of the model; else all together.")] = "",
    estimated: Annotated[
        bool, typer.Option("--estimated", help="By what is expected, before labels are there.")
    ] = False,
    start: START = "",
    end: END = "",
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Whether groups are treated alike: group by group, and criterion by criterion."""
    found = asked(
        url,
        api_key,
        f"/api/v1/models/{model}/fairness",
        as_json=as_json,
        attribute=attribute,
        version=version,
        estimated="true" if estimated else "",
        start_time=start,
        end_time=end,
    )
    if found is None:
        return
    console = Console()
    if not found["attributes"]:
        console.print("No segment is declared: say with PUT .../schema which column tells groups.")
    for one in found["attributes"]:
        console.print(f"[bold]{plain(one['protected_attribute'])}[/]: {_coloured(one['verdict'])}")
        rates = {
            head: name
            for head, name in _RATES.items()
            if any(each[name] is not None for each in one["group_metrics"])
        }
        table = table_of("group", "predictions", "labelled", *rates)
        for each in one["group_metrics"]:
            table.add_row(
                plain(each["group"]) or "(not told)",
                f"{each['sample_count']:,.0f}",
                f"{each['labelled']:,.0f}",
                *(_rate(each[name], head) for head, name in rates.items()),
            )
        console.print(table)
        table = table_of("criterion", "value", "95 %", "limit", "verdict", left=("criterion",))
        for each in one["criteria"]:
            table.add_row(
                plain(each["name"]),
                _number(each["value"]),
                _span(each),
                f"{each['threshold']:g}",
                _coloured(each["verdict"]),
            )
        console.print(table)


def versus(  # noqa: PLR0913 - the same
    model: MODEL,
    a: Annotated[str, typer.Argument(help="A version, or a segment such as variant=blue.")],
    b: Annotated[str, typer.Argument(help="The other one.")],
    *,
    start: START = "",
    end: END = "",
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Two versions or variants of a model side by side, with the interval of each difference."""
    query = {"a_start_time": start, "b_start_time": start, "a_end_time": end, "b_end_time": end}
    for side, told in (("a", a), ("b", b)):
        query[f"{side}_{'segment' if '=' in told else 'version'}"] = told
    found = asked(url, api_key, f"/api/v1/models/{model}/compare", as_json=as_json, **query)
    if found is None:
        return
    console = Console()
    console.print(found["sentence"], markup=False, highlight=False)
    table = table_of(
        "metric", plain(a), plain(b), "difference", "95 %", f"{plain(b)} is", left=("metric",)
    )
    for each in found["metrics"]:
        table.add_row(
            plain(each["name"]),
            _number(each["a"]["value"]),
            _number(each["b"]["value"]),
            f"{each['difference']:+.4g}",
            _span(each),
            _coloured(each["verdict"]),
        )
    console.print(table)
    drift = found["drift"]
    if drift is not None and drift["drifted_features"]:
        some = ", ".join(drift["drifted_features"][:5])
        console.print(
            f"Their rows differ: {drift['drifted_percent']:g} % of columns, {some}", markup=False
        )


def _coloured(verdict: str) -> str:
    return f"[{_COLOURS.get(verdict, 'yellow')}]{verdict}[/]"


def _rate(told: Mapping[str, float | None] | None, head: str) -> str:
    if told is None or told["value"] is None:
        return ""
    value, low, high = told["value"], told["low"], told["high"]
    half = None if low is None or high is None else (high - low) / 2
    if head in _NUMBERS:
        return f"{value:.4g}{'' if half is None else f' ± {half:.2g}'}"
    return f"{100 * value:.1f}{'' if half is None else f' ± {100 * half:.1f}'} %"


def _number(told: float | None) -> str:
    return "" if told is None else f"{told:.4g}"


def _span(told: Mapping[str, float | None]) -> str:
    low, high = told["low"], told["high"]
    return "" if low is None or high is None else f"{low:.4g} to {high:.4g}"


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{60 * hours:.0f} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _when(moment: str) -> str:
    return moment[:16].replace("T", " ")
