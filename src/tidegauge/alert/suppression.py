"""A suppression rule: how many notices of a kind of alert one channel is told.

It stands on the channel, beside its cap, and not in a list of its own: what is enough for a chat
is too much for a pager, both are counted by channel, and who reads a channel sees all that holds
notices back there.  A program that wants the same everywhere adds it to each.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tidegauge.alert.limit import Limit
from tidegauge.alert.matchers import Matcher
from tidegauge.alert.notice import Family
from tidegauge.monitor.severity import AnySeverity


class Suppression(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    alert_type: Annotated[
        Family | None, Field(description="The family of the incidents; all where none is given.")
    ] = None
    severity: Annotated[AnySeverity | None, Field(description="This one; else all.")] = None
    model: Annotated[
        str | None, Field(max_length=1024, description="A pattern of the whole name; else all.")
    ] = None
    each_model: Annotated[bool, Field(description="Whether each model is counted by itself.")] = (
        False
    )
    max_alerts: Annotated[int, Field(ge=1, le=100_000)]
    window_seconds: Annotated[int, Field(ge=1, le=7 * 86400)]

    @field_validator("model")
    @classmethod
    def _is_a_pattern(cls, model: str | None) -> str | None:
        if model is not None:
            _matcher(model)
        return model

    def limit(self) -> Limit:
        return Limit(
            most=self.max_alerts,
            window_s=self.window_seconds,
            family=self.alert_type,
            severity=self.severity,
            model=None if self.model is None else _matcher(self.model),
            each_model=self.each_model,
        )


def _matcher(pattern: str) -> Matcher:
    return Matcher("model", "=~", pattern)
