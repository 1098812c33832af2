"""`tidegauge performance`: what labels showed, and what is expected before they come."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

from tidegauge.cli.api import END, JSON, KEY, MODEL, START, URL, connect, get
from tidegauge.cli.output import plain, span_of, table_of


def performance(  # noqa: PLR0913 - an option each
    model: MODEL,
    *,
    metric: Annotated[str, typer.Option(help="One figure; else what its task is judged by.")] = "",
    version: Annotated[str, typer.Option(help="Of the model; else all together.")] = "",
    segment: Annotated[str, typer.Option(help="One declared segment: tags.region=eu.")] = "",
    by: Annotated[
        str,
        typer.Option(help="Each value of a column, the worst first: entity_id, tags.region."),
    ] = "",
    search: Annotated[str, typer.Option(help="With --by: only values that hold this.")] = "",
    exact: Annotated[
        bool, typer.Option("--exact", help="From the rows themselves: no figure is of bins.")
    ] = False,
    start: START = "",
    end: END = "",
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """How good a model was, as far as its labels tell, and how good it is expected to prove."""
    query = {"version": version, "segment": segment, "start_time": start, "end_time": end}
    path = f"/api/v1/models/{model}"
    with connect(url, api_key) as http:
        if by:
            more = {"by": by, "search": search, "metric": metric}
            _print_groups(get(http, f"{path}/performance/groups", **query, **more), as_json=as_json)
            return
        found = get(http, f"{path}/performance", **query, exact="true" if exact else "")
        name = metric or found["main_metric"] or ""
        step = max(found["step"], 3600)
        expected = get(http, f"{path}/estimates", metric=name or "accuracy", step=step, **query)
    if as_json:
        import json  # noqa: PLC0415 - `--help` needs none

        typer.echo(json.dumps({"performance": found, "estimates": expected}, indent=1))
        return
    console = Console()
    _print_all(console, model, found)
    rows = list(_rows(found, expected, name or metric or "accuracy"))
    if not rows:
        console.print("No label has come, and nothing is estimated yet.")
        return
    table = table_of("from", "predictions", "labelled", name or "accuracy", "expected", "final")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    for figure, trust in expected["trust"].items():
        if not trust["is_trusted"]:
            console.print(f"Do not believe what {figure} is expected to be: {trust['reason']}")


def _print_groups(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        import json  # noqa: PLC0415 - `--help` needs none

        typer.echo(json.dumps(found, indent=1))
        return
    console = Console()
    items = found["items"]
    if not items:
        console.print("No label has come of these.")
        return
    names = list(items[0]["metrics"])
    by = plain(found["by"])
    table = table_of(by, "predictions", "labelled", *map(plain, names), left=(by,))
    for each in items:
        figures = [_about(each["metrics"].get(name)) for name in names]
        few = "" if each["is_ranked"] else " (few)"
        name = f"{plain(each['value'] or '(none)')}{few}"
        table.add_row(name, f"{each['predictions']:,}", f"{each['labelled']:,}", *figures)
    console.print(table)
    console.print(
        f"{len(items)} of {found['groups']:,}, the surely worst by {found['main_metric']} first; of"
        f" fewer than {found['fewest']} labels none is ranked.",
        highlight=False,
    )
    if found["left_out"]:
        console.print(f"{found['left_out']:,} of fewer labels are left out: --search finds them.")


def _print_all(console: Console, model: str, found: Mapping[str, Any]) -> None:
    total = found["total"]
    trend = found["performance_trend"]
    console.print(
        f"[bold]{plain(model)}[/]: {total['labelled']:,} of {total['predictions']:,} predictions"
        f" have a label{f'; {trend}' if trend else ''}",
        highlight=False,
    )
    if not total["metrics"]:
        return
    table = table_of("metric", "value", "95 %", "n", left=("metric",))
    for name, each in total["metrics"].items():
        # Those of one class alone are many: --json has them.
        if " of " not in name:
            table.add_row(plain(name), f"{each['value']:.4g}", span_of(each), f"{each['n']:,.0f}")
    console.print(table)


def _rows(
    found: Mapping[str, Any], expected: Mapping[str, Any], name: str
) -> Sequence[tuple[str, ...]]:
    """Step by step, what was shown beside what was expected."""
    estimated = {each["timestamp"]: each for each in expected["data_points"]}
    rows: list[tuple[str, ...]] = []
    for each in found["data_points"]:
        other = estimated.get(each["timestamp"])
        before = other["estimated"].get(name) if other else None
        shown = each["metrics"].get(name)
        if shown is None and before is None:
            continue
        is_doubtful = other is not None and not other["is_supported"]
        rows.append(
            (
                each["timestamp"][:16].replace("T", " "),
                f"{each['predictions']:,}",
                f"{each['labelled']:,}",
                _about(shown),
                f"{_about(before)}{' ?' if before and is_doubtful else ''}",
                "yes" if each["is_mature"] else "",
            )
        )
    return rows


def _about(figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return ""
    if figure["low"] is None or figure["high"] is None:
        return f"{figure['value']:.4g}"
    return f"{figure['value']:.4g} ± {(figure['high'] - figure['low']) / 2:.2g}"
