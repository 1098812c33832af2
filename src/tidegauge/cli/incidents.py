"""`tidegauge incidents`: what is wrong, and what you do about it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.text import Text

from tidegauge.cli.api import KEY, URL, connect, get
from tidegauge.cli.monitor_files import FAILED, many, sent
from tidegauge.cli.output import heard

app = typer.Typer(
    name="incidents", help="What is wrong, and what you do about it.", no_args_is_help=True
)

_ID = Annotated[str, typer.Argument(metavar="ID", help="As `tidegauge incidents list` shows it.")]
_IDS = Annotated[list[str], typer.Argument(metavar="IDS...", help="As `list` shows them.")]
_JSON = Annotated[bool, typer.Option("--json", help="As the API gives it.")]
_COLOURS = {"low": "cyan", "medium": "yellow", "high": "bold red", "critical": "bold white on red"}
_TOLD = 20


@app.command("list")
def list_incidents(  # noqa: PLR0913 - an option each
    *,
    state: Annotated[
        list[str] | None, typer.Option(help="open, acknowledged, resolved or closed; repeatable.")
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="The model_id; repeatable.")] = None,
    severity: Annotated[list[str] | None, typer.Option(help="Repeatable.")] = None,
    family: Annotated[list[str] | None, typer.Option(help="drift, ops, ...; repeatable.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is resolved or closed.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The latest so many.")] = 100,
    as_json: _JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Incidents, the latest first; those that are open or acknowledged."""
    from rich.table import Table  # noqa: PLC0415 - `--help` needs none

    wanted = {
        "state": state or ([] if everything else ["open", "acknowledged"]),
        "model": model or [],
        "severity": severity or [],
        "family": family or [],
        "limit": limit,
    }
    with connect(url, api_key) as http:
        page = sent(http, "GET", "/api/v1/incidents", query=wanted).json()
    if as_json:
        with heard():
            typer.echo(json.dumps(page, indent=1))
        return
    if not page["incidents"]:
        typer.echo("No incidents.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("incident", "severity", "state", "model", "what", "opened", "whose"):
        # An id is for copying.
        table.add_column(column, no_wrap=column == "incident")
    for each in page["incidents"]:
        table.add_row(
            each["incident_id"],
            _severity(each["severity"]),
            _state(each),
            Text(each["model_id"]),
            Text(each["title"]),
            _time(each["opened_at"]),
            Text(each["acked_by"] or each["owner"]),
        )
    with heard():
        console = Console()
        console.print(table)
        if page["next"]:
            count = sum(page["summary"]["by_state"].values())
            console.print(f"{limit} of {count:,}: --limit shows more", style="dim")


@app.command()
def show(name: _ID, *, as_json: _JSON = False, url: URL = "", api_key: KEY = "") -> None:
    """All that is known of one: evidence, who was told, what happened, what to do."""
    with connect(url, api_key) as http:
        whole = get(http, f"/api/v1/incidents/{quote(name, safe='')}")
    with heard():
        if as_json:
            typer.echo(json.dumps(whole, indent=1))
        else:
            _show(whole)


@app.command()
def ack(
    names: _IDS,
    *,
    expires: Annotated[str, typer.Option("--for", help="As '4 h': open again then.")] = "",
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Say that you are at it: reminders and escalations stop."""
    _do("ack", names, url, api_key, **({"expires_in": expires} if expires else {}))


@app.command()
def unack(names: _IDS, *, url: URL = "", api_key: KEY = "") -> None:
    """Say that you are not: the escalation starts anew."""
    _do("unack", names, url, api_key)


@app.command()
def resolve(
    names: _IDS,
    *,
    reason: Annotated[str, typer.Option(help="What it was.")] = "by hand",
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Say that it is over.  What still goes on speaks again after a while."""
    _do("resolve", names, url, api_key, reason=reason)


@app.command()
def snooze(
    names: _IDS,
    *,
    span: Annotated[str, typer.Option("--for", help="As '2 h', 30 days at most.")] = "1 h",
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Hear nothing of it for a while."""
    _do("snooze", names, url, api_key, duration=span)


@app.command()
def comment(
    name: _ID,
    text: Annotated[str, typer.Argument(help="What the next one should know.")],
    *,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Write a line into its history."""
    _do("comment", [name], url, api_key, text=text)


def _do(action: str, names: Sequence[str], url: str, api_key: str, **more: str) -> None:
    """Each answers for itself."""
    with connect(url, api_key) as http:
        body = {"action": action, "ids": list(names), **more}
        done = sent(http, "POST", "/api/v1/incidents/bulk", body).json()
    console = Console(highlight=False, soft_wrap=True)
    with heard():
        for each in done["results"]:
            if each["status"] == 200:
                console.print(Text(f"{each['incident_id']}: {each['state']}"))
            else:
                console.print(Text(f"{each['incident_id']}: {each['detail']}", "red"))
    if done["failed"]:
        raise typer.Exit(FAILED)


def _show(whole: Mapping[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    head = Text.assemble(_severity(whole["severity"]), " ", Text(whole["title"], "bold"))
    console.print(head)
    told = [f"{whole['family']} of {whole['model_id']}", _state(whole).plain]
    told.append(f"since {_time(whole['opened_at'])}")
    if whole["owner"]:
        told.append(f"of {whole['owner']}")
    if whole["acked_by"]:
        told.append(f"acknowledged by {whole['acked_by']}")
    if whole["resolved_by"]:
        told.append(f"resolved by {whole['resolved_by']} ({whole['reason']})")
    console.print(Text(", ".join(told)))
    for each in whole["findings"]:
        where = " ".join(part for part in (each["version"], each["segment"]) if part)
        line = Text.assemble("  ", _severity(each["severity"]), f" {each['monitor']}")
        line.append(f" {where}" if where else "", "dim")
        line.append(f": {each['what']}")
        console.print(line)
    _section(console, "What to do", whole["recommended_actions"])
    quiet = [
        f"{each['comment']} (until {_time(each['end_time'])})" for each in whole["silenced_by"]
    ]
    if whole["snoozed_until"]:
        quiet.append(f"snoozed until {_time(whole['snoozed_until'])}")
    if whole["inhibited_by"]:
        quiet.append(f"explained by {whole['inhibited_by']}")
    _section(console, "Nobody is told, for", quiet)
    notices = [
        f"{_time(each['made_at'])} {each['kind']} to {each['channel']}: {each['status']}"
        + (f" ({each['answer']})" if each["answer"] else "")
        for each in whole["notices"][:_TOLD]
    ]
    _section(console, "Told", notices, whole["more_notices"] + len(whole["notices"][_TOLD:]))
    _section(console, "History", [_event(each) for each in whole["timeline"]])
    links = [f"{name}: {link}" for name, link in whole["links"].items() if link]
    _section(console, "Links", links)


def _section(console: Console, title: str, lines: Sequence[str], more: int = 0) -> None:
    if lines:
        console.print(Text(title, "bold"))
        for line in lines:
            console.print(Text(f"  {line}"))
        if more:
            console.print(Text(f"  and {many(more, 'more notice')}", "dim"))


def _event(event: Mapping[str, Any]) -> str:
    told = " ".join(str(each) for each in (event["kind"], event["who"] and f"by {event['who']}"))
    shown = ("text", "reason", "channel", "notice_kind", "status", "owner", "until", "level")
    detail = [str(event["detail"][name]) for name in shown if event["detail"].get(name)]
    return f"{_time(event['at'])} {told.strip()}" + (f": {' '.join(detail)}" if detail else "")


def _severity(severity: str) -> Text:
    return Text(severity, _COLOURS.get(severity, ""))


def _state(incident: Mapping[str, Any]) -> Text:
    told = incident["state"]
    if incident["is_silenced"]:
        told += ", silenced"
    if incident["is_flapping"]:
        told += ", flapping"
    return Text(told)


def _time(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M")
