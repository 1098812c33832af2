"""How a maintenance window comes again, as it is asked for and answered."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from tidegauge.alert import recurrence
from tidegauge.errors import InputError
from tidegauge.ingest.problem import ProblemError
from tidegauge.web.routes.asked import Closed, checked_text


class RecurrenceShown(BaseModel):
    rule: str
    timezone: str


class RecurrenceWanted(Closed):
    rule: Annotated[
        str,
        Field(
            max_length=500,
            description="As RFC 5545 has it, of FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL, BYDAY and"
            " BYMONTHDAY: `FREQ=WEEKLY;BYDAY=SU`.",
        ),
    ]
    timezone: Annotated[
        str,
        Field(
            max_length=64,
            description="Whose clock it goes by.  A time that does not exist, when clocks go"
            " forward, is an hour later; one that comes twice is the first.",
        ),
    ] = "UTC"


def recurs_of(told: RecurrenceWanted, first: int, lasts: int) -> dict[str, Any]:
    """As the catalog keeps it."""
    try:
        recurrence.parse(checked_text(told.rule), checked_text(told.timezone))
    except InputError as error:
        raise unfit("/recurrence", "bad-format", str(error)) from None
    return {"rule": told.rule, "timezone": told.timezone, "first": first, "lasts": lasts}


def next_span(recurs: Mapping[str, Any], at: int) -> tuple[int, int]:
    rule = recurrence.parse(recurs["rule"], recurs["timezone"])
    span = recurrence.following(rule, recurs["first"], recurs["lasts"], at)
    if span is None:
        raise unfit("/recurrence", "out-of-range", "it does not come within two years")
    return span


def unfit(pointer: str, code: str, detail: str) -> ProblemError:
    return ProblemError(
        "invalid-request", detail, [{"pointer": pointer, "code": code, "detail": detail}]
    )
