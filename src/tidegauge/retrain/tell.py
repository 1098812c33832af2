"""Who is told of a job: people on their channels, and the webhook that is to start it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from sqlalchemy import Connection

from tidegauge.alert import apart
from tidegauge.alert.notice import Notice
from tidegauge.alert.recurrence import moment
from tidegauge.catalog.retrainings import Retraining
from tidegauge.catalog.rollouts import Rollout

_SAYS: Final = {
    "queued": "is to be trained again",
    "succeeded": "was trained again, and the candidate is better",
    "rejected": "was trained again, and the candidate is not better",
    "failed": "could not be trained again",
    "cancelled": "is not trained again: the job was cancelled",
}
_WHY: Final = {
    "drift": "drift that lasts",
    "calendar": "the calendar",
    "manual": "somebody asked for it",
}


def people(connection: Connection, job: Retraining, at: int) -> None:
    """On the channels that the policy names: when one begins by itself, and how it ended."""
    model = str(job.document["model_id"])
    lines = [
        f"Because of {_WHY.get(job.origin, job.origin)}. {job.document.get('why', '')}".strip()
    ]
    if job.cause:
        lines.append(job.cause)
    title = f"{model} {_SAYS.get(job.state, job.state)}"
    _said(connection, job, at, title, "\n".join(lines))


def _said(connection: Connection, job: Retraining, at: int, title: str, words: str) -> Notice:
    """On each channel of the policy; the notice that it is."""
    notice = Notice(
        id="",
        kind="retraining",
        at=at,
        tenant=job.tenant,
        model=str(job.document["model_id"]),
        title=title,
        description=words,
    )
    for channel in job.document.get("channels", ()):
        apart.send(connection, channel, notice)
    return notice


def machine(
    connection: Connection, job: Retraining, kind: Literal["job", "job_cancelled"], at: int
) -> None:
    """To the channel that starts it, with all that it has to know."""
    _target, _, channel = job.target.partition(":")
    notice = Notice(
        id="",
        kind=kind,
        at=at,
        tenant=job.tenant,
        model=str(job.document["model_id"]),
        title=f"job {job.id}",
        job=told(job),
    )
    apart.send(connection, channel, notice)


_ROLLOUT: Final = {
    "asked": "is to serve",
    "verified": "serves, and holds what it promised",
    "worse": "serves, and is worse than the one before",
    "unclear": "serves; too few labels came to tell how well",
    "unseen": "was never seen to serve",
    "rolled-back": "is taken back",
}


def rollout(connection: Connection, job: Retraining, new: Rollout, at: int) -> None:
    """People on the channels of the policy; and the webhook that is to do something."""
    model = str(job.document["model_id"])
    title = f"{model}: version {new.version} {_ROLLOUT[new.state]}"
    notice = _said(connection, job, at, title, new.cause or job.cause)
    hook = new.document.get("channel")
    if hook and new.state in ("asked", "rolled-back"):
        kind = "promotion" if new.state == "asked" else "rollback"
        apart.send(connection, hook, replace(notice, kind=kind, job=deployment(job, new)))


def deployment(job: Retraining, new: Rollout) -> Mapping[str, Any]:
    """What is to serve from now on, and what has served before it."""
    result = job.result or {}
    is_back = new.state == "rolled-back"
    return {
        "job_id": job.id,
        "model_id": job.document["model_id"],
        "version": new.before if is_back else new.version,
        "instead_of": new.version if is_back else new.before,
        "candidate": result.get("candidate"),
        "proof": result.get("proof"),
        "asked_by": new.asked_by,
        "why": new.cause or job.cause,
    }


def told(job: Retraining) -> Mapping[str, Any]:
    """As whoever trains gets it: data, and nothing that could be run."""
    document = job.document
    return {
        "job_id": job.id,
        "attempt": job.attempt,
        "token": job.token,
        "model_id": document["model_id"],
        "policy": job.policy,
        "origin": job.origin,
        "why": document.get("why", ""),
        "parameters": document.get("parameters", {}),
        "since": None if document.get("since") is None else moment(document["since"]).isoformat(),
        "train": _span(document["train"]),
        "holdout": _span(document["holdout"]),
    }


def _span(told: Mapping[str, int]) -> dict[str, str | int]:
    return {
        "start": moment(told["start"]).isoformat(),
        "stop": moment(told["stop"]).isoformat(),
        "labels": told["labels"],
    }
