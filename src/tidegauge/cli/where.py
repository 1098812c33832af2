"""`tidegauge where`: which part of the traffic a loss or a drift is in."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from tidegauge.cli.api import END, JSON, KEY, MODEL, START, URL, asked
from tidegauge.cli.output import plain, table_of

_MOST = 10


def where(  # noqa: PLR0913 - an option each
    model: MODEL,
    *,
    of: Annotated[
        Literal["errors", "drift"], typer.Option(help="What became of errors, or of the rows.")
    ] = "errors",
    found: Annotated[
        bool, typer.Option("--found", help="Look in the rows for slices nobody declared, too.")
    ] = False,
    against: Annotated[
        Literal["before", "rest"],
        typer.Option(help="Found slices: worse than before, or than the rest."),
    ] = "before",
    version: Annotated[str, typer.Option(help="Of the model; else all together.")] = "",
    start: START = "",
    end: END = "",
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Which segments explain most of a loss or a drift, against as long a time before it."""
    told = asked(
        url,
        api_key,
        f"/api/v1/models/{model}/segments/where",
        as_json=as_json,
        of=of,
        found="true" if found else "",
        against=against,
        version=version,
        start_time=start,
        end_time=end,
    )
    if told is None:
        return
    console = Console()
    console.print(told["sentence"], markup=False, highlight=False)
    if told["columns"]:
        _print_errors(console, told)
    if told["moved"]:
        _print_moved(console, told)
    if told["found"] is not None:
        _print_found(console, told["found"])


def _print_errors(console: Console, told: Mapping[str, Any]) -> None:
    table = table_of("segment", "labelled", "errors before", "now", "share", left=("segment",))
    for column in told["columns"]:
        for each in column["pieces"][:_MOST]:
            mark = "" if each["is_certain"] else " ?"
            table.add_row(
                plain(each["segment"]),
                f"{each['labelled']:,}",
                _percent(each["error_rate_before"]),
                _percent(each["error_rate"]),
                f"{_percent(each['share'])}{mark}",
            )
    console.print(table)


def _print_moved(console: Console, told: Mapping[str, Any]) -> None:
    table = table_of("segment", "part before", "now", left=("segment",))
    for column in told["moved"]:
        for each in column["values"][:_MOST]:
            name = plain(f"{column['column']}={each['value']}")
            table.add_row(name, _percent(each["part_before"]), _percent(each["part"]))
    console.print(table)


def _print_found(console: Console, found: Mapping[str, Any]) -> None:
    if found["slices"]:
        table = table_of(
            "found", "part", "errors before", "now", "others", "share", left=("found",)
        )
        for each in found["slices"]:
            rates = ("error_rate_before", "error_rate", "error_rate_others", "share")
            parts = " → ".join(
                _percent(part) for part in (each["part_before"], each["part"]) if part is not None
            )
            table.add_row(plain(each["what"]), parts, *(_percent(each[name]) for name in rates))
        console.print(table)
    if found["features"]:
        table = table_of("feature", "moved", "share", left=("feature",))
        for each in found["features"][:_MOST]:
            table.add_row(
                plain(each["column"]), _percent(each["distance"]), _percent(each["share"])
            )
        console.print(table)
    if not found["is_complete"]:
        console.print("There was no time for all columns: ask of a shorter span.")


def _percent(part: float | None) -> str:
    return "" if part is None else f"{100 * part:.1f} %"
