"""`tidegauge compare`, `schema` and `example`."""

import contextlib
from collections.abc import Generator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from tidegauge.cli.output import heard

if TYPE_CHECKING:
    from tidegauge.profile.table import Progress as Told
    from tidegauge.report.compare import Stage

_FAILED = 1


class FailOn(StrEnum):
    drift = "drift"
    quality = "quality"
    any = "any"


def compare(  # noqa: PLR0913 - an option each
    reference: Annotated[Path, typer.Argument(help="Parquet or CSV: how it was.")],
    current: Annotated[Path, typer.Argument(help="Parquet or CSV: how it is.")],
    *,
    html: Annotated[Path | None, typer.Option(help="Write a page that needs no network.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write all numbers; - prints them.")] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="Exit with 1 on drift, on a quality finding, or on any.")
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="YAML with kinds and roles, from `tidegauge schema`.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Judge this column only; may be repeated.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Leave this column out; may be repeated.")
    ] = None,
    time: Annotated[str | None, typer.Option(help="The column that says when.")] = None,
    fresh: Annotated[bool, typer.Option(help="Also check that the current rows are new.")] = False,
    joint: Annotated[
        bool, typer.Option(help="Also measure the joint distribution, over a sample of rows.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every column.")] = False,
) -> None:
    """Say which columns of CURRENT drifted from REFERENCE, how far, since when, and what to do."""
    import tidegauge.report.compare as comparing  # noqa: PLC0415 - `--help` needs no numpy
    from tidegauge.report.terminal import render  # noqa: PLC0415
    from tidegauge.schema import Schema  # noqa: PLC0415

    console = Console()
    with _stages(quiet=json == Path("-")) as on_stage:
        report = comparing.compare(
            reference,
            current,
            schema=Schema.load(schema) if schema else None,
            columns=column,
            ignore=ignore or (),
            time=time,
            joint=joint,
            now=datetime.now(UTC) if fresh else None,
            on_stage=on_stage,
        )
    with heard():
        if json == Path("-"):
            typer.echo(report.to_json(), nl=False)
        else:
            console.print(render(report, width=console.width, verbose=verbose))
    if json != Path("-"):
        for path, write in ((json, report.to_json), (html, report.to_html)):
            if path:
                write(path)
                console.print(f"Wrote {path}", highlight=False, markup=False)
    failed = {
        FailOn.drift: report.drifted,
        FailOn.quality: bool(report.findings),
        FailOn.any: report.drifted or bool(report.findings),
    }
    if fail_on and failed[fail_on]:
        raise typer.Exit(_FAILED)


def show_schema(
    data: Annotated[Path, typer.Argument(help="A Parquet or CSV file.")],
    *,
    out: Annotated[Path | None, typer.Option(help="Write it as YAML, to be edited.")] = None,
) -> None:
    """Print what the columns of a file are taken for."""
    from tidegauge.rows import open_rows  # noqa: PLC0415 - `--help` needs no numpy
    from tidegauge.rows.infer import infer_schema  # noqa: PLC0415

    found = infer_schema(open_rows(data))
    with heard():
        typer.echo(str(found))
    if out:
        found.save(out)
        typer.echo(f"Wrote {out}")


def example(
    folder: Annotated[Path, typer.Argument(help="Where to put the data and the report.")] = Path(
        "tidegauge-example"
    ),
) -> None:
    """Make two data sets with faults planted in the second, compare them, and write the report."""
    from tidegauge.report.demo import PLANTED, write_demo  # noqa: PLC0415 - as above

    console = Console()
    console.print(f"Writing two weeks of a loan model's inputs to {folder}/", highlight=False)
    before, after = write_demo(folder)
    console.print("In the second week these faults are planted:")
    for fault in PLANTED:
        console.print(f"  - {fault}", highlight=False, markup=False)
    console.print(f"\n$ tidegauge compare {before} {after} --html {folder / 'report.html'}\n")
    compare(before, after, html=folder / "report.html")


@contextlib.contextmanager
def _stages(*, quiet: bool) -> Generator["Stage"]:
    """A bar for each stage, on a terminal only, and gone when done."""
    errors = Console(stderr=True)
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
    )  # fmt: skip
    with Progress(
        *columns, console=errors, transient=True, disable=quiet or not errors.is_terminal
    ) as progress:

        def begin(name: str, rows: int | None) -> "Told":
            task = progress.add_task(name, total=rows)

            def advance(done: int) -> None:
                progress.advance(task, done)

            return advance

        yield begin
