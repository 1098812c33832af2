"""How patient the alerts of a monitor are, where it says so itself.

What it does not say is as the server's configuration has it under the same key, `alerts`.
"""

from typing import Annotated

from pydantic import Field

from tidegauge.monitor.duration import Duration
from tidegauge.monitor.part import Part
from tidegauge.window import DAY, MINUTE

_LONGEST = 31 * DAY
Span = Annotated[Duration, Field(ge=0, le=_LONGEST)]


class Patience(Part):
    """An incident takes them from the monitor whose alert opened it, and keeps them."""

    cooldown: Annotated[
        Span | None, Field(description="Quiet for repeats on a channel, at any severity.")
    ] = None
    repeat_every: Annotated[
        Annotated[Duration, Field(ge=MINUTE, le=_LONGEST)] | None,
        Field(description="A reminder while nobody answers, at any severity."),
    ] = None
    reopen_window: Annotated[
        Span | None, Field(description="What comes back within it is the same incident.")
    ] = None
    rearm_after: Annotated[
        Span | None,
        Field(description="After a resolve by hand, what still goes on speaks again."),
    ] = None
    group_wait: Annotated[
        Span | None, Field(description="Gathers alerts into the first notice.")
    ] = None
    group_interval: Annotated[
        Annotated[Duration, Field(ge=1, le=_LONGEST)] | None,
        Field(description="An update tells what changed within it."),
    ] = None
    severity_ups: Annotated[
        int | None, Field(ge=0, le=1000, description="Rises of an incident that a channel is told.")
    ] = None
    flapping_reopened: Annotated[
        int | None, Field(ge=1, le=1000, description="Reopenings that make it flap.")
    ] = None
    flapping_moved: Annotated[
        int | None, Field(ge=2, le=1000, description="Changes of one alert that make it flap.")
    ] = None
    quiet_for: Annotated[
        Annotated[Duration, Field(ge=MINUTE, le=_LONGEST)] | None,
        Field(description="Without a change, flapping is over; it is counted within as long."),
    ] = None
    no_data_after: Annotated[
        Annotated[Duration, Field(ge=MINUTE, le=_LONGEST)] | None,
        Field(
            description="No rows for so long, where there were some: an alert of the model. Of"
            " several monitors the shortest holds."
        ),
    ] = None
    errors: Annotated[
        int | None, Field(ge=1, le=1000, description="In a row, before they are told.")
    ] = None
