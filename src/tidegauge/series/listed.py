"""Many models at a glance: whether they are watched, how much they have, when they were seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from tidegauge.catalog import baselines, parts, series, tails, windows
from tidegauge.catalog.models import Model
from tidegauge.series.reach import Reach
from tidegauge.window import HOUR, SECOND, floor

HOURS: Final = 24
State = Literal["empty", "learning", "watched"]


@dataclass(frozen=True, kw_only=True)
class Listed:
    model: Model
    state: State
    """Empty before the first row, learning until there is a reference for good."""
    rows: int
    """That are kept."""
    last_at: int | None
    """The window of the latest row."""
    hourly: Sequence[int]
    """Rows in each of the last 24 hours, the present one last."""


def listed(connection: Connection, reach: Reach, found: Sequence[Model], at: int) -> list[Listed]:
    own = [model.id for model in found]
    model_of = series.whole(connection, own)
    hourly = _hourly(connection, reach, model_of, at)
    last: dict[int, int] = {}
    for number, start in windows.last(connection, model_of).items():
        last[model_of[number]] = max(start, last.get(model_of[number], start))
    sources = baselines.sources(connection, own)
    tailed = tails.rows(connection, own, "predictions")
    kept = parts.rows(connection, own, "predictions")
    return [
        Listed(
            model=model,
            state=_state(sources.get(model.id)),
            rows=kept.get(model.id, 0) + tailed.get(model.id, 0),
            last_at=last.get(model.id),
            hourly=hourly.get(model.id, [0] * HOURS),
        )
        for model in found
    ]


def _state(source: str | None) -> State:
    if source is None:
        return "empty"
    return "learning" if source == "provisional" else "watched"


def _hourly(
    connection: Connection, reach: Reach, model_of: dict[int, int], at: int
) -> dict[int, list[int]]:
    size = HOUR * SECOND
    stop = floor(at, HOUR) + size
    start = stop - HOURS * size
    found = {model: [0] * HOURS for model in model_of.values()}
    for span in reach.spans(start, stop, HOUR):
        for each in windows.counts(connection, model_of, *span):
            found[model_of[each.series]][(each.start - start) // size] += each.rows
    return found
