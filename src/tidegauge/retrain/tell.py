"""Who is told of a job: people on their channels, and the webhook that is to start it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from sqlalchemy import Connection

from tidegauge.alert.ids import new_id
from tidegauge.alert.notice import Kind, Notice, packed
from tidegauge.alert.recurrence import moment
from tidegauge.catalog import notices
from tidegauge.catalog.retrainings import Retraining

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
    notice = Notice(
        id="",
        kind="retraining",
        at=at,
        tenant=job.tenant,
        model=model,
        title=f"{model} {_SAYS.get(job.state, job.state)}",
        description="\n".join(lines),
    )
    for channel in job.document.get("channels", ()):
        _put(connection, channel, notice)


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
    _put(connection, channel, notice)


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
        "train": _span(document["train"]),
        "holdout": _span(document["holdout"]),
    }


def _span(told: Mapping[str, int]) -> dict[str, str | int]:
    return {
        "start": moment(told["start"]).isoformat(),
        "stop": moment(told["stop"]).isoformat(),
        "labels": told["labels"],
    }


def _put(connection: Connection, channel: str, notice: Notice) -> None:
    made = replace(notice, id=new_id(notice.at))
    kind: Kind = notice.kind
    row = notices.Kept(
        id=made.id,
        tenant=made.tenant,
        incident="",
        channel=channel,
        kind=kind,
        seq=notices.next_seq(connection, made.tenant, channel, kind),
        status="queued",
        severity="low",
        exempt=True,
        made_at=made.at,
        body=packed(made),
        digest="",
        due_at=made.at,
        tries=0,
        lease_until=None,
        token="",
        ended_at=None,
        answer="",
    )
    notices.add(connection, [row])
