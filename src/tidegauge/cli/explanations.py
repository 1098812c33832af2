"""`tidegauge explanations` and `tidegauge diagnosis`."""

from typing import Annotated

import typer
from rich.console import Console

from tidegauge.cli.api import END, JSON, KEY, MODEL, START, URL, asked
from tidegauge.cli.output import plain, table_of

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
    found = asked(
        url,
        api_key,
        f"/api/v1/models/{model}/explanations",
        as_json=as_json,
        limit=limit,
        output=output,
        version=version,
        start_time=start,
        end_time=end,
    )
    if found is None:
        return
    console = Console()
    console.print(found["sentence"], markup=False, highlight=False)
    if not found["features"]:
        return
    if found["computed"]:
        told = found["computed"]
        console.print(
            f"Computed here for {told['explanations']:,} of {told['of']:,} predictions.",
            markup=False,
            highlight=False,
        )
    columns = ("feature", "counts for", "before", "rank", "before", "what changed")
    table = table_of(*columns, left=("feature", "what changed"))
    for each in found["features"]:
        table.add_row(
            plain(each["feature"]),
            _part(each["importance"]),
            _part(each["importance_before"]),
            str(each["rank"] or ""),
            str(each["rank_before"] or ""),
            plain(each["what"] or ", ".join(each["findings"])),
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
    path = f"/api/v1/models/{model}/diagnosis"
    found = asked(url, api_key, path, as_json=as_json, start_time=start, end_time=end)
    if found is None:
        return
    console = Console()
    columns = ("", "", "at", "why", "how sure")
    table = table_of(*columns, left=columns)
    for each in found["facts"]:
        table.add_row(
            each["name"],
            _SAID[each["moved"]],
            each["timestamp"] or "",
            plain(each["reason"]),
            each["sure"],
        )
    console.print(table)
    for line in (*found["sentences"], found["meaning"], found["look_first"]):
        console.print(line, markup=False, highlight=False)


def _part(figure: dict[str, float] | None) -> str:
    return f"{100 * figure['value']:.1f} %" if figure else ""
