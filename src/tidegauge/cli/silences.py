"""`tidegauge silence`: have nobody told of what is known."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tidegauge.cli.api import KEY, URL, connect
from tidegauge.cli.monitor_files import sent
from tidegauge.cli.output import heard

app = typer.Typer(name="silence", help="Have nobody told of what is known.", no_args_is_help=True)

_MAINTENANCE = Annotated[
    bool, typer.Option("--maintenance", help="Maintenance windows, which may last 90 days.")
]
_JSON = Annotated[bool, typer.Option("--json", help="As the API gives it.")]


@app.command()
def add(  # noqa: PLR0913 - an option each
    matchers: Annotated[
        list[str],
        typer.Argument(metavar="MATCHERS...", help="As model=fraud 'severity=~\"low|medium\"'."),
    ],
    *,
    comment: Annotated[str, typer.Option("--comment", "-c", help="Why.")],
    span: Annotated[str, typer.Option("--for", help="As '2 h', 30 days at most.")] = "",
    start: Annotated[str, typer.Option(help="Not now, but from 2026-11-01T00:00Z on.")] = "",
    end: Annotated[str, typer.Option(help="Until then, where --for is not said.")] = "",
    confirm_all: Annotated[
        bool, typer.Option("--confirm-all", help="For admins: silence everything.")
    ] = False,
    every: Annotated[
        str, typer.Option(help="Again and again: FREQ=WEEKLY;BYDAY=SU, with --maintenance.")
    ] = "",
    timezone: Annotated[str, typer.Option(help="Whose clock --every goes by.")] = "UTC",
    maintenance: _MAINTENANCE = False,
    as_json: _JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Tell nobody of alerts that all matchers match.  They are listed as ever."""
    body: dict[str, Any] = {"matchers": matchers, "comment": comment, "confirm_all": confirm_all}
    body |= {"start_time": start} if start else {}
    body |= {"end_time": end} if end else {}
    body |= {"recurrence": {"rule": every, "timezone": timezone}} if every else {}
    if span or not end:
        body["duration"] = span or "1 h"
    with connect(url, api_key) as http:
        made = sent(http, "POST", _path(maintenance=maintenance), body).json()
    with heard():
        if as_json:
            typer.echo(json.dumps(made, indent=1))
            return
        typer.echo(
            f"{made['id']}: until {_time(made['end_time'])}, {made['matched']} alerts of now"
        )
        for warning in made["warnings"]:
            typer.echo(warning, err=True)


@app.command("list")
def list_silences(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    maintenance: _MAINTENANCE = False,
    as_json: _JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Silences that hold, or will."""
    from rich.table import Table  # noqa: PLC0415 - `--help` needs none

    query = {"state": [] if everything else ["pending", "active"], "limit": 1000}
    found: list[dict[str, Any]] = []
    cursor = None
    with connect(url, api_key) as http:
        while True:
            more = {"cursor": cursor} if cursor else {}
            path = _path(maintenance=maintenance)
            page = sent(http, "GET", path, query={**query, **more}).json()
            found += page["silences"]
            cursor = page["next"]
            if not cursor:
                break
    with heard():
        if as_json:
            typer.echo(json.dumps(found, indent=1))
            return
        if not found:
            typer.echo("Nothing is silenced.")
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("id", "state", "matchers", "again", "from", "until", "by", "why"):
            table.add_column(column, justify="right" if column == "id" else "left")
        for each in found:
            table.add_row(
                str(each["id"]),
                each["state"],
                Text(", ".join(each["matchers"]) or "everything"),
                _recurrence(each["recurrence"]),
                _time(each["start_time"]),
                _time(each["end_time"]),
                Text(each["created_by"]),
                Text(each["comment"]),
            )
        Console().print(table)


@app.command()
def end(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.")],
    *,
    maintenance: _MAINTENANCE = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """End it now: who was not told is told then."""
    with connect(url, api_key) as http:
        sent(http, "DELETE", f"{_path(maintenance=maintenance)}/{number}")
    typer.echo("Ended.")


def _recurrence(told: dict[str, str] | None) -> Text:
    return Text(f"{told['rule']} {told['timezone']}" if told else "")


def _path(*, maintenance: bool) -> str:
    return f"/api/v1/{'maintenance-windows' if maintenance else 'silences'}"


def _time(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M")
