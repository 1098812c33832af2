"""`tidegauge report`: what happened to a model in a time."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tidegauge.cli.api import END, JSON, KEY, MODEL, START, URL, answered, asked, connect
from tidegauge.cli.output import plain, span_of, table_of
from tidegauge.errors import InputError


def report(
    model: MODEL,
    *,
    html: Annotated[
        Path | None, typer.Option(help="Write it there, as one page that needs nothing else.")
    ] = None,
    start: START = "",
    end: END = "",
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """What happened to a model: incidents, performance, drift, quality and traffic of a week."""
    path = f"/api/v1/models/{model}/report"
    query = {"start_time": start, "end_time": end}
    if html is not None:
        with connect(url, api_key) as http:
            page = answered(http, path, format="html", **query).content
        try:
            html.write_bytes(page)
        except OSError as error:
            raise InputError(f"{html} cannot be written: {error.strerror}") from error
        typer.echo(f"{html} is written")
        return
    found = asked(url, api_key, path, as_json=as_json, **query)
    if found is not None:
        _print(Console(), found)


def _print(console: Console, found: dict[str, Any]) -> None:
    calls, performance = found["traffic"]["total"], found["performance"]
    console.print(
        f"[bold]{plain(found['model_id'])}[/] was {found['overall_status']} from"
        f" {found['start_time'][:16]} to {found['end_time'][:16]}:"
        f" {calls['total_predictions']:,} predictions"
        f" ({found['before']['total_predictions']:,} before)",
        highlight=False,
    )
    for each in found["incidents"]:
        over = f"over {each['resolved_at'][:16]}" if each["resolved_at"] else each["state"]
        console.print(
            f"  {each['severity_peak']}: {plain(each['title'])}, {each['opened_at'][:16]}, {over}",
            highlight=False,
        )
    console.print(plain(found["diagnosis"]["meaning"]), highlight=False)
    table = table_of("metric", "value", "95 %", "before", left=("metric",))
    for name, each in performance["total"]["metrics"].items():
        # Those of one class alone are many: --json has them.
        if " of " not in name:
            was = found["before"]["metrics"].get(name)
            table.add_row(
                plain(name),
                f"{each['value']:.4g}",
                span_of(each),
                f"{was['value']:.4g}" if was else "",
            )
    if table.row_count:
        console.print(table)
