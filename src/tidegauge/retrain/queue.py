"""The queue: what may follow on what.

queued -> running -> evaluating -> succeeded, rejected or failed; cancelled from each of the first
three; and who has a job and says nothing more loses it, whereupon it waits again, so often as its
policy allows.  Each step is one transaction, and says which state and which attempt it saw.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from pydantic import ValidationError
from sqlalchemy import Connection

from tidegauge.alert.ids import new_id
from tidegauge.alert.matchers import matches, parse
from tidegauge.catalog import policies, retrainings, silences
from tidegauge.catalog.models import Model
from tidegauge.catalog.retrainings import Retraining, State
from tidegauge.retrain import labels, tell
from tidegauge.retrain.guards import ALWAYS, MONTH, Facts, Refusal, refused
from tidegauge.retrain.made import refer
from tidegauge.retrain.policy import PRIORITIES, Policy, Priority
from tidegauge.retrain.settings import Settings
from tidegauge.window import SECOND

Origin = Literal["drift", "calendar", "manual"]
LEASE: Final = 30 * SECOND
"""A runner says every few seconds that it lives."""
_CANCELLING: Final = 15 * SECOND
"""So long who has a job may take to end it."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    model: Model
    policy: Policy
    origin: Origin
    by: str
    key: str
    """The same again is the same job."""
    why: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Beside those of the policy, and before them."""
    priority: Priority | None = None
    detections: Sequence[int] = ()
    since: int | None = None
    """When what was detected began."""
    is_forced: bool = False
    body: str = ""
    """Of the request, as a digest: the same key with another is a mistake."""


class StaleAttemptError(Exception):
    """Who speaks had the job once, and has it no more."""


def settings_of(connection: Connection, tenant: str) -> Settings:
    kept = policies.by_name(connection, tenant, policies.ALL)
    try:
        return Settings.model_validate(kept.document) if kept else Settings()
    except ValidationError:
        # Another version wrote it: what it does not understand starts nothing, and takes no file.
        return Settings(enabled=False, keep_versions=10_000)


def ask(connection: Connection, wanted: Wanted, at: int) -> Retraining | Refusal:
    """Put a job into the queue, or say why not."""
    known = retrainings.by_key(connection, wanted.model.tenant, wanted.key)
    if known is not None:
        return known
    job = weigh(connection, wanted, at)
    if isinstance(job, Retraining):
        retrainings.add(connection, job)
        if wanted.origin != "manual":
            tell.people(connection, job, at)
    return job


def weigh(connection: Connection, wanted: Wanted, at: int) -> Retraining | Refusal:
    """The job as it would be, or why it may not be; nothing is written."""
    settings = settings_of(connection, wanted.model.tenant)
    last = retrainings.last_trained(connection, wanted.model.id)
    since = int(last.document["holdout"]["stop"]) if last else 0
    counts = labels.counted(connection, wanted.model.id, since, at)
    found = labels.split(labels.counted(connection, wanted.model.id, 0, at), at, wanted.since)
    facts = _facts(connection, wanted, settings, sum(each.labelled for each in counts), at)
    refusal = refused(facts)
    if refusal and (refusal.kind in ALWAYS or not wanted.is_forced):
        return refusal
    if found is None:
        told = "all labels are of one hour: there is nothing to hold a candidate against"
        return Refusal(kind="insufficient-data", detail=told, counts=(facts.labels, 2))
    policy = wanted.policy
    return Retraining(
        id=new_id(at),
        tenant=wanted.model.tenant,
        model=wanted.model.id,
        policy=policy.name,
        origin=wanted.origin,
        priority=PRIORITIES[wanted.priority or policy.priority],
        target=policy.target.address,
        key=wanted.key,
        state="queued",
        attempt=0,
        token="",
        runner="",
        is_cancelled=False,
        lease_until=None,
        progress=0.0,
        document={
            "model_id": wanted.model.name,
            "why": wanted.why,
            "parameters": {**policy.parameters, **wanted.parameters},
            "train": {"start": found.start, "stop": found.cut, "labels": found.train},
            "holdout": {"start": found.cut, "stop": found.stop, "labels": found.holdout},
            "detections": list(wanted.detections),
            "since": wanted.since,
            "attempts": policy.attempts,
            "silence_s": getattr(policy.target, "silence", None),
            "channels": list(policy.channels),
            "gate": {
                **policy.gate.model_dump(mode="json"),
                "better_by": settings.performance_threshold
                if policy.gate.better_by is None
                else policy.gate.better_by,
            },
            "promotion": {
                "channel": policy.promotion.channel,
                "roll_back": policy.promotion.roll_back,
                "watch_s": policy.promotion.watch,
                "min_labels": policy.promotion.min_labels,
                "auto_deploy": settings.auto_deploy
                if policy.promotion.auto_deploy is None
                else policy.promotion.auto_deploy,
            },
            "body": wanted.body,
        },
        result=None,
        cause="",
        created_at=at,
        created_by=wanted.by,
        started_at=None,
        ended_at=None,
        changed_at=at,
    )


def _facts(
    connection: Connection, wanted: Wanted, settings: Settings, labelled: int, at: int
) -> Facts:
    policy, model = wanted.policy, wanted.model
    tags = {str(name): str(value) for name, value in model.tags.items()}
    recent = retrainings.of_model(connection, model.id, at - MONTH)
    ended = [each.ended_at for each in recent if each.ended_at is not None]
    return Facts(
        at=at,
        is_on=settings.enabled and policy.enabled,
        maintenance=[
            each.id
            for each in silences.holding(connection, at)
            if each.tenant == model.tenant
            and each.kind == "maintenance"
            and matches(map(parse, each.matchers), {**tags, "model": model.name})
        ],
        is_in_progress=any(each.state in retrainings.OPEN for each in recent),
        ended_at=max(ended, default=None),
        cooldown=settings.cooldown if policy.cooldown is None else policy.cooldown,
        by_themselves=sum(
            each.origin != "manual" and each.created_at > at - MONTH for each in recent
        ),
        per_month=policy.per_month,
        labels=labelled,
        min_labels=settings.min_samples_for_retraining
        if policy.min_labels is None
        else policy.min_labels,
        is_by_hand=wanted.origin == "manual",
    )


def claim(
    connection: Connection, tenant: str, targets: Collection[str], runner: str, at: int
) -> Retraining | None:
    """The first that waits for one of these, if there is room for another."""
    settings = settings_of(connection, tenant)
    if not settings.enabled:
        return None
    if len(retrainings.taken(connection, tenant)) >= settings.max_concurrent_jobs:
        return None
    found = (each for each in retrainings.waiting(connection, tenant) if each.target in targets)
    job = next(found, None)
    if job is None:
        return None
    silence = job.document.get("silence_s")
    return retrainings.change(
        connection,
        job,
        replace(
            job,
            state="running",
            attempt=job.attempt + 1,
            token=secrets.token_urlsafe(24),
            runner=runner,
            lease_until=at + (LEASE if silence is None else silence * SECOND),
            progress=0.0,
            started_at=job.started_at or at,
            changed_at=_later(job, at),
        ),
    )


def hold(job: Retraining, token: str) -> None:
    """StaleAttemptError for whoever does not have it any more."""
    if job.state not in retrainings.TAKEN or not secrets.compare_digest(
        job.token.encode(), token.encode()
    ):
        raise StaleAttemptError


def alive(
    connection: Connection, job: Retraining, at: int, *, progress: float | None, said: Sequence[str]
) -> Retraining:
    """Who has it says that it goes on, and how far it is."""
    silence = job.document.get("silence_s")
    retrainings.say(connection, job, at, said)
    until = at + (LEASE if silence is None else silence * SECOND)
    after = replace(
        job,
        lease_until=job.lease_until if job.is_cancelled else until,
        progress=job.progress if progress is None else progress,
        changed_at=_later(job, at),
    )
    return retrainings.change(connection, job, after)


def trained(
    connection: Connection, job: Retraining, at: int, candidate: Mapping[str, Any]
) -> Retraining:
    """There is a candidate: it is held against the champion next, by us."""
    refer(connection, job, candidate, at)
    after = replace(
        job,
        state="evaluating",
        token="",
        lease_until=None,
        progress=1.0,
        result={"candidate": dict(candidate)},
        changed_at=_later(job, at),
    )
    return retrainings.change(connection, job, after)


def end(
    connection: Connection,
    job: Retraining,
    state: State,
    at: int,
    *,
    cause: str = "",
    result: Mapping[str, Any] | None = None,
) -> Retraining:
    after = replace(
        job,
        state=state,
        token="",
        lease_until=None,
        progress=1.0 if state in ("succeeded", "rejected") else job.progress,
        cause=cause[:2000],
        result=job.result if result is None else dict(result),
        ended_at=at,
        changed_at=_later(job, at),
    )
    ended = retrainings.change(connection, job, after)
    tell.people(connection, ended, at)
    return ended


def cancel(connection: Connection, job: Retraining, at: int, by: str) -> Retraining:
    """What waits never starts; who has it is told at their next word, and has so long to end it.
    What is over stays as it is."""
    if job.state not in retrainings.OPEN or job.is_cancelled:
        return job
    cause = f"cancelled by {by}"
    wanted = replace(job, is_cancelled=True)
    if job.target.startswith("webhook:") and job.state == "running":
        tell.machine(connection, job, "job_cancelled", at)
    if job.state != "running" or job.target.startswith("webhook:"):
        return end(connection, wanted, "cancelled", at, cause=cause)
    after = replace(wanted, lease_until=at + _CANCELLING, cause=cause, changed_at=_later(job, at))
    return retrainings.change(connection, job, after)


def lapse(connection: Connection, at: int) -> list[Retraining]:
    """Jobs whose time is over without a word: they wait again, or end."""
    found: list[Retraining] = []
    for job in retrainings.taken(connection):
        if job.state != "running" or job.lease_until is None or job.lease_until > at:
            continue
        if job.is_cancelled:
            found.append(end(connection, job, "cancelled", at, cause=job.cause))
            continue
        cause = f"attempt {job.attempt} was lost: {job.runner or job.target} said nothing more"
        retrainings.say(connection, job, at, [cause])
        if job.attempt >= job.document.get("attempts", 1):
            found.append(end(connection, job, "failed", at, cause=cause))
            continue
        after = replace(
            job, state="queued", token="", runner="", lease_until=None, cause=cause,
            changed_at=_later(job, at),
        )  # fmt: skip
        found.append(retrainings.change(connection, job, after))
    return found


def _later(job: Retraining, at: int) -> int:
    """A change is told from the one before by its time, however the clock goes."""
    return max(at, job.changed_at + 1)
