"""`tidegauge artifacts`: which versions of models there are, and which nobody needs any more."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer
from rich.console import Console
from rich.text import Text

from tidegauge.cli.api import JSON, KEY, MODEL, URL, connect, get
from tidegauge.cli.monitor_files import many, sent
from tidegauge.cli.output import heard, table_of
from tidegauge.errors import AnswerError, InputError

if TYPE_CHECKING:
    import httpx

    from tidegauge.artifacts import Artifact

app = typer.Typer(
    name="artifacts", help="Which versions of models there are, and which go.", no_args_is_help=True
)
Version = Annotated[str, typer.Argument(help="As `list` shows it.")]
_FIGURES: Final = 3
"""Metrics in a line of the table."""
_MOST: Final = 1e300
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


@app.command()
def add(
    model: MODEL,
    folder: Annotated[Path, typer.Argument(help="That holds MODEL/VERSION/metadata.json.")],
    *,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Tell the server of each version in a folder, as its metadata.json has it."""
    from tidegauge.artifacts import Folder  # noqa: PLC0415 - `--help` needs none

    source = Folder(folder)
    versions = source.versions(model)
    if not versions:
        raise InputError(f"no version with a metadata.json in {folder / model}")
    wrong = 0
    with connect(url, api_key) as http:
        for version in versions:
            try:
                body = _described(source.find(model, "", version))
                sent(http, "PUT", _path(model, version), body)
            except (InputError, AnswerError) as error:
                if isinstance(error, AnswerError) and error.status != 409:
                    raise
                wrong += 1
                typer.echo(f"{version}: left out, {error}", err=True)
            else:
                typer.echo(f"{version}: {body['uri']}")
    if wrong:
        raise typer.Exit(1)


@app.command("list")
def list_artifacts(
    model: Annotated[str, typer.Argument(help="Of this model alone.")] = "",
    *,
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """What there is of each version, who uses it, and why it is kept."""
    path = f"/api/v1/models/{quote(model, safe='')}/artifacts" if model else "/api/v1/artifacts"
    with connect(url, api_key) as http:
        found = list(_pages(http, path))
    with heard():
        if as_json:
            typer.echo(json.dumps(found, indent=1))
            return
        if not found:
            typer.echo("No file is known.  `tidegauge artifacts add MODEL FOLDER` tells of some.")
            return
        columns = ("model", "version", "trained", "size", "metrics", "used", "kept because")
        table = table_of(*columns, left={*columns} - {"size"})
        for each in found:
            table.add_row(
                Text(each["model_id"]),
                Text(each["version"]),
                (each["trained_at"] or each["created_at"])[:16].replace("T", " "),
                _size(each["size_bytes"]),
                Text(_metrics(each["metrics"])),
                _used(each["use"]),
                Text(each["reason"] or "spare"),
            )
        Console().print(table)


@app.command()
def pin(model: MODEL, version: Version, *, url: URL = "", api_key: KEY = "") -> None:
    """Keep a version whatever happens."""
    with connect(url, api_key) as http:
        sent(http, "PATCH", _path(model, version), {"is_pinned": True})
    typer.echo(f"Version {version} stays.")


@app.command()
def unpin(model: MODEL, version: Version, *, url: URL = "", api_key: KEY = "") -> None:
    """Let it go when nobody needs it."""
    with connect(url, api_key) as http:
        found = sent(http, "PATCH", _path(model, version), {"is_pinned": False}).json()
    typer.echo(
        f"Version {version} is {'kept: ' + found['reason'] if found['reason'] else 'spare'}."
    )


@app.command()
def prune(
    *,
    root: Annotated[Path, typer.Option(help="Nothing outside of this folder is touched.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go.")] = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Delete the files that nobody needs: never what is deployed, pinned or gone back to."""
    from tidegauge.runner.prune import Pruner  # noqa: PLC0415 - `--help` needs none
    from tidegauge.runner.server import Server  # noqa: PLC0415 - as above

    with connect(url, api_key) as http:
        http.base_url = http.base_url.join("/api/v1/")
        count = Pruner(Server(http), root, typer.echo).run(is_dry=dry_run)
    done = "would go" if dry_run else "deleted"
    typer.echo(f"{many(count, 'version')} {done}.")


def _described(found: "Artifact") -> dict[str, Any]:
    # A number that is none, or too large to be one, is unknown.
    known: dict[str, Any] = json.loads(
        json.dumps(dict(found.metadata)), parse_constant=lambda _: None
    )
    for name in ("uri", "path", "digest", "size_bytes"):
        known.pop(name, None)
    trained_at, created_at = known.pop("trained_at", None), known.get("created_at")
    return {
        "uri": found.location if found.path is None else found.path.as_uri(),
        "digest": found.digest,
        "size_bytes": found.size_bytes if found.path or found.size_bytes else None,
        "trained_at": trained_at or created_at,
        "training_seconds": _numbers({"": known.pop("training_seconds", None)}).get(""),
        "metrics": _numbers(known.pop("metrics", None)),
        "importance": _numbers(known.pop("importance", None)),
        "metadata": known,
    }


def _numbers(told: object) -> dict[str, float]:
    """What of it is a number; the rest is of no use to a table."""
    if not isinstance(told, Mapping):
        return {}
    return {
        str(name): float(value)
        for name, value in told.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST
    }


def _path(model: str, version: str) -> str:
    return f"/api/v1/models/{quote(model, safe='')}/artifacts/{quote(version, safe='')}"


def _pages(http: "httpx.Client", path: str) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = get(http, path, limit=1000, cursor=cursor)
        yield from page["artifacts"]
        cursor = page["next"]
        if cursor is None:
            return


def _size(count: int | None) -> str:
    if count is None:
        return ""
    size, unit = float(count), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {_UNITS[unit]}"


def _metrics(told: Mapping[str, float]) -> str:
    some = [f"{name} {value:.4g}" for name, value in list(told.items())[:_FIGURES]]
    return ", ".join(some) + (", …" if len(told) > _FIGURES else "")


def _used(use: Mapping[str, Any]) -> str:
    last = use["last_prediction_at"]
    if use["predictions_7d"]:
        return f"{use['predictions_7d']:,} in 7 days"
    return f"last {last[:10]}" if last else "never"
