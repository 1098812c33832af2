"""`tidegauge import`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tidegauge.cli.api import KEY, URL, connect


def import_(  # noqa: PLR0913 - an option each
    file: Annotated[Path, typer.Argument(help="Parquet or CSV, of any size.")],
    model: Annotated[str, typer.Option("--model", help="The model_id of rows that have none.")],
    *,
    kind: Annotated[str, typer.Option(help="predictions, labels or feedback.")] = "predictions",
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help="COLUMN=FIELD, such as when=timestamp; COLUMN=- leaves it out."),
    ] = None,
    url: URL = "",
    api_key: KEY = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what each column becomes, and stop.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Send everything again.")] = False,
) -> None:
    """Send the past: predictions and labels in a file become windows as if they had been live.

    It can be stopped and run again: it goes on where it was, and no row counts twice.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415
    from rich.progress import TimeRemainingColumn as Remaining  # noqa: PLC0415

    from tidegauge.errors import InputError  # noqa: PLC0415 - as above
    from tidegauge.history.columns import Plan  # noqa: PLC0415 - as above
    from tidegauge.history.send import Source, checked, send  # noqa: PLC0415 - as above
    from tidegauge.record.fields import KINDS  # noqa: PLC0415 - as above

    console = Console()
    if kind not in {"predictions", "labels", "feedback"}:
        raise InputError(f"{kind!r} is not predictions, labels or feedback")
    if not file.is_file():
        raise InputError(f"{file} is not there")
    pairs = [text.partition("=") for text in mapping or []]
    if any(not to for _column, _equals, to in pairs):
        raise InputError("--map wants COLUMN=FIELD")
    source = Source(file)
    plan = Plan.of(source.columns, KINDS[kind], {c: to for c, _e, to in pairs}, model)
    checked(plan)
    if dry_run:
        console.print(str(plan), highlight=False, markup=False)
        return
    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    with (
        connect(url, api_key) as http,
        Progress(*shown, console=console) as bar,
    ):
        task = bar.add_task(file.name, total=source.rows)
        counts = send(
            source, plan, http, again=again, progress=lambda rows: bar.advance(task, rows)
        )
    console.print(
        f"{counts.accepted:,} accepted, {counts.duplicate:,} there before,"
        f" {counts.rejected:,} refused",
        highlight=False,
    )
    for error in counts.errors:
        where = f"row {error['row'] + 1}{error.get('pointer', '')}"
        console.print(f"  {where}: {error.get('detail', '')}", highlight=False, markup=False)
    if counts.rejected:
        raise typer.Exit(1)
