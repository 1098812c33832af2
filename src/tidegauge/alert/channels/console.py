"""Notices on the server's own output, coloured by severity where a person looks at it."""

import asyncio
import sys
from typing import Annotated, Final, Literal, TextIO

from pydantic import Field
from rich.console import Console as Terminal
from rich.text import Text

from tidegauge.alert.channels.base import Base
from tidegauge.alert.channels.errors import UnavailableError
from tidegauge.alert.channels.plain import plain
from tidegauge.alert.notice import Notice
from tidegauge.alert.reach import Reach
from tidegauge.monitor.severity import Severity

_COLOURS: Final[dict[Severity, str]] = {
    "low": "cyan",
    "medium": "yellow",
    "high": "bold red",
    "critical": "bold white on red",
}


class Console(Base):
    kind: Literal["console"] = "console"
    is_idempotent = True

    to: Annotated[Literal["stderr", "stdout"], Field(description="Which of the two outputs.")] = (
        "stderr"
    )

    async def send(self, notice: Notice, reach: Reach) -> str:
        del reach
        stream = sys.stderr if self.to == "stderr" else sys.stdout
        try:
            # A pipe that nobody empties would hold the whole server.
            await asyncio.to_thread(write, notice, stream)
        except (OSError, ValueError):
            raise UnavailableError(f"{self.to} is closed", "broken_off") from None
        return f"written to {self.to}"


def write(notice: Notice, stream: TextIO) -> None:
    # Rich knows NO_COLOR, and that a file has no colours.
    terminal = Terminal(file=stream, highlight=False, soft_wrap=True)
    terminal.print(render(notice))
    stream.flush()


def render(notice: Notice) -> Text:
    first, *others = plain(notice).split("\n")
    colour = "green" if notice.is_over else _COLOURS[notice.severity]
    return Text("\n").join([Text(first, style=colour), *(Text(line) for line in others)])
