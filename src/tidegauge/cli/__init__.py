"""The command line, one file for each group of commands."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from tidegauge.cli import (
    artifacts,
    channels,
    compare,
    demo,
    explanations,
    history,
    incidents,
    keep,
    keys,
    members,
    models,
    monitors,
    performance,
    report,
    retrain,
    serve,
    silences,
    truth,
    web,
    where,
)
from tidegauge.errors import TidegaugeError
from tidegauge.version import VERSION

FAILED, INTERRUPTED = 1, 130

app = typer.Typer(
    name="tidegauge",
    help="Tells early, and without crying wolf, that what a model sees has moved.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"tidegauge {VERSION}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


for command in (
    serve.serve,
    compare.compare,
    compare.example,
    demo.demo,
    web.web,
    serve.worker,
    web.check_config,
    models.models,
    models.export,
    performance.performance,
    report.report,
    truth.labels,
    truth.fairness,
    truth.versus,
    where.where,
    explanations.explanations,
    explanations.diagnosis,
    keep.backup,
    keep.restore,
    keep.doctor,
):
    app.command()(command)
app.command("schema")(compare.show_schema)
app.command("import")(history.import_)
app.add_typer(keys.app)
app.add_typer(members.app)
app.add_typer(monitors.app)
app.add_typer(incidents.app)
app.add_typer(silences.app)
app.add_typer(channels.app)
app.add_typer(channels.escalations)
app.add_typer(retrain.app)
app.add_typer(artifacts.app)


def main() -> None:
    """Run, and turn what goes wrong into a line and an exit code; never into a bare traceback."""
    try:
        app()
    except TidegaugeError as error:
        Console(stderr=True).print(f"[bold red]error:[/] {_escaped(str(error))}", highlight=False)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _escaped(text: str) -> str:
    from rich.markup import escape  # noqa: PLC0415 - for errors only

    return escape(text)
