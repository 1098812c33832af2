"""The versions of models whose files are known: who uses each, and whether it is spare."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from tidegauge.catalog import artifacts, retrainings, rollouts, series, signals, windows
from tidegauge.catalog.artifacts import Artifact
from tidegauge.catalog.models import Model
from tidegauge.catalog.retrainings import State
from tidegauge.catalog.rollouts import Rollout
from tidegauge.retrain.spare import (
    Deployment,
    Facts,
    Standing,
    Version,
    Why,
    used_since,
    ways_back,
    why_kept,
)
from tidegauge.series.reach import Reach

_LEFT: Final = {
    "removing": Why("it is being removed", is_needed=False),
    "gone": Why("its file is gone", is_needed=False),
}


@dataclass(frozen=True, kw_only=True)
class Use:
    last_at: int | None
    """The start of the last window with a prediction by it."""
    rows: int
    """Predictions in the last 7 days."""
    rollout: rollouts.State | None
    """The state of one that is open."""
    is_way_back: bool


@dataclass(frozen=True, kw_only=True)
class Held:
    artifact: Artifact
    job: State | None
    """Of the job that made it."""
    use: Use
    why: Why

    @property
    def is_spare(self) -> bool:
        return not self.why.reason


@dataclass(frozen=True)
class _Calls:
    """What predictions say of one model, by version."""

    last: Mapping[str, int]
    rows: Mapping[str, int]


def held(
    connection: Connection, models: Sequence[Model], reach: Reach, *, keep: int, lag: float, at: int
) -> dict[int, list[Held]]:
    """By model, the newest first; `keep` versions of each stay for their number."""
    ids = [each.id for each in models]
    every = artifacts.of_models(connection, ids)
    jobs = retrainings.states(connection, {a.retraining for own in every.values() for a in own})
    rolled = rollouts.of_models(connection, ids)
    calls = _calls(connection, ids, reach, at)
    found: dict[int, list[Held]] = {}
    for model in ids:
        own, out, called = every.get(model, []), rolled.get(model, []), calls[model]
        facts = Facts(
            at=at,
            keep=keep,
            lag_seconds=lag,
            versions=[
                Version(each.version, _standing(jobs.get(each.retraining)), each.is_pinned)
                for each in own
                if each.state == "kept"
            ],
            known=frozenset(each.version for each in own),
            answered=called.last,
            rollouts=[
                Deployment(r.version, r.before, r.state in rollouts.OPEN, r.state == "rolled-back")
                for r in out
            ],
        )
        why, back = why_kept(facts), ways_back(facts)
        found[model] = [
            Held(
                artifact=each,
                job=jobs.get(each.retraining),
                use=_use(each.version, called, out, back),
                why=_LEFT.get(each.state) or why[each.version],
            )
            for each in own
        ]
    return found


def _calls(
    connection: Connection, models: Sequence[int], reach: Reach, at: int
) -> dict[int, _Calls]:
    own = series.of_models(connection, models)
    names = {
        model: {each.id: each.version for each in own.get(model, ()) if not each.segment}
        for model in models
    }
    whole = [each for some in names.values() for each in some]
    last = windows.last(connection, whole)
    # What came a day after it happened is kept, and not counted: its version is in its rows alone.
    late = signals.last(connection, models, "too-late")
    rows: Counter[int] = Counter()
    for span in reach.spans(used_since(at), at):
        rows.update(windows.totals(connection, whole, span.resolution, span.start, span.stop))
    return {
        model: _Calls(
            _answered({name: last.get(number) for number, name in some.items()}, late.get(model)),
            {name: rows[number] for number, name in some.items()},
        )
        for model, some in names.items()
    }


def _answered(last: Mapping[str, int | None], late: int | None) -> dict[str, int]:
    found = {name: at for name, at in last.items() if at is not None}
    return found if late is None else found | {"": max(late, found.get("", late))}


def _standing(job: State | None) -> Standing:
    """Of a job that is forgotten long since nothing bad is known."""
    if job is None or job == "succeeded":
        return "proven"
    return "open" if job in retrainings.OPEN else "rejected"


def _use(version: str, calls: _Calls, rolled: Sequence[Rollout], back: Container[str]) -> Use:
    mine = [each for each in rolled if each.version == version and each.state in rollouts.OPEN]
    return Use(
        last_at=calls.last.get(version),
        rows=calls.rows.get(version, 0),
        rollout=mine[0].state if mine else None,
        is_way_back=version in back,
    )
