"""What asks for a job by itself: drift that lasts, and the calendar.

Findings are counted and not notices: who is told of them, when, and whether somebody has silenced
them changes nothing.  A finding that has started a job is used up, and so is what is found until
that model may be trained again: the job is the answer to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection

from tidegauge.catalog import models, monitors, policies, readings, retrainings, targets
from tidegauge.catalog.models import Model
from tidegauge.catalog.policies import Mark
from tidegauge.catalog.readings import Reading
from tidegauge.catalog.retrainings import Retraining
from tidegauge.monitor.severity import Severity
from tidegauge.monitor.union import kind_of
from tidegauge.retrain import queue
from tidegauge.retrain.guards import Refusal
from tidegauge.retrain.policy import Detections, Policy
from tidegauge.retrain.queue import Wanted
from tidegauge.retrain.sustained import sustained
from tidegauge.window import DAY, HOUR, SECOND

LONGEST: Final = 30 * DAY * SECOND
_WHO: Final = "tidegauge"
_log = structlog.stdlib.get_logger(__name__)


class Finding(NamedTuple):
    target: int
    slot: int
    model: int
    kind: str
    """Of the monitor."""
    severity: Severity


@dataclass(frozen=True)
class Kept:
    """A policy that can be read, and its number."""

    id: int
    tenant: str
    since: int
    """Findings before it was made start nothing."""
    policy: Policy


def in_use(connection: Connection) -> list[Kept]:
    found: list[Kept] = []
    for each in policies.listed(connection):
        try:
            policy = Policy.model_validate({**each.document, "name": each.name})
        except ValidationError as error:
            _log.error("a policy cannot be read", policy=each.name, error=str(error)[:500])
            continue
        if policy.enabled:
            found.append(Kept(each.id, each.tenant, each.created_at, policy))
    return found


def findings(connection: Connection, after: int, upto: int) -> list[Finding]:
    """What monitors found in (after, upto], in the order of time."""
    read = readings.breaches(connection, after, upto)
    own = targets.by_id(connection, {each.target for each in read})
    kinds = {each.id: kind_of(each.document) or "" for each in monitors.listed(connection)}
    return [
        Finding(each.target, each.slot, own[each.target].model, _kind(kinds, own, each), grave)
        for each in read
        if each.target in own and (grave := _severity(each)) is not None
    ]


def _kind(kinds: Mapping[int, str], own: Mapping[int, targets.Target], reading: Reading) -> str:
    return kinds.get(own[reading.target].monitor, "")


def _severity(reading: Reading) -> Severity | None:
    return reading.severity  # pyright: ignore[reportReturnType] - as the judge wrote it


def sought(connection: Connection, every: Sequence[Kept]) -> list[tuple[Kept, Model]]:
    """Each policy with each model that it is of."""
    if not every:
        return []
    own = [each for each in models.all(connection) if each.archived_at is None]
    return [
        (kept, model)
        for kept in every
        for model in own
        if model.tenant == kept.tenant and kept.policy.is_of(model.name)
    ]


def is_due(
    connection: Connection,
    kept: Kept,
    model: Model,
    found: Iterable[Finding],
    mark: Mark | None,
    at: int,
) -> bool:
    """Whether there is anything to write; nearly always there is not, so it is asked first."""
    if kept.policy.calendar is not None and (mark is None or mark.due_at <= at):
        return True
    wanted = _lasting(connection, kept, model, found, mark, at)
    return wanted is not None and isinstance(queue.weigh(connection, wanted, at), Retraining)


def by_drift(
    connection: Connection, kept: Kept, model: Model, found: Iterable[Finding], at: int
) -> Retraining | Refusal | None:
    """Ask for a job if what was found lasts; the findings that it takes are used up with it."""
    mark = _mark(connection, kept, model)
    wanted = _lasting(connection, kept, model, found, mark, at)
    if wanted is None:
        return None
    made = queue.ask(connection, wanted, at)
    if isinstance(made, Retraining):
        used = max(wanted.detections[-1], mark.used_upto)
        policies.mark(connection, [mark._replace(used_upto=used)])
    return made


def _lasting(
    connection: Connection,
    kept: Kept,
    model: Model,
    found: Iterable[Finding],
    mark: Mark | None,
    at: int,
) -> Wanted | None:
    rule = kept.policy.detections
    if rule is None:
        return None
    used = mark.used_upto if mark else kept.since
    since = max(used, at - rule.within * SECOND - HOUR * SECOND)
    own = [each for each in found if each.slot > since and rule.counts(each.kind, each.severity)]
    if not _taken((each.slot for each in own), rule):
        return None
    answered = _used(connection, kept, model, at)
    own = [each for each in own if each.slot > answered]
    if not _taken((each.slot for each in own), rule):
        return None
    held = _that_hold(connection, own)
    taken = _taken(held, rule)
    if not taken:
        return None
    hours = (taken[-1] - taken[0]) / (HOUR * SECOND)
    why = f"{len(taken)} findings in {hours:.1f} h" if len(taken) > 1 else "one finding"
    return Wanted(
        model=model,
        policy=kept.policy,
        origin="drift",
        by=_WHO,
        key=f"drift:{kept.id}:{model.id}:{taken[0]}",
        why=why,
        detections=taken,
        since=min(held.values()),
    )


def _taken(slots: Iterable[int], rule: Detections) -> list[int]:
    return sustained(slots, rule.count, rule.within, rule.apart)


def _that_hold(connection: Connection, found: Sequence[Finding]) -> dict[int, int]:
    """By slot, when what was found in it began.  It may have been read anew since, with rows that
    came late."""
    there = readings.get(connection, [(each.target, each.slot) for each in found])
    held: dict[int, int] = {}
    for (_target, slot), each in there.items():
        if each.status == "breach":
            began = (each.detail or {}).get("since")
            held[slot] = min(held.get(slot, slot), began if isinstance(began, int) else slot)
    return held


def _used(connection: Connection, kept: Kept, model: Model, at: int) -> int:
    """Until then all that is found has had its answer."""
    settings = queue.settings_of(connection, model.tenant)
    policy = kept.policy
    cooldown = settings.cooldown if policy.cooldown is None else policy.cooldown
    recent = retrainings.of_model(connection, model.id, at - LONGEST)
    return max(
        (
            at if each.ended_at is None else min(each.ended_at + cooldown * SECOND, at)
            for each in recent
        ),
        default=0,
    )


def by_calendar(
    connection: Connection, kept: Kept, model: Model, at: int
) -> Retraining | Refusal | None:
    """Ask for a job on the day that is named; a day on which none may be is let go."""
    calendar = kept.policy.calendar
    if calendar is None:
        return None
    mark = _mark(connection, kept, model)
    if not mark.due_at:
        policies.mark(connection, [mark._replace(due_at=calendar.next_after(at))])
        return None
    if mark.due_at > at:
        return None
    wanted = Wanted(
        model=model,
        policy=kept.policy,
        origin="calendar",
        by=_WHO,
        key=f"calendar:{kept.id}:{model.id}:{mark.due_at}",
    )
    made = queue.ask(connection, wanted, at)
    policies.mark(connection, [mark._replace(due_at=calendar.next_after(at))])
    return made


def _mark(connection: Connection, kept: Kept, model: Model) -> Mark:
    found = policies.mark_of(connection, kept.id, model.id)
    return found or Mark(kept.id, model.id, kept.since, 0)
