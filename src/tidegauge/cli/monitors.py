"""`tidegauge monitors`: what is watched, as files in your repository."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tidegauge.cli.api import KEY, URL, connect, get
from tidegauge.cli.backtest import backtest
from tidegauge.cli.monitor_files import FAILED, documents, many, read, read_monitors, sent
from tidegauge.cli.output import heard
from tidegauge.errors import InputError
from tidegauge.failpoint import hit

if TYPE_CHECKING:
    import httpx

    from tidegauge.monitor.union import Monitor
    from tidegauge.retrain.file import Files

app = typer.Typer(name="monitors", help="What is watched: monitors as files.", no_args_is_help=True)
app.command()(backtest)

_PATHS = Annotated[
    list[Path], typer.Argument(help="YAML files, or folders of them.", metavar="PATHS...")
]
_SIGNS = {"added": "+", "changed": "~", "removed": "-"}
_COLOURS = {"added": "green", "changed": "yellow", "removed": "red"}
_STATUSES = {"ok": "green", "breach": "bold red", "error": "bold magenta"}


@app.command()
def validate(paths: _PATHS) -> None:
    """Read files and say all that is wrong with them.  It asks no server."""
    found = read(paths)
    kinds = sorted({each.kind for each in found.monitors})
    told = [f"{many(len(found.monitors), 'monitor')} ({', '.join(kinds)})"] if kinds else []
    if found.policies is not None:
        told.append(many(len(found.policies), "policy", "policies"))
    typer.echo(f"{' and '.join(told) or 'Nothing'}, and nothing wrong")


@app.command("plan")
def plan_files(
    paths: _PATHS,
    *,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if anything would change.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As the API gives it.")] = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Say what would change on a server if its monitors were those of the files."""
    found = read(paths)
    with connect(url, api_key) as http:
        plan, _etag = _put(http, found, dry_run=True)
    with heard():
        if as_json:
            typer.echo(json.dumps(plan, indent=1))
        else:
            _show(plan)
    if exit_code and _changes(plan):
        raise typer.Exit(FAILED)


