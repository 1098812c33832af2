"""Reports that go out by the calendar: of which models, when, over how long, and to whom.

>>> weekly = Schedule(models=["fraud"], channels=["mail"], timezone="Europe/Berlin")
>>> due = weekly.due_after(micros("2026-11-20T00:00Z"))
>>> moment(due).isoformat()
'2026-11-23T07:00:00+00:00'
>>> [moment(at).date().isoformat() for at in weekly.span_of(due)]
['2026-11-16', '2026-11-23']
"""

from fnmatch import fnmatchcase
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tidegauge.alert.recurrence import Frequency, following, micros, moment, parse
from tidegauge.errors import InputError
from tidegauge.window import DAY, SECOND, floor

_DAYS: Final[dict[Frequency, int]] = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 30}
_FIRST: Final = "2024-01-01"
"""A Monday: from here on every second week is counted."""

Name = Annotated[str, Field(min_length=1, max_length=128)]


class Calendar(BaseModel):
    """Days by a rule, and a time of day in somebody's own time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Annotated[
        str, Field(max_length=200, description="Of RFC 5545: FREQ, INTERVAL, BYDAY, BYMONTHDAY.")
    ] = "FREQ=WEEKLY;BYDAY=MO"
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "08:00"
    timezone: Annotated[str, Field(max_length=60)] = "UTC"

    @model_validator(mode="after")
    def _comes_again(self) -> Self:
        try:
            due = self.due_after(micros(f"{_FIRST}T00:00Z"))
        except InputError as error:
            raise ValueError(str(error)) from None
        if due is None:
            raise ValueError("the rule names no day of two years")
        return self

    def due_after(self, at: int) -> int | None:
        rule = parse(self.rule, self.timezone)
        first = moment(micros(f"{_FIRST}T{self.at}Z")).replace(tzinfo=rule.zone)
        found = following(rule, micros(first.isoformat()), 0, at)
        return None if found is None else found[0]

    def next_after(self, at: int) -> int:
        due = self.due_after(at)
        # Of a rule that names no day of two years from then on, a change of it is waited for.
        return at + 366 * DAY * SECOND if due is None else due


class Schedule(Calendar):
    models: Annotated[
        list[Name], Field(min_length=1, max_length=100, description="By name, or as `card-*`.")
    ]
    days: Annotated[
        int | None,
        Field(ge=1, le=90, description="Whole days before; unsaid: 1, 7 or 30 by the rule."),
    ] = None
    channels: Annotated[list[Name], Field(min_length=1, max_length=20)]
    enabled: bool = True

    def span_of(self, due: int) -> tuple[int, int]:
        """Whole days, the last one the day before."""
        stop = floor(due, DAY)
        days = self.days or _DAYS[parse(self.rule, self.timezone).frequency]
        return stop - days * DAY * SECOND, stop

    def is_of(self, model: str) -> bool:
        return any(fnmatchcase(model, each) for each in self.models)
