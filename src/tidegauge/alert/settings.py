"""How patient the machine is, in seconds, where a monitor does not say it for itself."""

from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from tidegauge.monitor.severity import Severity

HOUR: Final = 3600


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cooldown_s: Annotated[int, Field(ge=0, description="Quiet for repeats, never for news.")] = 1800
    cooldown_low_s: Annotated[int, Field(ge=0, description="The same for low severity.")] = (
        24 * HOUR
    )
    repeat_s: Annotated[int, Field(ge=60, description="A reminder while nobody answers.")] = (
        4 * HOUR
    )
    repeat_critical_s: Annotated[int, Field(ge=60)] = 1800
    reopen_window_s: Annotated[
        int, Field(ge=0, description="What comes back within it is the same incident.")
    ] = 1800
    rearm_s: Annotated[
        int, Field(ge=0, description="After a resolve by hand, what still goes on speaks again.")
    ] = 1800
    group_wait_s: Annotated[int, Field(ge=0, description="Gathers alerts into one notice.")] = 30
    group_interval_s: Annotated[
        int, Field(ge=1, description="An update tells what changed within it.")
    ] = 300
    no_data_s: Annotated[
        int, Field(ge=60, description="No rows for so long, where there were some: an alert.")
    ] = 1800
    stands_still_s: Annotated[
        int,
        Field(
            ge=180,
            description="What has not gone on for so long has stopped: no heartbeat is sent, and"
            " /readyz fails.",
        ),
    ] = 600
    errors: Annotated[int, Field(ge=1, description="In a row, before a monitor's are told.")] = 3
    severity_ups: Annotated[int, Field(ge=0)] = 3
    flapping_reopened: Annotated[int, Field(ge=1)] = 3
    flapping_moved: Annotated[int, Field(ge=2)] = 6
    quiet_s: Annotated[
        int,
        Field(
            ge=60,
            description="Without a change, flapping is over; it is counted within as long, an hour"
            " at most.",
        ),
    ] = HOUR
    storm: Annotated[
        int, Field(ge=0, description="Critical openings an hour that no cap holds back.")
    ] = 60
    digest_s: Annotated[int, Field(ge=1, description="A digest waits so long at most.")] = 600
    digest_critical_s: Annotated[int, Field(ge=1)] = 300
    dashboard: Annotated[
        str,
        Field(description="Where browsers reach this server: an address, for links in notices."),
    ] = ""

    def cooldown(self, severity: Severity) -> int:
        return self.cooldown_low_s if severity == "low" else self.cooldown_s

    def but(self, patience: Mapping[str, int]) -> Self:
        """With what a monitor has said for itself."""
        return self.model_copy(update=patience) if patience else self

    def repeat(self, severity: Severity) -> int:
        return self.repeat_critical_s if severity == "critical" else self.repeat_s