@app.command("apply")
def apply_files(
    paths: _PATHS,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Make a server's monitors those of the files, all or none, after showing what changes."""
    found = read(paths)
    with connect(url, api_key) as http:
        plan, etag = _put(http, found, dry_run=True)
        _show(plan)
        if not _changes(plan):
            return
        if not yes and not _is_wanted():
            typer.echo("Nothing was changed.", err=True)
            raise typer.Exit(FAILED)
        # Only what was shown: whoever changed something meanwhile is not overwritten unseen.
        _put(http, found, dry_run=False, etag=etag)
    typer.echo("Applied.")


@app.command()
def export(
    *,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it to a file.")] = None,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Write the monitors of a server as a file, the usual ones too: a first file to change."""
    from tidegauge.monitor.faults import FaultsError  # noqa: PLC0415 - `--help` needs none of it
    from tidegauge.monitor.faults import checked as monitor_of  # noqa: PLC0415
    from tidegauge.monitor.file import write_text  # noqa: PLC0415

    found: list[Monitor] = []
    for each in _all(url, api_key):
        try:
            found.append(monitor_of(each["document"]))
        except FaultsError as error:
            raise InputError(
                f"monitor {each['name']!r} was written by another version: {error}"
            ) from None
    text = write_text(found)
    if out is None:
        with heard():
            typer.echo(text, nl=False)
        return
    draft = out.with_name(f".{out.name}.draft")
    draft.write_text(text, encoding="utf-8")
    hit("monitors.before-export")
    draft.replace(out)
    typer.echo(f"Wrote {many(len(found), 'monitor')} to {out}")


@app.command("list")
def list_monitors(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As the API gives it.")] = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """The monitors of a server: how many models they watch, and what they last found."""
    from rich.table import Table  # noqa: PLC0415 - `--help` needs none

    found = _all(url, api_key)
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("monitor", "kind", "watches", "models", "last status", "kept by"):
        table.add_column(column, justify="right" if column == "models" else "left")
    for each in found:
        document = each["document"]
        enabled = document.get("enabled", True)
        table.add_row(
            Text(each["name"]),
            each["kind"],
            Text(str(document.get("models", "*"))),
            str(each["models"]),
            _standing(each["standing"]) if enabled else Text("not enabled", "dim"),
            {"file": "a file", "api": each["changed_by"], "default": "default"}[each["origin"]],
        )
    with heard():
        Console().print(table)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a monitors' file, for editors."""
    from tidegauge.retrain.file import json_schema  # noqa: PLC0415 - `--help` needs none of it

    with heard():
        typer.echo(json.dumps(json_schema(), indent=1))


@app.command("try")
def try_monitors(
    model: Annotated[str, typer.Argument(help="The model_id.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Monitors to try; without them, those that watch the model."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As the API gives it.")] = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Judge the latest whole minute of a model now.  Nothing is kept, and nobody is told."""
    from urllib.parse import quote  # noqa: PLC0415 - `--help` needs none

    body = {"monitors": documents(read_monitors(files))} if files else {}
    with connect(url, api_key) as http:
        path = f"/api/v1/models/{quote(model, safe='')}/monitor/run"
        told = sent(http, "POST", path, body).json()
    with heard():
        if as_json:
            typer.echo(json.dumps(told, indent=1))
        else:
            _show_run(told)


@app.command("test")
def run_tests(
    files: Annotated[list[Path], typer.Argument(help="YAML files of tests.", metavar="FILES...")],
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every alarm.")] = False,
) -> None:
    """Feed told numbers to monitors on a virtual clock, and see what alarms when."""
    from tidegauge.monitor.rehearsal import rehearse, words_of  # noqa: PLC0415 - `--help` needs none of it

    console, failed, count = Console(highlight=False), 0, 0
    with heard():
        for outcome in (each for path in files for each in rehearse(path)):
            count += 1
            failed += bool(outcome.faults)
            mark = Text("failed", "bold red") if outcome.faults else Text("ok", "green")
            console.print(Text.assemble(mark, "  ", outcome.test.name))
            for fault in outcome.faults:
                console.print(Text(f"    {fault}"))
            for alarm in outcome.alarms if verbose else ():
                console.print(Text(f"    alarm {words_of(alarm)}", "dim"))
        console.print(f"{many(count, 'test')}, {failed} failed")
    if failed:
        raise typer.Exit(FAILED)


def _put(
    http: "httpx.Client", found: "Files", *, dry_run: bool, etag: str = ""
) -> tuple[dict[str, Any], str]:
    body: dict[str, Any] = {"monitors": documents(found.monitors), "dry_run": dry_run}
    if found.policies is not None:
        from tidegauge.retrain.faults import document_of  # noqa: PLC0415 - as above

        body["retraining"] = [document_of(each) for each in found.policies]
    headers = {"If-Match": etag} if etag else {}
    answer = sent(http, "PUT", "/api/v1/monitors", body, headers)
    return answer.json(), answer.headers.get("ETag", "")


def _all(url: str, api_key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    with connect(url, api_key) as http:
        while True:
            page = get(http, "/api/v1/monitors", cursor=cursor, limit=1000)
            found += page["monitors"]
            cursor = page["next"]
            if not cursor:
                return found


def _changes(plan: Mapping[str, Any]) -> int:
    return plan["added"] + plan["changed"] + plan["removed"]


def _show(plan: Mapping[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for each in plan["steps"]:
        what = each["what"]
        if what == "unchanged":
            continue
        head = Text(f"{_SIGNS[what]} {each['name']}", f"bold {_COLOURS[what]}")
        head.append(f"  {each['kind']}", "dim")
        if each["takes_over"]:
            from_whom = {"api": "what was made through the API", "default": "the usual one"}
            head.append(f"  the file takes over {from_whom[each['takes_over']]}", "dim")
        console.print(head)
        for difference in each["differences"]:
            console.print(_difference(what, difference))
    if not _changes(plan):
        console.print(f"Nothing changes ({many(plan['unchanged'], 'monitor')}).")
        return
    console.print(
        f"{plan['added']} to add, {plan['changed']} to change, {plan['removed']} to remove,"
        f" {plan['unchanged']} as they are"
    )


def _difference(what: str, told: Mapping[str, Any]) -> Text:
    line = Text(f"    {told['field']}: ")
    old, new = (_said(told[which]) for which in ("old", "new"))
    if what == "changed":
        return line.append(old, "red").append(" -> ").append(new, "green")
    return line.append(new if what == "added" else old, _COLOURS[what])


def _said(value: object) -> str:
    return "(unsaid)" if value is None else json.dumps(value, ensure_ascii=False)


def _show_run(told: Mapping[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415 - `--help` needs none

    console = Console(highlight=False)
    console.print(f"{told['model_id']} at {told['timestamp']}; nothing of this is kept")
    if not told["enabled"]:
        console.print(Text("The model is not watched: this is what would be found.", "yellow"))
    if told["waiting"]:
        console.print("Later rows wait to be counted.", style="dim")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("monitor", "of", "status", "value", "rows", "why"):
        table.add_column(column, justify="right" if column in ("value", "rows") else "left")
    for each in told["readings"]:
        of = " ".join(part for part in (each["version"], each["segment"]) if part)
        status = each["status"] + (f" {each['severity']}" if each["severity"] else "")
        why = each["reason"] + (" (as it was read)" if each["is_kept"] else "")
        table.add_row(
            Text(each["monitor"]),
            Text(of or "all rows"),
            Text(status, _STATUSES.get(each["status"], "")),
            "" if each["value"] is None else f"{each['value']:.4g}",
            f"{each['rows']:,}",
            Text(why),
        )
    console.print(table)


def _standing(stands: Sequence[Mapping[str, Any]]) -> Text:
    if not stands:
        return Text("not read yet", "dim")
    text = Text()
    for each in stands:
        told = each["status"] + (f" {each['severity']}" if each["severity"] else "")
        text.append(", " if text else "")
        text.append(f"{each['targets']} {told}", _STATUSES.get(each["status"], ""))
    return text


def _is_wanted() -> bool:
    import sys  # noqa: PLC0415 - `--help` needs none

    if not sys.stdin.isatty():
        raise InputError("there is no terminal to ask at: say --yes to apply")
    return typer.confirm("Apply?")
