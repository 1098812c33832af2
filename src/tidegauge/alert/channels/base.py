"""What every channel has: who is told by it, how often, and its one verb.

A channel delivers once and says whether another try could help.  When, how often and after what:
that is the pipeline's.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from tidegauge.alert.notice import KINDS, Kind, Notice
from tidegauge.alert.reach import Reach, checked_url
from tidegauge.alert.suppression import Suppression
from tidegauge.monitor.severity import AnySeverity

CONFIG: Final = ConfigDict(
    extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True
)
SecretUrl = Annotated[SecretStr, Field(max_length=2048)]


class Base(BaseModel):
    model_config = CONFIG
    is_idempotent: ClassVar[bool] = False
    """Whether the other side knows a notice again, so that sending it twice tells it once."""

    min_severity: Annotated[
        AnySeverity, Field(description="Incidents below it are not told here.")
    ] = "low"
    kinds: Annotated[
        tuple[Kind, ...], Field(min_length=1, description="Which kinds of notices are told.")
    ] = KINDS
    updates: Annotated[
        bool, Field(description="Whether alerts that join an open incident or leave it are told.")
    ] = False
    matchers: Annotated[
        list[Annotated[str, Field(max_length=1024)]],
        Field(max_length=50, description='Which incidents: `model=~"fraud-.*"`; all must match.'),
    ] = []
    cap: Annotated[
        int, Field(ge=1, le=100_000, description="So many notices in `cap_window_s`; then digests.")
    ] = 20
    cap_window_s: Annotated[int, Field(ge=1, le=7 * 86400)] = 600
    suppression: Annotated[
        list[Suppression],
        Field(max_length=50, description="Limits of some alerts, beside the cap on all of them."),
    ] = []
    heartbeat: Annotated[
        bool, Field(description="Whether it is told every 5 minutes that alerts work.")
    ] = False
    enabled: bool = True

    @field_validator("suppression")
    @classmethod
    def _are_each_there_once(cls, given: list[Suppression]) -> list[Suppression]:
        return list(dict.fromkeys(given))

    async def send(self, notice: Notice, reach: Reach) -> str:
        """A short receipt; UnavailableError when another try may help, RefusedError when not."""
        raise NotImplementedError

    def check(self, reach: Reach) -> None:
        """UnsafeUrlError when it would reach what the operator has not allowed."""
        for url in self.reached():
            checked_url(url, reach)

    def reached(self) -> list[str]:
        """Its URLs."""
        return []

    def warnings(self) -> list[str]:
        """What works today and may not tomorrow."""
        return []


def revealed(channel: Base) -> dict[str, Any]:
    """With its secrets, for the catalog alone: everything else shows the masked form."""
    return {
        name: _bare(getattr(channel, name))
        for name in ("kind", *sorted(channel.model_fields_set - {"kind"}))
    } | _made(channel)


def _made(channel: Base) -> dict[str, Any]:
    """What was generated for it and has to be kept though nobody wrote it."""
    fields = type(channel).model_fields
    return {
        name: _bare(getattr(channel, name))
        for name, info in fields.items()
        if info.default_factory is not None
    }


def _bare(value: Any) -> Any:  # noqa: ANN401 - any field of any channel
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Suppression):
        return value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, Mapping):
        return {name: _bare(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_bare(each) for each in value]
    return value
