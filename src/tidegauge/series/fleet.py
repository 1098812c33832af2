"""All models at once: how each stands, what is the matter, and how good they were day by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import incidents, outcomes, series, windows
from tidegauge.catalog.incidents import Asked, Kept
from tidegauge.catalog.models import Model
from tidegauge.catalog.outcomes import Outcome
from tidegauge.series.health import Status, status_by
from tidegauge.series.listed import Listed, listed
from tidegauge.series.outcome import Point, main_of, point
from tidegauge.series.reach import Reach
from tidegauge.window import DAY, SECOND, floor

DAYS: Final = 14
_DAY: Final = DAY * SECOND
_FEW: Final = 100
"""So many are named to the database; of more, all are read."""
_GRAVER: Final = ("low", "medium", "high", "critical")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One model among all."""

    listed: Listed
    status: Status
    incidents: Sequence[Kept]
    """That are open, the gravest first."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """How good a model was, day by day."""

    metric: str | None
    """None where no label has come."""
    values: Sequence[float | None]
    coverage: float | None
    """Of the predictions of these days, the share whose truth is known."""


def standings(
    connection: Connection, reach: Reach, tenant: str, models: Sequence[Model], at: int
) -> list[Standing]:
    """Those that need somebody first."""
    live: dict[str, list[Kept]] = {}
    names = [each.name for each in models]
    asked = Asked(tenant=tenant, models=names if len(names) < _FEW else None, states=incidents.LIVE)
    for each in incidents.everything(connection, asked):
        live.setdefault(each.model, []).append(each)
    found = [
        _standing(each, live.get(each.model.name, []))
        for each in listed(connection, reach, models, at)
    ]
    return sorted(found, key=_need)


def _standing(found: Listed, live: Sequence[Kept]) -> Standing:
    is_known = found.state != "empty" or bool(live)
    return Standing(
        listed=found,
        status=status_by([each.severity for each in live]) if is_known else "unknown",
        incidents=sorted(live, key=lambda each: (-_GRAVER.index(each.severity), each.opened_at)),
    )


def _need(one: Standing) -> tuple[int, int, str]:
    worst = _GRAVER.index(one.incidents[0].severity) if one.incidents else -1
    return -worst, -len(one.incidents), one.listed.model.name


def courses(connection: Connection, reach: Reach, models: Sequence[Model], at: int) -> list[Course]:
    stop = floor(at, DAY) + _DAY
    starts = range(stop - DAYS * _DAY, stop, _DAY)
    model_of = series.whole(connection, [model.id for model in models])
    held: dict[int, dict[int, list[Outcome]]] = {}
    calls: dict[int, int] = {}
    for each in outcomes.between(connection, list(model_of), DAY, starts[0], stop):
        held.setdefault(model_of[each.series], {}).setdefault(each.start, []).append(each)
    for span in reach.spans(starts[0], stop):
        for count in windows.counts(connection, model_of, *span):
            model = model_of[count.series]
            calls[model] = calls.get(model, 0) + count.rows
    return [_course(held.get(model.id, {}), starts, calls.get(model.id, 0)) for model in models]


def _course(held: Mapping[int, Sequence[Outcome]], starts: range, calls: int) -> Course:
    days: dict[int, Point] = {
        start: point(start, start + _DAY, 0, rows, None) for start, rows in held.items()
    }
    # None of the figures that a model is told by is of one class.
    figures = {start: day.figures(None) for start, day in days.items()}
    metric = main_of({name for each in figures.values() for name in each})
    labelled = sum(each.labelled for each in days.values())
    values = [
        figures[start].get(metric) if start in figures and metric else None for start in starts
    ]
    return Course(
        metric=metric,
        values=[each and each.value for each in values],
        coverage=min(labelled / calls, 1.0) if calls and labelled else None,
    )
