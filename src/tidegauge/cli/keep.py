"""`tidegauge backup`, `restore` and `doctor`."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

_CONFIG = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The file; else TIDEGAUGE_CONFIG, tidegauge.yaml."),
]
_DATA = Annotated[Path | None, typer.Option(help="The directory that holds everything.")]


def backup(
    target: Annotated[Path, typer.Argument(help="A directory that is empty or not there yet.")],
    *,
    verify: Annotated[bool, typer.Option(help="Read everything again when it is done.")] = True,
    config: _CONFIG = None,
    data: _DATA = None,
) -> None:
    """Copy one moment of everything that was counted; the server may go on meanwhile."""
    from tidegauge import backup as backups  # noqa: PLC0415 - `--help` needs none
    from tidegauge import config as configuring  # noqa: PLC0415 - as above
    from tidegauge.catalog import Catalog  # noqa: PLC0415 - as above
    from tidegauge.errors import UnreadableError  # noqa: PLC0415 - as above
    from tidegauge.log import LogReader  # noqa: PLC0415 - as above
    from tidegauge.store import LocalStore  # noqa: PLC0415 - as above

    loaded = configuring.load(config)
    directory = data or loaded.data
    url = loaded.model_copy(update={"data": directory}).catalog_url
    with (
        contextlib.closing(Catalog.open(url)) as catalog,
        contextlib.closing(LogReader(directory / "log")) as log,
    ):
        store = LocalStore(directory / "store")
        made = backups.make(catalog, log, store, directory, target, say=typer.echo)
    if verify:
        typer.echo("verifying")
        wrong = backups.verify(target)
        if wrong:
            raise UnreadableError("the backup is damaged: " + "; ".join(wrong[:5]))
    typer.echo(f"{target}: {made.rows:,} rows in {made.parts} parts, {made.bytes / 1e6:,.0f} MB")


def restore(
    source: Annotated[Path, typer.Argument(help="What `tidegauge backup` made.")],
    *,
    config: _CONFIG = None,
    data: _DATA = None,
) -> None:
    """Bring a backup back, into a data directory (and a catalog) that is empty."""
    from tidegauge import backup as backups  # noqa: PLC0415 - as above
    from tidegauge import config as configuring  # noqa: PLC0415 - as above

    loaded = configuring.load(config)
    directory = data or loaded.data
    backups.restore(source, directory, loaded.catalog.url, say=typer.echo)
    typer.echo(f"start it with: tidegauge serve --data {directory}")


def doctor(
    *,
    deep: Annotated[bool, typer.Option("--deep", help="Read every byte that is kept.")] = False,
    config: _CONFIG = None,
    data: _DATA = None,
) -> None:
    """Say what is wrong with this installation, and how to mend it."""
    from rich.markup import escape  # noqa: PLC0415 - as above

    from tidegauge import config as configuring  # noqa: PLC0415 - as above
    from tidegauge.doctor import examine  # noqa: PLC0415 - as above

    loaded = configuring.load(config)
    loaded = loaded.model_copy(update={"data": data or loaded.data})
    console = Console(soft_wrap=True)
    marks = {"ok": "[green]ok[/]  ", "warning": "[yellow]look[/]", "wrong": "[red]bad[/] "}
    worst = 0
    for finding in examine(loaded, deep=deep):
        console.print(f"{marks[finding.state]}  {escape(finding.what)}")
        if finding.mend:
            console.print(f"      {escape(finding.mend)}")
        worst = max(worst, ("ok", "warning", "wrong").index(finding.state))
    raise typer.Exit(1 if worst > 1 else 0)
