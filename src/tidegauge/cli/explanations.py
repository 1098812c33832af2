"""`tidegauge explanations` and `tidegauge diagnosis`."""

from typing import Annotated, Any

import typer
from rich.console import Console

from tidegauge.cli.api import KEY, URL, connect, get

MODEL = Annotated[str, typer.Argument(help="The model_id.")]
START = Annotated[str, typer.Option(help="From this time on, such as 2026-11-01T00:00Z.")]
END = Annotated[str, typer.Option(help="And before this one.")]
JSON = Annotated[bool, typer.Option("--json", help="As the API gives it.")]
_SAID = {True: "moved", False: "did not move", None: "not known"}


def explanations(  # noqa: PLR0913 - the options of a command
    model: MODEL,
    *,
    output: Annotated[str, typer.Option(help="The output; else the one most is known of.")] = "",
    version: Annotated[str, typer.Option(help="Of the model; else all.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Of features.")] = 20,
    start: START = "",
    end: END = "",
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """What a model decides by: how much each feature counts, and whether that has changed."""
    with connect(url, api_key) as http:
        found = get(
            http,
            f"/api/v1/models/{model}/explanations",
            limit=limit,
            output=output,
            version=version,
            start_time=start,
            end_time=end,
        )
    if as_json:
        _write(found)
        return
    from rich.table import Table  # noqa: PLC0415 - `--help` needs none

    console = Console()
    console.print(found["sentence"], markup=False, highlight=False)
    if not found["features"]:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("feature", "counts for", "before", "rank", "before", "what changed"):
        is_number = column not in ("feature", "what changed")
        table.add_column(column, justify="right" if is_number else "left")
    for each in found["features"]:
        table.add_row(
            _plain(each["feature"]),
            _part(each["importance"]),
            _part(each["importance_before"]),
            str(each["rank"] or ""),
            str(each["rank_before"] or ""),
            _plain(each["what"] or ", ".join(each["findings"])),
        )
    console.print(table)
    more = found["total_features"] - len(found["features"])
    if more:
        console.print(f"and {more:,} more features: see --limit")


def diagnosis(
    model: MODEL,
    *,
    start: START = "",
    end: END = "",
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Whether inputs, reasons and performance moved, what that means, and where to look first."""
    with connect(url, api_key) as http:
        path = f"/api/v1/models/{model}/diagnosis"
        found = get(http, path, start_time=start, end_time=end)
    if as_json:
        _write(found)
        return
    from rich.table import Table  # noqa: PLC0415 - `--help` needs none

    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "", "at", "why", "how sure"):
        table.add_column(column)
    for each in found["facts"]:
        table.add_row(
            each["name"],
            _SAID[each["moved"]],
            each["timestamp"] or "",
            _plain(each["reason"]),
            each["sure"],
        )
    console.print(table)
    for line in (*found["sentences"], found["meaning"], found["look_first"]):
        console.print(line, markup=False, highlight=False)


def _write(found: dict[str, Any]) -> None:
    import json  # noqa: PLC0415 - `--help` needs none

    typer.echo(json.dumps(found, indent=1))


def _plain(text: str) -> str:
    from rich.markup import escape  # noqa: PLC0415 - `--help` needs none

    return escape(text)


def _part(figure: dict[str, float] | None) -> str:
    return f"{100 * figure['value']:.1f} %" if figure else ""
