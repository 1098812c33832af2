"""A ladder: who is told next, and as how grave, where nobody answers."""

from typing import Annotated, Final

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from tidegauge.alert.incident import Level
from tidegauge.monitor.severity import AnySeverity

_CONFIG: Final = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
_LONGEST: Final = 31 * 24 * 60


class Rung(BaseModel):
    model_config = _CONFIG

    after_minutes: Annotated[
        float,
        Field(
            gt=0,
            le=_LONGEST,
            validation_alias=AliasChoices("after_minutes", "delay_minutes"),
            description="Since the incident was opened.",
        ),
    ]
    channels: Annotated[list[str], Field(min_length=1, max_length=50)]
    severity: Annotated[
        AnySeverity, Field(description="What the incident rises to, where it is less.")
    ] = "critical"


class Ladder(BaseModel):
    model_config = _CONFIG

    matchers: Annotated[
        list[str],
        Field(max_length=50, description="Which incidents: `family=drift`; all must match."),
    ] = []
    levels: Annotated[list[Rung], Field(min_length=1, max_length=50)]
    enabled: bool = True

    @field_validator("levels")
    @classmethod
    def _rise(cls, levels: list[Rung]) -> list[Rung]:
        times = [each.after_minutes for each in levels]
        if times != sorted(set(times)):
            raise ValueError("each level's after_minutes must be more than the one before it")
        return levels

    def rungs(self) -> list[Level]:
        return [
            Level(
                after_s=round(each.after_minutes * 60),
                channels=tuple(each.channels),
                severity=each.severity,
            )
            for each in self.levels
        ]


ADAPTER: Final = TypeAdapter(Ladder)
