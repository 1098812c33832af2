"""`tidegauge retrain`: have models trained again, and see what came of it."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from tidegauge.cli.api import JSON, KEY, URL, connect, get
from tidegauge.cli.monitor_files import sent
from tidegauge.cli.output import heard, plain, table_of
from tidegauge.errors import InputError

if TYPE_CHECKING:
    import httpx

app = typer.Typer(
    name="retrain", help="Have models trained again, and see what came of it.", no_args_is_help=True
)
_JOBS: Final = "/api/v1/retraining/jobs"
_OPEN: Final = ("queued", "running", "evaluating")
_PAUSE: Final = 2.0

Job = Annotated[str, typer.Argument(metavar="JOB", help="As `list` shows it.")]
Wait = Annotated[bool, typer.Option("--wait", help="Until it has ended, saying what it says.")]


@app.command()
def ask(  # noqa: PLR0913 - an option each
    model: Annotated[str, typer.Argument(help="The model_id.")],
    *,
    policy: Annotated[str, typer.Option(help="Else the first that is of the model.")] = "",
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", help="As learning_rate=0.001; JSON where it is some."),
    ] = None,
    priority: Annotated[str, typer.Option(help="low, normal or high.")] = "",
    force: Annotated[bool, typer.Option("--force", help="For admins: whatever is due.")] = False,
    wait: Wait = False,
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Ask for a job now: who trains takes it from the queue."""
    body: dict[str, Any] = {"model_id": model, "force": force}
    body |= {"parameters": dict(map(_pair, parameter or ()))}
    body |= {"policy": policy} if policy else {}
    body |= {"priority": priority} if priority else {}
    with connect(url, api_key) as http, heard():
        job = sent(http, "POST", "/api/v1/retraining/manual", body).json()
        if not as_json:
            typer.echo(f"{job['job_id']}: {_place(job)}")
        if wait:
            job = _followed(http, job["job_id"], is_told=not as_json)
        if as_json:
            typer.echo(json.dumps(job, indent=1))
    if wait and job["state"] != "succeeded":
        raise typer.Exit(1)


@app.command("list")
def list_jobs(
    model: Annotated[str, typer.Argument(help="Of this model alone.")] = "",
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Jobs, the latest first."""
    with connect(url, api_key) as http:
        found = get(http, _JOBS, model_id=model, limit=limit)
    with heard():
        if as_json:
            typer.echo(json.dumps(found["jobs"], indent=1))
            return
        if not found["jobs"]:
            typer.echo("No model was trained again.  `tidegauge retrain ask MODEL` asks for it.")
            return
        table = table_of(*("job", "model", "why", "state", "since", "what came of it"), left=_ALL)
        for each in found["jobs"]:
            rollout = each["rollout"]
            state = each["state"] if rollout is None else f"{each['state']}, {rollout['state']}"
            table.add_row(
                each["job_id"],
                Text(each["model_id"]),
                each["origin"],
                state,
                each["created_at"][:16].replace("T", " "),
                Text(each["cause"] or _place(each)),
            )
        Console().print(table)


_ALL: Final = frozenset({"job", "model", "why", "state", "since", "what came of it"})


@app.command()
def show(
    job: Job,
    *,
    wait: Wait = False,
    as_json: JSON = False,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """One job: what it learned from, what it proved, and what became of it."""
    with connect(url, api_key) as http, heard():
        found = _followed(http, job, is_told=not as_json) if wait else get(http, f"{_JOBS}/{job}")
        if as_json:
            typer.echo(json.dumps(found, indent=1))
            return
        if not wait:
            for line in sent(http, "GET", f"{_JOBS}/{job}/log").json():
                typer.echo(f"  {line['text']}")
        _print(Console(), found)


@app.command()
def cancel(job: Job, *, url: URL = "", api_key: KEY = "") -> None:
    """What waits never starts; what runs is ended."""
    with connect(url, api_key) as http:
        found = sent(http, "DELETE", f"{_JOBS}/{job}").json()
    over = found["state"] not in _OPEN
    typer.echo(f"It is {found['state']}." if over else "Who has it is told to end it.")


@app.command()
def promote(job: Job, *, url: URL = "", api_key: KEY = "") -> None:
    """Let a candidate that has proved it serve."""
    with connect(url, api_key) as http:
        found = sent(http, "POST", f"{_JOBS}/{job}/promote").json()
    before = f" in the place of {found['before']}" if found["before"] else ""
    typer.echo(f"Version {found['version']} is {found['state']}{before}.")


@app.command("roll-back")
def roll_back(job: Job, *, url: URL = "", api_key: KEY = "") -> None:
    """Have the version before it serve again."""
    with connect(url, api_key) as http:
        found = sent(http, "POST", f"{_JOBS}/{job}/roll-back").json()
    before = f" {found['before']}" if found["before"] else ""
    typer.echo(f"Version {found['version']} is taken back: the one before{before} serves again.")


@app.command()
def policy(
    name: Annotated[str, typer.Argument(help="Of the policy.")],
    file: Annotated[Path, typer.Argument(help="JSON or YAML: models, target, detections, ...")],
    *,
    url: URL = "",
    api_key: KEY = "",
) -> None:
    """Say when models are trained again, and by whom."""
    with connect(url, api_key) as http:
        sent(http, "PUT", f"/api/v1/retraining/policies/{name}", _document(file))
    typer.echo(f"{name} holds from now on.")


def _document(file: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - `--help` needs none

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{file} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"{file} holds no policy: models, target, detections, ...")
    return found


def _pair(told: str) -> tuple[str, Any]:
    name, is_one, value = told.partition("=")
    if not is_one or not name:
        raise InputError(f"--parameter {told!r} is none: learning_rate=0.001")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _place(job: dict[str, Any]) -> str:
    if job["state"] == "queued" and job["position"] is not None:
        return "the next" if job["position"] == 1 else f"number {job['position']} in the queue"
    if job["state"] == "running":
        return f"attempt {job['attempt']}, {job['progress']:.0%}"
    return job["state"]


def _followed(http: "httpx.Client", name: str, *, is_told: bool) -> dict[str, Any]:
    """Until it has ended."""
    last = 0
    while True:
        found = get(http, f"{_JOBS}/{name}")
        for line in sent(http, "GET", f"{_JOBS}/{name}/log", query={"after": last}).json():
            last = line["id"]
            if is_told:
                typer.echo(f"  {line['text']}")
        if found["state"] not in _OPEN:
            return found
        time.sleep(_PAUSE)


def _print(console: Console, job: dict[str, Any]) -> None:
    told = f"[bold]{plain(job['model_id'])}[/] {job['state']}"
    console.print(f"{told}: {plain(job['cause'] or _place(job))}", highlight=False)
    for name, part in (("learned from", job["train"]), ("held out", job["holdout"])):
        span = f"{part['start'][:16]} to {part['stop'][:16]}"
        console.print(f"  {name} {part['labels']:,} labels, {span}", highlight=False)
    rollout = job["rollout"]
    if rollout is not None:
        words = f"  version {plain(rollout['version'])}: {rollout['state']}"
        console.print(f"{words}. {plain(rollout['cause'])}".rstrip(), highlight=False)
