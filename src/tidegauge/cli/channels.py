"""`tidegauge channels` and `tidegauge escalations`: who is told, as files in your repository."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console
from rich.text import Text

from tidegauge.cli.api import KEY, URL, connect
from tidegauge.cli.monitor_files import FAILED, sent
from tidegauge.cli.output import heard
from tidegauge.errors import InputError

app = typer.Typer(name="channels", help="Where notices go.", no_args_is_help=True)
escalations = typer.Typer(
    name="escalations", help="Who is told next, where nobody answers.", no_args_is_help=True
)

_NAME = Annotated[str, typer.Argument(help="As `list` shows it.")]
_FILE = Annotated[Path, typer.Argument(metavar="FILE", help="A YAML file.")]
_JSON = Annotated[bool, typer.Option("--json", help="As the API gives it.")]
_LARGEST = 4 << 20
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@app.command("list")
def list_channels(*, as_json: _JSON = False, url: URL = "", api_key: KEY = "") -> None:
    """The channels and how each is: its last delivery, its last error, what waits."""
    from rich.table import Table  # noqa: PLC0415 - `--help` needs none

    with connect(url, api_key) as http:
        found = sent(http, "GET", "/api/v1/channels").json()
    with heard():
        if as_json:
            typer.echo(json.dumps(found, indent=1))
            return
        if not found:
            typer.echo("No channels: nobody is told.  `tidegauge channels set FILE` makes some.")
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("channel", "kind", "takes", "waiting", "last delivery", "last error"):
            table.add_column(column, justify="right" if column == "waiting" else "left")
        for each in found:
            health, document = each["health"], each["document"]
            takes = ", ".join(document.get("matchers", [])) or "all"
            table.add_row(
                Text(each["name"]),
                each["kind"],
                Text(takes if each["enabled"] else "not enabled", "" if each["enabled"] else "dim"),
                str(health["waiting"]),
                (health["last_delivery"] or "none")[:16].replace("T", " "),
                Text(health["last_error"], "red"),
            )
        console = Console()
        console.print(table)
        for each in found:
            for warning in each["warnings"]:
                console.print(Text(f"{each['name']}: {warning}", "yellow"))


@app.command("set")
def set_channels(path: _FILE, *, url: URL = "", api_key: KEY = "") -> None:
    """Make the channels of a file, or say them anew.  ${NAME} in it is the environment's: secrets
    stay out of the repository."""
    with connect(url, api_key) as http:
        for name, document in _read(path, "channels"):
            made = sent(http, "PUT", f"/api/v1/channels/{quote(name, safe='')}", document).json()
            typer.echo(f"{name}: {made['kind']}")
            for secret in made["made_secrets"]:
                typer.echo(f"  signs with {secret} (shown this once)")
            for warning in made["warnings"]:
                typer.echo(f"  {warning}", err=True)


@app.command()
def remove(name: _NAME, *, url: URL = "", api_key: KEY = "") -> None:
    """Remove a channel; what waits for it is given up."""
    with connect(url, api_key) as http:
        sent(http, "DELETE", f"/api/v1/channels/{quote(name, safe='')}")
    typer.echo("Removed.")


@app.command("test")
def try_channel(name: _NAME, *, url: URL = "", api_key: KEY = "") -> None:
    """Send a notice right now, and say what came back."""
    with connect(url, api_key) as http:
        told = sent(http, "POST", f"/api/v1/channels/{quote(name, safe='')}/test").json()
    if told["delivered"]:
        typer.echo(f"Delivered: {told['answer']}")
        return
    again = "it would be tried again" if told["may_help_again"] else "trying again will not help"
    typer.echo(f"Not delivered: {told['answer']}; {again}", err=True)
    raise typer.Exit(FAILED)


@escalations.command("list")
def list_escalations(*, as_json: _JSON = False, url: URL = "", api_key: KEY = "") -> None:
    """The escalations, each level in a line."""
    with connect(url, api_key) as http:
        found = sent(http, "GET", "/api/v1/escalations").json()
    console = Console(highlight=False, soft_wrap=True)
    with heard():
        if as_json:
            typer.echo(json.dumps(found, indent=1))
            return
        if not found:
            typer.echo("No escalations.")
        for each in found:
            document = each["document"]
            of = ", ".join(document.get("matchers", [])) or "all incidents"
            line = Text.assemble(Text(each["name"], "bold"), f"  {of}")
            line.append("" if each["enabled"] else "  not enabled", "dim")
            console.print(line)
            for level in document["levels"]:
                names = ", ".join(level["channels"])
                severity = level.get("severity", "critical")
                console.print(
                    Text(f"  after {level['after_minutes']:g} min: {names} as {severity}")
                )
            for warning in each["warnings"]:
                console.print(Text(f"  {warning}", "yellow"))


@escalations.command("set")
def set_escalations(path: _FILE, *, url: URL = "", api_key: KEY = "") -> None:
    """Make the escalations of a file, or say them anew."""
    with connect(url, api_key) as http:
        for name, document in _read(path, "escalations"):
            sent(http, "PUT", f"/api/v1/escalations/{quote(name, safe='')}", document)
            typer.echo(f"{name}: {len(document['levels'])} levels")


@escalations.command("remove")
def remove_escalation(name: _NAME, *, url: URL = "", api_key: KEY = "") -> None:
    """Remove it; incidents that are open keep the levels that they have."""
    with connect(url, api_key) as http:
        sent(http, "DELETE", f"/api/v1/escalations/{quote(name, safe='')}")
    typer.echo("Removed.")


def _read(path: Path, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """By name, what a file holds under a key; all of it is read before any is sent."""
    import yaml  # noqa: PLC0415 - `--help` needs none

    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.safe_load(text) if len(text) <= _LARGEST else None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}") from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise InputError(f"{path}{where}: {getattr(error, 'problem', None) or error}") from None
    given: object = None
    if isinstance(document, dict) and set(document) == {key}:
        given = document[key]
    if not isinstance(given, Mapping) or not given:
        raise InputError(f"{path}: must hold one key, {key!r}, and under it each by its name")
    found: dict[str, dict[str, Any]] = {}
    for name, each in given.items():
        if not isinstance(each, Mapping):
            raise InputError(f"{path}: {key}.{name}: must hold keys and values")
        found[str(name)] = {str(inner): _filled(value, path) for inner, value in each.items()}
    yield from found.items()


def _filled(value: Any, path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """With what the environment has for each ${NAME}."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _of_environment(found[1], path), value)
    if isinstance(value, Mapping):
        return {str(name): _filled(each, path) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, path) for each in value]
    return value


def _of_environment(name: str, path: Path) -> str:
    if name not in os.environ:
        raise InputError(f"{path}: the environment has no {name}")
    return os.environ[name]
