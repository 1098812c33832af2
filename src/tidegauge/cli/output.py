"""What the commands share: how they speak to a terminal, a pipe or nobody."""

import contextlib
import os
import sys
from collections.abc import Container, Generator, Mapping
from typing import Any

import typer

FINE = 0


@contextlib.contextmanager
def heard() -> Generator[None]:
    """A reader that has heard enough (`| head`) is no failure."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Else Python would find out once more at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(FINE) from None


def table_of(*columns: str, left: Container[str] = ("group", "from")) -> Any:  # noqa: ANN401 - rich's
    """As all our tables look; numbers stand to the right."""
    from rich.table import Table  # noqa: PLC0415 - `--help` needs none

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="left" if column in left else "right")
    return table


def span_of(figure: Mapping[str, Any]) -> str:
    """Its interval, if it has one."""
    low, high = figure["low"], figure["high"]
    return "" if low is None or high is None else f"{low:.4g} to {high:.4g}"


def plain(text: str) -> str:
    """What a user wrote is no markup of ours."""
    from rich.markup import escape  # noqa: PLC0415 - as above

    return escape(text)
