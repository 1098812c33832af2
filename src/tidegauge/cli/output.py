"""What the commands share: how they speak to a terminal, a pipe or nobody."""

import contextlib
import os
import sys
from collections.abc import Generator

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
